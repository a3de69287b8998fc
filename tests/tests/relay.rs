//! The EF service: BEEF in, Extended Format out, and to the network, for those it is meant for.

use serde_json::{Value, json};
use trellis_spv::extended_format;
use trellis_spv::hash::Txid;
use trellis_spv::testing::{Coin, Wallet, coin};
use trellis_spv::transaction::Transaction;
use trellis_system_tests::arc::{self, Answer, ScriptedArc};
use trellis_system_tests::binary;
use trellis_system_tests::client::{Client, Reply};
use trellis_system_tests::configuration::Configuration;
use trellis_system_tests::host::{Host, wait_for};
use trellis_system_tests::ports;
use trellis_system_tests::tokens::{hello, split};
use trellis_system_tests::world::World;

const BYTES: (&str, &str) = ("content-type", "application/octet-stream");
const JSON: (&str, &str) = ("content-type", "application/json");
const OPEN: &str = "access = \"open\"";

struct Scene {
    world: World,
    wallet: Wallet,
    coins: Vec<Coin>,
}

/// A world with coins on it, published.
fn scene(coins: usize) -> Scene {
    let (world, wallet) = (World::new(), Wallet::from_seed(5));
    let coins = world.coins(&wallet, coins, 10_000);
    world.publish();
    Scene { world, wallet, coins }
}

impl Scene {
    fn host(&self, arc: &str) -> Host {
        Host::start(&Configuration::usual().arc(arc).relay(OPEN), &self.world)
    }

    /// A transaction that spends coin `number`, and its BEEF.
    fn payment(&self, number: usize) -> (Transaction, Vec<u8>) {
        let transaction = split(&self.wallet, &self.coins[number..=number], 2);
        let beef = self.world.beef_bytes(&[&transaction]);
        (transaction, beef)
    }
}

fn broadcast(client: &Client, beef: &[u8]) -> Reply {
    client.post("/v1/broadcast", &[BYTES], beef)
}

fn broadcast_batch(client: &Client, beefs: &[&[u8]]) -> Vec<Value> {
    let body = json!({ "transactions": beefs.iter().map(hex::encode).collect::<Vec<_>>() }).to_string();
    let answer = client.post("/v1/broadcast/batch", &[JSON], body.as_bytes()).expect(200).json();
    answer["transactions"].as_array().expect("answers").clone()
}

fn wait_for_status(host: &Host, txid: &Txid, status: &str) -> Value {
    wait_for(status, || host.client().transaction(txid).filter(|report| report["status"] == status))
}

/// The transaction inside an answer's Extended Format, whose form is checked on the way.
fn extended(answer: &Value) -> extended_format::Extended {
    let text = answer["extendedFormat"].as_str().unwrap_or_else(|| panic!("no Extended Format in {answer}"));
    extended_format::decode(&hex::decode(text).expect("hexadecimal")).expect("Extended Format")
}

#[test]
fn ef_service_converts_and_neither_stores_nor_sends() {
    let scene = scene(1);
    let arc = ScriptedArc::start();
    let mut host = scene.host(&arc.url());
    let (transaction, beef) = scene.payment(0);
    let client = host.client();
    let answer = client.post("/v1/ef", &[BYTES], &beef).expect(200).json();
    assert_eq!(answer["txid"], transaction.txid().to_string());
    assert_eq!(extended(&answer).transaction.raw(), transaction.raw());
    let (value, script) = extended(&answer).sources[0].clone();
    let source = scene.coins[0].outpoint;
    let expected = json!([{
        "txid": source.txid.to_string(), "outputIndex": source.vout, "satoshis": value, "lockingScript": hex::encode(script)
    }]);
    assert_eq!(answer["sources"], expected);
    // What a submission would be refused for is not converted either.
    let message = client.post("/v1/ef", &[BYTES], &beef[..beef.len() - 1]).refusal(400, "ERR_BEEF_MALFORMED");
    assert!(message.contains("BEEF"), "{message}");
    let mut broken = beef.clone();
    // The last bytes are the lock time and, before it, the last locking script: the signature covers them.
    let place = broken.len() - 8;
    broken[place] ^= 1;
    let _ = client.post("/v1/ef", &[BYTES], &broken).refusal(400, "ERR_NOT_VERIFIED");
    let _ = client.post("/v1/ef", &[JSON], &beef).refusal(400, "ERR_CONTENT_TYPE");
    assert_eq!(client.transaction(&transaction.txid()), None);
    assert!(host.end().success());
    assert_eq!(host.check_store()["transactions"], 0);
    assert_eq!(arc.requests().len(), 0);
}

