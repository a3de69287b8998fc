//! The stand-in made to misbehave.

use super::*;

fn rejected_in(words: &str, response: &ArcResponse) {
    assert_eq!((response.status, status(response)), (200, "REJECTED"), "{response:?}");
    assert_eq!(response.body["extraInfo"], words);
}

#[test]
fn the_next_new_transactions_are_refused_in_the_words_given() {
    let scene = Scene::new();
    let (known, _) = scene.send();
    scene.misbehave(Misbehaviour::RejectNext { count: 2, words: "invalid transaction: no".to_owned() });
    assert_eq!(status(&scene.post(known.raw())), "SEEN_ON_NETWORK", "it is not new");
    for _ in 0..2 {
        let (spend, response) = scene.send();
        rejected_in("invalid transaction: no", &response);
        assert_eq!(scene.chain.place(&spend.txid()), Place::Unknown);
        rejected_in("invalid transaction: no", &scene.get(&spend));
        rejected_in("invalid transaction: no", &scene.post(spend.raw()));
    }
    assert_eq!(status(&scene.send().1), "SEEN_ON_NETWORK");
}

#[test]
fn a_transaction_is_refused_before_it_comes_or_after_it_was_seen() {
    let scene = Scene::new();
    let words = "discarded from mempool: expired".to_owned();
    let funds = scene.coin(1_000);
    let expected = scene.spend(&funds, 900);
    scene.misbehave(Misbehaviour::Reject { txid: expected.txid(), words: words.clone() });
    assert_eq!(scene.arc.misbehaviour().reject[&expected.txid()], words);
    assert_eq!(status(&scene.send().1), "SEEN_ON_NETWORK", "another one");
    rejected_in(&words, &scene.post(&ef(&expected, &[&funds])));
    assert!(scene.arc.misbehaviour().reject.is_empty());

    let (seen, _) = scene.send();
    let child = scene.spend(&coin(&seen, 0), 800);
    scene.post(child.raw());
    scene.misbehave(Misbehaviour::Reject { txid: seen.txid(), words: words.clone() });
    for gone in [&seen, &child] {
        rejected_in(&words, &scene.get(gone));
        assert_eq!(scene.chain.place(&gone.txid()), Place::Unknown);
    }
    assert_eq!(scene.chain.mine(NOW).unwrap().txids.len(), 2, "only the other one was left to be mined");
}

#[test]
fn what_a_block_has_nobody_refuses() {
    let scene = Scene::new();
    let (mined, _) = scene.send();
    scene.chain.mine(NOW).unwrap();
    let txid = mined.txid();
    for what in
        [Misbehaviour::Reject { txid, words: "no".to_owned() }, Misbehaviour::DoubleSpend { txid, competing: None }]
    {
        let error = scene.arc.misbehave(what, NOW).unwrap_err();
        assert!(matches!(error, MisbehaviourError::Mined { .. }) && error.to_string().contains("reorg"), "{error}");
    }
    assert_eq!(status(&scene.get(&mined)), "MINED");
}

#[test]
fn a_refused_transaction_that_a_block_has_all_the_same_is_mined() {
    let scene = Scene::new();
    let (spend, _) = scene.send();
    scene.misbehave(Misbehaviour::Reject { txid: spend.txid(), words: "no".to_owned() });
    let reorg =
        crate::local_chain::Reorg { depth: 0, orphaned: crate::local_chain::Orphaned::Wait, rival: Some(&spend) };
    scene.chain.reorg_with(&reorg, NOW).unwrap();
    assert_eq!(status(&scene.get(&spend)), "MINED");
    scene.chain.reorg(1, NOW).unwrap();
    assert_eq!(status(&scene.get(&spend)), "MINED_IN_STALE_BLOCK", "the refusal is older");
}

#[test]
fn broadcasts_are_answered_late_while_questions_are_not() {
    let scene = Scene::new();
    scene.misbehave(Misbehaviour::Delay { milliseconds: 700 });
    let (spend, response) = scene.send();
    assert_eq!((response.wait_milliseconds, status(&response)), (700, "SEEN_ON_NETWORK"));
    assert_eq!(scene.get(&spend).wait_milliseconds, 0);
    scene.misbehave(Misbehaviour::Delay { milliseconds: 0 });
    assert_eq!(scene.send().1.wait_milliseconds, 0);
    let too_long = Misbehaviour::Delay { milliseconds: MAX_DELAY_MILLISECONDS + 1 };
    assert!(matches!(scene.arc.misbehave(too_long, NOW), Err(MisbehaviourError::TooLong(_))));
}

