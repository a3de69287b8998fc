//! Calls to a running host, as an application makes them: what `trellis submit`, `batch`, `lookup`, `ef`, `broadcast`, `baskets`,
//! `demo` and `dev net` use.

use std::borrow::Cow;
use std::io::{BufRead, BufReader};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use trellis_spv::beef::join_off_chain_values;
use trellis_spv::writer::write_var_bytes;
use ureq::http::Response;
use ureq::{Agent, Body};

use crate::http::body::batch::BatchReceiptBody;
use crate::http::body::net::{NetBody, ReorgBody, ReorganisedBody};
use crate::http::body::plugins::ChangedBody;
use crate::http::body::relay::{BroadcastAnswersBody, ConvertedBody, RelayedBody};
use crate::http::body::{CoinBody, MinedBody, ReceiptBody, SteakBody, TransactionBody};
use crate::http::plugins::SIGNATURE;
use crate::http::read_body::BINARY;
use crate::http::submit::AUTO;
use crate::plugins::accept::Component;

/// Longest call: a large BEEF to a busy host, with room to spare.
const CALL_TIMEOUT: Duration = Duration::from_secs(120);

/// Longest life of one stream of events. A connection that broke without a word is noticed then at the latest; whoever reads
/// connects again and goes on.
const STREAM_TIMEOUT: Duration = Duration::from_secs(600);

/// Largest answer, in bytes: what a host hands out in one lookup, as an array of numbers.
const MAX_ANSWER_BYTES: u64 = 512 * 1024 * 1024;

/// A host, by the address of one of its listeners.
#[derive(Debug, Clone)]
pub struct Client {
    agent: Agent,
    url: String,
    token: Option<String>,
}

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody answered.
    #[error(
        "no answer from {url}: {source}. Is the host running there? `trellis dev` starts one on http://localhost:8080"
    )]
    Unreachable {
        /// The address.
        url: String,
        /// Why.
        source: Box<ureq::Error>,
    },
    /// The host said no.
    #[error("{url} answered {status} {code}: {message}")]
    Refused {
        /// The address.
        url: String,
        /// HTTP status.
        status: u16,
        /// `ERR_…`
        code: String,
        /// The host's words.
        message: String,
        /// The member of an atomic batch that is to blame, counted from 0.
        member: Option<usize>,
    },
    /// Whoever answered is no Trellis host.
    #[error("{url} answered something that is no answer of an overlay host: {text}")]
    NotUnderstood {
        /// The address.
        url: String,
        /// What is wrong with it.
        text: String,
    },
}

/// What goes into a submission.
#[derive(Debug, Clone, Copy, Default)]
pub struct Submission<'a> {
    /// BEEF V1, V2 or Atomic.
    pub beef: &'a [u8],
    /// The topics named; none to have the host find them.
    pub topics: &'a [&'a str],
    /// What goes along.
    pub off_chain_values: Option<&'a [u8]>,
    /// Every topic must take it.
    pub require_all: bool,
    /// Who stands behind it, as JSON.
    pub evidence: Option<&'a [u8]>,
}

impl Submission<'_> {
    fn topics_as_json(&self) -> Value {
        if self.topics.is_empty() { json!(AUTO) } else { json!(self.topics) }
    }
}