#[test]
fn ef_service_broadcasts_in_extended_format_parents_first() {
    let scene = scene(1);
    let arc = ScriptedArc::start();
    let mut host = scene.host(&arc.url());
    let (parent, _) = scene.payment(0);
    let child = split(&scene.wallet, &[coin(&parent, 0)], 1);
    let beef = scene.world.beef_bytes(&[&parent, &child]);
    let answer = broadcast(&host.client(), &beef).expect(200).json();
    assert_eq!((&answer["txid"], &answer["status"]), (&json!(child.txid().to_string()), &json!("admitted")));
    assert_eq!(extended(&answer).transaction.raw(), child.raw());
    let report = wait_for_status(&host, &child.txid(), "seen");
    assert_eq!((&report["topics"], report.get("outbox")), (&json!([]), None), "{report}");
    assert_eq!(arc.requests(), [[parent.txid()], [child.txid()]]);
    assert_eq!(hex::encode(arc.received()[1].extended.transaction.raw()), hex::encode(child.raw()));
    // Again: the same answer, and nobody is told again.
    let again = broadcast(&host.client(), &beef).expect(200).json();
    assert_eq!((&again["txid"], &again["status"]), (&answer["txid"], &json!("seen")));
    // Another spender of the same coin.
    let rival = hello(&scene.wallet, &scene.coins[..1], "rival");
    let message = broadcast(&host.client(), &scene.world.beef_bytes(&[&rival])).refusal(409, "ERR_DOUBLE_SPEND");
    assert!(message.contains(&parent.txid().to_string()), "{message}");
    // What is in a block needs no telling.
    scene.world.chain().mine(&[&parent, &child]);
    scene.world.publish_to_running_hosts();
    let proven = broadcast(&host.client(), &scene.world.beef_bytes(&[&child])).expect(200).json();
    assert_eq!(proven["status"], "mined", "{proven}");
    assert!(proven["blockHeight"].is_u64(), "{proven}");
    assert!(host.end().success());
    assert_eq!(host.check_store()["submissions"], 0);
    assert_eq!(arc.requests().len(), 2);
}

#[test]
fn ef_service_is_durable_before_it_answers() {
    let scene = scene(2);
    let port = ports::free();
    let mut host = scene.host(&arc::url(port));
    // Nobody listens at that port yet.
    let (first, beef) = scene.payment(0);
    let _ = broadcast(&host.client(), &beef).expect(200);
    let (second, beef) = scene.payment(1);
    let answers = broadcast_batch(&host.client(), &[&beef]);
    assert_eq!(answers[0]["status"], "admitted", "{answers:?}");
    host.kill_9();
    assert_eq!(host.check_store()["outbox"], 2);
    let arc = ScriptedArc::at(port, |_| Answer::Status("SEEN_ON_NETWORK"));
    host.start_again();
    for transaction in [&first, &second] {
        wait_for_status(&host, &transaction.txid(), "seen");
        assert!(arc.has(&transaction.txid()));
    }
}

#[test]
fn ef_service_takes_back_what_the_network_refuses() {
    let scene = scene(1);
    let words = "invalid transaction: mandatory-script-verify-flag-failed";
    let arc = ScriptedArc::scripted(move |_| Answer::Rejected(words));
    let mut host = scene.host(&arc.url());
    let (token, beef) = scene.payment(0);
    let _ = broadcast(&host.client(), &beef).expect(200);
    wait_for_status(&host, &token.txid(), "rejected");
    let message = broadcast(&host.client(), &beef).refusal(422, "ERR_REJECTED_BY_NETWORK");
    assert!(message.contains(words), "{message}");
    assert!(host.end().success());
    host.check_store();
}

