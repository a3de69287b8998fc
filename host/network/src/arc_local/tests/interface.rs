//! Every route and every outcome of the stand-in, held against ARC's published interface.
//!
//! `interface.json` describes that interface in our own form: headers, routes, the body each HTTP status carries, and of
//! each body its fields. Facts of ARC's OpenAPI document and, where that is silent, of its source: the statuses it lists
//! nowhere (466, 471, 472, 474, 475), and the message with which its check of requests answers before any route.

use std::collections::BTreeSet;

use super::*;
use crate::local_chain::{Orphaned, Reorg};

/// ARC's interface.
struct Interface(Value);

impl Interface {
    fn new() -> Self {
        Self(serde_json::from_str(include_str!("interface.json")).unwrap())
    }

    /// What is wrong with a body of this kind.
    fn findings(&self, kind: &str, body: &Value) -> Vec<String> {
        let fields = self.0["bodies"][kind].as_object().unwrap_or_else(|| panic!("no body {kind} is described"));
        let Some(body) = body.as_object() else { return vec![format!("{body} is no object")] };
        let strange = body.keys().filter(|name| !fields.contains_key(*name)).map(|name| format!("{name} is unknown"));
        let mut findings: Vec<String> = strange.collect();
        for (name, field) in fields {
            match body.get(name) {
                None if field["required"] == true => findings.push(format!("{name} is missing")),
                None => {}
                Some(Value::Null) if field["nullable"] == true => {}
                Some(Value::String(text)) if text.is_empty() && field["empty"] == true => {}
                Some(value) if self.is_of(field["type"].as_str().unwrap(), value) => {}
                Some(value) => findings.push(format!("{name} is {value}, not {}", field["type"])),
            }
        }
        findings
    }

    fn is_of(&self, kind: &str, value: &Value) -> bool {
        let text = value.as_str();
        let hexadecimal = |text: &str| !text.is_empty() && hex::decode(text).is_ok() && text == text.to_lowercase();
        match kind {
            "integer" => value.is_u64(),
            "boolean" => value.is_boolean(),
            "text" => value.is_string(),
            "hexadecimal" => text.is_some_and(hexadecimal),
            "txid" => text.is_some_and(|text| text.len() == 64 && hexadecimal(text)),
            "txids" => value.as_array().is_some_and(|all| all.iter().all(|one| self.is_of("txid", one))),
            "time" => text.is_some_and(is_time),
            "status" => self.0["statuses"].as_array().unwrap().contains(value),
            "error address" => {
                text.is_some_and(|text| text.starts_with("https://bitcoin-sv.github.io/arc/#/errors?id=_4"))
            }
            "callbacks" => {
                value.as_array().is_some_and(|all| all.iter().all(|one| self.findings("callback", one).is_empty()))
            }
            kind => self.findings(kind, value).is_empty(),
        }
    }

    /// Checks an answer of a route, or of whatever stands before one.
    fn check(&self, route: &str, response: &ArcResponse) {
        let status = response.status.to_string();
        let kinds = [
            &self.0["routes"][route][&status],
            &self.0["before any route"][&status],
            &self.0["a gateway in front"][&status],
        ];
        let kinds: Vec<&Value> = kinds.into_iter().filter(|kind| !kind.is_null()).collect();
        assert!(!kinds.is_empty(), "{route} never answers {status}: {response:?}");
        let findings: Vec<Vec<String>> = kinds
            .iter()
            .map(|kind| match kind.as_array() {
                None => self.findings(kind.as_str().unwrap(), &response.body),
                Some(of_each) => response.body.as_array().map_or(vec!["no list".to_owned()], |all| {
                    all.iter().flat_map(|one| self.findings_of_one(of_each, one)).collect()
                }),
            })
            .collect();
        assert!(findings.iter().any(Vec::is_empty), "{route} answers {response:?}: {findings:?}");
        if let Some(own) = response.body.get("status") {
            assert_eq!(own, response.status, "{route}");
        }
    }

    fn findings_of_one(&self, kinds: &[Value], one: &Value) -> Vec<String> {
        let all: Vec<_> = kinds.iter().map(|kind| self.findings(kind.as_str().unwrap(), one)).collect();
        if all.iter().any(Vec::is_empty) { Vec::new() } else { all.concat() }
    }
}

