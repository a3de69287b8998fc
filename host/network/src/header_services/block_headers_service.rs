//! The Block Headers Service of bsv-blockchain: pages of headers by height.
//!
//! Its answer by height has no heights in it, is in no promised order, and has the headers of side branches among the
//! others. So heights are found by how headers link.

use serde::Deserialize;

use super::fields::Fields;
use super::http::Questions;
use super::service::{HeaderPage, HeaderService, ServiceError, ServiceTip};
use super::settings::{ServiceSettings, ServiceSettingsError};
use crate::header_chain::Header;

/// Headers asked for at once. One takes 350 to 450 bytes.
const PAGE: u32 = 1_000;

/// Largest page that is read, in bytes: twice what [`PAGE`] headers take, for those of side branches among them.
const MAX_PAGE_BYTES: u64 = 1024 * 1024;

/// Largest answer about the tip, in bytes; it has some 600.
const MAX_TIP_BYTES: u64 = 16 * 1024;

/// One Block Headers Service.
#[derive(Debug)]
pub struct BlockHeadersService {
    name: String,
    questions: Questions,
}

/// A header of the answers.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct HeaderBody {
    hash: String,
    version: i64,
    prev_block_hash: String,
    merkle_root: String,
    creation_timestamp: u32,
    difficulty_target: u32,
    nonce: u32,
}

/// The tip's answer.
#[derive(Debug, Deserialize)]
struct TipBody {
    header: HeaderBody,
    height: u32,
}

impl BlockHeadersService {
    /// For one configured service. Nothing is sent yet.
    ///
    /// # Errors
    /// The address is none, or the key cannot stand in a header.
    pub fn new(settings: &ServiceSettings) -> Result<Self, ServiceSettingsError> {
        Ok(Self { name: settings.name.clone(), questions: Questions::new(settings)? })
    }

    fn header(&self, path: &str, body: &HeaderBody) -> Result<Header, ServiceError> {
        let fields = Fields {
            hash: &body.hash,
            version: body.version,
            previous: Some(&body.prev_block_hash),
            root: &body.merkle_root,
            time: body.creation_timestamp,
            bits: body.difficulty_target,
            nonce: body.nonce,
        };
        fields.header().map_err(|error| error.into_service_error(|text| self.questions.not_understood(path, text)))
    }
}

impl HeaderService for BlockHeadersService {
    fn name(&self) -> &str {
        &self.name
    }

    fn tip(&self) -> Result<ServiceTip, ServiceError> {
        let path = "/api/v1/chain/tip/longest";
        let body: TipBody = self.questions.json(path, MAX_TIP_BYTES)?;
        Ok(ServiceTip { height: body.height, hash: self.header(path, &body.header)?.hash() })
    }

    fn headers(&self, first: u32, tip: &ServiceTip) -> Result<HeaderPage, ServiceError> {
        let path = format!("/api/v1/chain/header/byHeight?height={first}&count={PAGE}");
        let bodies: Vec<HeaderBody> = self.questions.json(&path, MAX_PAGE_BYTES)?;
        let headers = bodies.iter().map(|body| self.header(&path, body)).collect::<Result<_, _>>()?;
        Ok(HeaderPage { headers, through: first.saturating_add(PAGE - 1).min(tip.height) })
    }
}
