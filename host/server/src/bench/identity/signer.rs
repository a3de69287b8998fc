//! A client that signs what it sends, as BRC-104 has it.

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Request, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use trellis_spv::identity::key::PrivateKey;

use super::super::BenchError;
use crate::auth::credentials::{AUTH_VERSION, IDENTITY_KEY, NONCE, REQUEST_ID, SIGNATURE, YOUR_NONCE, identity_key};
use crate::auth::party::Party;
use crate::auth::{IdentityKey, VERSION, key_id, signed};

/// The path submissions go to.
pub(super) const PATH: &str = "/submit";

/// The topics of every submission.
const TOPICS: &str = "[\"tm_helloworld\"]";

/// A client, in a session with a host if it has shaken hands.
pub(super) struct Signer {
    agent: ureq::Agent,
    url: String,
    session: Option<Session>,
}

struct Session {
    party: Party,
    host: IdentityKey,
    nonce: String,
}

impl Signer {
    /// A client that does not say who it is.
    pub(super) fn open(url: &str) -> Self {
        Self { agent: ureq::Agent::new_with_defaults(), url: url.to_owned(), session: None }
    }

    /// A client that shakes hands.
    pub(super) fn authenticated(url: &str, key: PrivateKey) -> Result<Self, BenchError> {
        let mut signer = Self::open(url);
        let party = Party::new(key);
        let message = json!({
            "version": VERSION,
            "messageType": "initialRequest",
            "identityKey": hex::encode(party.identity_key()),
            "initialNonce": STANDARD.encode(rand::random::<[u8; 32]>()),
        });
        let address = format!("{url}/.well-known/auth");
        let request = signer.agent.post(address).header("content-type", "application/json");
        let mut answer = request.send(message.to_string()).map_err(refused)?;
        let answer: Value = serde_json::from_str(&answer.body_mut().read_to_string().map_err(refused)?)?;
        let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let host = identity_key(&text("identityKey"));
        let host = host.ok_or_else(|| BenchError::Refused(format!("a handshake was answered {answer}")))?;
        signer.session = Some(Session { party, host, nonce: text("initialNonce") });
        Ok(signer)
    }

    /// Submits a BEEF.
    pub(super) fn submit(&self, beef: &[u8]) -> Result<(), BenchError> {
        let mut request = Request::builder().method("POST").uri(PATH).body(()).map_err(refused)?;
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
        headers.insert("x-bsv-topics", HeaderValue::from_static(TOPICS));
        let (parts, ()) = request.into_parts();
        let mut post = self.agent.post(format!("{}{PATH}", self.url));
        for (name, value) in parts.headers.iter().chain(&self.signature(&parts, beef)?) {
            post = post.header(name, value);
        }
        let mut answer = post.send(beef).map_err(refused)?;
        answer.body_mut().read_to_vec().map(drop).map_err(refused)
    }

    /// The headers that say who sends it.
    fn signature(&self, parts: &Parts, body: &[u8]) -> Result<HeaderMap, BenchError> {
        let mut headers = HeaderMap::new();
        let Some(Session { party, host, nonce: session_nonce }) = &self.session else { return Ok(headers) };
        let (id, nonce) = (rand::random::<[u8; 32]>(), STANDARD.encode(rand::random::<[u8; 32]>()));
        let digest = signed::request(&id, parts, body);
        let signature = party.sign(host, &key_id(&nonce, session_nonce), digest);
        let signature = signature.ok_or_else(|| BenchError::Refused("the host has no key of the curve".to_owned()))?;
        for (name, value) in [
            (AUTH_VERSION, VERSION.to_owned()),
            (IDENTITY_KEY, hex::encode(party.identity_key())),
            (NONCE, nonce),
            (YOUR_NONCE, session_nonce.clone()),
            (SIGNATURE, hex::encode(signature)),
            (REQUEST_ID, STANDARD.encode(id)),
        ] {
            headers.insert(name, HeaderValue::try_from(value).map_err(refused)?);
        }
        Ok(headers)
    }
}

fn refused(error: impl std::fmt::Display) -> BenchError {
    BenchError::Refused(error.to_string())
}
