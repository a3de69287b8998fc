//! Several submissions in one request: as one, or each by itself.

use serde_json::{Value, json};
use trellis_spv::testing::{Wallet, coin};
use trellis_spv::transaction::Transaction;
use trellis_system_tests::binary;
use trellis_system_tests::client::{Client, Reply};
use trellis_system_tests::configuration::Configuration;
use trellis_system_tests::host::Host;
use trellis_system_tests::tokens::hello;
use trellis_system_tests::world::World;

fn submit_batch(client: &Client, atomic: bool, members: &[Value]) -> Reply {
    let body = json!({ "submissions": members }).to_string();
    let headers = [("content-type", "application/json")];
    client.post(&format!("/v1/submit/batch?atomic={atomic}"), &headers, body.as_bytes())
}

fn member(world: &World, of: &Transaction, topics: Value) -> Value {
    json!({ "beef": hex::encode(world.beef_bytes(&[of])), "topics": topics })
}

/// Messages, each paid with the change of the one before.
fn messages(world: &World, wallet: &Wallet, count: usize) -> Vec<Transaction> {
    let mut all = vec![hello(wallet, &[world.coin(wallet, 10_000)], "number 0")];
    while all.len() < count {
        let change = coin(all.last().unwrap(), 1);
        all.push(hello(wallet, &[change], &format!("number {}", all.len())));
    }
    all
}

#[test]
fn batch_submission_that_is_atomic_takes_effect_as_one_in_any_order() {
    let (world, wallet) = (World::new(), Wallet::from_seed(1));
    let sent = messages(&world, &wallet, 5);
    world.publish();
    let mut host = Host::start(&Configuration::usual(), &world);
    let client = host.client();
    let topics = json!(["tm_helloworld", "tm_anytx"]);
    // Backwards: every member comes before the one it spends, and no member brings its parent along.
    let members: Vec<_> = sent.iter().rev().map(|sent| member(&world, sent, topics.clone())).collect();
    let receipt = submit_batch(&client, true, &members).expect(200).json();
    let sequence = receipt["sequence"].as_u64().expect("one commit");
    for (heard, sent) in receipt["members"].as_array().unwrap().iter().zip(sent.iter().rev()) {
        assert_eq!(heard["txid"], sent.txid().to_string());
        assert_eq!((heard["sequence"].as_u64(), &heard["repeated"]), (Some(sequence), &json!(false)));
        assert_eq!(heard["topics"]["tm_helloworld"]["outputsToAdmit"], json!([0]));
        assert_eq!(client.transaction(&sent.txid()).unwrap()["sequence"], sequence);
    }
    let again = submit_batch(&client, true, &members).expect(200).json();
    assert!(again["members"].as_array().unwrap().iter().all(|heard| heard["repeated"] == true), "{again}");
    assert_eq!(again.get("sequence"), None);
    host.kill_9();
    host.check_store();
}

#[test]
fn batch_submission_with_one_bad_member_stores_nothing_and_says_which_and_why() {
    let (world, wallet) = (World::new(), Wallet::from_seed(2));
    let sent = messages(&world, &wallet, 3);
    let rival = hello(&wallet, &[coin(&sent[1], 1)], "a rival of number 2");
    let plain = wallet.pay(&[world.coin(&wallet, 500)], &wallet.p2pkh(), 400);
    world.publish();
    let mut host = Host::start(&Configuration::usual(), &world);
    let client = host.client();
    let hello = |of| member(&world, of, json!(["tm_helloworld"]));
    let good = [hello(&sent[0]), hello(&sent[1]), hello(&sent[2])];
    for (bad, status, code, words) in [
        (hello(&rival), 409, "ERR_DOUBLE_SPEND", "already spent"),
        (json!({ "beef": "0100beef", "topics": ["tm_helloworld"] }), 400, "ERR_BEEF_MALFORMED", "cannot be read"),
        (hello(&plain), 422, "ERR_NOT_TAKEN", "tm_helloworld"),
        (member(&world, &plain, json!(["tm_nowhere"])), 400, "ERR_TOPIC_NOT_HOSTED", "tm_nowhere"),
        (hello(&sent[0]), 400, "ERR_BATCH", "the same transaction"),
    ] {
        let members = [good.to_vec(), vec![bad]].concat();
        let reply = submit_batch(&client, true, &members).expect(status).json();
        assert_eq!((&reply["code"], &reply["member"]), (&json!(code), &json!(3)), "{reply}");
        assert!(reply["message"].as_str().unwrap().contains(words), "{reply}");
    }
    assert!(sent.iter().all(|sent| client.transaction(&sent.txid()).is_none()));
    for (body, words) in [("[]", "submissions"), (r#"{"submissions":[{"beef":"xx","topics":"auto"}]}"#, "member 0")] {
        let reply =
            client.post("/v1/submit/batch?atomic=true", &[("content-type", "application/json")], body.as_bytes());
        let reply = reply.expect(400).json();
        assert!(reply["message"].as_str().unwrap().contains(words), "{reply}");
    }
    let _ = client.post("/v1/submit/batch", &[("content-type", "application/json")], b"{}").expect(400);
    host.kill_9();
    assert_eq!(host.check_store()["submissions"], 0);
}

#[test]
fn batch_submission_one_by_one_hears_each_member_by_itself() {
    let (world, wallet) = (World::new(), Wallet::from_seed(3));
    let sent = messages(&world, &wallet, 3);
    let rival = hello(&wallet, &[coin(&sent[0], 1)], "a rival of number 1");
    world.publish();
    let host = Host::start(&Configuration::usual(), &world);
    let client = host.client();
    let topics = json!(["tm_helloworld"]);
    let order = [&sent[2], &sent[1], &sent[0], &rival];
    let mut members: Vec<_> = order.iter().map(|sent| member(&world, sent, topics.clone())).collect();
    members.push(json!({ "beef": "00", "topics": "auto" }));
    let receipt = submit_batch(&client, false, &members).expect(200).json();
    let heard = receipt["members"].as_array().unwrap();
    let sequences: Vec<_> = heard.iter().take(3).map(|heard| heard["sequence"].as_u64().unwrap()).collect();
    assert!(sequences.is_sorted_by(|one, next| one > next), "each by itself, parents first: {receipt}");
    assert_eq!((&heard[3]["code"], &heard[4]["code"]), (&json!("ERR_DOUBLE_SPEND"), &json!("ERR_BEEF_MALFORMED")));
}

/// `trellis batch` over BEEFs in files.
struct CommandLine<'w> {
    world: &'w World,
    url: String,
}

