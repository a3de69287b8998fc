//! Telling a history to a host and to the model, and comparing what they make of it after every operation.

use std::collections::{BTreeMap, BTreeSet};

use trellis_engine::domain::event::Event;
use trellis_engine::domain::plan::TopicHash;
use trellis_engine::domain::row::{Row, RowKey};
use trellis_engine::domain::time::Sequence;
use trellis_engine::ports::store::{RowKind, Scan, Store};
use trellis_model::Model;
use trellis_model::derived::Topic;
use trellis_model::event;
use trellis_model::model::Undone;
use trellis_model::rule::Rule;
use trellis_model::show::{Key, Rows, Value};

use super::hashes::Hashes;
use super::host::Host;
use super::operation::Operation;
use super::power::Ground;
use super::world::World;

/// The topics, each with the rule it begins with.
pub const TOPICS: [Rule; 8] = [
    Rule::AdmitAll,
    Rule::Retain,
    Rule::Burn,
    Rule::Refuse,
    Rule::Count(1),
    Rule::Alternate(false),
    Rule::Census(false),
    Rule::Watch(false),
];

/// Those the service indexes.
pub const INDEXED: [Topic; 6] = [0, 1, 2, 4, 5, 7];

/// Those whose outputs the basket manager organises.
pub const MANAGED: [Topic; 5] = [0, 1, 4, 5, 7];

/// Operations between two looks at everything.
const LOOK_AT_EVERYTHING: usize = 500;

/// Rows and records read at once.
const PAGE: usize = 100_000;

pub struct History {
    pub world: World,
    pub host: Host,
    pub model: Model,
    hashes: Hashes,
    /// What the model showed last.
    shown: Rows,
    /// Seconds since the beginning.
    pub now: u64,
    read: Sequence,
    /// The host's commits with an event, by their place in the model's log.
    places: BTreeMap<Sequence, usize>,
    compared: usize,
}

/// What the log says of an operation.
pub struct Heard {
    events: Vec<event::Event>,
    pub undone: Undone,
    touched: BTreeSet<Key>,
}

impl History {
    pub fn new(ground: Ground) -> Self {
        let world = World::new();
        let mut model = Model::new(&TOPICS, &INDEXED, &MANAGED, world.tip());
        world.introduce(&mut model);
        let host = Host::new(ground, world.chain.clone());
        Self {
            world,
            host,
            model,
            hashes: Hashes::default(),
            shown: Rows::new(),
            now: 0,
            read: Sequence::ZERO,
            places: BTreeMap::new(),
            compared: 0,
        }
    }

    /// Tells a whole history.
    pub fn tell_all(ground: Ground, operations: &[(usize, Operation)]) {
        let mut history = Self::new(ground);
        for (number, (_, operation)) in operations.iter().enumerate() {
            history.tell(operation);
            if number % LOOK_AT_EVERYTHING == LOOK_AT_EVERYTHING - 1 {
                history.look_at_everything();
            }
        }
        history.look_at_everything();
    }

    /// What the host's log says since the last time.
    pub fn listen(&mut self) -> Heard {
        let records = self.host.store().log(self.read, PAGE).unwrap();
        let mut heard = Heard { events: Vec::new(), undone: Undone::new(), touched: BTreeSet::new() };
        for record in &records {
            self.read = record.sequence;
            heard.touched.extend(self.host.touched(record));
            let Some(event) = &record.event else { continue };
            if let Event::Reverted { undone, .. } = event {
                let places = undone.iter().filter_map(|sequence| self.places.get(sequence).copied());
                heard.undone.push_back(places.collect());
            }
            self.places.insert(record.sequence, self.places.len());
            heard.events.push(self.host.event(event, &self.places));
        }
        heard
    }

    /// Events, rows that either of the two touched, and topic hashes.
    pub fn compare(&mut self, mut heard: Heard) {
        let mut expected = self.model.log()[self.compared..].to_vec();
        self.compared = self.model.log().len();
        // In which order a broadcaster is told of several is another test's business.
        for events in [&mut heard.events, &mut expected] {
            if events.iter().all(|event| matches!(event, event::Event::StatusChanged(..))) {
                events.sort_by_key(|event| match event {
                    event::Event::StatusChanged(id, _) => *id,
                    other => panic!("{other:?}"),
                });
            }
        }
        assert_eq!(heard.events, expected, "events: the host's, then the model's");
        assert!(heard.undone.is_empty(), "the host took back what had to stay");

        let shown = self.model.show();
        let changed = |(key, value): &(&Key, &Value)| self.shown.get(*key) != Some(*value);
        heard.touched.extend(shown.iter().filter(changed).map(|(key, _)| key.clone()));
        heard.touched.extend(self.shown.keys().filter(|key| !shown.contains_key(key)).cloned());
        for key in &heard.touched {
            let row = self.host.row(key, &self.world.chain);
            assert_eq!(row.as_ref(), shown.get(key), "{key:?}: the host's row, then the model's");
        }
        let digests = self.hashes.of(&shown);
        for (topic, expected) in digests {
            let key = RowKey::TopicHash(self.host.topic_id(topic));
            let found = self.host.store().get(&key, self.host.store().durable()).unwrap().map(|found| found.row);
            let Some(Row::TopicHash(hash)) = found else { panic!("topic {topic} has no hash") };
            assert_eq!(hash.digest(), expected, "the hash of topic {topic}");
        }
        self.shown = shown;
    }

    /// Every row, every event, and whether the rows agree with each other.
    pub fn look_at_everything(&self) {
        let store = self.host.store();
        let at = store.durable();
        let mut rows = Rows::new();
        for kind in [
            RowKind::Transaction,
            RowKind::Spend,
            RowKind::Output,
            RowKind::Holders,
            RowKind::Applied,
            RowKind::Verdict,
            RowKind::State,
            RowKind::Number,
            RowKind::TopicHash,
            RowKind::Outbox,
            RowKind::Status,
            RowKind::Unjudged,
            RowKind::Unproven,
            RowKind::Reverted,
            RowKind::Evicted,
            RowKind::Token,
            RowKind::Place,
            RowKind::Name,
            RowKind::Reservation,
            RowKind::Reserved,
        ] {
            let page = store.scan(&Scan::Kind { kind, after: None, limit: PAGE }, at).unwrap();
            assert!(!page.more);
            for (key, found) in page.rows {
                let Some(of) = self.host.key(&key) else { continue };
                rows.extend(self.host.value(&key, found.row, &self.world.chain).map(|value| (of, value)));
            }
        }
        let expected = self.model.show();
        for key in rows.keys().chain(expected.keys()) {
            assert_eq!(rows.get(key), expected.get(key), "{key:?}: the host's row, then the model's");
        }
        // From nothing, where the comparison after every operation goes by what changed.
        for (topic, digest) in Hashes::default().of(&expected) {
            let found = store.get(&RowKey::TopicHash(self.host.topic_id(topic)), at).unwrap().map(|found| found.row);
            let found = found.map_or_else(TopicHash::default, |row| match row {
                Row::TopicHash(hash) => *hash,
                other => panic!("{other:?}"),
            });
            assert_eq!(found.digest(), digest, "the hash of topic {topic}");
        }
        assert_eq!(self.host.audit(), Vec::<String>::new(), "the audit");
        let records = store.log(Sequence::ZERO, PAGE).unwrap();
        let events = records.iter().filter(|record| record.event.is_some()).count();
        assert_eq!(events, self.model.log().len(), "events of all");
    }
}
