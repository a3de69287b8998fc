//! Everything on disk against everything else, from scratch: what a power cut, a failing disk or a bug could have broken.
//!
//! | module | looks at |
//! |---|---|
//! | [`rows`] | each row, each before-image and each overflow chunk |
//! | [`commits`] | each log record against the rows it says were written |
//! | [`contents`] | each content against its id and against the rows |
//! | [`meta`] | last sequence, horizon, names |
//! | [`headers`] | each block header against the one before it |
//!
//! What rows mean (spends against transactions, counters against a recount) is the engine's audit, over the port.

mod commits;
mod contents;
mod headers;
mod meta;
mod rows;

use std::fmt;

use trellis_engine::domain::time::Sequence;

use super::fault::Fault;
use super::read::RecordFault;
use super::trees::{self, Trees};
use crate::limits::MAX_FINDINGS;
use crate::record::key;

/// What a check looked at and found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CheckReport {
    /// The last commit.
    pub last: Sequence,
    /// The oldest readable sequence.
    pub oldest: Sequence,
    /// Rows that exist.
    pub rows: u64,
    /// Removed rows still kept for readers behind.
    pub tombstones: u64,
    /// Superseded versions kept for readers behind.
    pub before_images: u64,
    /// Log records.
    pub commits: u64,
    /// Contents.
    pub contents: u64,
    /// Contents no commit has named so far; swept when the store is opened.
    pub unreferenced: u64,
    /// Block headers fetched from services.
    pub headers: u64,
    /// What is wrong; nothing in a sound store. At most [`MAX_FINDINGS`].
    pub findings: Vec<Finding>,
    /// How many more there were.
    pub omitted: u64,
}

impl CheckReport {
    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }

    fn found(&mut self, finding: impl Into<String>) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(Finding(finding.into()));
        } else {
            self.omitted += 1;
        }
    }
}

/// One thing that is wrong, in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding(String);

impl Finding {
    /// What is wrong.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What all parts of a check need to know.
struct Scope<'a> {
    trees: &'a Trees,
    last: Sequence,
    /// The oldest readable sequence: what commits up to here superseded or removed may be gone.
    oldest: Sequence,
    /// What commits up to here superseded or removed must be gone.
    pruned: Sequence,
}

/// Runs the whole check. Only the writer calls this, between commits.
pub(super) fn check(trees: &Trees, last: Sequence, oldest: Sequence) -> Result<CheckReport, Fault> {
    let pruned = Sequence(trees.meta_number(trees::meta::PRUNED)?.unwrap_or(0));
    let scope = Scope { trees, last, oldest, pruned };
    let mut report = CheckReport { last, oldest, ..CheckReport::default() };
    meta::check(&scope, &mut report)?;
    rows::check_current(&scope, &mut report)?;
    rows::check_history(&scope, &mut report)?;
    rows::check_overflow(&scope, &mut report)?;
    commits::check(&scope, &mut report)?;
    contents::check(&scope, &mut report)?;
    headers::check(&scope, &mut report)?;
    Ok(report)
}

/// A row key in words.
fn shown(encoded: &[u8]) -> String {
    match key::decode(encoded) {
        Ok(key) => format!("row {key:?}"),
        Err(_) => format!("row with key {}", hex::encode(encoded)),
    }
}

/// sled's failures end the check; a record's are findings.
fn finding(error: RecordFault) -> Result<String, Fault> {
    match error {
        RecordFault::Sled(error) => Err(Fault::Sled(error)),
        RecordFault::Record(error) => Ok(error.to_string()),
    }
}
