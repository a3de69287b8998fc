//! ARC's JSON bodies.

use serde_json::{Value, json};
use trellis_engine::domain::time::Timestamp;
use trellis_spv::hash::Txid;

use super::{Standing, time};
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
}

impl ArcResponse {
    pub(super) const fn new(status: u16, body: Value) -> Self {
        Self { status, body }
    }

    /// What ARC's HTTP framework answers where ARC itself is not reached.
    pub(super) fn message(status: u16, message: &str) -> Self {
        Self { status, body: json!({ "message": message }) }
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

/// A `TransactionStatus`, or, where it answers a submission, a `TransactionResponse`.
pub(super) fn standing(
    chain: &LocalChain,
    txid: &Txid,
    standing: &Standing,
    now: Timestamp,
    answers_submission: bool,
) -> Value {
    let block = match chain.place(txid) {
        Place::Block { height, .. } => chain.block(height),
        _ => None,
    };
    let competing: Vec<String> = standing.competing.iter().map(Txid::to_string).collect();
    let mut body = json!({
        "blockHash": block.as_ref().map(|block| block.hash.to_string()).unwrap_or_default(),
        "blockHeight": block.as_ref().map_or(0, |block| block.height),
        // ARC writes null where there never was one.
        "competingTxs": if competing.is_empty() { Value::Null } else { json!(competing) },
        "extraInfo": standing.extra_info,
        "merklePath": chain.proof(txid).map(|proof| hex::encode(proof.to_bump(txid))).unwrap_or_default(),
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
