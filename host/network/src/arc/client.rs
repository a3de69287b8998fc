//! One transaction, or some at once: one HTTP request, one answer for each.

use std::collections::HashMap;
use std::time::Duration;

use trellis_engine::ports::network::{AnswerMeaning, BroadcastAnswer, Broadcaster, Inquiry, Outgoing};
use trellis_spv::hash::Txid;
use ureq::http::{HeaderValue, Uri};
use ureq::{Agent, Body, Error};

use super::answer::{ArcAnswer, one_line};
use super::meaning::meaning;
use super::settings::{ArcSettings, ArcSettingsError};
use crate::outside;

/// Seconds from the request's last byte to the answer's head, and again from there to the answer's last byte.
pub const ANSWER_SECONDS: u64 = 5;

/// `X-MaxTimeout`: seconds ARC may wait for the network before it answers with what it knows. ARC's default, 5, would
/// run into [`ANSWER_SECONDS`] and lose the answer.
pub const MAX_WAIT_SECONDS: u64 = 3;

/// Largest answer that is read, in bytes. ARC's own are below 1 kB, or a few kB with a merkle path.
pub const MAX_ANSWER_BYTES: u64 = 1024 * 1024;

/// Bytes per second below which an upload is given up, after five seconds of grace: an Extended Format of
/// 32 MB may take two minutes, one of 300 bytes five seconds.
pub const SLOWEST_UPLOAD_BYTES_PER_SECOND: u64 = 256 * 1024;

/// ARC's status for a transaction it does not know.
const NOT_KNOWN: u16 = 404;

/// Takes transactions to one ARC.
#[derive(Debug)]
pub struct ArcBroadcaster {
    name: String,
    agent: Agent,
    endpoint: Uri,
    batch_endpoint: Uri,
    headers: Vec<(&'static str, HeaderValue)>,
}

impl ArcBroadcaster {
    /// For one configured ARC. Nothing is sent yet.
    ///
    /// # Errors
    /// The address is none, or a key or token cannot stand in a header.
    pub fn new(settings: &ArcSettings) -> Result<Self, ArcSettingsError> {
        let agent = outside::agent(ANSWER_SECONDS, ANSWER_SECONDS);
        let (endpoint, batch_endpoint) = (settings.endpoint("tx")?, settings.endpoint("txs")?);
        Ok(Self { name: settings.name.clone(), agent, endpoint, batch_endpoint, headers: settings.headers()? })
    }

    fn get(&self, txid: &Txid) -> Result<ArcAnswer, Failure> {
        let mut request = self.agent.get(format!("{}/{txid}", self.endpoint));
        for (name, value) in &self.headers {
            request = request.header(*name, value.clone());
        }
        let response = request.header("Accept", "application/json").call();
        let response = response.map_err(|error| Failure { http_status: 0, error })?;
        let http_status = response.status().as_u16();
        let body = read_body(response.into_body()).map_err(|error| Failure { http_status, error })?;
        Ok(ArcAnswer::read(http_status, &body))
    }

    /// No answer says nothing of the transaction.
    fn unanswered(&self, Failure { http_status, error }: &Failure) -> BroadcastAnswer {
        let text = one_line(&format!("no answer that could be read from {}: {error}", self.endpoint));
        BroadcastAnswer { meaning: AnswerMeaning::Transient, code: *http_status, text }
    }

    fn post(&self, endpoint: &Uri, body: &[u8]) -> Result<(u16, Vec<u8>), Failure> {
        let upload = outside::CONNECT_SECONDS + body.len() as u64 / SLOWEST_UPLOAD_BYTES_PER_SECOND;
        let mut request = self.agent.post(endpoint);
        for (name, value) in &self.headers {
            request = request.header(*name, value.clone());
        }
        let response = request
            .header("Accept", "application/json")
            .header("X-MaxTimeout", MAX_WAIT_SECONDS.to_string())
            .content_type("application/octet-stream")
            .config()
            .timeout_send_body(Some(Duration::from_secs(upload)))
            .build()
            .send(body)
            .map_err(|error| Failure { http_status: 0, error })?;
        let http_status = response.status().as_u16();
        let body = read_body(response.into_body()).map_err(|error| Failure { http_status, error })?;
        Ok((http_status, body))
    }

