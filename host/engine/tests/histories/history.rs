//! Telling a history to a host and to the model, and comparing what they make of it after every operation.

use std::collections::{BTreeMap, BTreeSet};

use trellis_engine::domain::event::Event;
use trellis_engine::domain::plan::{Cause, LogRecord, TopicHash};
use trellis_engine::domain::row::{Row, RowKey};
use trellis_engine::domain::time::Sequence;
use trellis_engine::events::Transition;
use trellis_engine::ports::store::{RowKind, Scan, Store};
use trellis_model::Model;
use trellis_model::derived::{Namespace, Topic};
use trellis_model::event;
use trellis_model::model::{Undoing, Undone};
use trellis_model::rule::Rule;
use trellis_model::show::{Key, Rows, Value};

use super::baskets::named;
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
    /// What subscribers heard so far.
    told: Vec<(Sequence, event::Event)>,
    compared: usize,
}

/// What the log says of an operation.
#[derive(Default)]
pub struct Heard {
    events: Vec<event::Event>,
    pub undone: Undone,
    /// Who serves what a rebuild made.
    rebuilt: Vec<Namespace>,
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
            told: Vec::new(),
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

    /// What subscribers hear since the last time, and what the log says beside it.
    pub fn listen(&mut self) -> Heard {
        self.host.look_who_serves();
        let records = self.host.store().log(self.read, PAGE).unwrap();
        let mut heard = Heard::default();
        for record in &records {
            let transition = self.host.engine().transition_after(self.read).unwrap().unwrap();
            let Transition { sequence, event, .. } = transition;
            assert_eq!((sequence, &event), (record.sequence, &record.event), "the commit after {:?}", self.read);
            assert_eq!(sequence, self.read.next(), "every commit, in order");
            self.read = sequence;
            heard.touched.extend(self.host.touched(record));
            self.hear_of_rebuilds(record, &mut heard);
            let Some(event) = &event else { continue };
            if let Event::Reverted { undone, .. } = event {
                let again = undone.iter().filter_map(|sequence| self.places.get(sequence).copied()).collect();
                let given_up = Some(self.host.given_up(record));
                heard.undone.push_back(Undoing { again, given_up });
            }
            self.places.insert(sequence, self.places.len());
            let event = self.host.event(event, &self.places);
            heard.events.push(event.clone());
            self.told.push((sequence, event));
        }
        heard
    }

    /// Which names a rebuild met, and whether what it made serves.
    fn hear_of_rebuilds(&mut self, record: &LogRecord, heard: &mut Heard) {
        if !matches!(record.cause, Cause::Rebuild(_)) {
            return;
        }
        for key in &record.wrote {
            match key {
                RowKey::Name(of) => {
                    let (kind, name) = named(*of);
                    self.model.meets(kind, name);
                }
                RowKey::Generation(who) => heard.rebuilt.push(self.host.configured(*who)),
                _ => {}
            }
        }
    }

    /// Whoever goes on from any commit hears of each later one once.
    pub fn hear_from_anywhere(&self) {
        let last = self.host.store().durable();
        for cursor in [0, last.0 / 3, last.0 - last.0 / 9].map(Sequence) {
            let (mut read, mut told) = (cursor, Vec::new());
            while let Some(Transition { sequence, event, .. }) = self.host.engine().transition_after(read).unwrap() {
                assert_eq!(sequence, read.next(), "every commit, in order");
                read = sequence;
                told.extend(event.map(|event| (sequence, self.host.event(&event, &self.places))));
            }
            assert_eq!(read, last, "as far as commits are durable");
            let expected = self.told.iter().filter(|(sequence, _)| *sequence > cursor).cloned();
            assert_eq!(told, expected.collect::<Vec<_>>(), "events from commit {} on", cursor.0);
        }
    }

    /// Events, rows that either of the two touched, and topic hashes.
    pub fn compare(&mut self, mut heard: Heard) {
        heard.rebuilt.iter().for_each(|who| self.model.rebuilt(*who));
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
        if !heard.rebuilt.is_empty() {
            self.look_at_everything();
        }
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
        assert_eq!(self.told.len(), self.model.log().len(), "events of all");
        self.hear_from_anywhere();
    }
}
