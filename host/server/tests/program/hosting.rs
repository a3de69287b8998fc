//! A host as its operator and its clients see it, through the real program.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::harness::{Host, User, text, trellis, write};
use serde_json::{Value, json};
use trellis_server::client::{ClientError, Submission};

fn refused<T: std::fmt::Debug>(answer: Result<T, ClientError>) -> (u16, String, String) {
    match answer.unwrap_err() {
        ClientError::Refused { status, code, message, .. } => (status, code, message),
        other => panic!("{other}"),
    }
}

/// One raw HTTP exchange: for what a well-behaved client never sends.
fn raw(address: std::net::SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn what_was_acknowledged_is_there_after_a_restart_and_the_store_is_sound() {
    let folder = tempfile::tempdir().unwrap();
    let alice = User::new(7);
    let host = Host::dev(folder.path());
    let hello = alice.say("hello", &alice.coin(&host, 1_000));
    let steak = hello.submit(&host, &["tm_helloworld", "tm_anytx", "tm_elsewhere"]).unwrap();
    assert_eq!(steak["tm_helloworld"].outputs_to_admit, [0]);
    assert_eq!(steak["tm_anytx"].outputs_to_admit, [0, 1]);
    assert_eq!(steak.len(), 2, "a topic that is not hosted is left out");
    assert!(host.stop().success());

    let host = Host::dev(folder.path());
    let found = host.client().lookup("ls_helloworld", &json!({ "message": "hello" })).unwrap();
    assert_eq!(found["outputs"].as_array().unwrap().len(), 1);
    assert_eq!(hello.submit(&host, &["tm_helloworld"]).unwrap()["tm_helloworld"], steak["tm_helloworld"]);
    assert!(host.stop().success());

    let checked = trellis(&["store", "check", "--data-dir", folder.path().to_str().unwrap()]);
    assert!(checked.status.success(), "{}", text(&checked));
    assert!(text(&checked).contains("everything agrees"), "{}", text(&checked));
}

#[test]
fn a_mined_transaction_gets_its_proof_although_nobody_brings_it() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::dev(folder.path());
    let alice = User::new(9);
    let hello = alice.say("hello", &alice.coin(&host, 1_000));
    hello.submit(&host, &["tm_helloworld"]).unwrap();
    let txid = hello.transaction.txid().to_string();
    let status = || host.client().transaction(&txid).unwrap();
    while status().status == "admitted" {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let mined = host.admin_client().mine().unwrap();
    let asked = std::time::Instant::now();
    let report = loop {
        let report = status();
        if report.status == "mined" {
            break report;
        }
        assert!(asked.elapsed().as_secs() < 90, "no proof came: {report:?}");
        std::thread::sleep(std::time::Duration::from_millis(200));
    };
    assert!(report.block_height.unwrap() <= mined.height);
    assert!(host.stop().success());
    let checked = trellis(&["store", "check", "--data-dir", folder.path().to_str().unwrap()]);
    assert!(checked.status.success(), "{}", text(&checked));
}

#[test]
fn a_broadcast_transaction_shows_the_networks_words() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::dev(folder.path());
    let alice = User::new(8);
    let hello = alice.say("hello", &alice.coin(&host, 1_000));
    hello.submit(&host, &["tm_helloworld"]).unwrap();
    let txid = hello.transaction.txid().to_string();
    let report = loop {
        let report = host.client().transaction(&txid).unwrap();
        if report.status != "admitted" {
            break report;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    };
    assert_eq!((report.status.as_str(), report.topics.as_slice()), ("seen", &["tm_helloworld".to_owned()][..]));
    assert_eq!(report.network.unwrap().broadcaster, "local-arc");
    assert_eq!(report.outbox, None);
    let extended = trellis(&["ef", "--json", "--txid", &txid, "--url", &format!("http://{}", host.admin)]);
    let extended: Value = serde_json::from_slice(&extended.stdout).unwrap();
    assert!(extended["extendedFormat"].as_str().unwrap().starts_with("010000000000000000ef"));
}

#[test]
fn bad_requests_are_told_what_is_wrong_and_store_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::dev(folder.path());
    let alice = User::new(9);
    let hello = alice.say("hello", &alice.coin(&host, 1_000));
    let (status, code, message) = refused(hello.submit(&host, &["tm_elsewhere"]));
    assert_eq!((status, code.as_str()), (400, "ERR_TOPIC_NOT_HOSTED"));
    assert!(message.contains("tm_elsewhere"), "{message}");
    let client = host.client();
    let (status, code, _) = refused(client.lookup("ls_elsewhere", &json!({})));
    assert_eq!((status, code.as_str()), (400, "ERR_SERVICE_NOT_HOSTED"));
    let (status, code, _) = refused(client.lookup("ls_helloworld", &json!({ "colour": "red" })));
    assert_eq!((status, code.as_str()), (400, "ERR_QUERY_REFUSED"));
    let (status, code, _) = refused(client.transaction(&"0".repeat(64)));
    assert_eq!((status, code.as_str()), (404, "ERR_TRANSACTION_NOT_FOUND"));
    let (status, code, _) = refused(client.transaction("xyz"));
    assert_eq!((status, code.as_str()), (400, "ERR_TXID"));
    let (status, code, _) = refused(client.get("/getDocumentationForTopicManager"));
    assert_eq!((status, code.as_str()), (400, "ERR_PARAMETER"));
    let (status, code, _) = refused(client.get("/getDocumentationForTopicManager?manager=tm_x"));
    assert_eq!((status, code.as_str()), (404, "ERR_NOT_HOSTED"));
    let answer = raw(
        host.public,
        "POST /lookup HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 9\r\n\r\n{\"service",
    );
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("ERR_LOOKUP_BODY"), "{answer}");
    let answer = raw(
        host.public,
        "POST /submit HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/octet-stream\r\nx-topics: [\"tm_anytx\"]\r\ncontent-length: 33554433\r\n\r\n",
    );
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("ERR_BODY_TOO_LARGE"), "{answer}");
    let found = client.lookup("ls_helloworld", &json!({ "findAll": true })).unwrap();
    assert_eq!(found["outputs"], json!([]));
}