/// RFC 3339.
fn is_time(text: &str) -> bool {
    let form: String = text.chars().map(|letter| if letter.is_ascii_digit() { '0' } else { letter }).collect();
    let fraction = form.strip_prefix("0000-00-00T00:00:00").and_then(|rest| rest.strip_suffix('Z'));
    fraction.is_some_and(|rest| rest.is_empty() || rest.starts_with('.') && rest.trim_matches('0') == ".")
}

/// The stand-in with every answer checked, and what was seen of it: routes with HTTP statuses, and statuses.
struct Driver {
    scene: Scene,
    interface: Interface,
    routes: BTreeSet<String>,
    statuses: BTreeSet<String>,
}

impl Driver {
    fn ask(
        &mut self,
        route: &str,
        path: &str,
        content_type: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> ArcResponse {
        let method = route.split(' ').next().unwrap();
        let response = self.scene.ask_with(method, path, content_type, headers, body);
        self.interface.check(route, &response);
        self.routes.insert(format!("{route} {}", response.status));
        let items = response.body.as_array().cloned().unwrap_or_else(|| vec![response.body.clone()]);
        self.statuses.extend(items.iter().filter_map(|item| item["txStatus"].as_str()).map(str::to_owned));
        response
    }

    fn post(&mut self, body: &[u8]) -> ArcResponse {
        self.ask("POST /v1/tx", "/v1/tx", "application/octet-stream", &[], body)
    }

    fn get(&mut self, transaction: &Transaction) -> ArcResponse {
        let path = format!("/v1/tx/{}", transaction.txid());
        self.ask("GET /v1/tx/{txid}", &path, "", &[], b"")
    }

    /// A spend of a new coin, sent with these headers.
    fn send(&mut self, headers: &[(&str, &str)]) -> Transaction {
        let funds = self.scene.coin(1_000);
        let spend = self.scene.spend(&funds, 900);
        self.ask("POST /v1/tx", "/v1/tx", "application/octet-stream", headers, &ef(&spend, &[&funds]));
        spend
    }
}

#[test]
fn every_answer_is_one_that_arc_could_give() {
    let scene = Scene::new();
    let mut driver = Driver { scene, interface: Interface::new(), routes: BTreeSet::new(), statuses: BTreeSet::new() };
    driver.ask("GET /v1/policy", "/v1/policy", "", &[], b"");
    driver.ask("GET /v1/health", "/v1/health", "", &[], b"");
    lives(&mut driver);
    misbehaviour(&mut driver);
    refusals(&mut driver);
    several(&mut driver);

    let routes: Vec<&str> = driver.routes.iter().map(String::as_str).collect();
    assert_eq!(
        routes,
        [
            "GET /v1/health 200",
            "GET /v1/policy 200",
            "GET /v1/tx/{txid} 200",
            "GET /v1/tx/{txid} 404",
            "GET /v1/tx/{txid} 409",
            "POST /v1/tx 200",
            "POST /v1/tx 400",
            "POST /v1/tx 460",
            "POST /v1/tx 461",
            "POST /v1/tx 462",
            "POST /v1/tx 463",
            "POST /v1/tx 464",
            "POST /v1/tx 465",
            "POST /v1/tx 503",
            "POST /v1/tx 504",
            "POST /v1/txs 200",
            "POST /v1/txs 400",
        ]
    );
    let unseen: Vec<&str> = driver.interface.0["statuses"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .filter(|name| !driver.statuses.contains(*name))
        .collect();
    assert_eq!(
        unseen,
        ["UNKNOWN", "QUEUED", "RECEIVED", "REQUESTED_BY_NETWORK", "SENT_TO_NETWORK", "ACCEPTED_BY_NETWORK"]
    );
    let callbacks = driver.scene.arc.callback_counts();
    assert!(callbacks.waiting > 8, "{callbacks:?}");
    while let Some(callback) = driver.scene.arc.next_callback(NOW) {
        let kind = if callback.body.get("count").is_some() { "batch" } else { "single" };
        let kind = driver.interface.0["callbacks"][kind].as_str().unwrap().to_owned();
        let findings = driver.interface.findings(&kind, &callback.body);
        assert!(findings.is_empty(), "{kind}: {findings:?} in {:?}", callback.body);
        driver.scene.arc.callback_ended(callback, Delivery::Taken, NOW);
    }
}

/// Transactions from the first answer to their block, and out of it again.
fn lives(driver: &mut Driver) {
    let hear = [("X-CallbackUrl", "http://localhost/"), ("X-FullStatusUpdates", "true")];
    let in_batches = [hear[0], hear[1], ("X-CallbackBatch", "true")];
    let seen = driver.send(&hear);
    driver.send(&in_batches);
    driver.send(&[("X-WaitFor", "STORED")]);
    driver.get(&seen);
    let funds = driver.scene.coin(1_000);
    let (parent, rival) = (driver.scene.spend(&funds, 900), driver.scene.spend(&funds, 700));
    let parents_coin = coin(&parent, 0);
    let child = driver.scene.spend(&parents_coin, 800);
    driver.ask("POST /v1/tx", "/v1/tx", "application/octet-stream", &hear, &ef(&child, &[&parents_coin]));
    driver.scene.arc.notice(NOW);
    driver.post(&ef(&parent, &[&funds]));
    driver.ask("POST /v1/tx", "/v1/tx", "application/octet-stream", &hear, &ef(&rival, &[&funds]));
    driver.scene.arc.notice(NOW);
    driver.scene.chain.mine(NOW).unwrap();
    driver.scene.arc.notice(NOW);
    for transaction in [&seen, &parent, &child, &rival] {
        driver.get(transaction);
        driver.post(transaction.raw());
    }
    driver.scene.chain.reorg(1, NOW).unwrap();
    driver.scene.arc.notice(NOW);
    driver.get(&seen);
    driver.post(seen.raw());
    let waiting = driver.send(&hear);
    let source = waiting.inputs()[0].source;
    let (satoshis, script) = driver.scene.chain.output(&source).unwrap();
    let winner = driver.scene.spend(&Coin { outpoint: source, satoshis, script }, 700);
    let reorg = Reorg { depth: 0, orphaned: Orphaned::Wait, rival: Some(&winner) };
    driver.scene.chain.reorg_with(&reorg, NOW).unwrap();
    driver.scene.arc.notice(NOW);
    driver.get(&waiting);
    let grant = driver.scene.chain.faucet(&[0x51], 1_000, NOW).unwrap().transaction;
    driver.get(&grant);
    driver.post(grant.raw());
}

/// What happens on demand.
fn misbehaviour(driver: &mut Driver) {
    let hear = [("X-CallbackUrl", "http://localhost/")];
    driver.scene.misbehave(Misbehaviour::RejectNext { count: 1, words: "no".to_owned() });
    driver.send(&hear);
    driver.scene.misbehave(Misbehaviour::DoubleSpendNext { competing: None });
    let contested = driver.send(&hear);
    driver.scene.misbehave(Misbehaviour::Settle { txid: contested.txid(), outcome: Outcome::Rejected });
    driver.get(&contested);
    for failure in [Failure::Status(503), Failure::TooLate] {
        driver.scene.misbehave(Misbehaviour::FailNext { count: 1, failure });
        driver.send(&hear);
    }
    driver.scene.arc.notice(NOW);
}

/// What ARC refuses, and what is no request at all.
fn refusals(driver: &mut Driver) {
    for path in ["/v1/tx/zz", "/v1/tx/0", "/v1/tx/00", "/v1/tx/", "/v1/tx/a/b"] {
        driver.ask("GET /v1/tx/{txid}", path, "", &[], b"");
    }
    for (content_type, body) in [
        ("", &b"00"[..]),
        ("text/plain", b"zz"),
        ("text/plain", b""),
        ("application/json", b"["),
        ("application/json", b"{}"),
        ("application/json", b"[{}]"),
        ("application/json", b""),
        ("application/octet-stream", b"01"),
    ] {
        driver.ask("POST /v1/tx", "/v1/tx", content_type, &[], body);
        driver.ask("POST /v1/txs", "/v1/txs", content_type, &[], body);
    }
    let funds = driver.scene.coin(1_000);
    let stranger = Coin { outpoint: Outpoint::new(Txid::from_internal([3; 32]), 0), satoshis: 5, script: vec![0x51] };
    let nothing = Coin { outpoint: Outpoint::new(Txid::from_internal([0; 32]), 0), ..stranger.clone() };
    let stolen = Wallet::from_seed(2).pay(std::slice::from_ref(&funds), &[0x51], 900);
    let tiny = build(&[stranger.with(&[])], &[(1, Vec::new())]);
    let from_nothing = build(&[nothing.with(&[])], &[(1, vec![0x51; 20])]);
    let worthless = build(&[funds.by(&driver.scene.wallet)], &[(0, vec![0x51])]);
    let free = driver.scene.spend(&funds, 1_000);
    for (bytes, status) in [
        (build(&[stranger.with(&[])], &[(1, vec![0x51; 20])]).raw().to_vec(), 460),
        (ef(&stolen, &[&funds]), 461),
        (ef(&from_nothing, &[&nothing]), 462),
        (ef(&tiny, &[&stranger]), 463),
        (ef(&worthless, &[&funds]), 464),
        (ef(&free, &[&funds]), 465),
    ] {
        assert_eq!(driver.post(&bytes).status, status);
    }
}

/// Several at once, good and bad.
fn several(driver: &mut Driver) {
    let (one, two) = (driver.scene.coin(1_000), driver.scene.coin(1_000));
    let (good, free) = (driver.scene.spend(&one, 900), driver.scene.spend(&two, 1_000));
    let body = [ef(&free, &[&two]), ef(&good, &[&one])].concat();
    let response = driver.ask("POST /v1/txs", "/v1/txs", "application/octet-stream", &[], &body);
    assert_eq!(response.body.as_array().map(Vec::len), Some(2));
}

#[test]
fn every_header_of_arcs_interface_is_read_as_the_type_it_has() {
    let scene = Scene::new();
    let interface = Interface::new();
    for (name, kind) in interface.0["headers"].as_object().unwrap() {
        let (good, bad) = match (kind.as_str().unwrap(), name.as_str()) {
            ("boolean", _) => ("false", "maybe"),
            ("integer", _) => ("5", "soon"),
            (_, "X-CallbackUrl") => ("http://localhost/", "nowhere at all"),
            (_, "X-WaitFor") => ("SEEN_ON_NETWORK", "EATEN"),
            _ => ("anything", ""),
        };
        assert_eq!(scene.send_with(&[(name, good)]).1.status, 200, "{name}");
        if !bad.is_empty() {
            let refused = scene.send_with(&[(name, bad)]).1;
            interface.check("POST /v1/tx", &refused);
            assert_eq!(refused.status, 400, "{name}");
        }
    }
    let content_types = interface.0["content-types"].as_array().unwrap().iter();
    for content_type in content_types.map(|content_type| content_type.as_str().unwrap()) {
        // Read, and found to be no transaction: the check of the type did not stop it.
        let response = scene.ask("POST", "/v1/tx", content_type, br#"{"rawTx":"00"}"#);
        assert!(response.body.get("message").is_none(), "{content_type}: {response:?}");
    }
}

#[test]
fn the_statuses_of_the_interface_are_those_the_broadcaster_knows() {
    let interface = Interface::new();
    let known: Vec<Value> = TxStatus::ALL.iter().map(|status| json!(status.name())).collect();
    assert_eq!(interface.0["statuses"], json!(known));
}

#[test]
fn a_deviation_is_found() {
    let scene = Scene::new();
    let interface = Interface::new();
    let (_, response) = scene.send();
    assert_eq!(interface.findings("submitted", &response.body), [""; 0]);
    let broken = |change: &dyn Fn(&mut serde_json::Map<String, Value>)| {
        let mut body = response.body.clone();
        change(body.as_object_mut().unwrap());
        interface.findings("submitted", &body).len()
    };
    assert_eq!(broken(&|body| drop(body.remove("txid"))), 1);
    assert_eq!(broken(&|body| drop(body.insert("colour".to_owned(), json!("red")))), 1);
    for (field, value) in [
        ("txStatus", json!("SEEN")),
        ("timestamp", json!("2023-11-14 22:15:00")),
        ("timestamp", json!("2023-11-14T22:15:00.x0Z")),
        ("txid", json!("ab")),
        ("title", Value::Null),
        ("merklePath", json!("xyz")),
        ("competingTxs", json!(["ab"])),
        ("blockHeight", json!("7")),
    ] {
        assert_eq!(broken(&|body| drop(body.insert(field.to_owned(), value.clone()))), 1, "{field}");
    }
}
