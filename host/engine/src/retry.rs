//! Judging again what a broken topic manager left unjudged.
//!
//! The spends of a transaction that is proven, or was judged again after a revert, are committed whatever its topics' plugins
//! do; the verdict of a topic whose plugin broke is missing until the plugin works again.

use trellis_spv::hash::Txid;

use crate::domain::plan::{Cause, Plan};
use crate::domain::row::{Namespace, RowKey};
use crate::domain::time::Timestamp;
use crate::engine::Engine;
use crate::ports::store::CommitError;
use crate::submit::{Submission, SubmitError};
use crate::view::View;

impl Engine {
    /// Asks topic managers again about the transactions they broke on. Answers how many are judged now.
    ///
    /// Services that broke while indexing are not asked again here: their index lacks what they were not told, and needs a
    /// rebuild.
    ///
    /// # Errors
    /// [`SubmitError`] where the host itself fails; a plugin that breaks again is no error.
    pub fn retry_unjudged(&self, now: Timestamp) -> Result<usize, SubmitError> {
        let mut judged = 0;
        for (who, txid, _) in self.unjudged()? {
            let Namespace::Topic(id) = who else { continue };
            let Some(topic) = self.hosting.topic_by_id(id).map(|topic| topic.name.clone()) else { continue };
            let Some(beef) = self.beef(&txid, 0)? else { continue };
            let topics = [topic];
            let submission = Submission { beef: &beef, off_chain_values: None, topics: &topics, require_all: false };
            let answer = match self.submit(&submission, now) {
                Ok(answer) => answer,
                Err(error @ (SubmitError::Unavailable(_) | SubmitError::Internal(_))) => return Err(error),
                // This transaction's own trouble, such as a header that is not known any more; the others do not wait.
                Err(error) => {
                    tracing::warn!(%txid, %error, "a transaction that a topic broke on cannot be judged now");
                    continue;
                }
            };
            // A topic that broke again has no entry.
            if !answer.steak.is_empty() {
                self.forget_unjudged(who, &txid, now)?;
                judged += 1;
            }
        }
        Ok(judged)
    }

    fn forget_unjudged(&self, who: Namespace, txid: &Txid, now: Timestamp) -> Result<(), SubmitError> {
        loop {
            let view = View::new(self.store());
            if view.unjudged(who, txid)?.is_none() {
                return Ok(());
            }
            let plan = Plan {
                cause: Cause::Submission(*txid),
                once: None,
                expect: view.into_expectations(),
                writes: vec![(RowKey::Unjudged(who, *txid), None)],
                adjust: Vec::new(),
                contents: Vec::new(),
                event: None,
                at: self.next_time(now),
            };
            match self.store().commit(plan) {
                Ok(_) => return Ok(()),
                Err(CommitError::Conflict { changed_by, .. }) => self.store().wait_durable(changed_by)?,
                Err(error) => return Err(SubmitError::Unavailable(error.to_string())),
            }
        }
    }
}
