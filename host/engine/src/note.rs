//! Commits of facts that nobody judges: proofs, blocks that left the chain, what the network says.

use crate::domain::event::Event;
use crate::domain::plan::{Adjust, Cause, Plan};
use crate::domain::row::{NumberKey, OutboxState, Row, RowKey};
use crate::domain::time::{Sequence, Timestamp};
use crate::engine::Engine;
use crate::ports::store::{CommitError, StoreError};
use crate::view::View;

/// What is to be noted.
#[derive(Default)]
pub(crate) struct Note {
    /// Rows to write; `None` removes.
    pub(crate) writes: Vec<(RowKey, Option<Row>)>,
    /// What subscribers hear of it.
    pub(crate) event: Option<Event>,
}

/// What came of a note.
pub(crate) enum Noted {
    /// It is durable, as this commit.
    At(Sequence),
    /// Something that was read changed, and the change is durable.
    Overtaken,
}

impl Engine {
    /// Commits what `plan` makes of the rows as they are; it is asked again as often as somebody else changes what it read.
    /// Answers the commit, `None` where there was nothing to note.
    ///
    /// What waits in the outbox is counted here: the rows written say it.
    pub(crate) fn note(
        &self,
        cause: Cause,
        now: Timestamp,
        mut plan: impl FnMut(&View<'_>) -> Result<Option<Note>, StoreError>,
    ) -> Result<Option<Sequence>, StoreError> {
        loop {
            let view = View::new(self.store());
            let Some(note) = plan(&view)? else { return Ok(None) };
            if let Noted::At(sequence) = self.note_once(cause, now, view, note)? {
                return Ok(Some(sequence));
            }
        }
    }

    /// Commits a note made of the rows of a view, if they have not changed.
    pub(crate) fn note_once(
        &self,
        cause: Cause,
        now: Timestamp,
        view: View<'_>,
        Note { writes, event }: Note,
    ) -> Result<Noted, StoreError> {
        let pending = more_pending(&view, &writes)?;
        let plan = Plan {
            cause,
            once: None,
            expect: view.into_expectations(),
            writes,
            adjust: match pending {
                0 => Vec::new(),
                by => vec![Adjust::Number(NumberKey::OutboxPending, by)],
            },
            contents: Vec::new(),
            event,
            at: self.next_time(now),
        };
        match self.store().commit(plan) {
            Ok(receipt) => return Ok(Noted::At(receipt.sequence)),
            Err(CommitError::Conflict { changed_by, .. }) => self.store().wait_durable(changed_by)?,
            // The queue is full, so something will be durable soon.
            Err(CommitError::Retryable(_)) => self.store().wait_durable(self.store().durable().next())?,
            Err(CommitError::Full { free, floor }) => return Err(StoreError::Full { free, floor }),
            Err(error @ CommitError::Malformed(_)) => return Err(StoreError::Malformed(error.to_string())),
            Err(error) => return Err(StoreError::Poisoned(error.to_string())),
        }
        Ok(Noted::Overtaken)
    }
}

/// By how many the rows written change what waits in the outbox.
fn more_pending(view: &View<'_>, writes: &[(RowKey, Option<Row>)]) -> Result<i128, StoreError> {
    let mut more = 0;
    for (key, row) in writes {
        let RowKey::Outbox(txid) = key else { continue };
        let waits = |state| i128::from(state == OutboxState::Pending);
        more -= view.outbox(txid)?.map_or(0, |before| waits(before.row.state));
        more += match row {
            Some(Row::Outbox(row)) => waits(row.state),
            _ => 0,
        };
    }
    Ok(more)
}