#[test]
fn ef_service_waits_for_the_network_where_submissions_do() {
    let scene = scene(3);
    let arc = ScriptedArc::start();
    let configuration = Configuration::usual().arc(&arc.url()).relay(OPEN).gate();
    let host = Host::start(&configuration, &scene.world);
    let (_, beef) = scene.payment(0);
    assert_eq!(broadcast(&host.client(), &beef).expect(200).json()["status"], "seen");
    let words = "invalid transaction: refused";
    let (bad, bad_beef) = scene.payment(1);
    let refused = bad.txid();
    arc.answer_with(move |received| match received.txid == refused {
        true => Answer::Rejected(words),
        false => Answer::Status("SEEN_ON_NETWORK"),
    });
    let answers = broadcast_batch(&host.client(), &[&bad_beef, &scene.payment(2).1]);
    assert_eq!((&answers[0]["code"], &answers[1]["status"]), (&json!("ERR_REJECTED_BY_NETWORK"), &json!("seen")));
}

#[test]
fn ef_service_is_off_for_those_it_is_to_know_or_open() {
    let scene = scene(2);
    let arc = ScriptedArc::start();
    let (transaction, beef) = scene.payment(0);
    let batch = json!({ "transactions": [hex::encode(&beef)] }).to_string();
    let everywhere = |client: &Client, token: Option<&str>| {
        let bearer = token.map(|token| format!("Bearer {token}"));
        let with = |content_type| {
            let token = bearer.as_deref().map(|bearer| ("authorization", bearer));
            [Some(content_type), token].into_iter().flatten().collect::<Vec<_>>()
        };
        [
            client.post("/v1/ef", &with(BYTES), &beef),
            client.post("/v1/broadcast", &with(BYTES), &beef),
            client.post("/v1/broadcast/batch", &with(JSON), batch.as_bytes()),
        ]
    };
    {
        let host = Host::start(&Configuration::usual().arc(&arc.url()), &scene.world);
        for reply in everywhere(&host.client(), None) {
            let message = reply.refusal(403, "ERR_RELAY_OFF");
            assert!(message.contains("[relay] access"), "{message}");
        }
        assert_eq!(host.client().transaction(&transaction.txid()), None);
    }
    {
        let configuration = Configuration::usual().arc(&arc.url());
        let lines = "access = \"authenticated\"\ntoken-env = \"TOKEN_OF_THE_TEST\"";
        let configuration = configuration.relay(lines).variable("TOKEN_OF_THE_TEST", "right");
        let host = Host::start(&configuration, &scene.world);
        for reply in everywhere(&host.client(), None) {
            let message = reply.refusal(401, "ERR_UNAUTHORIZED");
            assert!(message.contains("Bearer"), "{message}");
        }
        for reply in everywhere(&host.client(), Some("wrong")) {
            let _ = reply.refusal(403, "ERR_UNAUTHORIZED");
        }
        assert_eq!(arc.requests().len(), 0);
        for reply in everywhere(&host.client(), Some("right")) {
            let _ = reply.expect(200);
        }
        wait_for_status(&host, &transaction.txid(), "seen");
    }
    // Without anybody to tell, there is nothing but conversion.
    let host = Host::start(&Configuration::usual().relay(OPEN), &scene.world);
    let [converted, one, batch] = everywhere(&host.client(), None);
    let _ = converted.expect(200);
    for reply in [one, batch] {
        let message = reply.refusal(403, "ERR_TELLS_NOBODY");
        assert!(message.contains("policy"), "{message}");
    }
}

