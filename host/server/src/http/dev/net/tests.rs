//! The routes, asked as `trellis dev net` asks them.

use axum::body::Body;
use axum::http::{StatusCode, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;
use trellis_network::local_chain::Place;

use super::*;
use crate::config::checked::ClientLimits;
use crate::http::admin;
use crate::testing;

struct Scene {
    _folder: tempfile::TempDir,
    node: Arc<Node>,
    dev: Dev,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (node, dev) = testing::dev_node(folder.path());
        Self { _folder: folder, node, dev }
    }

    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> (u16, Value) {
        let mut request = axum::http::Request::builder().method(method).uri(path).header("host", "localhost");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = admin::router(Arc::clone(&self.node)).oneshot(request.body(Body::from(body)).unwrap()).await;
        let (parts, body) = response.unwrap().into_parts();
        assert_eq!(parts.headers[header::CONTENT_TYPE], "application/json");
        let bytes = body.collect().await.unwrap().to_bytes();
        (parts.status.as_u16(), serde_json::from_slice(&bytes).unwrap())
    }

    async fn post(&self, what: &str, body: Value) -> (u16, Value) {
        self.ask("POST", &format!("/dev/net/{what}"), &[], body.to_string().into_bytes()).await
    }

    /// Hands a transaction to the stand-in for ARC.
    async fn send(&self, transaction: &Transaction, headers: &[(&str, &str)]) -> (u16, Value) {
        let headers: Vec<_> = headers.iter().copied().chain([("content-type", "application/octet-stream")]).collect();
        self.ask("POST", "/dev/arc/v1/tx", &headers, transaction.raw().to_vec()).await
    }

    async fn standing(&self, transaction: &Transaction) -> String {
        let (_, body) = self.ask("GET", &format!("/dev/arc/v1/tx/{}", transaction.txid()), &[], Vec::new()).await;
        body["txStatus"].as_str().unwrap_or_default().to_owned()
    }
}

#[tokio::test]
async fn refusals_are_planned_shown_and_cleared() {
    let scene = Scene::new();
    let (status, body) = scene.post("reject", json!({ "next": 2, "words": "no" })).await;
    assert_eq!((status, &body["reject"]), (200, &json!({ "next": 2, "words": "no", "txids": {} })));
    let [spend, rival] = testing::rivals(&scene.dev);
    let (_, answer) = scene.send(&spend, &[]).await;
    assert_eq!((&answer["txStatus"], &answer["extraInfo"]), (&json!("REJECTED"), &json!("no")));
    let (_, shown) = scene.ask("GET", "/dev/net", &[], Vec::new()).await;
    assert_eq!(shown["reject"]["next"], 1);
    let (_, cleared) = scene.post("clear", Value::Null).await;
    assert_eq!(cleared["reject"]["next"], 0);
    scene.send(&rival, &[]).await;
    assert_eq!(scene.standing(&rival).await, "SEEN_ON_NETWORK");
    scene.post("reject", json!({ "txid": rival.txid().to_string() })).await;
    assert_eq!(scene.standing(&rival).await, "REJECTED");
}

#[tokio::test]
async fn a_double_spend_is_contested_until_it_is_settled() {
    let scene = Scene::new();
    let [spend, rival] = testing::rivals(&scene.dev);
    let competing = rival.txid().to_string();
    let (_, body) = scene.post("double-spend", json!({ "competing": competing })).await;
    assert_eq!(body["doubleSpend"]["next"], true);
    let (_, answer) = scene.send(&spend, &[]).await;
    assert_eq!((&answer["txStatus"], &answer["competingTxs"]), (&json!("DOUBLE_SPEND_ATTEMPTED"), &json!([competing])));
    let (_, shown) = scene.ask("GET", "/dev/net", &[], Vec::new()).await;
    let txid = spend.txid().to_string();
    assert_eq!(shown["doubleSpend"]["contested"], json!({ txid.clone(): competing }));
    let (status, _) = scene.post("settle", json!({ "txid": txid, "outcome": "rejected" })).await;
    assert_eq!((status, scene.standing(&spend).await.as_str()), (200, "REJECTED"));
    let (status, body) = scene.post("settle", json!({ "txid": txid, "outcome": "seen" })).await;
    assert_eq!((status, &body["code"]), (400, &json!("ERR_DEV_NET")));
    assert!(body["message"].as_str().unwrap().contains("nothing to settle"), "{body}");
}

