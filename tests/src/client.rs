//! HTTP, and what the answers mean.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use trellis_spv::beef::{self, Beef};
use trellis_spv::hash::{Outpoint, Txid};
use trellis_spv::reader::Reader;
use ureq::Agent;

/// Longest a request may take before the test gives up on the host: a hang is a failure, a slow machine is not.
const PATIENCE: Duration = Duration::from_secs(60);

/// A client of one host.
#[derive(Debug, Clone)]
pub struct Client {
    agent: Agent,
    url: String,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

/// The answer to a lookup in its binary form.
#[derive(Debug, Clone)]
pub struct Found {
    /// The outputs in order, with their context.
    pub outputs: Vec<(Outpoint, Vec<u8>)>,
    /// The one BEEF with all of them; `None` where there is no output, when it is empty.
    pub beef: Option<Beef>,
    /// Length of the whole answer in bytes.
    pub bytes: usize,
}

impl Client {
    /// A client of the host at this address.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .max_redirects(0)
            .timeout_global(Some(PATIENCE))
            .build()
            .new_agent();
        Self { agent, url: url.into() }
    }

    /// The host's address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// GET.
    ///
    /// # Errors
    /// No answer came.
    pub fn try_get(&self, path: &str) -> Result<Reply, ureq::Error> {
        Reply::of(self.agent.get(format!("{}{path}", self.url)).call()?)
    }

    /// GET.
    #[must_use]
    pub fn get(&self, path: &str) -> Reply {
        self.try_get(path).unwrap_or_else(|error| panic!("GET {path}: {error}"))
    }

    /// GET with these headers.
    #[must_use]
    pub fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        let mut request = self.agent.get(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.call().and_then(Reply::of).unwrap_or_else(|error| panic!("GET {path}: {error}"))
    }

    /// DELETE.
    #[must_use]
    pub fn delete(&self, path: &str) -> Reply {
        let answer = self.agent.delete(format!("{}{path}", self.url)).call();
        answer.and_then(Reply::of).unwrap_or_else(|error| panic!("DELETE {path}: {error}"))
    }

    /// POST of JSON with these headers.
    #[must_use]
    pub fn post_json(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Reply {
        let headers = [&[("content-type", "application/json")], headers].concat();
        self.post(path, &headers, body.to_string().as_bytes())
    }

    /// POST with these headers.
    ///
    /// # Errors
    /// No answer came.
    pub fn try_post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Reply, ureq::Error> {
        let mut request = self.agent.post(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Reply::of(request.send(body)?)
    }

    /// POST with these headers.
    #[must_use]
    pub fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        self.try_post(path, headers, body).unwrap_or_else(|error| panic!("POST {path}: {error}"))
    }

    /// Submits a BEEF.
    ///
    /// # Errors
    /// No answer came.
    pub fn try_submit(&self, topics: &[&str], beef: &[u8]) -> Result<Reply, ureq::Error> {
        let topics = json!(topics).to_string();
        self.try_post("/submit", &[("content-type", "application/octet-stream"), ("x-topics", &topics)], beef)
    }

    /// Submits a BEEF.
    #[must_use]
    pub fn submit(&self, topics: &[&str], beef: &[u8]) -> Reply {
        self.try_submit(topics, beef).unwrap_or_else(|error| panic!("POST /submit: {error}"))
    }

    /// Submits a BEEF with off-chain values.
    #[must_use]
    pub fn submit_with_values(&self, topics: &[&str], beef: &[u8], values: &[u8]) -> Reply {
        let topics = json!(topics).to_string();
        let headers = [
            ("content-type", "application/octet-stream"),
            ("x-topics", &*topics),
            ("x-includes-off-chain-values", "true"),
        ];
        self.post("/submit", &headers, &beef::join_off_chain_values(beef, values))
    }

    /// Asks a lookup service, JSON in and out.
    #[must_use]
    pub fn lookup(&self, service: &str, query: &Value) -> Reply {
        let body = json!({ "service": service, "query": query }).to_string();
        self.post("/lookup", &[("content-type", "application/json")], body.as_bytes())
    }

    /// Asks a lookup service for its binary answer.
    ///
    /// # Errors
    /// No answer came.
    pub fn try_find(&self, service: &str, query: &Value) -> Result<Found, ureq::Error> {
        let body = json!({ "service": service, "query": query }).to_string();
        let headers = [("content-type", "application/json"), ("x-aggregation", "yes")];
        let reply = self.try_post("/lookup", &headers, body.as_bytes())?;
        Ok(reply.expect(200).found())
    }

    /// Asks a lookup service for its binary answer.
    #[must_use]
    pub fn find(&self, service: &str, query: &Value) -> Found {
        self.try_find(service, query).unwrap_or_else(|error| panic!("POST /lookup: {error}"))
    }

    /// Outpoints of `ls_anytx` for one transaction.
    #[must_use]
    pub fn outputs_of(&self, txid: &Txid) -> Vec<Outpoint> {
        self.find("ls_anytx", &json!({ "txid": txid.to_string() })).outpoints()
    }

    /// What the host knows of a transaction; `None` where it holds none of that id.
    ///
    /// # Errors
    /// No answer came.
    pub fn try_transaction(&self, txid: &Txid) -> Result<Option<Value>, ureq::Error> {
        let reply = self.try_get(&format!("/v1/transactions/{txid}"))?;
        Ok((reply.status != 404).then(|| reply.expect(200).json()))
    }

    /// What the host knows of a transaction; `None` where it holds none of that id.
    #[must_use]
    pub fn transaction(&self, txid: &Txid) -> Option<Value> {
        self.try_transaction(txid).unwrap_or_else(|error| panic!("GET /v1/transactions/{txid}: {error}"))
    }
}

impl Reply {
    fn of(response: ureq::http::Response<ureq::Body>) -> Result<Self, ureq::Error> {
        let (parts, body) = response.into_parts();
        let text = |value: &ureq::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = parts.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
        let body = body.into_with_config().limit(1 << 30).read_to_vec()?;
        Ok(Self { status: parts.status.as_u16(), headers, body })
    }

