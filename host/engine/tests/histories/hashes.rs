//! The topic hashes, computed from the rows of the model: the format is written down once more, from what it promises.

use std::collections::{BTreeMap, BTreeSet};

use trellis_engine::domain::plan::{HashChange, TopicHash};
use trellis_model::derived::{Namespace, Topic};
use trellis_model::show::{Key, Rows, Value};

type Element = [u8; 32];

/// The hashes of all topics, kept up to date by what changed.
#[derive(Default)]
pub struct Hashes {
    elements: BTreeSet<(Topic, Element)>,
    hashes: BTreeMap<Topic, TopicHash>,
}

fn element(kind: &str, parts: &[&[u8]]) -> Element {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"trellis topic hash 1 ").update(kind.as_bytes()).update(&[0]);
    for part in parts {
        hasher.update(part);
    }
    *hasher.finalize().as_bytes()
}

/// The element of a row, if it is one a topic hash is over.
fn element_of(key: &Key, value: &Value) -> Option<(Topic, Element)> {
    match (key, value) {
        (Key::Output(topic, of), Value::Output(_, spent)) => {
            let (id, output) = (of.id.0, of.output.to_be_bytes());
            let element = match spent {
                None => element("live", &[&id, &output]),
                Some((by, retained)) => element("spent", &[&by.0, &[u8::from(*retained)], &id, &output]),
            };
            Some((*topic, element))
        }
        (Key::State(Namespace::Topic(topic), key), Value::State(value)) => {
            Some((*topic, element("state", &[&(key.len() as u64).to_be_bytes(), key, value])))
        }
        _ => None,
    }
}

impl Hashes {
    /// Digests of all topics that have rows, or had.
    pub fn of(&mut self, rows: &Rows) -> BTreeMap<Topic, [u8; 32]> {
        let elements: BTreeSet<_> = rows.iter().filter_map(|(key, value)| element_of(key, value)).collect();
        let changes = elements.difference(&self.elements).map(|(topic, element)| (*topic, HashChange::Add(*element)));
        let gone = self.elements.difference(&elements).map(|(topic, element)| (*topic, HashChange::Remove(*element)));
        for (topic, change) in changes.chain(gone) {
            self.hashes.entry(topic).or_default().apply(&change);
        }
        self.elements = elements;
        self.hashes.iter().map(|(topic, hash)| (*topic, hash.digest())).collect()
    }
}
