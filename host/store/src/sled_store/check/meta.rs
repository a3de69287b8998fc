//! The last sequence, the horizon and the names.

use std::collections::HashSet;

use trellis_engine::domain::name::NameKind;

use super::{CheckReport, Scope};
use crate::sled_store::fault::Fault;
use crate::sled_store::names::Names;
use crate::sled_store::trees::meta;

pub(super) fn check(scope: &Scope<'_>, report: &mut CheckReport) -> Result<(), Fault> {
    let last = scope.trees.last()?;
    if last != scope.last {
        report.found(format!("the last log record is of commit {last}, the last commit is {}", scope.last));
    }
    if scope.pruned > report.oldest || report.oldest > last {
        let (pruned, oldest) = (scope.pruned, report.oldest);
        report.found(format!("pruned up to {pruned}, readable from {oldest}, last {last}: these must ascend"));
    }
    let count = scope.trees.meta_number(meta::NAMES)?.unwrap_or(0);
    let names = Names::load(scope.trees)?;
    let mut seen = HashSet::new();
    for (id, name) in
        [NameKind::Topic, NameKind::Service, NameKind::Manager].into_iter().flat_map(|kind| names.all(kind))
    {
        if !seen.insert(id) || u64::from(id.0) >= count {
            report.found(format!("name `{name}` has number {}, which is taken or was never given out", id.0));
        }
    }
    if seen.len() as u64 != count {
        report.found(format!("{count} names were interned, {} are there", seen.len()));
    }
    Ok(())
}
