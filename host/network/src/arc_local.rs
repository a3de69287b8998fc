//! A stand-in for ARC before the local chain: the same requests, statuses and bodies, without HTTP.
//!
//! It follows ARC's published interface and validator: what an Extended Format claims is judged first (statuses 460 to
//! 474), then the chain's node decides (`SEEN_ON_NETWORK`, `SEEN_IN_ORPHAN_MEMPOOL`, `DOUBLE_SPEND_ATTEMPTED`,
//! `REJECTED`, `MINED`). It keeps what was broadcast, so that a demonstration can show it.
//!
//! It misbehaves on demand: it refuses, contests, delays and fails, and drops callbacks. It is never kinder than ARC: like
//! there, statuses never go back, a transaction that lost its block stays `MINED_IN_STALE_BLOCK` until it is mined again,
//! callbacks tell of changes only, and of all but the last three statuses only on request.
//!
//! What it does not do: BEEF in place of EF (400); the headers that skip a validation are not heeded. An orphan's scripts
//! are judged when its parents arrive, where ARC would judge them against the claimed outputs at once; and the answer about
//! an orphan comes at once, where ARC waits for parents for as long as `X-MaxTimeout` says.
//!
//! | module | one job |
//! |---|---|
//! | [`body`], [`headers`] | requests read and refused as ARC does |
//! | [`claims`], [`node_words`] | what ARC's validator and a node find |
//! | [`record`], [`standing`] | what was broadcast, and where it is |
//! | [`response`], [`time`] | ARC's JSON |
//! | [`misbehaviour`], [`misbehave`] | what goes wrong on demand |
//! | [`callbacks`], [`announce`] | callbacks on their way, and what they tell |

mod announce;
mod body;
mod callbacks;
mod claims;
mod headers;
mod misbehave;
mod misbehaviour;
mod node_words;
mod record;
mod response;
mod standing;
mod time;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::{Value, json};
use trellis_engine::domain::time::Timestamp;
use trellis_spv::limits::{DEFAULT_MAX_SCRIPT_BYTES, DEFAULT_MAX_SIGNATURE_CHECKS, MAX_TRANSACTION_BYTES};

use crate::arc::TxStatus;
use crate::local_chain::{Acceptance, LocalChain, Place};
use body::Sent;
use callbacks::Callbacks;
pub use callbacks::{Callback, CallbackCounts, Delivery};
pub use claims::FEE_RATE;
use headers::Wishes;
pub use misbehaviour::{
    Failure, MAX_DELAY_MILLISECONDS, MAX_WORDS, Misbehaviour, MisbehaviourError, Outcome, Plans, TOO_LATE_MILLISECONDS,
};
use node_words::{node_reason, status_before_the_node};
pub use record::{Broadcast, MAX_RECORDED, MAX_RECORDED_BYTES};
use record::{Records, Told};
pub use response::ArcResponse;
use response::Problem;
pub use standing::Standing;

/// A request, as the HTTP server hands it over.
#[derive(Debug, Clone, Copy)]
pub struct ArcRequest<'a> {
    /// `GET` or `POST`.
    pub method: &'a str,
    /// The path from `/v1` on, without query.
    pub path: &'a str,
    /// The `Content-Type` header; empty if there is none.
    pub content_type: &'a str,
    /// The `X-` headers, names in any case.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body. The server bounds it.
    pub body: &'a [u8],
}

/// The stand-in.
pub struct LocalArc {
    chain: Arc<LocalChain>,
    records: Mutex<Records>,
    plans: Mutex<Plans>,
    callbacks: Mutex<Callbacks>,
    /// The chain's and the records' revision when [`notice`](Self::notice) looked last.
    noticed: Mutex<Option<(u64, u64)>>,
    listeners: OnceLock<Vec<SocketAddr>>,
}

impl LocalArc {
    /// Before this chain.
    #[must_use]
    pub fn new(chain: Arc<LocalChain>) -> Self {
        Self {
            chain,
            records: Mutex::default(),
            plans: Mutex::default(),
            callbacks: Mutex::default(),
            noticed: Mutex::default(),
            listeners: OnceLock::new(),
        }
    }

