//! What the network says goes: blocks that leave the chain, callbacks, answers that wait for it; and what an operator evicts.

use serde_json::{Value, json};
use trellis_spv::hash::Txid;
use trellis_spv::testing::{Coin, Wallet, coin};
use trellis_spv::transaction::Transaction;
use trellis_system_tests::arc::{Answer, ScriptedArc};
use trellis_system_tests::binary;
use trellis_system_tests::configuration::Configuration;
use trellis_system_tests::host::{Host, wait_for};
use trellis_system_tests::tokens::{hello, split};
use trellis_system_tests::world::World;

const TOPIC: &str = "tm_anytx";

fn scene(coins: usize) -> (World, Wallet, Vec<Coin>) {
    let (world, wallet) = (World::new(), Wallet::from_seed(3));
    let coins = world.coins(&wallet, coins, 10_000);
    world.publish();
    (world, wallet, coins)
}

fn wait_for_status(host: &Host, txid: &Txid, status: &str) -> Value {
    wait_for(status, || host.client().transaction(txid).filter(|report| report["status"] == status))
}

fn submit(host: &Host, world: &World, transactions: &[&Transaction]) -> [Vec<u32>; 3] {
    host.client().submit(&[TOPIC], &world.beef_bytes(transactions)).admittance(TOPIC)
}

#[test]
fn a_reorganisation_drops_proofs_and_the_new_chains_proofs_are_taken() {
    let (world, wallet, coins) = scene(1);
    let paid = split(&wallet, &coins, 1);
    let proof = world.chain().mine(&[&paid])[0].clone();
    world.publish();
    let arc = ScriptedArc::start();
    let mut host = Host::start(&Configuration::usual().arc(&arc.url()), &world);
    assert_eq!(submit(&host, &world, &[&paid])[0], [0]);
    assert_eq!(wait_for_status(&host, &paid.txid(), "mined")["blockHeight"], proof.height);

    world.chain().reorganise(1);
    world.publish();
    let report = wait_for_status(&host, &paid.txid(), "seen");
    assert!(report["network"]["message"].as_str().unwrap().contains(&proof.height.to_string()), "{report}");
    // It came proven, so nothing older is held: until another block has it, nothing proves it to anybody.
    assert_eq!(host.client().outputs_of(&paid.txid()), []);
    world.chain().mine(&[&paid]);
    world.publish_to_running_hosts();
    assert_eq!(submit(&host, &world, &[&paid])[0], [0], "the STEAK of the first time");
    assert_eq!(host.client().outputs_of(&paid.txid()).len(), 1);
    wait_for_status(&host, &paid.txid(), "mined");

    // While the host is down, too.
    assert!(host.end().success());
    world.chain().reorganise(1);
    world.publish();
    host.start_again();
    wait_for_status(&host, &paid.txid(), "seen");
    assert!(host.end().success());
    host.check_store();
}

#[test]
fn under_gate_an_answer_is_the_networks() {
    let (world, wallet, coins) = scene(4);
    let arc = ScriptedArc::start();
    let mut host = Host::start(&Configuration::usual().arc(&arc.url()).gate(), &world);
    let seen = split(&wallet, &coins[..1], 1);
    let reply = host.client().submit(&[TOPIC], &world.beef_bytes(&[&seen])).expect(200);
    assert_eq!(reply.admittance(TOPIC)[0], [0]);
    assert_eq!(host.client().transaction(&seen.txid()).unwrap()["status"], "seen");

    arc.answer_with(|_| Answer::Rejected("invalid transaction: bad-txns-in-belowout"));
    let never = split(&wallet, &coins[1..2], 1);
    let refused = world.beef_bytes(&[&never]);
    for _ in 0..2 {
        let message = host.client().submit(&[TOPIC], &refused).refusal(422, "ERR_REJECTED_BY_NETWORK");
        assert!(message.contains("bad-txns-in-belowout"), "{message}");
    }
    assert_eq!(host.client().outputs_of(&never.txid()), []);

    arc.answer_with(|_| Answer::Status("STORED"));
    let undecided = split(&wallet, &coins[2..3], 1);
    let reply = host.client().submit(&[TOPIC], &world.beef_bytes(&[&undecided])).expect(202);
    assert_eq!(reply.headers["location"], format!("/v1/transactions/{}", undecided.txid()));
    assert_eq!(reply.json()[TOPIC]["outputsToAdmit"], json!([0]));
    let place = host.client().get(&reply.headers["location"]).expect(200).json();
    assert_eq!(place["status"], "broadcast");
    assert!(host.end().success());
    host.check_store();
}