#[test]
fn lists_and_documentation_are_those_of_the_plugins() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::dev(folder.path());
    let client = host.client();
    let topics: Value = client.get_json("/listTopicManagers").unwrap();
    assert_eq!(topics["tm_helloworld"]["name"], "Hello World");
    assert!(topics["tm_anytx"]["shortDescription"].is_string());
    let services: Value = client.get_json("/listLookupServiceProviders").unwrap();
    assert!(services["ls_anytx"]["name"].is_string());
    let text = client.get("/getDocumentationForLookupServiceProvider?lookupService=ls_anytx").unwrap();
    assert!(String::from_utf8(text).unwrap().starts_with('#'));
    let health: Value = client.get_json("/health").unwrap();
    assert_eq!((&health["status"], &health["ready"]), (&json!("ok"), &json!(true)));
    assert_eq!(health["service"]["topicManagerCount"], 4);
    assert_eq!(health["service"]["port"], host.public.port());
}

#[test]
fn the_second_listener_shows_metrics_and_plugins_and_heeds_the_host_name() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::dev(folder.path());
    let alice = User::new(10);
    alice.say("hello", &alice.coin(&host, 1_000)).submit(&host, &["tm_helloworld"]).unwrap();
    let admin = host.admin_client();
    let metrics = String::from_utf8(admin.get("/metrics").unwrap()).unwrap();
    for line in [
        "trellis_submissions_total{outcome=\"admitted\"} 1",
        "trellis_submission_stage_seconds_count{stage=\"commit\"} 1",
        "trellis_plugin_calls_total{plugin=\"helloworld\",call=\"identify-admissible-outputs\"} 1",
    ] {
        assert!(metrics.contains(line), "no {line} in {metrics}");
    }
    let plugins: Value = admin.get_json("/admin/plugins").unwrap();
    let hello = plugins.as_array().unwrap().iter().find(|plugin| plugin["id"] == "helloworld").unwrap();
    assert_eq!(hello["roles"], json!(["topic-manager", "lookup-service"]));
    assert_eq!(hello["topics"], json!(["tm_helloworld"]));
    assert_eq!(hello["sha256"].as_str().unwrap().len(), 64);
    assert!(hello["limits"]["judge-fuel"].as_u64().unwrap() > 0);
    let answer = raw(host.admin, "GET /metrics HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 403") && answer.contains("ERR_HOST"), "{answer}");
    for path in ["/metrics", "/dev/mine", "/admin/plugins"] {
        assert_eq!(refused(host.client().get(path)).1, "ERR_ROUTE_NOT_FOUND", "{path} is not public");
    }
}

const LOCAL: &str = r#"
[node]
data-dir = "data"
network = "local"
listen = "127.0.0.1:0"
admin-listen = "127.0.0.1:0"
[[plugin]]
id = "hello"
builtin = "helloworld"
[[topic]]
name = "tm_one"
plugin = "hello"
[[topic]]
name = "tm_two"
plugin = "hello"
[[lookup]]
name = "ls_both"
plugin = "hello"
topics = ["tm_one", "tm_two"]
"#;

#[test]
fn one_plugin_serves_several_topics_under_names_of_the_operators_choice() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::serve(folder.path(), LOCAL);
    let alice = User::new(11);
    let steak = alice.say("hello", &alice.coin(&host, 1_000)).submit(&host, &["tm_one", "tm_two"]).unwrap();
    assert_eq!(steak.keys().collect::<Vec<_>>(), ["tm_one", "tm_two"]);
    let found = host.client().lookup("ls_both", &json!({ "findAll": true })).unwrap();
    assert_eq!(found["outputs"].as_array().unwrap().len(), 1);
}