    /// Answers one request. The answer says how long to wait before it is given.
    pub fn handle(&self, request: &ArcRequest<'_>, now: Timestamp) -> ArcResponse {
        match (request.method, request.path) {
            ("GET", "/v1/policy") => ArcResponse::new(200, policy(now)),
            ("GET", "/v1/health") => {
                ArcResponse::new(200, json!({ "healthy": true, "reason": null, "version": env!("CARGO_PKG_VERSION") }))
            }
            ("POST", "/v1/tx" | "/v1/txs") => self.broadcast(request, now),
            ("GET", path) => {
                match path.strip_prefix("/v1/tx/").filter(|txid| !txid.is_empty() && !txid.contains('/')) {
                    Some(txid) => self.get(txid, now),
                    None => unrouted(path),
                }
            }
            (_, path) => unrouted(path),
        }
    }

    /// What was broadcast, oldest first: as much as [`MAX_RECORDED`] and [`MAX_RECORDED_BYTES`] leave room for.
    #[must_use]
    pub fn broadcasts(&self) -> Vec<Broadcast> {
        self.records().broadcasts()
    }

    /// Takes transactions, or fails on demand.
    fn broadcast(&self, request: &ArcRequest<'_>, now: Timestamp) -> ArcResponse {
        let (failure, delay) = {
            let mut plans = self.plans();
            (plans.take_failure(), plans.delay_milliseconds)
        };
        let mut response = match failure {
            Some(Failure::Status(status)) => ArcResponse::message(status, "the stand-in for ARC fails on demand"),
            Some(Failure::TooLate) => {
                // The transaction is on its way; only the client never learns of it.
                self.take(request, now);
                let response = ArcResponse::message(504, "the stand-in for ARC answers too late on demand");
                ArcResponse { wait_milliseconds: TOO_LATE_MILLISECONDS, ..response }
            }
            None => self.take(request, now),
        };
        response.wait_milliseconds = response.wait_milliseconds.max(delay);
        response
    }

    fn take(&self, request: &ArcRequest<'_>, now: Timestamp) -> ArcResponse {
        let listeners = self.listeners.get().map(Vec::as_slice).unwrap_or_default();
        match headers::read(request.headers, |address| callbacks::is_own(address, listeners)) {
            Err(refusal) => refusal,
            Ok(wishes) if request.path == "/v1/tx" => self.post_one(request, &wishes, now),
            Ok(wishes) => self.post_many(request, &wishes, now),
        }
    }

    fn post_one(&self, request: &ArcRequest<'_>, wishes: &Wishes, now: Timestamp) -> ArcResponse {
        match body::read_one(request) {
            // Like ARC, which answers the first of what turns out to be several.
            Ok(sent) => match self.receive_all(&sent, wishes, now).into_iter().next() {
                Some(Ok(standing)) => ArcResponse::new(200, standing),
                Some(Err(problem)) => problem.response(),
                None => Problem::bad_request("no transaction found - empty request body").response(),
            },
            Err(fault) => fault.response(),
        }
    }

    fn post_many(&self, request: &ArcRequest<'_>, wishes: &Wishes, now: Timestamp) -> ArcResponse {
        let sent = match body::read_many(request) {
            Ok(sent) => sent,
            Err(fault) => return fault.response(),
        };
        // Like ARC: what succeeded first, then what failed.
        let (taken, failed): (Vec<_>, Vec<_>) =
            self.receive_all(&sent, wishes, now).into_iter().partition(Result::is_ok);
        let bodies = taken.into_iter().chain(failed).map(|result| result.unwrap_or_else(|problem| problem.body()));
        ArcResponse::new(200, Value::Array(bodies.collect()))
    }

    fn receive_all(&self, sent: &[Sent], wishes: &Wishes, now: Timestamp) -> Vec<Result<Value, Problem>> {
        sent.iter().map(|sent| self.receive(sent, wishes, now)).collect()
    }

