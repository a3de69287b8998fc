//! A plugin's state is what the plugin wrote: within a call, and from one submission to the next.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a failed test")]

mod support;

use support::{FUZZ, topic, world};
use trellis_engine::domain::row::{Namespace, NumberKey, Row, RowKey};
use trellis_engine::ports::store::Store;

#[test]
fn state_reads_and_scans_equal_a_model_over_many_submissions() {
    let world = world(&[FUZZ]);
    for _ in 0..120 {
        let paid = world.pay(&[world.coin(1000)]);
        world.submit(&[FUZZ], &world.beef(&[&paid])).unwrap();
    }
    let rows = world.plugins.model.lock().unwrap().rows.clone();
    assert!(!rows.is_empty());
    let namespace = Namespace::Topic(world.engine.hosting().topic(&topic(FUZZ)).unwrap().id);
    let at = world.store.durable();
    for (key, value) in &rows {
        let row = world.store.get(&RowKey::State(namespace, key.clone()), at).unwrap().unwrap().row;
        assert_eq!(row, Row::State(value.clone()));
    }
    let count = world.store.get(&RowKey::Number(NumberKey::StateRows(namespace)), at).unwrap().unwrap().row;
    assert_eq!(count, Row::Number(rows.len() as i128));
    world.assert_sound();
}