#[test]
fn batch_is_one_request_with_an_answer_for_each() {
    let scene = scene(6);
    let arc = ScriptedArc::start();
    let mut host = scene.host(&arc.url());
    let payments: Vec<(Transaction, Vec<u8>)> = (0..5).map(|number| scene.payment(number)).collect();
    let rival = hello(&scene.wallet, &scene.coins[..1], "rival");
    let rival_beef = scene.world.beef_bytes(&[&rival]);
    let (top, _) = scene.payment(5);
    let bottom = split(&scene.wallet, &[coin(&top, 0)], 1);
    let bottom_beef = scene.world.beef_bytes(&[&top, &bottom]);
    let beefs: [&[u8]; 8] = [
        &payments[0].1,
        b"no BEEF",
        &payments[1].1,
        &rival_beef,
        &bottom_beef,
        &payments[2].1,
        &payments[3].1,
        &payments[4].1,
    ];
    let answers = broadcast_batch(&host.client(), &beefs);
    assert_eq!(answers.len(), beefs.len());
    let relayed = [(0, &payments[0].0), (2, &payments[1].0), (4, &bottom), (5, &payments[2].0), (7, &payments[4].0)];
    for (place, transaction) in relayed {
        assert_eq!(answers[place]["txid"], transaction.txid().to_string(), "{answers:?}");
        assert_eq!(extended(&answers[place]).transaction.raw(), transaction.raw());
    }
    for (place, status, code) in [(1, 400, "ERR_BEEF_MALFORMED"), (3, 409, "ERR_DOUBLE_SPEND")] {
        let answer = &answers[place];
        let said = (&answer["index"], &answer["status"], &answer["httpStatus"], &answer["code"]);
        assert_eq!(said, (&json!(place), &json!("error"), &json!(status), &json!(code)), "{answer}");
    }
    let message = answers[3]["message"].as_str().expect("a message");
    assert!(message.contains(&payments[0].0.txid().to_string()), "{message}");
    for transaction in payments.iter().map(|(transaction, _)| transaction).chain([&bottom]) {
        wait_for_status(&host, &transaction.txid(), "seen");
    }
    // All that rest on nothing unproven went together; what spends one of them came after it.
    let requests = arc.requests();
    let mut first: Vec<Txid> = payments.iter().map(|(transaction, _)| transaction.txid()).chain([top.txid()]).collect();
    let mut sent = requests[0].clone();
    first.sort_unstable();
    sent.sort_unstable();
    assert_eq!((sent, &requests[1..]), (first, &[vec![bottom.txid()]][..]));
    assert!(host.end().success());
    host.check_store();
}

#[test]
fn batch_is_sent_and_converted_from_the_command_line() {
    let scene = scene(3);
    let arc = ScriptedArc::start();
    let lines = "access = \"authenticated\"\ntoken-env = \"TOKEN_OF_THE_TEST\"";
    let configuration = Configuration::usual().arc(&arc.url()).relay(lines).variable("TOKEN_OF_THE_TEST", "right");
    let host = Host::start(&configuration, &scene.world);
    let run = |arguments: &[&str]| {
        let mut command = binary::command();
        command.args(arguments).env("TRELLIS_RELAY_TOKEN", "right");
        let output = command.output().expect("to run the program");
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        (output.status.success(), text)
    };
    let files: Vec<String> = (0..3)
        .map(|number| {
            let file = scene.world.folder().join(format!("{number}.beef"));
            std::fs::write(&file, hex::encode(scene.payment(number).1)).expect("to write a BEEF");
            file.display().to_string()
        })
        .collect();
    let txids: Vec<String> = (0..3).map(|number| scene.payment(number).0.txid().to_string()).collect();
    let url = host.client().url().to_owned();
    let (here, there) = (run(&["ef", &files[0]]), run(&["ef", &files[0], "--host", &url]));
    assert!(here.0 && there.0, "{here:?} {there:?}");
    assert_eq!(here.1, there.1);
    let (done, [text, _]) = run(&["broadcast", &files[0], "--url", &url]);
    assert!(done && text.starts_with(&txids[0]) && text.contains("admitted"), "{text}");
    let bad = scene.world.folder().join("bad.beef");
    std::fs::write(&bad, "00").expect("to write rubbish");
    let (done, [text, said]) = run(&["broadcast", &files[1], bad.to_str().expect("a path"), &files[2], "--url", &url]);
    assert!(!done && said.contains("1 of 3"), "{said}");
    for part in [txids[1].as_str(), txids[2].as_str(), "bad.beef", "ERR_BEEF_MALFORMED"] {
        assert!(text.contains(part), "no {part} in {text}");
    }
    let (done, [text, _]) = run(&["broadcast", "--json", &files[1], &files[2], "--url", &url]);
    let answer: Value = serde_json::from_str(&text).expect("JSON");
    assert!(done && answer["transactions"][1]["txid"] == txids[2], "{answer}");
    let (done, [_, said]) = run(&["broadcast", &files[1], "--url", &url, "--token", "wrong"]);
    assert!(!done && said.contains("ERR_UNAUTHORIZED"), "{said}");
}
