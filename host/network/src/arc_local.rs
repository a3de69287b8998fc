//! A stand-in for ARC before the local chain: the same requests, statuses and bodies, without HTTP.
//!
//! It follows ARC's published interface and validator: what an Extended Format claims is judged first (statuses 460 to
//! 474), then the chain's node decides (`SEEN_ON_NETWORK`, `SEEN_IN_ORPHAN_MEMPOOL`, `DOUBLE_SPEND_ATTEMPTED`,
//! `REJECTED`, `MINED`). It keeps what was broadcast, so that a demonstration can show it.
//!
//! What it does not do: BEEF in place of EF (400), callbacks, `X-` headers. An orphan's scripts are judged when its
//! parents arrive, where ARC would judge them against the claimed outputs at once.

mod body;
mod claims;
mod record;
mod response;
mod time;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use trellis_engine::domain::time::Timestamp;
use trellis_spv::hash::Txid;
use trellis_spv::limits::{DEFAULT_MAX_SCRIPT_BYTES, DEFAULT_MAX_SIGNATURE_CHECKS, MAX_TRANSACTION_BYTES};
use trellis_spv::verify::VerifyError;

use crate::arc::TxStatus;
use crate::local_chain::{Acceptance, LocalChain, Place};
use body::Sent;
pub use claims::FEE_RATE;
use record::Records;
pub use record::{Broadcast, MAX_RECORDED, MAX_RECORDED_BYTES};
pub use response::ArcResponse;
use response::Problem;

/// Why ARC's words for a transaction whose rival was mined (its `reject_reason`).
const RIVAL_MINED: &str = "double spend attempted";
/// ARC's words for a mined transaction that once had rivals.
const RIVALS_LOST: &str = "previously double spend attempted";

/// A request, as the HTTP server hands it over.
#[derive(Debug, Clone, Copy)]
pub struct ArcRequest<'a> {
    /// `GET` or `POST`.
    pub method: &'a str,
    /// The path from `/v1` on, without query.
    pub path: &'a str,
    /// The `Content-Type` header; empty if there is none.
    pub content_type: &'a str,
    /// The body. The server bounds it.
    pub body: &'a [u8],
}

/// Where ARC says a transaction is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// `txStatus`.
    pub status: TxStatus,
    /// `extraInfo`.
    pub extra_info: String,
    /// `competingTxs`.
    pub competing: Vec<Txid>,
}

/// The stand-in.
pub struct LocalArc {
    chain: Arc<LocalChain>,
    records: Mutex<Records>,
}

impl LocalArc {
    /// Before this chain.
    #[must_use]
    pub fn new(chain: Arc<LocalChain>) -> Self {
        Self { chain, records: Mutex::new(Records::default()) }
    }

    /// Answers one request.
    pub fn handle(&self, request: &ArcRequest<'_>, now: Timestamp) -> ArcResponse {
        match (request.method, request.path) {
            ("GET", "/v1/policy") => ArcResponse::new(200, policy(now)),
            ("GET", "/v1/health") => {
                ArcResponse::new(200, json!({ "healthy": true, "reason": null, "version": env!("CARGO_PKG_VERSION") }))
            }
            ("POST", "/v1/tx") => self.post_one(request, now),
            ("POST", "/v1/txs") => self.post_many(request, now),
            ("GET", path) if path.starts_with("/v1/tx/") => self.get(path.trim_start_matches("/v1/tx/"), now),
            (_, "/v1/tx" | "/v1/txs" | "/v1/policy" | "/v1/health") => ArcResponse::message(405, "Method Not Allowed"),
            _ => ArcResponse::message(404, "Not Found"),
        }
    }

    /// What was broadcast, oldest first: as much as [`MAX_RECORDED`] and [`MAX_RECORDED_BYTES`] leave room for.
    #[must_use]
    pub fn broadcasts(&self) -> Vec<Broadcast> {
        self.records().broadcasts()
    }

