//! Ancestors that nobody needs are let go of, and no others.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a failed test")]

mod support;

use support::projection::projection;
use support::*;
use trellis_engine::ancestors::AncestorSweep;
use trellis_engine::chain::MAX_REORGANISATION;
use trellis_engine::domain::row::RowKey;
use trellis_engine::ports::store::Store;
use trellis_spv::hash::Txid;
use trellis_spv::testing::coin;
use trellis_spv::transaction::Transaction;

fn held(world: &World, txid: &Txid) -> bool {
    world.store.get(&RowKey::Transaction(*txid), world.store.durable()).unwrap().is_some()
}

/// Sweeps until nothing goes any more.
fn sweep(world: &World) -> usize {
    let (mut sweep, mut all) = (AncestorSweep::default(), 0);
    loop {
        let gone = world.engine.sweep_ancestors(&mut sweep, NOW).unwrap();
        all += gone;
        if gone == 0 {
            world.assert_sound();
            return all;
        }
    }
}

fn bury(world: &World) {
    world.chain.0.lock().unwrap().mine_empty(MAX_REORGANISATION + 1);
}

fn prove(world: &World, rules: &[&str], transactions: &[&Transaction]) {
    world.mine(transactions);
    for transaction in transactions {
        world.submit(rules, &world.beef(&[transaction])).unwrap();
    }
}

#[test]
fn an_ancestor_goes_once_everything_that_spends_it_is_buried() {
    let world = world(&[ADMIT_ALL]);
    let funding = world.coin(1_000);
    let ancestor = world.pay(std::slice::from_ref(&funding));
    let subject = world.pay(&[coin(&ancestor, 0)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&ancestor, &subject])).unwrap();
    let all = [funding.outpoint.txid, ancestor.txid(), subject.txid()];
    assert!(all.iter().all(|txid| held(&world, txid)));
    bury(&world);
    assert_eq!(sweep(&world), 0, "nothing proves the ancestor, and the coin it spends");
    world.mine(&[&ancestor, &subject]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&subject])).unwrap();
    let bump = {
        let chain = world.chain.0.lock().unwrap();
        let proof = chain.proof(&ancestor.txid()).unwrap();
        let mut bytes = Vec::new();
        trellis_spv::bump::Bump::merge(&[(ancestor.txid(), &proof)]).unwrap().write(&mut bytes);
        bytes
    };
    world.engine.prove(&ancestor.txid(), &bump, NOW).unwrap();
    assert_eq!(sweep(&world), 0, "its block could leave the chain");
    let before = projection(&world);
    bury(&world);
    assert_eq!(sweep(&world), 2);
    assert_eq!(all.map(|txid| held(&world, &txid)), [false, false, true]);
    assert_eq!(projection(&world), before);
    assert_eq!(world.listed().len(), 1, "and it is still proven to whoever asks");
    assert!(world.submit(&[ADMIT_ALL], &world.beef(&[&subject])).unwrap().repeated);
}

#[test]
fn an_ancestor_that_a_live_child_references_stays_whichever_output_it_is() {
    let world = world(&[ADMIT_ALL]);
    let script = world.alice.p2pkh();
    let funding = world.chain.0.lock().unwrap().funding(&[(1_000, script.clone()), (1_000, script)]);
    // One output is spent by what is buried, the other by what nothing proves.
    let buried = world.pay(&[coin(&funding, 0)]);
    prove(&world, &[ADMIT_ALL], &[&buried]);
    let live = world.pay(&[coin(&funding, 1)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&live])).unwrap();
    bury(&world);
    assert_eq!(sweep(&world), 0);
    assert!(held(&world, &funding.txid()));
    assert_eq!(world.listed().len(), 2);
}

#[test]
fn what_history_goes_through_keeps_all_its_parents() {
    let world = world(&[RETAIN, ADMIT_ALL]);
    let token = world.pay(&[world.coin(1_000)]);
    let fee = world.coin(500);
    let next = world.pay(&[coin(&token, 0), fee.clone()]);
    let other = world.pay(&[world.coin(700)]);
    world.submit(&[RETAIN], &world.beef(&[&token])).unwrap();
    world.submit(&[RETAIN], &world.beef(&[&token, &next])).unwrap();
    world.submit(&[ADMIT_ALL], &world.beef(&[&other])).unwrap();
    world.mine(&[&token, &next, &other]);
    for proven in [&token, &next] {
        world.submit(&[RETAIN], &world.beef(&[proven])).unwrap();
    }
    world.submit(&[ADMIT_ALL], &world.beef(&[&other])).unwrap();
    bury(&world);
    assert_eq!(sweep(&world), 1, "the coin of the one that nobody retains");
    assert!(held(&world, &fee.outpoint.txid), "without it no answer could go behind `next`");
}
