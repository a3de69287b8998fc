//! Judging again what a broken topic manager left unjudged.
//!
//! The spends of a transaction that is proven, or was judged again after a revert, are committed whatever its topics' plugins
//! do; the verdict of a topic whose plugin broke is missing until the plugin works again.

use trellis_spv::hash::Txid;

use crate::domain::plan::Cause;
use crate::domain::row::{Namespace, RowKey};
use crate::domain::time::Timestamp;
use crate::engine::Engine;
use crate::note::Note;
use crate::ports::store::StoreError;
use crate::submit::{Submission, SubmitError, TopicChoice};

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
            let topics = TopicChoice::Named(&topics);
            let submission =
                Submission { beef: &beef, off_chain_values: None, topics, require_all: false, evidence: None };
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

    fn forget_unjudged(&self, who: Namespace, txid: &Txid, now: Timestamp) -> Result<(), StoreError> {
        let key = RowKey::Unjudged(who, *txid);
        self.note(Cause::Submission(*txid), now, |view| {
            let writes = vec![(key.clone(), None)];
            Ok(view.unjudged(who, txid)?.map(|_| Note { writes, event: None }))
        })?;
        Ok(())
    }
}
