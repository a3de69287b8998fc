//! A request to the local chain's stand-in for ARC: one byte for the route and the content type, then the body.
//!
//! Promised: an answer of ARC's for every body; what was taken is told alike when it is sent again and when it is asked for;
//! and a block can be mined of whatever was taken.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use trellis_fuzz::local::{NOW, chain_with_coin};
use trellis_network::arc_local::{ArcRequest, LocalArc};
use trellis_spv::transaction::Transaction;

const ROUTES: [(&str, &str); 4] = [("POST", "/v1/tx"), ("POST", "/v1/txs"), ("GET", "/v1/tx/"), ("PUT", "/v1/tx")];
const CONTENT_TYPES: [&str; 4] = ["application/octet-stream", "text/plain", "application/json", ""];

fuzz_target!(|input: &[u8]| {
    let Some((&kind, body)) = input.split_first() else { return };
    let (method, path) = ROUTES[usize::from(kind & 3)];
    let content_type = CONTENT_TYPES[usize::from(kind >> 2 & 3)];
    let (chain, _) = chain_with_coin();
    let chain = Arc::new(chain);
    let arc = LocalArc::new(Arc::clone(&chain));
    let asked = if method == "GET" { String::from_utf8_lossy(body) } else { "".into() };
    let path = format!("{path}{asked}");
    let request = ArcRequest { method, path: &path, content_type, headers: &[], body };
    let answer = arc.handle(&request, NOW);
    assert!(matches!(answer.status, 200 | 400 | 404 | 405 | 409 | 460..=475), "{answer:?}");
    // Of what the chain made itself ARC hears for the first time, and learns where it is only afterwards.
    let is_new_to_arc = answer.body["txStatus"] == "ANNOUNCED_TO_NETWORK";
    if path == "/v1/tx" && answer.status == 200 && !is_new_to_arc {
        let again = arc.handle(&request, NOW);
        assert_eq!((again.status, &again.body["txStatus"]), (200, &answer.body["txStatus"]));
        let txid = answer.body["txid"].as_str().expect("the transaction's id");
        let path = format!("/v1/tx/{txid}");
        let told =
            arc.handle(&ArcRequest { method: "GET", path: &path, content_type: "", headers: &[], body: b"" }, NOW);
        assert_eq!((told.status, &told.body["txStatus"]), (200, &answer.body["txStatus"]));
    }
    let sent = arc.broadcasts();
    for broadcast in &sent {
        let raw = Transaction::parse(broadcast.bytes.as_slice());
        let extended = || trellis_spv::extended_format::decode(&broadcast.bytes).map(|extended| extended.transaction);
        let transaction = raw.or_else(|_| extended()).expect("what was broadcast is a transaction");
        assert_eq!(transaction.txid(), broadcast.txid);
    }
    chain.mine(NOW).expect("a block of whatever was taken");
    assert_eq!(chain.mempool_count(), 0);
});