#[test]
fn failing_broadcasts_are_not_taken_and_late_ones_are() {
    let scene = Scene::new();
    scene.misbehave(Misbehaviour::FailNext { count: 2, failure: Failure::Status(503) });
    for _ in 0..2 {
        let (spend, response) = scene.send();
        assert_eq!((response.status, read(&response)), (503, AnswerMeaning::Transient));
        assert_eq!(scene.get(&spend).status, 404);
    }
    assert_eq!(scene.send().1.status, 200);
    scene.misbehave(Misbehaviour::FailNext { count: 1, failure: Failure::TooLate });
    let (spend, response) = scene.send();
    assert_eq!((response.status, response.wait_milliseconds), (504, TOO_LATE_MILLISECONDS));
    assert_eq!(status(&scene.get(&spend)), "SEEN_ON_NETWORK");
    assert_eq!(scene.arc.misbehaviour(), Plans::default());
    for number in [200, 404, 600] {
        let failure = Misbehaviour::FailNext { count: 1, failure: Failure::Status(number) };
        assert!(matches!(scene.arc.misbehave(failure, NOW), Err(MisbehaviourError::NoServerError(_))));
    }
}

#[test]
fn a_contested_transaction_waits_until_it_is_settled_in_its_favour() {
    let scene = Scene::new();
    scene.misbehave(Misbehaviour::DoubleSpendNext { competing: None });
    let (contested, response) = scene.send();
    assert_eq!((status(&response), read(&response)), ("DOUBLE_SPEND_ATTEMPTED", AnswerMeaning::Contested));
    let rival = scene.arc.misbehaviour().contested[&contested.txid()];
    assert_eq!(response.body["competingTxs"], json!([rival.to_string()]));
    let child = scene.spend(&coin(&contested, 0), 800);
    assert_eq!(status(&scene.post(child.raw())), "SEEN_ON_NETWORK");
    assert_eq!(status(&scene.send().1), "SEEN_ON_NETWORK", "only the next one was meant");
    scene.chain.mine(NOW).unwrap();
    assert_eq!(status(&scene.get(&contested)), "DOUBLE_SPEND_ATTEMPTED");

    scene.misbehave(Misbehaviour::Settle { txid: contested.txid(), outcome: Outcome::Seen });
    assert_eq!(status(&scene.get(&contested)), "DOUBLE_SPEND_ATTEMPTED", "statuses do not go back");
    scene.chain.mine(NOW).unwrap();
    let mined = scene.get(&contested);
    assert_eq!((status(&mined), &mined.body["extraInfo"]), ("MINED", &json!("previously double spend attempted")));
    assert_eq!(status(&scene.get(&child)), "MINED");
    assert!(scene.arc.misbehaviour().contested.is_empty());
}

#[test]
fn a_contested_transaction_settled_against_it_goes_with_what_spends_it() {
    let scene = Scene::new();
    let (seen, _) = scene.send();
    let child = scene.spend(&coin(&seen, 0), 800);
    scene.post(child.raw());
    let rival = Txid::from_internal([7; 32]);
    scene.misbehave(Misbehaviour::DoubleSpend { txid: seen.txid(), competing: Some(rival) });
    assert_eq!(scene.get(&seen).body["competingTxs"], json!([rival.to_string()]));
    assert_eq!(status(&scene.get(&child)), "SEEN_ON_NETWORK");
    scene.misbehave(Misbehaviour::Settle { txid: seen.txid(), outcome: Outcome::Rejected });
    let lost = scene.get(&seen);
    rejected_in("double spend attempted", &lost);
    assert_eq!((&lost.body["competingTxs"], read(&lost)), (&json!([rival.to_string()]), AnswerMeaning::Terminal));
    let child = scene.get(&child);
    rejected_in("discarded from mempool: double spend attempted", &child);
    assert_eq!(read(&child), AnswerMeaning::Terminal);
    assert_eq!(scene.chain.mine(NOW).unwrap().txids.len(), 1);
    let again = Misbehaviour::Settle { txid: seen.txid(), outcome: Outcome::Seen };
    assert!(matches!(scene.arc.misbehave(again, NOW), Err(MisbehaviourError::NotContested(_))));
}

#[test]
fn a_contest_planned_for_a_transaction_begins_when_it_comes() {
    let scene = Scene::new();
    let funds = scene.coin(1_000);
    let spend = scene.spend(&funds, 900);
    let txid = spend.txid();
    let own = Misbehaviour::DoubleSpend { txid, competing: Some(txid) };
    assert!(matches!(scene.arc.misbehave(own, NOW), Err(MisbehaviourError::OwnRival(_))));
    scene.misbehave(Misbehaviour::DoubleSpend { txid, competing: None });
    assert_eq!(status(&scene.send().1), "SEEN_ON_NETWORK");
    assert_eq!(status(&scene.post(&ef(&spend, &[&funds]))), "DOUBLE_SPEND_ATTEMPTED");
}

#[test]
fn clearing_ends_what_is_planned_and_lets_contested_transactions_be_mined() {
    let scene = Scene::new();
    scene.misbehave(Misbehaviour::DoubleSpendNext { competing: None });
    let (contested, _) = scene.send();
    let txid = Txid::from_internal([5; 32]);
    for what in [
        Misbehaviour::RejectNext { count: 9, words: "no".to_owned() },
        Misbehaviour::Reject { txid, words: "no".to_owned() },
        Misbehaviour::Delay { milliseconds: 9 },
        Misbehaviour::FailNext { count: 9, failure: Failure::TooLate },
        Misbehaviour::DoubleSpendNext { competing: Some(txid) },
        Misbehaviour::DoubleSpend { txid, competing: None },
        Misbehaviour::DropCallbacks(true),
    ] {
        scene.misbehave(what);
    }
    let plans = scene.arc.misbehaviour();
    assert_eq!((plans.reject_next, plans.delay_milliseconds, plans.fail_next), (9, 9, 9));
    assert_eq!((plans.double_spend_next, plans.drop_callbacks), (Some(Some(txid)), true));
    scene.misbehave(Misbehaviour::Clear);
    assert_eq!(scene.arc.misbehaviour(), Plans::default());
    assert_eq!(scene.send().1.wait_milliseconds, 0);
    assert_eq!(scene.chain.mine(NOW).unwrap().txids.len(), 3);
    assert_eq!(status(&scene.get(&contested)), "MINED");
}

