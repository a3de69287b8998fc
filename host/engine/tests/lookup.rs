//! What a lookup answers, and what no service can make it answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a failed test")]

mod support;

use support::{ADMIT_ALL, RETAIN, World, world};
use trellis_engine::lookup::{AnswerContent, AnswerShape, LookupError, Question, Standing};
use trellis_spv::beef::{self, BeefEntry};
use trellis_spv::hash::Txid;
use trellis_spv::testing::{build, coin};
use trellis_spv::verify::verify;

fn merged(world: &World, depth: &str) -> Vec<u8> {
    let question =
        Question { service: "ls_index", query: depth, shape: AnswerShape::Merged, minimum: Standing::Admitted };
    match world.engine.lookup(&question).unwrap().content {
        AnswerContent::Merged(_, beef) => beef,
        other => panic!("{other:?}"),
    }
}

/// The transactions of a BEEF, each with whether it carries its proof.
fn contents(bytes: &[u8]) -> Vec<(Txid, bool)> {
    let proven = |entry: &BeefEntry| matches!(entry, BeefEntry::Raw { bump: Some(_), .. });
    beef::parse(bytes).unwrap().transactions.iter().map(|entry| (entry.txid(), proven(entry))).collect()
}

#[test]
fn an_answer_proves_every_output_it_names() {
    let world = world(&[ADMIT_ALL]);
    let paid = world.pay(&[world.coin(1000)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid])).unwrap();
    let question =
        Question { service: "ls_index", query: "0", shape: AnswerShape::PerOutput, minimum: Standing::Admitted };
    let AnswerContent::PerOutput(outputs) = world.engine.lookup(&question).unwrap().content else { panic!() };
    assert_eq!(outputs.len(), 1);
    let parsed = beef::parse(&outputs[0].1).unwrap();
    assert_eq!(parsed.subject, paid.txid());
    verify(&parsed, &world.chain, &(), &trellis_spv::verify::Policy::default()).unwrap();
}

#[test]
fn history_reaches_behind_proofs_as_deep_as_asked() {
    let world = world(&[RETAIN]);
    let first = world.pay(&[world.coin(1000)]);
    let second = world.pay(&[coin(&first, 0)]);
    let third = world.pay(&[coin(&second, 0)]);
    for chain in [vec![&first], vec![&first, &second], vec![&first, &second, &third]] {
        world.submit(&[RETAIN], &world.beef(&chain)).unwrap();
    }
    world.mine(&[&first, &second, &third]);
    world.submit(&[RETAIN], &world.beef(&[&first, &second, &third])).unwrap();
    world.submit(&[RETAIN], &world.beef(&[&first])).unwrap();
    world.submit(&[RETAIN], &world.beef(&[&first, &second])).unwrap();
    let listed: Vec<_> = world.listed().iter().map(|output| output.outpoint.txid).collect();
    assert!(listed.contains(&first.txid()) && listed.contains(&third.txid()), "retained coins stay listed");

    let flat = contents(&merged(&world, "0"));
    assert!(flat.iter().all(|(_, proven)| *proven), "no history asked, proofs suffice: {flat:?}");
    let deep = contents(&merged(&world, "1"));
    assert!(deep.contains(&(third.txid(), false)), "within the depth without its proof: {deep:?}");
    let position = |txid| deep.iter().position(|(other, _)| *other == txid).unwrap();
    assert!(position(second.txid()) < position(third.txid()), "parents come first");
}

#[test]
fn nothing_found_is_an_empty_beef() {
    let world = world(&[ADMIT_ALL]);
    let beef = merged(&world, "0");
    assert_eq!(beef[4..], [0, 0], "no BUMPs and no transactions: {beef:?}");
}

#[test]
fn a_lookup_cannot_write() {
    let world = world(&[ADMIT_ALL]);
    let question =
        Question { service: "ls_index", query: "\"write\"", shape: AnswerShape::Merged, minimum: Standing::Admitted };
    let error = world.engine.lookup(&question).unwrap_err();
    assert!(error.to_string().contains("read-only"), "{error}");
    assert_eq!(world.engine.store().durable().0, 0, "nothing was ever committed");
}

#[test]
fn a_beef_larger_than_a_host_hands_out_is_no_damage_to_the_store() {
    let world = world(&[ADMIT_ALL]);
    let mut last = world.coin(1_000_000);
    let data = [&[0x6a][..], &[7; 4 * 1024 * 1024]].concat();
    for _ in 0..9 {
        let outputs = [(last.satoshis - 10_000, world.alice.p2pkh()), (1, data.clone())];
        let next = build(&[last.by(&world.alice)], &outputs);
        world.submit(&[ADMIT_ALL], &world.beef(&[&next])).unwrap();
        last = coin(&next, 0);
    }
    let query = format!("beef {}", last.outpoint.txid);
    let question =
        Question { service: "ls_index", query: &query, shape: AnswerShape::Merged, minimum: Standing::Admitted };
    let error = world.engine.lookup(&question).unwrap_err();
    assert!(matches!(&error, LookupError::Refused { text, .. } if text.contains("too large")), "{error}");
}

#[test]
fn an_unknown_service_is_named() {
    let world = world(&[ADMIT_ALL]);
    let question =
        Question { service: "ls_other", query: "0", shape: AnswerShape::Merged, minimum: Standing::Admitted };
    let error = world.engine.lookup(&question).unwrap_err();
    assert!(matches!(&error, LookupError::NotHosted { service } if service == "ls_other"), "{error}");
}

#[test]
fn who_asks_for_a_minimum_status_gets_no_output_that_is_behind_it() {
    let world = world(&[ADMIT_ALL]);
    let unheard = world.pay(&[world.coin(1_000)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&unheard])).unwrap();
    let mined = world.pay(&[world.coin(1_000)]);
    world.mine(&[&mined]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&mined])).unwrap();
    let found = |minimum| {
        let question = Question { service: "ls_index", query: "0", shape: AnswerShape::Merged, minimum };
        match world.engine.lookup(&question).unwrap().content {
            AnswerContent::Merged(outputs, _) => outputs.iter().map(|output| output.outpoint.txid).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(found(Standing::Admitted).len(), 2);
    for minimum in [Standing::Broadcast, Standing::Seen, Standing::Mined] {
        assert_eq!(found(minimum), [mined.txid()], "{minimum:?}");
    }
}
