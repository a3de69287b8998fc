//! WhatsOnChain: its last ten headers as JSON, the last some thousand and files of ten thousand as raw bytes, and single
//! ones by height where neither has what is wanted.

use std::ops::RangeInclusive;
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;
use trellis_engine::ports::headers::HEADER_BYTES;

use super::fields::Fields;
use super::http::Questions;
use super::service::{HeaderPage, HeaderService, ServiceError, ServiceTip};
use super::settings::{ServiceSettings, ServiceSettingsError};
use crate::header_chain::{BlockHash, Header, MAX_REORGANISATION};

/// Headers `/block/headers` has, the last ones.
const LAST: u32 = 10;

/// Most headers `/block/headers/latest` has.
const LATEST: u32 = 2_000;

/// Headers asked for one by one in a row: WhatsOnChain answers three requests a second without a key.
const SINGLES: u32 = 3;

/// Headers of a file handed on at once: no more, so that services take turns before any of their branches is too deep to
/// be left again.
const PAGE: u32 = MAX_REORGANISATION;

/// Largest file of headers that is read, in bytes: one of 10,000 has 800,000.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// Largest answer in JSON that is read, in bytes: ten headers take 7,000, the list of all files 10,000.
const MAX_JSON_BYTES: u64 = 128 * 1024;

/// WhatsOnChain.
#[derive(Debug)]
pub struct WhatsOnChain {
    name: String,
    questions: Questions,
    /// The file read last, since ten pages come from each.
    file: Mutex<Option<File>>,
}

/// A file of headers, by the heights in its name.
#[derive(Debug)]
struct File {
    /// The tip it was read for: with another one, what is in it may be another branch.
    tip: BlockHash,
    heights: RangeInclusive<u32>,
    headers: Vec<Header>,
}

/// `/chain/info`
#[derive(Debug, Deserialize)]
struct InfoBody {
    blocks: u32,
    bestblockhash: String,
}

/// A header of `/block/headers` and `/block/<height>/header`.
#[derive(Debug, Deserialize)]
struct HeaderBody {
    hash: String,
    version: i64,
    #[serde(default)]
    previousblockhash: Option<String>,
    merkleroot: String,
    time: u32,
    bits: String,
    nonce: u32,
}

/// `/block/headers/resources`
#[derive(Debug, Deserialize)]
struct FilesBody {
    files: Vec<String>,
}

impl WhatsOnChain {
    /// For one configured service. Nothing is sent yet.
    ///
    /// # Errors
    /// The address is none, or the key cannot stand in a header.
    pub fn new(settings: &ServiceSettings) -> Result<Self, ServiceSettingsError> {
        Ok(Self { name: settings.name.clone(), questions: Questions::new(settings)?, file: Mutex::default() })
    }

    fn header(&self, path: &str, body: &HeaderBody) -> Result<Header, ServiceError> {
        let not_understood = |text: &str| self.questions.not_understood(path, text);
        let bits = u32::from_str_radix(&body.bits, 16);
        let fields = Fields {
            hash: &body.hash,
            version: body.version,
            previous: body.previousblockhash.as_deref(),
            root: &body.merkleroot,
            time: body.time,
            bits: bits.map_err(|_| not_understood("`bits` is no hexadecimal number"))?,
            nonce: body.nonce,
        };
        fields.header().map_err(|error| error.into_service_error(not_understood))
    }

    fn last(&self) -> Result<Vec<Header>, ServiceError> {
        let path = "/block/headers";
        let bodies: Vec<HeaderBody> = self.questions.json(path, MAX_JSON_BYTES)?;
        bodies.iter().map(|body| self.header(path, body)).collect()
    }