#[test]
fn plans_and_words_are_bounded() {
    let scene = Scene::new();
    let words = "x".repeat(MAX_WORDS + 1);
    let long = Misbehaviour::RejectNext { count: 1, words };
    assert!(matches!(scene.arc.misbehave(long, NOW), Err(MisbehaviourError::TooManyWords(_))));
    for n in 0..1_000u32 {
        let mut id = [1; 32];
        id[..4].copy_from_slice(&n.to_le_bytes());
        scene.misbehave(Misbehaviour::DoubleSpend { txid: Txid::from_internal(id), competing: None });
    }
    let more = Misbehaviour::Reject { txid: Txid::from_internal([2; 32]), words: String::new() };
    assert!(matches!(scene.arc.misbehave(more, NOW), Err(MisbehaviourError::TooManyPlanned)));
}

#[test]
fn a_transaction_that_lost_its_block_says_so_until_it_is_mined_again() {
    let scene = Scene::new();
    let (spend, _) = scene.send();
    scene.chain.mine(NOW).unwrap();
    let mined = scene.get(&spend);
    scene.chain.reorg(1, NOW).unwrap();
    let stale = scene.get(&spend);
    assert_eq!((status(&stale), read(&stale)), ("MINED_IN_STALE_BLOCK", AnswerMeaning::Seen));
    for field in ["blockHash", "blockHeight", "merklePath"] {
        assert_eq!(stale.body[field], mined.body[field], "{field}");
    }
    let block = scene.chain.mine(NOW).unwrap();
    assert_eq!(scene.get(&spend).body["blockHash"], block.hash.to_string());
}

#[test]
fn a_rival_in_a_block_drives_out_what_waited_and_what_was_mined() {
    let scene = Scene::new();
    let funds = scene.coin(1_000);
    let (waiting, rival) = (scene.spend(&funds, 900), scene.spend(&funds, 700));
    scene.post(&ef(&waiting, &[&funds]));
    let wins = |depth, rival| crate::local_chain::Reorg {
        depth,
        orphaned: crate::local_chain::Orphaned::Wait,
        rival: Some(rival),
    };
    scene.chain.reorg_with(&wins(0, &rival), NOW).unwrap();
    rejected_in("discarded from mempool: double spend attempted", &scene.get(&waiting));
    assert_eq!(status(&scene.get(&rival)), "MINED");

    let funds = scene.coin(1_000);
    let (mined, rival) = (scene.spend(&funds, 900), scene.spend(&funds, 700));
    scene.post(&ef(&mined, &[&funds]));
    scene.chain.mine(NOW).unwrap();
    scene.chain.reorg_with(&wins(1, &rival), NOW).unwrap();
    assert_eq!(status(&scene.get(&mined)), "MINED_IN_STALE_BLOCK", "ARC never takes that back");
}

#[test]
fn arc_knows_nothing_of_what_was_not_sent_to_it() {
    let scene = Scene::new();
    let grant = scene.chain.faucet(&scene.wallet.p2pkh(), 1_000, NOW).unwrap();
    assert_eq!(scene.get(&grant.transaction).status, 404);
    assert_eq!(status(&scene.post(grant.transaction.raw())), "ANNOUNCED_TO_NETWORK");
    assert_eq!(status(&scene.get(&grant.transaction)), "MINED");
}

#[test]
fn what_was_sent_before_a_restart_is_still_known() {
    let scene = Scene::new();
    let (mined, _) = scene.send();
    scene.chain.mine(NOW).unwrap();
    let (waiting, _) = scene.send();
    let restarted = Scene { arc: LocalArc::new(Arc::clone(&scene.chain)), ..scene };
    assert_eq!(status(&restarted.get(&mined)), "MINED");
    assert_eq!(status(&restarted.get(&waiting)), "SEEN_ON_NETWORK");
    restarted.misbehave(Misbehaviour::Reject { txid: waiting.txid(), words: "no".to_owned() });
    rejected_in("no", &restarted.get(&waiting));
}

#[test]
fn who_waits_for_less_is_told_less() {
    let scene = Scene::new();
    let (spend, response) = scene.send_with(&[("X-WaitFor", "STORED")]);
    assert_eq!(status(&response), "STORED");
    assert_eq!(status(&scene.get(&spend)), "SEEN_ON_NETWORK");
    assert_eq!(status(&scene.send_with(&[("X-WaitFor", "MINED")]).1), "SEEN_ON_NETWORK");
}