#[tokio::test]
async fn blocks_make_way_and_a_rival_wins() {
    let scene = Scene::new();
    let [spend, rival] = testing::rivals(&scene.dev);
    scene.send(&spend, &[]).await;
    scene.dev.chain.mine(clock::now()).unwrap();
    let (status, body) = scene.post("reorg", json!({ "depth": 1 })).await;
    assert_eq!(status, 200, "{body}");
    let lengths = |body: &Value| ["gone", "blocks", "waiting", "lost"].map(|key| body[key].as_array().unwrap().len());
    assert_eq!(lengths(&body), [1, 2, 1, 0]);
    assert_eq!(scene.standing(&spend).await, "MINED_IN_STALE_BLOCK");
    scene.dev.chain.mine(clock::now()).unwrap();
    let (_, body) = scene.post("reorg", json!({ "depth": 1, "mineAgain": true })).await;
    assert_eq!((lengths(&body), scene.standing(&spend).await.as_str()), ([1, 2, 0, 0], "MINED"));
    let except = [spend.txid().to_string()];
    let (_, body) = scene.post("reorg", json!({ "depth": 1, "mineAgain": true, "except": except })).await;
    assert_eq!(lengths(&body), [1, 2, 1, 0]);
    let (_, body) = scene.post("reorg", json!({ "depth": 0, "rival": hex::encode(rival.raw()) })).await;
    assert_eq!((lengths(&body), &body["lost"][0]), ([0, 1, 0, 1], &json!(except[0])));
    assert_eq!(scene.dev.chain.place(&spend.txid()), Place::Unknown);
}

#[tokio::test(start_paused = true)]
async fn late_answers_are_late_and_failing_ones_fail() {
    let scene = Scene::new();
    let (_, body) = scene.post("delay", json!({ "milliseconds": 5_000, "fail": 1, "status": 503 })).await;
    assert_eq!((&body["delayMilliseconds"], &body["fail"]), (&json!(5_000), &json!({ "next": 1, "status": 503 })));
    let [spend, _] = testing::rivals(&scene.dev);
    for status in [503, 200] {
        let asked = tokio::time::Instant::now();
        assert_eq!(scene.send(&spend, &[]).await.0, status);
        // On the clock of the test, which nobody else moves.
        assert!(asked.elapsed().as_millis() >= 5_000);
    }
    scene.post("delay", json!({ "milliseconds": 0, "fail": 1 })).await;
    assert_eq!(scene.send(&spend, &[]).await.0, 504);
}

#[tokio::test]
async fn arcs_headers_arrive_and_callbacks_can_be_dropped() {
    let scene = Scene::new();
    let [spend, rival] = testing::rivals(&scene.dev);
    let (status, body) = scene.send(&rival, &[("x-maxtimeout", "31")]).await;
    assert_eq!((status, &body["status"]), (400, &json!(400)));
    let (_, body) = scene.post("drop-callbacks", json!({ "on": true })).await;
    assert_eq!(body["callbacks"]["drop"], true);
    let (status, _) = scene.send(&spend, &[("X-CallbackUrl", "http://localhost:9/"), ("X-CallbackToken", "t")]).await;
    assert_eq!(status, 200);
    scene.dev.chain.mine(clock::now()).unwrap();
    scene.dev.arc.notice(clock::now());
    let (_, body) = scene.post("drop-callbacks", json!({ "on": false })).await;
    assert_eq!(body["callbacks"], json!({ "drop": false, "waiting": 0, "taken": 0, "lost": 0, "dropped": 1 }));
}

#[tokio::test]
async fn what_cannot_be_done_is_said_with_what_can() {
    let scene = Scene::new();
    for (what, body, part) in [
        ("reject", json!({}), "\"next\": 1"),
        ("reject", json!({ "next": 1, "txid": "00" }), "\"next\": 1"),
        ("reject", json!({ "txid": "00" }), "64 hexadecimal digits"),
        ("reject", json!({ "nxt": 1 }), "unknown field `nxt`"),
        ("reject", json!({ "next": 1, "words": "x".repeat(501) }), "at most 500"),
        ("delay", json!({}), "\"milliseconds\": 500"),
        ("delay", json!({ "status": 503 }), "\"fail\": 1"),
        ("delay", json!({ "milliseconds": 999_999 }), "at most 60000"),
        ("delay", json!({ "fail": 1, "status": 404 }), "500 to 599"),
        ("settle", json!({ "txid": "00", "outcome": "mined" }), "`seen` or `rejected`"),
        ("reorg", json!({ "depth": 1 }), "at most 0"),
        ("reorg", json!({ "depth": 0 }), "at least 1"),
        ("reorg", json!({ "depth": 0, "rival": "zz" }), "not hexadecimal"),
        ("reorg", json!({ "depth": 0, "rival": "00" }), "no raw transaction"),
        ("reorg", json!({ "depth": 1, "except": ["00"] }), "mineAgain"),
        ("drop-callbacks", json!({}), "missing field `on`"),
    ] {
        let (status, answer) = scene.post(what, body.clone()).await;
        assert_eq!((status, &answer["code"]), (400, &json!("ERR_DEV_NET")), "{what} {body}");
        assert!(answer["message"].as_str().unwrap().contains(part), "no {part} in {answer}");
    }
}

#[tokio::test]
async fn a_host_that_still_loads_says_so() {
    let node = testing::starting_node(ClientLimits::default());
    let request =
        axum::http::Request::builder().uri("/dev/net").header("host", "localhost").body(Body::empty()).unwrap();
    let response = admin::router(node).oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
}