    /// Where a transaction is; `None` if neither this stand-in nor the chain knows it.
    #[must_use]
    pub fn standing(&self, txid: &Txid) -> Option<Standing> {
        let records = self.records();
        let verdict = records.get(txid);
        let rivals = verdict.map(|verdict| verdict.rivals.clone()).unwrap_or_default();
        let mined = |txid: &Txid| matches!(self.chain.place(txid), Place::Block { .. });
        let is = |status, extra_info: &str, competing: BTreeSet<Txid>| {
            let competing = competing.into_iter().collect();
            Some(Standing { status, extra_info: extra_info.to_owned(), competing })
        };
        match (self.chain.place(txid), verdict) {
            (Place::Block { .. }, _) => {
                is(TxStatus::Mined, if rivals.is_empty() { "" } else { RIVALS_LOST }, BTreeSet::new())
            }
            (Place::Mempool, _) if rivals.is_empty() => is(TxStatus::SeenOnNetwork, "", rivals),
            (Place::Mempool, _) => is(TxStatus::DoubleSpendAttempted, "", rivals),
            (Place::Orphans, _) => is(TxStatus::SeenInOrphanMempool, "", rivals),
            (Place::Unknown, Some(verdict)) => match &verdict.rejected {
                Some(reason) => is(TxStatus::Rejected, reason, rivals),
                None if rivals.iter().any(mined) => is(TxStatus::Rejected, RIVAL_MINED, rivals),
                None if !rivals.is_empty() => is(TxStatus::DoubleSpendAttempted, "", rivals),
                // An orphan that had to make room: ARC does not learn of that either.
                None => is(TxStatus::SeenInOrphanMempool, "", rivals),
            },
            (Place::Unknown, None) => None,
        }
    }

    fn post_one(&self, request: &ArcRequest<'_>, now: Timestamp) -> ArcResponse {
        match body::read_one(request) {
            // Like ARC, which answers the first of what turns out to be several.
            Ok(sent) => match self.receive_all(&sent, now).into_iter().next() {
                Some(Ok(standing)) => ArcResponse::new(200, standing),
                Some(Err(problem)) => problem.response(),
                None => Problem::bad_request("no transaction found - empty request body").response(),
            },
            Err(reason) => Problem::bad_request(&reason).response(),
        }
    }

    fn post_many(&self, request: &ArcRequest<'_>, now: Timestamp) -> ArcResponse {
        let sent = match body::read_many(request) {
            Ok(sent) => sent,
            Err(reason) => return Problem::bad_request(&reason).response(),
        };
        // Like ARC: what succeeded first, then what failed.
        let (taken, failed): (Vec<_>, Vec<_>) = self.receive_all(&sent, now).into_iter().partition(Result::is_ok);
        let bodies = taken.into_iter().chain(failed).map(|result| result.unwrap_or_else(|problem| problem.body()));
        ArcResponse::new(200, Value::Array(bodies.collect()))
    }

    fn receive_all(&self, sent: &[Sent], now: Timestamp) -> Vec<Result<Value, Problem>> {
        sent.iter().map(|sent| self.receive(sent, now)).collect()
    }

    fn get(&self, txid: &str, now: Timestamp) -> ArcResponse {
        let Some((txid, standing)) = txid.parse().ok().and_then(|txid| Some((txid, self.standing(&txid)?))) else {
            return Problem::new(404, "transaction not found", None).response();
        };
        ArcResponse::new(200, response::standing(&self.chain, &txid, &standing, now, false))
    }

    /// Takes one transaction the way ARC does: what it knows it neither judges nor hands to the node again, unless the
    /// node still lacks the parents.
    fn receive(&self, sent: &Sent, now: Timestamp) -> Result<Value, Problem> {
        let txid = sent.transaction.txid();
        match self.standing(&txid) {
            None => {
                claims::judge(sent, |outpoint| self.chain.output(outpoint))
                    .map_err(|(status, reason)| Problem::new(status, &reason, Some(txid)))?;
                self.hand_over(sent, now, true)?;
            }
            Some(Standing { status: TxStatus::SeenInOrphanMempool, .. }) => self.hand_over(sent, now, false)?,
            Some(_) => self.records().note(txid, &sent.bytes, now),
        }
        let standing =
            self.standing(&txid).ok_or_else(|| Problem::new(409, "transaction was forgotten", Some(txid)))?;
        Ok(response::standing(&self.chain, &txid, &standing, now, true))
    }

