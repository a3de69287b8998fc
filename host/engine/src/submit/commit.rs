//! Contents first, then the commit that refers to them; and what a commit's failure means for the submitter.

use super::answer::{SubmitError, Submitted};
use super::facts::Facts;
use super::judge::Taken;
use crate::domain::plan::Plan;
use crate::domain::row::{ContentId, RowKey};
use crate::domain::time::Sequence;
use crate::engine::Engine;
use crate::fault_point::fault_point;
use crate::ports::observer::Stage;
use crate::ports::store::CommitError;

/// What came of a plan.
pub(super) enum Applied {
    /// It is durable.
    Now(Submitted),
    /// Something it relied on changed, and the change is durable: plan again.
    Overtaken,
}

impl Engine {
    pub(super) fn apply(&self, plan: Plan, facts: &Facts<'_>, taken: Taken) -> Result<Applied, SubmitError> {
        self.put_new_contents(facts)?;
        Ok(match self.commit(plan)? {
            Some(sequence) => Applied::Now(taken.into_answer(facts, Some(sequence))),
            None => Applied::Overtaken,
        })
    }

    /// Stores the bytes that the rows of a submission will refer to.
    pub(super) fn put_new_contents(&self, facts: &Facts<'_>) -> Result<(), SubmitError> {
        let since = self.parts.observer.mark();
        let mut contents: Vec<(ContentId, &[u8])> = facts
            .new
            .iter()
            .map(|new| (ContentId::Transaction(new.transaction.txid()), new.transaction.raw()))
            .collect();
        contents.extend(facts.along.new.iter().map(|(id, bytes)| (*id, bytes.as_ref())));
        if !contents.is_empty() {
            self.store().put_contents(&contents)?;
            fault_point("contents-put");
        }
        self.parts.observer.stage(Stage::Contents, since);
        Ok(())
    }

    /// Commits a plan of submissions. Answers the commit; `None` where it was overtaken.
    pub(super) fn commit(&self, plan: Plan) -> Result<Option<Sequence>, SubmitError> {
        let since = self.parts.observer.mark();
        let tells_network = plan.writes.iter().any(|(key, _)| matches!(key, RowKey::Outbox(_)));
        let store = self.store();
        let committed =
            instead!(OutboxAfterwards, store.commit(plan) => crate::mutation::outbox_afterwards(store, plan));
        self.parts.observer.stage(Stage::Commit, since);
        match committed {
            Ok(receipt) => {
                if tells_network {
                    self.outbox_bell().ring();
                }
                Ok(Some(receipt.sequence))
            }
            Err(CommitError::AlreadyApplied(_)) => Ok(None),
            Err(CommitError::Conflict { changed_by, .. }) => {
                self.store().wait_durable(changed_by)?;
                Ok(None)
            }
            Err(CommitError::TooLarge { what, limit, actual }) => Err(SubmitError::TooLarge { what, limit, actual }),
            Err(error @ (CommitError::Full { .. } | CommitError::Retryable(_) | CommitError::OutcomeUnknown)) => {
                Err(SubmitError::Unavailable(error.to_string()))
            }
            Err(CommitError::Poisoned(_)) => {
                Err(SubmitError::Unavailable("the store failed; the host is restarting".to_owned()))
            }
            Err(error @ CommitError::Malformed(_)) => Err(SubmitError::Internal(error.to_string())),
        }
    }
}