impl CommandLine<'_> {
    fn file(&self, name: &str, of: &Transaction) -> String {
        let file = self.world.folder().join(name);
        // One as bytes, all others as hexadecimal text.
        let bytes = self.world.beef_bytes(&[of]);
        let content = if name == "0.beef" { bytes } else { hex::encode(bytes).into_bytes() };
        std::fs::write(&file, content).unwrap();
        file.display().to_string()
    }

    /// Whether it ended well, what it printed, and what it complained of.
    fn batch(&self, arguments: &[&str]) -> (bool, String, String) {
        let output = binary::command().arg("batch").args(arguments).args(["--url", &self.url]).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.success(), text(output.stdout), text(output.stderr))
    }
}

#[test]
fn batch_submission_from_the_command_line_answers_for_every_file_and_names_the_one_to_blame() {
    let (world, wallet) = (World::new(), Wallet::from_seed(4));
    let sent = messages(&world, &wallet, 4);
    let rival = hello(&wallet, &[coin(&sent[0], 1)], "a rival of number 1");
    world.publish();
    let mut host = Host::start(&Configuration::usual(), &world);
    let command = CommandLine { world: &world, url: host.client().url().to_owned() };
    let files: Vec<String> =
        (0..).zip(&sent).map(|(number, sent)| command.file(&format!("{number}.beef"), sent)).collect();
    let bad = command.file("rival.beef", &rival);

    // As one, in reverse order: the rival keeps all of them out, and is named.
    let (done, _, said) = command.batch(&[&files[1], &files[0], &bad, "--topics", "tm_helloworld", "--atomic"]);
    assert!(!done && said.contains("rival.beef is to blame (member 2)"), "{said}");
    for part in ["409 ERR_DOUBLE_SPEND", "nothing of the batch was stored", "Mend it or leave it out"] {
        assert!(said.contains(part), "no {part} in {said}");
    }
    assert_eq!(host.client().transaction(&sent[0].txid()), None);
    let topics = ["--topics", "tm_helloworld,tm_anytx", "--atomic", "--require-all"];
    let (done, text, said) = command.batch(&[&[files[1].as_str(), &files[0]][..], &topics].concat());
    assert!(done, "{said}");
    let [first, _, hello, second, ..] = text.lines().collect::<Vec<_>>()[..] else { panic!("{text}") };
    let sequence = host.client().transaction(&sent[0].txid()).unwrap()["sequence"].clone();
    assert_eq!(first, format!("{}: {}  sequence {sequence}", files[1], sent[1].txid()));
    assert_eq!(hello, "    tm_helloworld: admitted outputs 0");
    assert_eq!(second, format!("{}: {}  sequence {sequence}", files[0], sent[0].txid()));

    // Each by itself: the rival hinders nobody, and the exit code tells of it.
    let arguments = ["--topics", "auto", "--json"];
    let (done, text, said) = command.batch(&[&[files[2].as_str(), &bad, &files[3]][..], &arguments].concat());
    assert!(!done && said.contains("1 of 3 transactions were refused, the others stand"), "{said}");
    let receipt: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&receipt["atomic"], &receipt["members"][1]["code"]), (&json!(false), &json!("ERR_DOUBLE_SPEND")));
    assert_eq!(receipt["members"][2]["txid"], sent[3].txid().to_string());
    let (done, text, _) = command.batch(&[&files[2], &bad, "--topics", "auto"]);
    assert!(!done && text.contains("sequence") && text.contains("  as before"), "{text}");
    assert!(text.contains("rival.beef: ") && text.contains("(ERR_DOUBLE_SPEND)"), "{text}");
    let (done, _, said) = command.batch(&[&files[2], "--topics", "tm_helloworld,auto"]);
    assert!(!done && said.contains("`auto` alone"), "{said}");
    assert!(host.end().success());
    host.check_store();
}