    /// Raw headers one after the other, as bytes or in hexadecimal.
    fn raw(&self, path: &str) -> Result<Vec<Header>, ServiceError> {
        let mut body = self.questions.bytes(path, MAX_FILE_BYTES)?;
        if let Ok(decoded) = hex::decode(body.trim_ascii()) {
            body = decoded;
        }
        let whole = body.chunks(HEADER_BYTES).map(Header::parse).collect::<Option<_>>();
        whole.ok_or_else(|| {
            let text = format!("{} bytes are no row of headers of {HEADER_BYTES} bytes", body.len());
            self.questions.not_understood(path, &text)
        })
    }

    /// A page from the file with the header at a height, if there is one.
    fn page_of_file(&self, first: u32, tip: &ServiceTip) -> Result<Option<HeaderPage>, ServiceError> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if !file.as_ref().is_some_and(|file| file.tip == tip.hash && file.heights.contains(&first)) {
            let Some((path, heights)) = self.find_file(first)? else { return Ok(None) };
            *file = Some(File { tip: tip.hash, headers: self.raw(&path)?, heights });
        }
        Ok(file.as_ref().map(|File { heights, headers, .. }| {
            let skipped = first.saturating_sub(*heights.start()) as usize;
            let headers = headers.iter().skip(skipped).take(PAGE as usize).copied().collect();
            HeaderPage { headers, through: first.saturating_add(PAGE - 1).min(*heights.end()) }
        }))
    }

    /// Path and heights of the file with the header at a height.
    fn find_file(&self, height: u32) -> Result<Option<(String, RangeInclusive<u32>)>, ServiceError> {
        let body: FilesBody = self.questions.json("/block/headers/resources", MAX_JSON_BYTES)?;
        let file = |link: &String| {
            // Only the numbers count: whatever address the list has, the operator named another one.
            let (first, last) = link.rsplit('/').next()?.strip_suffix("_headers.bin")?.split_once('_')?;
            let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
            Some((format!("/block/headers/{first}_{last}_headers.bin"), first..=last))
        };
        Ok(body.files.iter().filter_map(file).find(|(_, heights)| heights.contains(&height)))
    }

    fn singles(&self, first: u32, through: u32) -> Result<Vec<Header>, ServiceError> {
        let one = |height| {
            let path = format!("/block/{height}/header");
            let body: HeaderBody = self.questions.json(&path, MAX_JSON_BYTES)?;
            self.header(&path, &body)
        };
        (first..=through).map(one).collect()
    }
}

impl HeaderService for WhatsOnChain {
    fn name(&self) -> &str {
        &self.name
    }

    fn tip(&self) -> Result<ServiceTip, ServiceError> {
        let path = "/chain/info";
        let body: InfoBody = self.questions.json(path, MAX_JSON_BYTES)?;
        let hash: Result<BlockHash, _> = body.bestblockhash.parse();
        let hash = hash.map_err(|error| self.questions.not_understood(path, &error.to_string()))?;
        Ok(ServiceTip { height: body.blocks, hash })
    }

    fn headers(&self, first: u32, tip: &ServiceTip) -> Result<HeaderPage, ServiceError> {
        let wanted = tip.height.saturating_sub(first).saturating_add(1);
        if wanted <= LAST {
            return Ok(HeaderPage { headers: self.last()?, through: tip.height });
        }
        // The freshest first: files are written once.
        if wanted <= LATEST {
            let latest = self.raw("/block/headers/latest")?;
            // Their heights are counted down from the tip. A tip that has moved meanwhile is found the next time.
            let above = latest.iter().rev().position(|header| header.hash() == tip.hash);
            let held = above.map_or(0, |above| latest.len().saturating_sub(above));
            if held as u64 >= u64::from(wanted) {
                return Ok(HeaderPage { headers: latest, through: tip.height });
            }
        }
        if let Some(page) = self.page_of_file(first, tip)? {
            return Ok(HeaderPage { through: page.through.min(tip.height), ..page });
        }
        let through = first.saturating_add(SINGLES - 1).min(tip.height);
        Ok(HeaderPage { headers: self.singles(first, through)?, through })
    }
}