    /// What one request says of several transactions; of those it does not name there is nothing.
    fn post_all(&self, transactions: &[Outgoing]) -> Result<HashMap<Txid, BroadcastAnswer>, BroadcastAnswer> {
        let body: Vec<u8> = transactions.iter().flat_map(|one| one.extended_format.iter().copied()).collect();
        let (http_status, body) =
            self.post(&self.batch_endpoint, &body).map_err(|failure| self.unanswered(&failure))?;
        let answers = ArcAnswer::read_all(http_status, &body);
        let named = answers.into_iter().filter_map(|answer| Some((answer.body.as_ref()?.txid?, answer)));
        Ok(named.map(|(txid, answer)| (txid, judge(&answer, &txid))).collect())
    }
}

/// No answer, or none that could be read.
struct Failure {
    /// HTTP status, where it came so far.
    http_status: u16,
    error: Error,
}

fn read_body(body: Body) -> Result<Vec<u8>, Error> {
    body.into_with_config().limit(MAX_ANSWER_BYTES).read_to_vec()
}

impl Broadcaster for ArcBroadcaster {
    fn name(&self) -> &str {
        &self.name
    }

    fn broadcast(&self, transaction: &Outgoing) -> BroadcastAnswer {
        match self.post(&self.endpoint, &transaction.extended_format) {
            Ok((status, body)) => judge(&ArcAnswer::read(status, &body), &transaction.txid),
            // Whether ARC has it is unknown: sending it again is harmless, ARC recognises it.
            Err(failure) => self.unanswered(&failure),
        }
    }

    fn broadcast_all(&self, transactions: &[Outgoing]) -> Vec<BroadcastAnswer> {
        let answers = match self.post_all(transactions) {
            Ok(answers) => answers,
            Err(unanswered) => return vec![unanswered; transactions.len()],
        };
        // A body it could not read, or one transaction that it could not, may leave all of them without an answer of their own.
        let one = |transaction: &Outgoing| answers.get(&transaction.txid).cloned();
        transactions.iter().map(|transaction| one(transaction).unwrap_or_else(|| self.broadcast(transaction))).collect()
    }

    fn inquire(&self, txid: &Txid) -> Inquiry {
        match self.get(txid) {
            Ok(answer) if answer.status() == NOT_KNOWN => Inquiry { answer: None, merkle_path: None },
            Ok(answer) => {
                let judged = judge(&answer, txid);
                // An error of the request itself says nothing of the transaction: only a body with a `txStatus` does.
                let speaks = answer.body.as_ref().is_some_and(|body| body.tx_status.is_some());
                let meaning = if speaks { judged.meaning } else { AnswerMeaning::Transient };
                let is_named = answer.body.as_ref().is_some_and(|body| body.txid == Some(*txid));
                let merkle_path = answer.body.and_then(|body| body.merkle_path).filter(|_| is_named);
                Inquiry { answer: Some(BroadcastAnswer { meaning, ..judged }), merkle_path }
            }
            Err(failure) => Inquiry { answer: Some(self.unanswered(&failure)), merkle_path: None },
        }
    }
}

/// The answer to the request that carried `txid`.
fn judge(answer: &ArcAnswer, txid: &Txid) -> BroadcastAnswer {
    let code = answer.status();
    match answer.body.as_ref().and_then(|body| body.txid).filter(|named| named != txid) {
        // Nothing an answer says of another transaction may touch this one.
        Some(other) => BroadcastAnswer {
            meaning: AnswerMeaning::Transient,
            code,
            text: one_line(&format!("asked about {txid}, answered about {other}: {}", answer.words())),
        },
        None => BroadcastAnswer { meaning: meaning(answer), code, text: answer.words() },
    }
}
