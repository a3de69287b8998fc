//! A host whose block headers come from services, through the real program: with the main network's first two headers, the
//! only ones easy to write down.

use std::io::{Read, Write};
use std::net::TcpListener;

use serde_json::{Value, json};

use crate::harness::{Host, text, trellis};

/// A Block Headers Service that knows blocks 0 and 1 of the main network; where it is.
fn service() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
                head.push(byte[0]);
            }
            let head = String::from_utf8_lossy(&head).to_lowercase();
            let (status, body) = if !head.contains("authorization: bearer swordfish\r\n") {
                ("401 Unauthorized", json!({}))
            } else if head.starts_with("get /api/v1/chain/tip/longest ") {
                ("200 OK", json!({ "header": headers()[1], "state": "LONGEST_CHAIN", "chainWork": 0, "height": 1 }))
            } else {
                ("200 OK", headers())
            };
            let body = body.to_string();
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all((head + &body).as_bytes());
        }
    });
    url
}

fn headers() -> Value {
    let header = |hash: &str, previous: &str, root: &str, time: u32, nonce: u32| {
        json!({
            "hash": hash, "version": 1, "prevBlockHash": previous, "merkleRoot": root, "creationTimestamp": time,
            "difficultyTarget": 0x1d00_ffff, "nonce": nonce, "work": "4295032833"
        })
    };
    let first = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f";
    json!([
        header(
            first,
            &"0".repeat(64),
            "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b",
            1_231_006_505,
            2_083_236_893
        ),
        header(
            "00000000839a8e6886ab5951d76f411475428afc90947ee320161bbf18eb6048",
            first,
            "0e3e2357e806b6cdb1f70b54c3a3a17b6714ee1f0e68bebb44a74b1efd512098",
            1_231_469_665,
            2_573_394_689
        ),
    ])
}

fn config(url: &str) -> String {
    format!(
        "[node]\nlisten = \"127.0.0.1:0\"\nadmin-listen = \"127.0.0.1:0\"\ndata-dir = \"data\"\nnetwork = \"main\"\n\
         [chain]\nsource = \"services\"\n\
         checkpoint = \"0:000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f\"\n\
         [[chain.service]]\nkind = \"block-headers-service\"\nurl = \"{url}\"\napi-key-env = \"HEADERS_KEY\"\n\
         [broadcast]\npolicy = \"none\"\n"
    )
}

/// Waits until the check of the headers comes out like this; answers its message.
fn headers_are(host: &Host, status: &str) -> String {
    for _ in 0..600 {
        let health = host.client().get_json::<Value>("/health").unwrap_or_default();
        let mut checks = health["checks"].as_array().into_iter().flatten();
        let check = checks.find(|check| check["name"] == "headers").cloned().unwrap_or_default();
        if check["status"] == status {
            return check["message"].as_str().unwrap_or_default().to_owned();
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("headers are not {status}")
}

#[test]
fn block_headers_come_from_a_service_and_are_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let key = [("HEADERS_KEY", "swordfish")];
    let host = Host::serve_with(folder.path(), &config(&service()), &key);
    headers_are(&host, "ok");
    assert!(host.stop().success());
    let nowhere = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let host = Host::serve_with(folder.path(), &config(&format!("http://{nowhere}")), &key);
    let message = headers_are(&host, "degraded");
    assert_eq!(message, format!("{nowhere} gives no usable answer; the log says more"), "the stored ones serve");
    assert!(host.stop().success());
    let checked = trellis(&["store", "check", "--data-dir", folder.path().join("data").to_str().unwrap()]);
    assert!(checked.status.success(), "{}", text(&checked));
}