#[test]
fn callbacks_need_the_token_and_a_proof_that_holds() {
    let (world, wallet, coins) = scene(2);
    let arc = ScriptedArc::start();
    let mut host = Host::start(&Configuration::usual().arc(&arc.url()).advertised(), &world);
    let paid = split(&wallet, &coins[..1], 1);
    submit(&host, &world, &[&paid]);
    wait_for_status(&host, &paid.txid(), "seen");
    let token = arc.received()[0].callback_token.clone().expect("a callback token");
    assert!(!host.log().contains(&token), "the token is in the log");

    let proof = world.chain().mine(&[&paid])[0].clone();
    let bump = |proof| {
        let mut bytes = Vec::new();
        trellis_spv::bump::Bump::merge(&[(paid.txid(), proof)]).unwrap().write(&mut bytes);
        hex::encode(bytes)
    };
    let call = |authorization: &str, txid: &Txid, path: &str| {
        let body = json!({ "txid": txid.to_string(), "merklePath": path, "blockHeight": 1, "txStatus": "MINED" });
        let headers = [("content-type", "application/json"), ("authorization", authorization)];
        host.client().post("/arc-ingest", &headers, body.to_string().as_bytes())
    };
    let good = format!("Bearer {token}");
    for wrong in ["", "Bearer ", "Bearer 0000", token.as_str()] {
        let _ = call(wrong, &paid.txid(), &bump(&proof)).refusal(401, "ERR_UNAUTHORIZED");
    }
    let _ = call(&good, &paid.txid(), &bump(&proof)).refusal(503, "ERR_HEADER_UNKNOWN");
    world.publish_to_running_hosts();
    let mut forged = proof.clone();
    forged.height -= 1;
    let _ = call(&good, &paid.txid(), &bump(&forged)).refusal(400, "ERR_PROOF");
    let _ = call(&good, &paid.txid(), "zz").refusal(400, "ERR_CALLBACK");
    let _ = call(&good, &paid.txid(), "").expect(200);
    assert_eq!(host.client().transaction(&paid.txid()).unwrap()["status"], "seen");
    let _ = call(&good, &paid.txid(), &bump(&proof)).expect(200);
    assert_eq!(host.client().transaction(&paid.txid()).unwrap()["status"], "mined");
    let unknown = Txid::from_internal([7; 32]);
    let _ = call(&good, &unknown, &bump(&proof)).expect(200);
    assert!(host.end().success());
    // What was given to broadcasters before a restart is good after it.
    host.start_again();
    let headers = [("content-type", "application/json"), ("authorization", good.as_str())];
    let body = json!({ "txid": paid.txid().to_string() }).to_string();
    let _ = host.client().post("/arc-ingest", &headers, body.as_bytes()).expect(200);
    assert!(host.end().success());
    host.check_store();
}

