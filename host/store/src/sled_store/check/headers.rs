//! The block headers: one run of heights, each naming the one before it.

use trellis_spv::hash::double_sha256;

use super::{CheckReport, Scope};
use crate::sled_store::fault::Fault;
use crate::sled_store::headers;

/// Where a header names the one before it.
const PREVIOUS: std::ops::Range<usize> = 4..36;

pub(super) fn check(scope: &Scope<'_>, report: &mut CheckReport) -> Result<(), Fault> {
    let mut before: Option<(u32, [u8; 32])> = None;
    for entry in scope.trees.headers.iter() {
        let (key, value) = entry?;
        let (height, header) = match headers::read(&key, &value) {
            Ok(read) => read,
            Err(Fault::Damaged(text)) => {
                report.found(text);
                continue;
            }
            Err(fault) => return Err(fault),
        };
        report.headers += 1;
        if let Some((last, hash)) = before
            && (height != last.saturating_add(1) || header.get(PREVIOUS) != Some(&hash[..]))
        {
            report.found(format!("block header {height} does not continue block header {last}"));
        }
        before = Some((height, double_sha256(&header)));
    }
    Ok(())
}