#[test]
fn a_client_beyond_its_budget_is_asked_to_wait() {
    let folder = tempfile::tempdir().unwrap();
    let config = format!("{LOCAL}\n[limits]\nclient-cpu-per-second = 1\nclient-cpu-burst = 1\n");
    let host = Host::serve(folder.path(), &config);
    let client = host.client();
    let refusal = (0..10_000).find_map(|_| client.lookup("ls_both", &json!({ "findAll": true })).err());
    let (status, code, message) = refused::<()>(Err(refusal.unwrap()));
    assert_eq!((status, code.as_str()), (429, "ERR_BUDGET"));
    assert!(message.contains("seconds"), "{message}");
    assert!(client.get("/health/live").is_ok(), "health costs nothing");
}

#[test]
fn a_plugin_that_loops_is_charged_to_its_submitter() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "hostile.wasm", trellis_plugins_embedded::HOSTILE);
    // Two topics are judged on other threads than the one that serves the submission.
    let config = LOCAL.replace("builtin = \"helloworld\"", "file = \"hostile.wasm\"\ngrants = [\"identity\"]");
    let config = format!("{config}\n[limits]\nclient-cpu-per-second = 1\nclient-cpu-burst = 300\n");
    let host = Host::serve(folder.path(), &config);
    let alice = User::new(12);
    let beef = alice.say("hello", &alice.coin(&host, 1_000)).beef.to_bytes();
    let topics = ["tm_one", "tm_two"];
    let submission =
        Submission { beef: &beef, topics: &topics, off_chain_values: Some(b"loop"), ..Submission::default() };
    let (status, code, _) = refused(host.client().submit(&submission));
    assert_eq!((status, code.as_str()), (502, "ERR_PLUGIN_FAULT"));
    let (status, code, message) = refused(host.client().submit(&submission));
    assert_eq!((status, code.as_str()), (429, "ERR_BUDGET"), "{message}");
}

#[test]
fn a_data_folder_never_serves_two_networks() {
    let folder = tempfile::tempdir().unwrap();
    Host::serve(folder.path(), LOCAL).stop();
    write(folder.path(), "headers.json", format!("{{\"1\":\"{}\"}}", "1".repeat(64)));
    let other = LOCAL.replace("network = \"local\"", "network = \"test\"")
        + "[chain]\nsource = \"headers-file\"\npath = \"headers.json\"\n[broadcast]\npolicy = \"none\"\n";
    let file = write(folder.path(), "other.toml", other);
    let output = trellis(&["serve", "--config", file.to_str().unwrap()]);
    assert!(!output.status.success());
    assert!(text(&output).contains("belongs to network \"local\""), "{}", text(&output));
}

#[test]
fn a_plugin_that_cannot_be_what_it_is_configured_for_stops_the_start_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "broken.wasm", b"\0asm\x01\0\0\0");
    let from_file = "file = \"broken.wasm\"";
    let small = format!("{from_file}\nlimits = {{ file-bytes = 7 }}");
    let baskets = "[[basket]]\nnames = [\"a/*\"]\nmanager = \"hello\"\ntopics = [\"tm_one\"]\naccess = \"open\"\n";
    for (config, parts) in [
        (LOCAL.replace("builtin = \"helloworld\"", from_file), ["plugin `hello` cannot be loaded", "component"]),
        (LOCAL.replace("builtin = \"helloworld\"", &small), ["broken.wasm cannot be read", "8 bytes, 7 are allowed"]),
        (format!("{LOCAL}{baskets}"), ["`hello` has no basket-manager, but `a/*` needs", "trellis plugin inspect"]),
    ] {
        let file = write(folder.path(), "trellis.toml", config);
        let output = trellis(&["serve", "--config", file.to_str().unwrap()]);
        assert!(!output.status.success());
        let text = text(&output);
        assert!(parts.iter().all(|part| text.contains(part)), "{parts:?} in {text}");
        assert!(!text.contains("upload kept in the data folder"), "nothing was uploaded: {text}");
    }
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = write(
        folder.path(),
        "t.toml",
        LOCAL.replace("listen = \"127.0.0.1:0\"\nadmin", &format!("listen = \"{address}\"\nadmin")),
    );
    let output = trellis(&["serve", "--config", file.to_str().unwrap()]);
    assert!(
        text(&output).contains(&address.to_string()) && text(&output).contains("another program"),
        "{}",
        text(&output)
    );
}

#[test]
fn a_client_that_sends_too_much_hears_so_although_it_is_still_sending() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::serve(folder.path(), LOCAL);
    let beef = vec![0; 33 * 1024 * 1024];
    let submission = Submission { beef: &beef, topics: &["tm_one"], ..Submission::default() };
    let (status, code, message) = refused(host.client().submit(&submission));
    assert_eq!((status, code.as_str()), (413, "ERR_BODY_TOO_LARGE"));
    assert!(message.contains("33554432"), "{message}");
}