    fn get(&self, text: &str, now: Timestamp) -> ArcResponse {
        // What is no hexadecimal fails inside ARC; what is too short or too long is merely unknown to it.
        if let Err(error) = hex::decode(text) {
            return Problem::new(409, &error.to_string(), None).response();
        }
        let Some((txid, standing)) = text.parse().ok().and_then(|txid| Some((txid, self.standing(&txid)?))) else {
            return Problem::new(404, "transaction not found", None).response();
        };
        ArcResponse::new(200, response::standing(&self.chain, &txid, &standing, now, false))
    }

    /// Takes one transaction the way ARC does: what it knows it neither judges nor hands to the node again, unless the
    /// node still lacks the parents.
    fn receive(&self, sent: &Sent, wishes: &Wishes, now: Timestamp) -> Result<Value, Problem> {
        let txid = sent.transaction.txid();
        let before = self.standing(&txid);
        match &before {
            None => {
                claims::judge(sent, |outpoint| self.chain.output(outpoint))
                    .map_err(|(status, reason)| Problem::new(status, &reason, Some(txid)))?;
                self.take_new(sent, now)?;
            }
            Some(Standing { status: TxStatus::SeenInOrphanMempool, .. }) => self.hand_over(sent, now, false)?,
            Some(_) => self.records().note(txid, &sent.bytes, now),
        }
        let told = before.as_ref().map(|before| {
            let block_hash = response::block(&self.chain, &txid, before.status).hash;
            Told { status: before.status, block_hash }
        });
        self.records().listen(txid, wishes, told);
        let mut standing =
            self.standing(&txid).ok_or_else(|| Problem::new(409, "transaction was forgotten", Some(txid)))?;
        if before.is_none() {
            standing = first_told(standing, wishes);
        }
        Ok(response::standing(&self.chain, &txid, &standing, now, true))
    }

    /// A transaction ARC did not know: the network may refuse or contest it on demand.
    fn take_new(&self, sent: &Sent, now: Timestamp) -> Result<(), Problem> {
        let txid = sent.transaction.txid();
        let refusal = self.plans().take_refusal(&txid);
        if let Some(words) = refusal {
            let mut records = self.records();
            records.note(txid, &sent.bytes, now);
            records.reject(txid, &words, None);
            return Ok(());
        }
        let rival = self.plans().rival_for(&txid);
        if rival.is_some() {
            // Before it is there: a block must not come in between.
            self.chain.hold(&txid);
        }
        let handed = self.hand_over(sent, now, true);
        if let Some(rival) = rival {
            match self.chain.place(&txid) {
                Place::Mempool => self.begin_contest(txid, rival),
                _ => self.chain.release(&txid),
            }
        }
        handed
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
                Acceptance::Refused(error) => records.reject(*txid, node_reason(error), None),
                Acceptance::Full => records.reject(*txid, "invalid transaction: mempool full", None),
                Acceptance::Accepted | Acceptance::InMempool | Acceptance::Mined(_) | Acceptance::Orphaned => {}
            }
        }
        Ok(())
    }

    fn records(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that goes nowhere. ARC's check against its interface answers it before any route does.
fn unrouted(path: &str) -> ArcResponse {
    let is_path = path.starts_with("/v1/tx/") || ["/v1/tx", "/v1/txs", "/v1/policy", "/v1/health"].contains(&path);
    ArcResponse::message(404, if is_path { "method not allowed" } else { "no matching operation was found" })
}

/// What the first answer says: of a transaction that was mined without ARC, ARC has only told nodes so far; and who waits
/// for less than the network's word gets less.
fn first_told(standing: Standing, wishes: &Wishes) -> Standing {
    let status = match wishes.wait_for {
        Some(status) if rank(status) < rank(TxStatus::SeenInOrphanMempool) => status,
        _ if standing.status == TxStatus::Mined => TxStatus::AnnouncedToNetwork,
        _ => return standing,
    };
    Standing { status, extra_info: String::new(), competing: Vec::new() }
}

/// ARC's order of statuses.
fn rank(status: TxStatus) -> Option<usize> {
    TxStatus::ALL.iter().position(|other| *other == status)
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
