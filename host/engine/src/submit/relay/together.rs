//! What is committed together: the rows of several transactions, each planned upon those before it.

use crate::domain::event::{AppliedTransaction, Event};
use crate::domain::plan::{Adjust, Cause, Plan};
use crate::domain::row::{ContentId, Row, RowKey};
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::revert::difference;
use crate::submit::facts::Facts;
use crate::submit::plan::Draft;
use crate::view::View;

/// What one transaction adds.
pub(super) struct Share {
    writes: Vec<(RowKey, Option<Row>)>,
    adjust: Vec<Adjust>,
    contents: Vec<ContentId>,
    applied: AppliedTransaction,
    told: u32,
}

impl Share {
    pub(super) fn of(mut draft: Draft<'_>, facts: &Facts<'_>) -> Self {
        let applied = draft.event();
        let told = u32::try_from(facts.new.len()).unwrap_or(u32::MAX);
        let Draft { writes, adjust, contents, .. } = draft;
        Self { writes, adjust, contents, applied, told }
    }
}

/// A commit under way. Its view shows what was added so far.
pub(super) struct Together<'s> {
    pub(super) view: View<'s>,
    /// Transactions the network is told of by then.
    pub(super) told: u32,
    adjust: Vec<Adjust>,
    contents: Vec<ContentId>,
    applied: Vec<AppliedTransaction>,
}

impl<'s> Together<'s> {
    pub(super) fn new(view: View<'s>) -> Self {
        Self { view, told: 0, adjust: Vec::new(), contents: Vec::new(), applied: Vec::new() }
    }

    pub(super) fn add(&mut self, share: Option<Share>) -> Result<(), StoreError> {
        let Some(Share { writes, adjust, contents, applied, told }) = share else { return Ok(()) };
        for (key, row) in writes {
            self.view.put(key, row)?;
        }
        self.told = self.told.saturating_add(told);
        self.adjust.extend(adjust);
        self.contents.extend(contents);
        self.applied.push(applied);
        Ok(())
    }

    /// The plan; `None` where there is nothing to store.
    pub(super) fn into_plan(self, at: Timestamp) -> Result<Option<Plan>, StoreError> {
        let Some(first) = self.applied.first().map(|applied| applied.txid) else { return Ok(None) };
        Ok(Some(Plan {
            cause: Cause::Submission(first),
            once: None,
            writes: difference::writes(&self.view)?,
            expect: self.view.into_expectations(),
            adjust: difference::netted(self.adjust),
            contents: self.contents,
            event: Some(Event::Applied(self.applied)),
            at,
        }))
    }
}