    /// Hands a transaction to the chain's node and notes what came of it, also for orphans that waited for it. A new
    /// one that ARC itself would have refused is not noted.
    fn hand_over(&self, sent: &Sent, now: Timestamp, is_new: bool) -> Result<(), Problem> {
        let txid = sent.transaction.txid();
        // ARC has no status for a failure of its own disk; its generic one says try again.
        let submitted = self.chain.submit(&sent.transaction);
        let submitted = submitted.map_err(|error| Problem::new(409, &error.to_string(), Some(txid)))?;
        if let Acceptance::Refused(error) = &submitted.acceptance
            && let Some(status) = status_before_the_node(error).filter(|_| is_new)
        {
            return Err(Problem::new(status, &format!("arc error {status}: {error}"), Some(txid)));
        }
        let mut records = self.records();
        records.note(txid, &sent.bytes, now);
        for (txid, acceptance) in submitted.orphans.iter().chain([&(txid, submitted.acceptance)]) {
            match acceptance {
                Acceptance::Conflict(rivals) => records.contest(*txid, rivals),
                Acceptance::Refused(error) => records.reject(*txid, node_reason(error)),
                Acceptance::Full => records.reject(*txid, "invalid transaction: mempool full"),
                Acceptance::Accepted | Acceptance::InMempool | Acceptance::Mined(_) | Acceptance::Orphaned => {}
            }
        }
        Ok(())
    }

    fn records(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The status for what ARC's own validator finds; `None` for what only a node finds.
fn status_before_the_node(error: &VerifyError) -> Option<u16> {
    match error {
        VerifyError::Script { .. } => Some(461),
        VerifyError::TooManySignatureChecks { .. } | VerifyError::TooManyInputs { .. } => Some(463),
        VerifyError::NullInput { .. } | VerifyError::UnprovenCoinbase(_) => Some(462),
        _ => None,
    }
}

/// What a node says of a transaction it refuses, in ARC's wording.
fn node_reason(error: &VerifyError) -> &'static str {
    match error {
        VerifyError::DuplicateInput { .. } => "invalid transaction: bad-txns-inputs-duplicate",
        VerifyError::OutputsExceedInputs { .. } => "invalid transaction: bad-txns-in-belowout",
        VerifyError::ValueOutOfRange { .. } => "invalid transaction: bad-txns-inputvalues-outofrange",
        VerifyError::FeeTooLow { .. } => "invalid transaction: mempool min fee not met",
        VerifyError::P2shOutput { .. } => "invalid transaction: bad-txns-vout-p2sh",
        VerifyError::LockedUntilHeight { .. }
        | VerifyError::LockedUntilTime { .. }
        | VerifyError::LockTimeUnknowable { .. } => "invalid transaction: bad-txns-nonfinal",
        VerifyError::ImmatureCoinbase { .. } => "invalid transaction: bad-txns-premature-spend-of-coinbase",
        VerifyError::Script { .. } => "invalid transaction: mandatory-script-verify-flag-failed",
        _ => "invalid transaction",
    }
}

/// `GET /v1/policy`: what the chain behind really enforces.
fn policy(now: Timestamp) -> Value {
    json!({
        "policy": {
            "maxscriptsizepolicy": DEFAULT_MAX_SCRIPT_BYTES,
            "maxtxsigopscountspolicy": DEFAULT_MAX_SIGNATURE_CHECKS,
            "maxtxsizepolicy": MAX_TRANSACTION_BYTES,
            "miningFee": { "satoshis": FEE_RATE, "bytes": 1000 },
            "standardFormatSupported": true,
        },
        "timestamp": time::rfc3339(now),
    })
}

#[cfg(test)]
mod tests;
