//! What a host shows of its topics, for comparing two hosts.

use std::collections::BTreeMap;

use trellis_engine::domain::plan::TopicHash;
use trellis_engine::domain::row::{NumberKey, Row, RowKey};
use trellis_engine::ports::store::{RowKind, Scan, Store};

use super::World;

/// Everything a host shows of its topics: no times, no sequences, no words of the network. Which proven ancestors it happens
/// to hold is no matter.
pub fn projection(world: &World) -> BTreeMap<String, String> {
    let pin = world.store.pin();
    let mut rows = BTreeMap::new();
    for kind in [
        RowKind::Output,
        RowKind::Holders,
        RowKind::Applied,
        RowKind::Verdict,
        RowKind::State,
        RowKind::Number,
        RowKind::TopicHash,
        RowKind::Unjudged,
        RowKind::Token,
        RowKind::Place,
    ] {
        let page = world.store.scan(&Scan::Kind { kind, after: None, limit: 100_000 }, pin.sequence()).unwrap();
        assert!(!page.more);
        for (key, found) in page.rows {
            let shown = match found.row {
                Row::Output(row) => format!("{} {:?}", row.satoshis, row.state),
                Row::Applied(row) => format!("{:?} {:?}", row.topics, row.carried),
                Row::Verdict(row) => format!("{:?} {:?}", row.admittance, row.reads),
                Row::Token(row) => format!("{:?} {:?} {} {}", row.token, row.topic, row.satoshis, row.claimed),
                Row::TopicHash(hash) => hex::encode(hash.digest()),
                // A number that came back to nothing is as good as one that was never written.
                Row::Number(0) => continue,
                // What waits for the network is no matter of topics.
                Row::Number(_) if key == RowKey::Number(NumberKey::OutboxPending) => continue,
                other => format!("{other:?}"),
            };
            rows.insert(format!("{key:?}"), shown);
        }
    }
    rows.retain(|_, shown| *shown != hex::encode(TopicHash::default().digest()));
    rows
}
