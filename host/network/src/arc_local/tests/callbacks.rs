//! What callbacks tell, to whom, and when.

use super::*;

const URL: &str = "http://127.0.0.1:8080/arc-ingest";

fn wishes(full: &'static str) -> Vec<(&'static str, &'static str)> {
    vec![("X-CallbackUrl", URL), ("X-CallbackToken", "secret"), ("X-FullStatusUpdates", full)]
}

impl Scene {
    /// What is called now, as txid, status and body; each is taken.
    fn calls(&self) -> Vec<Callback> {
        self.arc.notice(NOW);
        let mut calls = Vec::new();
        while let Some(call) = self.arc.next_callback(NOW) {
            self.arc.callback_ended(call.clone(), Delivery::Taken, NOW);
            calls.push(call);
        }
        calls
    }

    fn told(&self) -> Vec<String> {
        self.calls().iter().map(|call| call.body["txStatus"].as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn a_mined_transaction_is_told_of_with_its_proof_and_the_token() {
    let scene = Scene::new();
    let (spend, _) = scene.send_with(&wishes("false"));
    assert_eq!(scene.told(), [""; 0], "being seen is no news unless everything is asked for");
    let block = scene.chain.mine(NOW).unwrap();
    let calls = scene.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!((calls[0].url.as_str(), calls[0].token.as_deref()), (URL, Some("secret")));
    let body = &calls[0].body;
    assert_eq!(
        (&body["txid"], &body["txStatus"], &body["blockHash"], &body["blockHeight"], &body["extraInfo"]),
        (
            &json!(spend.txid().to_string()),
            &json!("MINED"),
            &json!(block.hash.to_string()),
            &json!(block.height),
            &json!("")
        )
    );
    let bump = hex::decode(body["merklePath"].as_str().unwrap()).unwrap();
    check_proof(&spend.txid(), &MerkleProof::from_bump(&bump, &spend.txid()).unwrap(), &*scene.chain).unwrap();
    assert_eq!(scene.told(), [""; 0], "once");
}

#[test]
fn every_status_is_told_of_only_on_request() {
    let lives = |full| {
        let scene = Scene::new();
        let mut told = Vec::new();
        let funds = scene.coin(1_000);
        let (parent, rival) = (scene.spend(&funds, 900), scene.spend(&funds, 700));
        let parents_coin = coin(&parent, 0);
        let child = scene.spend(&parents_coin, 800);
        let mut step = |scene: &Scene| told.extend(scene.told());
        let send = |bytes: &[u8]| scene.ask_with("POST", "/v1/tx", "application/octet-stream", &wishes(full), bytes);
        send(&ef(&child, &[&parents_coin]));
        step(&scene);
        scene.post(&ef(&parent, &[&funds]));
        step(&scene);
        send(&ef(&rival, &[&funds]));
        step(&scene);
        scene.chain.mine(NOW).unwrap();
        step(&scene);
        told.sort();
        told
    };
    assert_eq!(lives("false"), ["MINED", "REJECTED"]);
    assert_eq!(
        lives("true"),
        ["DOUBLE_SPEND_ATTEMPTED", "MINED", "REJECTED", "SEEN_IN_ORPHAN_MEMPOOL", "SEEN_ON_NETWORK"]
    );
}

#[test]
fn reorganisations_are_told_of_and_so_is_the_new_block() {
    let scene = Scene::new();
    scene.send_with(&wishes("false"));
    scene.chain.mine(NOW).unwrap();
    let first = scene.calls();
    scene.chain.reorg(1, NOW).unwrap();
    let stale = scene.calls();
    assert_eq!(stale[0].body["txStatus"], "MINED_IN_STALE_BLOCK");
    assert_eq!(stale[0].body["merklePath"], first[0].body["merklePath"]);
    scene.chain.mine(NOW).unwrap();
    assert_eq!(scene.told(), ["MINED"]);
    let again = crate::local_chain::Orphaned::MineAgain { except: &[] };
    scene.chain.reorg_with(&crate::local_chain::Reorg { depth: 1, orphaned: again, rival: None }, NOW).unwrap();
    assert_eq!(scene.told(), ["MINED"], "in another block");
}

#[test]
fn a_late_refusal_and_a_contest_are_told_of_with_words_and_rivals() {
    let scene = Scene::new();
    let (spend, _) = scene.send_with(&wishes("true"));
    assert_eq!(scene.told(), ["SEEN_ON_NETWORK"]);
    let rival = Txid::from_internal([7; 32]);
    scene.misbehave(Misbehaviour::DoubleSpend { txid: spend.txid(), competing: Some(rival) });
    let contested = scene.calls();
    assert_eq!(contested[0].body["competingTxs"], json!([rival.to_string()]));
    scene.misbehave(Misbehaviour::Settle { txid: spend.txid(), outcome: Outcome::Rejected });
    let refused = scene.calls();
    assert_eq!(
        (&refused[0].body["txStatus"], &refused[0].body["extraInfo"]),
        (&json!("REJECTED"), &json!("double spend attempted"))
    );
    assert_eq!((&refused[0].body["merklePath"], &refused[0].body["blockHeight"]), (&json!(""), &json!(0)));
}

#[test]
fn who_asks_later_hears_what_happens_from_then_on() {
    let scene = Scene::new();
    let (spend, _) = scene.send();
    scene.chain.mine(NOW).unwrap();
    let ask = |headers: &[(&str, &str)]| {
        scene.ask_with("POST", "/v1/tx", "application/octet-stream", headers, spend.raw());
    };
    ask(&wishes("true"));
    ask(&wishes("true"));
    ask(&[("X-CallbackUrl", "http://localhost/other"), ("X-CallbackBatch", "true")]);
    assert_eq!(scene.told(), [""; 0], "that it is mined was so before");
    scene.chain.reorg(1, NOW).unwrap();
    let calls = scene.calls();
    assert_eq!(calls.iter().map(|call| call.url.as_str()).collect::<Vec<_>>(), [URL, "http://localhost/other"]);
    assert_eq!(calls[1].token, None);
    assert_eq!((&calls[1].body["count"], &calls[1].body["callbacks"][0]), (&json!(1), &calls[0].body));
}

#[test]
fn callbacks_are_dropped_on_demand_and_not_made_up_for() {
    let scene = Scene::new();
    scene.send_with(&wishes("false"));
    scene.chain.mine(NOW).unwrap();
    scene.arc.notice(NOW);
    assert_eq!(scene.arc.callback_counts().waiting, 1);
    scene.misbehave(Misbehaviour::DropCallbacks(true));
    scene.chain.reorg(1, NOW).unwrap();
    assert_eq!(scene.told(), [""; 0]);
    assert_eq!(scene.arc.callback_counts(), CallbackCounts { dropped: 2, ..CallbackCounts::default() });
    scene.misbehave(Misbehaviour::DropCallbacks(false));
    assert_eq!(scene.told(), [""; 0]);
    scene.chain.mine(NOW).unwrap();
    assert_eq!(scene.told(), ["MINED"]);
}

#[test]
fn nobody_is_called_for_what_arc_itself_refuses_or_outside_this_machine() {
    let scene = Scene::new();
    let (_, response) = scene.send_with(&[("X-CallbackUrl", "http://example.com/")]);
    assert_eq!((response.status, scene.arc.broadcasts().len()), (400, 0));
    let listener = "192.0.2.1:80".parse().unwrap();
    scene.arc.allow_callbacks_to(&[listener]);
    assert_eq!(scene.send_with(&[("X-CallbackUrl", "http://192.0.2.1/")]).1.status, 200);
    let funds = scene.coin(1_000);
    let poor = scene.spend(&funds, 1_000);
    scene.ask_with("POST", "/v1/tx", "application/octet-stream", &wishes("true"), &ef(&poor, &[&funds]));
    assert_eq!(scene.told(), [""; 0]);
}