    /// The body as text, for messages.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).chars().take(2_000).collect()
    }

    /// This reply, if it has this status.
    #[must_use]
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// The body as JSON.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The message of an error, whose form is checked on the way.
    #[must_use]
    #[track_caller]
    pub fn error(&self) -> (String, String) {
        let body = self.json();
        assert_eq!(body["status"], "error", "{body}");
        let text = |key: &str| body[key].as_str().unwrap_or_else(|| panic!("no `{key}` in {body}")).to_owned();
        (text("code"), text("message"))
    }

    /// The message of an error with this status and code.
    #[must_use]
    #[track_caller]
    pub fn refusal(&self, status: u16, code: &str) -> String {
        assert_eq!(self.status, status, "{}", self.text());
        let (found, message) = self.error();
        assert_eq!(found, code, "{message}");
        message
    }

    /// An entry of the STEAK: outputs to admit, coins to retain, coins removed.
    #[must_use]
    #[track_caller]
    pub fn admittance(&self, topic: &str) -> [Vec<u32>; 3] {
        assert_eq!(self.status, 200, "{}", self.text());
        let steak = self.json();
        let list = |key: &str| {
            let list = steak[topic][key].as_array().unwrap_or_else(|| panic!("no `{key}` of {topic} in {steak}"));
            list.iter().map(|index| u32::try_from(index.as_u64().expect("an index")).expect("an index")).collect()
        };
        [list("outputsToAdmit"), list("coinsToRetain"), list("coinsRemoved")]
    }

    /// The binary answer of a lookup.
    #[must_use]
    pub fn found(&self) -> Found {
        assert_eq!(self.headers["content-type"], "application/octet-stream");
        let mut reader = Reader::new(&self.body);
        let count = reader.var_int("count").expect("a count");
        let mut output = || {
            let mut txid = reader.array::<32>("txid").expect("a txid");
            txid.reverse();
            let vout = u32::try_from(reader.var_int("output index").expect("an index")).expect("an output index");
            let context = reader.var_bytes("context").expect("a context").to_vec();
            (Outpoint::new(Txid::from_internal(txid), vout), context)
        };
        let outputs = (0..count).map(|_| output()).collect();
        let rest = reader.rest();
        let beef = (count > 0).then(|| beef::parse(rest).unwrap_or_else(|error| panic!("{error}")));
        Found { outputs, beef, bytes: self.body.len() }
    }
}

impl Found {
    /// The outputs in order.
    #[must_use]
    pub fn outpoints(&self) -> Vec<Outpoint> {
        self.outputs.iter().map(|(outpoint, _)| *outpoint).collect()
    }
}