impl Client {
    /// A client of the host at `url`, such as `http://localhost:8080`.
    #[must_use]
    pub fn new(url: &str) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(CALL_TIMEOUT)).build();
        Self { agent: config.into(), url: url.trim_end_matches('/').to_owned(), token: None }
    }

    /// The same client, presenting a token.
    #[must_use]
    pub fn with_token(self, token: Option<String>) -> Self {
        Self { token, ..self }
    }

    /// Submits a BEEF; answers the STEAK.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn submit(&self, submission: &Submission<'_>) -> Result<SteakBody, ClientError> {
        self.hand_in("/submit", submission)
    }

    /// Submits a BEEF; answers all that came of it.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn submit_for_receipt(&self, submission: &Submission<'_>) -> Result<ReceiptBody, ClientError> {
        self.hand_in("/v1/submit", submission)
    }

    fn hand_in<T: DeserializeOwned>(&self, path: &str, submission: &Submission<'_>) -> Result<T, ClientError> {
        let mut headers = vec![
            ("content-type", "application/octet-stream".to_owned()),
            ("x-topics", submission.topics_as_json().to_string()),
        ];
        if submission.require_all {
            headers.push(("x-trellis-require", "all".to_owned()));
        }
        let mut body = Cow::Borrowed(submission.beef);
        if let Some(values) = submission.off_chain_values {
            headers.push(("x-includes-off-chain-values", "true".to_owned()));
            body = join_off_chain_values(&body, values).into();
        }
        if let Some(evidence) = submission.evidence {
            headers.push(("x-bsv-includes-evidence", "true".to_owned()));
            // The same framing: what comes first, behind its length.
            body = join_off_chain_values(evidence, &body).into();
        }
        self.read(&self.post(path, &headers, &body)?)
    }

    /// Submits several BEEFs, as one or each by itself; answers what came of each, in order.
    ///
    /// # Errors
    /// [`ClientError`]; where the batch is `atomic`, [`ClientError::Refused`] also for what one member is to blame for.
    pub fn submit_batch(&self, members: &[Submission<'_>], atomic: bool) -> Result<BatchReceiptBody, ClientError> {
        let member = |member: &Submission<'_>| {
            json!({
                "beef": hex::encode(member.beef),
                "topics": member.topics_as_json(),
                "offChainValues": member.off_chain_values.map(hex::encode),
                "requireAll": member.require_all,
            })
        };
        let submissions: Vec<Value> = members.iter().map(member).collect();
        self.post_json(&format!("/v1/submit/batch?atomic={atomic}"), &json!({ "submissions": submissions }))
    }

    /// Has a BEEF verified and converted to Extended Format.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn convert(&self, beef: &[u8]) -> Result<ConvertedBody, ClientError> {
        self.read(&self.post("/v1/ef", &bytes(), beef)?)
    }

    /// Has the network told of a BEEF's transaction.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn broadcast(&self, beef: &[u8]) -> Result<RelayedBody, ClientError> {
        self.read(&self.post("/v1/broadcast", &bytes(), beef)?)
    }

    /// Has the network told of several transactions; answers each, in order.
    ///
    /// # Errors
    /// [`ClientError`] where the host relays none of them.
    pub fn broadcast_batch(&self, beefs: &[Vec<u8>]) -> Result<BroadcastAnswersBody, ClientError> {
        let mut body = Vec::new();
        beefs.iter().for_each(|beef| write_var_bytes(&mut body, beef));
        self.read(&self.post("/v1/broadcast/batch", &bytes(), &body)?)
    }

    /// Asks a lookup service; answers its JSON.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn lookup(&self, service: &str, query: &Value) -> Result<Value, ClientError> {
        self.post_json("/lookup", &json!({ "service": service, "query": query }))
    }

    /// Asks a lookup service for the binary answer.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn lookup_binary(&self, service: &str, query: &Value) -> Result<Vec<u8>, ClientError> {
        let body = json!({ "service": service, "query": query }).to_string();
        let headers = [("content-type", "application/json".to_owned()), ("x-aggregation", "yes".to_owned())];
        self.post("/lookup", &headers, body.as_bytes())
    }

    /// What the host knows of a transaction.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn transaction(&self, txid: &str) -> Result<TransactionBody, ClientError> {
        self.get_json(&format!("/v1/transactions/{txid}"))
    }

    /// A coin from the faucet (the second listener of a development host).
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn faucet(&self, public_key: &[u8; 33], satoshis: u64) -> Result<CoinBody, ClientError> {
        self.post_json("/dev/faucet", &json!({ "publicKey": hex::encode(public_key), "satoshis": satoshis }))
    }

    /// Has the built-in chain mine a block (the second listener of a development host).
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn mine(&self) -> Result<MinedBody, ClientError> {
        self.post_json("/dev/mine", &json!({}))
    }

    /// What the network of a development host does wrong (its second listener).
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn network(&self) -> Result<NetBody, ClientError> {
        self.get_json("/dev/net")
    }

    /// Has the network of a development host misbehave: `POST /dev/net/<what>` (its second listener).
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn misbehave(&self, what: &str, body: &impl Serialize) -> Result<NetBody, ClientError> {
        self.post_json(&format!("/dev/net/{what}"), &json!(body))
    }

    /// Has the built-in chain replace its newest blocks (the second listener of a development host).
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn reorganise(&self, body: &ReorgBody) -> Result<ReorganisedBody, ClientError> {
        self.post_json("/dev/net/reorg", &json!(body))
    }

    /// `GET` of a JSON document.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn get_json<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        self.read(&self.get(path)?)
    }

    /// `GET` of bytes.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn get(&self, path: &str) -> Result<Vec<u8>, ClientError> {
        let url = self.address(path);
        let mut request = self.agent.get(&url);
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.answered(&url, request.call())
    }

    /// A stream of server-sent events, from a cursor on.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn event_stream(&self, path: &str, after: Option<u64>) -> Result<impl BufRead + use<>, ClientError> {
        let url = self.address(path);
        let mut request =
            self.agent.get(&url).config().timeout_global(None).timeout_recv_body(Some(STREAM_TIMEOUT)).build();
        if let Some(after) = after {
            request = request.header("last-event-id", after.to_string());
        }
        let answer = request.call();
        match answer {
            Ok(response) if response.status().is_success() => Ok(BufReader::new(response.into_body().into_reader())),
            answer => {
                let text = self.answered(&url, answer)?;
                Err(ClientError::NotUnderstood { url, text: String::from_utf8_lossy(&text).into_owned() })
            }
        }
    }

    /// `POST` of a JSON document, answered by one.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn post_json<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, ClientError> {
        let headers = [("content-type", "application/json".to_owned())];
        self.read(&self.post(path, &headers, body.to_string().as_bytes())?)
    }

    /// `DELETE`, answered by a JSON document.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn delete_json<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        let url = self.address(path);
        let mut request = self.agent.delete(&url);
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.read(&self.answered(&url, request.call())?)
    }

    /// Brings a component for a plugin of the host (its second listener).
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn upload_plugin(&self, id: &str, mode: &str, component: &Component) -> Result<ChangedBody, ClientError> {
        let mut headers = bytes().to_vec();
        headers.extend(component.signature.as_ref().map(|signature| (SIGNATURE, hex::encode(signature))));
        self.read(&self.post(&format!("/admin/plugins/{id}?mode={mode}"), &headers, &component.wasm)?)
    }

    fn post(&self, path: &str, headers: &[(&str, String)], body: &[u8]) -> Result<Vec<u8>, ClientError> {
        let url = self.address(path);
        let mut request = self.agent.post(&url);
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        self.answered(&url, request.send(body))
    }

    fn address(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    fn answered(&self, url: &str, answer: Result<Response<Body>, ureq::Error>) -> Result<Vec<u8>, ClientError> {
        let unreachable = |source| ClientError::Unreachable { url: url.to_owned(), source: Box::new(source) };
        let mut response = answer.map_err(unreachable)?;
        let bytes = response.body_mut().with_config().limit(MAX_ANSWER_BYTES).read_to_vec().map_err(unreachable)?;
        if response.status().is_success() {
            return Ok(bytes);
        }
        let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let text = |key: &str| body.get(key).and_then(Value::as_str).map(str::to_owned);
        let member = body.get("member").and_then(Value::as_u64).and_then(|member| usize::try_from(member).ok());
        Err(ClientError::Refused {
            url: url.to_owned(),
            status: response.status().as_u16(),
            code: text("code").unwrap_or_default(),
            message: text("message").unwrap_or_else(|| String::from_utf8_lossy(&bytes).chars().take(200).collect()),
            member,
        })
    }

    fn read<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, ClientError> {
        serde_json::from_slice(bytes)
            .map_err(|error| ClientError::NotUnderstood { url: self.url.clone(), text: error.to_string() })
    }
}

/// The headers of a body that is BEEF.
fn bytes() -> [(&'static str, String); 1] {
    [("content-type", BINARY.to_owned())]
}
