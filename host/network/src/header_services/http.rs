//! One question, one HTTP answer, with bounds on both.

use std::time::Duration;

use serde::de::DeserializeOwned;
use ureq::Agent;
use ureq::http::HeaderValue;

use super::service::ServiceError;
use super::settings::{ServiceSettings, ServiceSettingsError};
use crate::arc::one_line;

/// Seconds to find and reach the service, TLS included.
const CONNECT_SECONDS: u64 = 5;

/// Seconds from the request to the answer's head.
const ANSWER_SECONDS: u64 = 10;

/// Seconds from there to the answer's last byte: the largest, a megabyte, comes at 100 kB a second.
const BODY_SECONDS: u64 = 10;

/// Largest head of an answer, in bytes.
const MAX_HEAD_BYTES: usize = 16 * 1024;

/// Asks one service.
#[derive(Debug)]
pub(super) struct Questions {
    agent: Agent,
    base: String,
    key: Option<(&'static str, HeaderValue)>,
}

impl Questions {
    pub(super) fn new(settings: &ServiceSettings) -> Result<Self, ServiceSettingsError> {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            // A redirect would carry the key somewhere the operator did not name.
            .max_redirects(0)
            // Proxies of the environment are nobody's configuration of this host.
            .proxy(None)
            .user_agent(concat!("trellis/", env!("CARGO_PKG_VERSION")))
            .max_response_header_size(MAX_HEAD_BYTES)
            .timeout_resolve(Some(Duration::from_secs(CONNECT_SECONDS)))
            .timeout_connect(Some(Duration::from_secs(CONNECT_SECONDS)))
            .timeout_send_request(Some(Duration::from_secs(CONNECT_SECONDS)))
            .timeout_recv_response(Some(Duration::from_secs(ANSWER_SECONDS)))
            .timeout_recv_body(Some(Duration::from_secs(BODY_SECONDS)))
            .build()
            .new_agent();
        Ok(Self { agent, base: settings.base()?, key: settings.key_header()? })
    }

    /// The body of the answer to `GET <base><path>`, which may have `most` bytes.
    pub(super) fn bytes(&self, path: &str, most: u64) -> Result<Vec<u8>, ServiceError> {
        let url = format!("{}{path}", self.base);
        let unanswered = |text: &str| ServiceError::Unanswered { url: url.clone(), text: one_line(text) };
        let mut request = self.agent.get(&url);
        if let Some((name, value)) = &self.key {
            request = request.header(*name, value.clone());
        }
        let response = request.call().map_err(|error| unanswered(&error.to_string()))?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err(unanswered(&format!("HTTP status {status}")));
        }
        let body = response.into_body().into_with_config().limit(most).read_to_vec();
        body.map_err(|error| unanswered(&error.to_string()))
    }

    /// The same, as JSON.
    pub(super) fn json<T: DeserializeOwned>(&self, path: &str, most: u64) -> Result<T, ServiceError> {
        let body = self.bytes(path, most)?;
        serde_json::from_slice(&body).map_err(|error| self.not_understood(path, &error.to_string()))
    }

    /// An answer to `path` that is not what it should be.
    pub(super) fn not_understood(&self, path: &str, text: &str) -> ServiceError {
        ServiceError::NotUnderstood { url: format!("{}{path}", self.base), text: one_line(text) }
    }
}
