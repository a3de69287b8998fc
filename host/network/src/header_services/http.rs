//! One question, one HTTP answer, with bounds on both.

use serde::de::DeserializeOwned;
use ureq::Agent;
use ureq::http::HeaderValue;

use super::service::ServiceError;
use super::settings::{ServiceSettings, ServiceSettingsError};
use crate::arc::one_line;
use crate::outside;

/// Seconds from the request to the answer's head.
const ANSWER_SECONDS: u64 = 10;

/// Seconds from there to the answer's last byte: the largest, a megabyte, comes at 100 kB a second.
const BODY_SECONDS: u64 = 10;

/// Asks one service.
#[derive(Debug)]
pub(super) struct Questions {
    agent: Agent,
    base: String,
    key: Option<(&'static str, HeaderValue)>,
}

impl Questions {
    pub(super) fn new(settings: &ServiceSettings) -> Result<Self, ServiceSettingsError> {
        let agent = outside::agent(ANSWER_SECONDS, BODY_SECONDS);
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
