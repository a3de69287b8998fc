//! A host's events, read by one subscriber who asks for everything: what they say is there, and who is to hear of what.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use trellis_spv::hash::Txid;

use crate::subscriber::{Subscriber, Told};

/// What the events so far come to.
#[derive(Debug, Default)]
pub struct Log {
    /// The last event that was read.
    pub cursor: u64,
    /// What was read since [`Log::forget_news`], each event with the topics it touches.
    pub news: Vec<(Told, BTreeSet<String>)>,
    applied: BTreeMap<Txid, Applied>,
    reverted: BTreeMap<Txid, u64>,
}

/// A transaction that was applied.
#[derive(Debug)]
pub struct Applied {
    /// In this commit.
    pub sequence: u64,
    /// What it did, as subscribers are told.
    pub body: Value,
}

impl Log {
    /// Reads on until this transaction was applied; the host is to hold it.
    pub fn read_until(&mut self, port: u16, last: &Txid) {
        let mut subscriber = Subscriber::stream(port, &format!("?after={}", self.cursor));
        while !self.applied.contains_key(last) {
            let told = subscriber.next_event().expect("an event");
            assert!(told.sequence > self.cursor, "{} after {}", told.sequence, self.cursor);
            self.cursor = told.sequence;
            let topics = self.hear(&told);
            self.news.push((told, topics));
        }
    }

    fn hear(&mut self, told: &Told) -> BTreeSet<String> {
        let body = told.body();
        match told.event.as_str() {
            "applied" => {
                let mut topics = BTreeSet::new();
                for body in list(&body["transactions"]) {
                    topics.extend(topics_in(&body["topics"]));
                    let applied = Applied { sequence: told.sequence, body: body.clone() };
                    let before = self.applied.insert(txid(&body["txid"]), applied);
                    assert!(before.is_none(), "applied twice: {body}");
                }
                topics
            }
            "reverted" => {
                for gone in list(&body["transactions"]).iter().map(txid) {
                    assert!(self.reverted.insert(gone, told.sequence).is_none(), "reverted twice: {gone}");
                }
                topics_in(&body["topics"]).collect()
            }
            "status" => match self.applied.get(&txid(&body["txid"])) {
                Some(applied) => topics_in(&applied.body["topics"]).collect(),
                None => panic!("the status of what nobody has applied: {body}"),
            },
            other => panic!("nothing here makes an event {other}: {body}"),
        }
    }

    /// Everybody has been told.
    pub fn forget_news(&mut self) {
        self.news.clear();
    }

    /// What is to be told of the news to who asks for these topics.
    #[must_use]
    pub fn news_for(&self, topics: &str) -> Vec<Told> {
        let wanted: Vec<&str> = topics.split(',').collect();
        let touches = |touched: &BTreeSet<String>| wanted.iter().any(|topic| touched.contains(*topic));
        self.news
            .iter()
            .filter(|(_, touched)| topics.is_empty() || touches(touched))
            .map(|(of, _)| of.clone())
            .collect()
    }

    /// A transaction that was applied, whatever became of it.
    #[must_use]
    pub fn applied(&self, txid: &Txid) -> Option<&Applied> {
        self.applied.get(txid)
    }

    /// Everything that was applied.
    pub fn all_applied(&self) -> impl Iterator<Item = (&Txid, &Applied)> {
        self.applied.iter()
    }

    /// Everything that was taken back.
    pub fn all_reverted(&self) -> impl Iterator<Item = &Txid> {
        self.reverted.keys()
    }

    /// Whether the host holds this transaction's effects at a sequence.
    #[must_use]
    pub fn is_live(&self, txid: &Txid, at: u64) -> bool {
        let is_gone = self.reverted.get(txid).is_some_and(|sequence| *sequence <= at);
        self.applied.get(txid).is_some_and(|applied| applied.sequence <= at) && !is_gone
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("not a list: {value}"))
}

fn txid(value: &Value) -> Txid {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("not a txid: {value}"))
}

fn topics_in(sections: &Value) -> impl Iterator<Item = String> + '_ {
    list(sections).iter().map(|section| section["topic"].as_str().expect("a topic").to_owned())
}
