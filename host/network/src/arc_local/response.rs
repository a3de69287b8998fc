//! ARC's JSON bodies.

use serde_json::{Value, json};
use trellis_engine::domain::time::Timestamp;
use trellis_spv::hash::Txid;

use super::standing::Standing;
use super::time;
use crate::arc::TxStatus;
use crate::local_chain::{LocalChain, Place};

/// Where ARC documents its error statuses; part of every error body.
const ERRORS_PAGE: &str = "https://bitcoin-sv.github.io/arc/#/errors?id=_";

/// What is answered.
#[derive(Debug, Clone, PartialEq)]
pub struct ArcResponse {
    /// HTTP status.
    pub status: u16,
    /// JSON body.
    pub body: Value,
    /// Milliseconds the server is to wait before it answers.
    pub wait_milliseconds: u64,
}

impl ArcResponse {
    pub(super) const fn new(status: u16, body: Value) -> Self {
        Self { status, body, wait_milliseconds: 0 }
    }

    /// What ARC's HTTP framework answers where ARC itself is not reached.
    pub(super) fn message(status: u16, message: &str) -> Self {
        Self::new(status, json!({ "message": message }))
    }
}

/// An error of ARC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    status: u16,
    extra_info: String,
    txid: Option<Txid>,
}

impl Problem {
    pub(super) fn new(status: u16, extra_info: &str, txid: Option<Txid>) -> Self {
        Self { status, extra_info: extra_info.to_owned(), txid }
    }

    pub(super) fn bad_request(reason: &str) -> Self {
        Self::new(400, &format!("error parsing transactions from request: {reason}"), None)
    }

    pub(super) fn response(&self) -> ArcResponse {
        ArcResponse::new(self.status, self.body())
    }

    pub(super) fn body(&self) -> Value {
        let (title, detail) = title_and_detail(self.status);
        json!({
            "type": format!("{ERRORS_PAGE}{}", self.status),
            "title": title,
            "status": self.status,
            "detail": detail,
            "instance": null,
            "txid": self.txid.map(|txid| txid.to_string()),
            "extraInfo": self.extra_info,
        })
    }
}

/// ARC's fixed words for a status.
fn title_and_detail(status: u16) -> (&'static str, &'static str) {
    match status {
        400 => ("Bad request", "The request seems to be malformed and cannot be processed"),
        404 => ("Not found", "The requested resource could not be found"),
        460 => {
            ("Not extended format", "Missing input scripts: Transaction could not be transformed to extended format")
        }
        461 | 463 => ("Malformed transaction", "Transaction is malformed and cannot be processed"),
        462 => ("Invalid inputs", "Transaction is invalid because the inputs are non-existent or spent"),
        464 => ("Invalid outputs", "Transaction is invalid because the outputs are non-existent or invalid"),
        465 => ("Fee too low", "Fees are insufficient"),
        474 => ("Transaction size validation failed", "Transaction size validation failed"),
        _ => ("Generic error", "Transaction could not be processed"),
    }
}

/// The block a transaction is in, or was in last where that made way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct BlockFields {
    pub(super) hash: String,
    pub(super) height: u32,
    /// BUMP, hexadecimal.
    pub(super) merkle_path: String,
}

pub(super) fn block(chain: &LocalChain, txid: &Txid, status: TxStatus) -> BlockFields {
    let found = match (status, chain.place(txid)) {
        (TxStatus::Mined, Place::Block { height, .. }) => {
            chain.block(height).map(|block| block.hash).zip(chain.proof(txid))
        }
        (TxStatus::MinedInStaleBlock, _) => chain.stale_block(txid).map(|block| (block.hash, block.proof)),
        _ => None,
    };
    let fields = found.map(|(hash, proof)| {
        let merkle_path = hex::encode(proof.to_bump(txid));
        BlockFields { hash: hash.to_string(), height: proof.height, merkle_path }
    });
    fields.unwrap_or_default()
}

/// The body of a callback. Like ARC's, it has empty texts and 0 where there is no block.
pub(super) fn callback(txid: &Txid, standing: &Standing, block: &BlockFields, now: Timestamp) -> Value {
    let mut body = json!({
        "timestamp": time::rfc3339(now),
        "txid": txid.to_string(),
        "txStatus": standing.status.name(),
        "extraInfo": standing.extra_info,
        "merklePath": block.merkle_path,
        "blockHash": block.hash,
        "blockHeight": block.height,
    });
    if let Some(fields) = body.as_object_mut().filter(|_| !standing.competing.is_empty()) {
        let competing: Vec<String> = standing.competing.iter().map(Txid::to_string).collect();
        fields.insert("competingTxs".to_owned(), json!(competing));
    }
    body
}

/// A `TransactionStatus`, or, where it answers a submission, a `TransactionResponse`.
pub(super) fn standing(
    chain: &LocalChain,
    txid: &Txid,
    standing: &Standing,
    now: Timestamp,
    answers_submission: bool,
) -> Value {
    let block = block(chain, txid, standing.status);
    let competing: Vec<String> = standing.competing.iter().map(Txid::to_string).collect();
    let mut body = json!({
        "blockHash": block.hash,
        "blockHeight": block.height,
        // ARC writes null where there never was one.
        "competingTxs": if competing.is_empty() { Value::Null } else { json!(competing) },
        "extraInfo": standing.extra_info,
        "merklePath": block.merkle_path,
        "timestamp": time::rfc3339(now),
        "txStatus": standing.status.name(),
        "txid": txid.to_string(),
    });
    if answers_submission && let Some(fields) = body.as_object_mut() {
        fields.insert("status".to_owned(), json!(200));
        fields.insert("title".to_owned(), json!("OK"));
    }
    body
}