#[test]
fn what_is_evicted_is_served_by_no_route_and_stays_away() {
    let (world, wallet, coins) = scene(2);
    let mut host = Host::start(&Configuration::usual(), &world);
    let message = hello(&wallet, &coins[..1], "to be forgotten");
    let said = json!({ "message": "to be forgotten" });
    let topics = ["tm_helloworld"];
    let beef = world.beef_bytes(&[&message]);
    let _ = host.client().submit(&topics, &beef).expect(200);
    let paid = split(&wallet, &coins[1..], 1);
    let child = split(&wallet, &[coin(&paid, 0)], 1);
    submit(&host, &world, &[&paid, &child]);
    let evict = |txid: &Txid, more: &[&str]| {
        let outpoint = format!("{txid}.0");
        let mut command = binary::command();
        command.args(["evict", &outpoint, "--reason", "court order 7", "--url", host.admin().url()]).args(more);
        let output = command.output().expect("to run trellis evict");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.success(), text(&output.stdout), text(&output.stderr))
    };
    assert_eq!(host.client().find("ls_helloworld", &said).outputs.len(), 1);
    let (done, answer, problem) = evict(&message.txid(), &[]);
    assert!(done, "{problem}");
    assert!(answer.contains("the bytes of 1 transactions are gone"), "{answer}");
    let found = host.client().find("ls_helloworld", &said);
    assert!(found.outputs.is_empty() && found.beef.is_none());
    assert_eq!(host.client().outputs_of(&message.txid()), []);
    let refusal = host.client().submit(&topics, &beef).refusal(451, "ERR_EVICTED");
    assert!(refusal.contains("court order 7"), "{refusal}");
    let place = format!("/v1/transactions/{}", message.txid());
    let _ = host.client().get(&place).refusal(451, "ERR_EVICTED");
    let extended = format!("/admin/transactions/{}/ef", message.txid());
    let _ = host.admin().get(&extended).refusal(404, "ERR_TRANSACTION_NOT_FOUND");

    let (done, _, problem) = evict(&paid.txid(), &[]);
    assert!(!done && problem.contains(&child.txid().to_string()), "{problem}");
    assert!(problem.contains("--dependents"), "it says what to do next: {problem}");
    let (done, answer, problem) = evict(&paid.txid(), &["--dependents", "evict"]);
    assert!(done, "{problem}");
    assert!(answer.contains("the bytes of 2 transactions are gone"), "{answer}");
    assert!(host.end().success());
    assert_eq!(host.check_store()["outputs"], 0);
    host.start_again();
    let _ = host.client().submit(&topics, &beef).refusal(451, "ERR_EVICTED");
}

#[test]
fn what_nobody_takes_is_shown_to_the_operator_and_sent_again_on_demand() {
    let (world, wallet, coins) = scene(1);
    let arc = ScriptedArc::scripted(|_| Answer::Rejected("invalid transaction: bad-txns-in-belowout"));
    let host = Host::start(&Configuration::usual().arc(&arc.url()), &world);
    let paid = split(&wallet, &coins, 1);
    submit(&host, &world, &[&paid]);
    wait_for_status(&host, &paid.txid(), "rejected");
    let overview = host.admin().get("/admin/outbox").expect(200).json();
    assert_eq!((&overview["pending"], &overview["deadLetters"]), (&json!(0), &json!([])));
    arc.answer_with(|_| Answer::Status("SEEN_ON_NETWORK"));
    let _ = host.client().submit(&[TOPIC], &world.beef_bytes(&[&paid])).refusal(422, "ERR_REJECTED_BY_NETWORK");
    let retry = format!("/admin/transactions/{}/retry", paid.txid());
    let again = host.admin().post(&retry, &[], b"").expect(200).json();
    assert_eq!(again["steak"][TOPIC]["outputsToAdmit"], json!([0]));
    wait_for_status(&host, &paid.txid(), "seen");
    let _ = host.admin().post(&retry, &[], b"").refusal(404, "ERR_NOTHING_TO_RETRY");
}

#[test]
fn a_lookup_can_ask_for_what_the_network_has_seen() {
    let (world, wallet, coins) = scene(1);
    let arc = ScriptedArc::scripted(|_| Answer::Error(503, "not now"));
    let host = Host::start(&Configuration::usual().arc(&arc.url()), &world);
    let paid = split(&wallet, &coins, 1);
    submit(&host, &world, &[&paid]);
    let body = json!({ "service": "ls_anytx", "query": { "txid": paid.txid().to_string() } }).to_string();
    let found = |minimum: &str| {
        let headers =
            [("content-type", "application/json"), ("x-aggregation", "yes"), ("x-trellis-minimum-status", minimum)];
        host.client().post("/lookup", &headers, body.as_bytes()).expect(200).found().outputs.len()
    };
    assert_eq!((found("admitted"), found("seen")), (1, 0));
    arc.answer_with(|_| Answer::Status("SEEN_ON_NETWORK"));
    wait_for_status(&host, &paid.txid(), "seen");
    assert_eq!((found("seen"), found("mined")), (1, 0));
}
