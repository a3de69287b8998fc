//! Judging a transaction that is held here again, over rows from which its effects were taken out.

use trellis_spv::beef::{Beef, BeefEntry, BeefVersion};
use trellis_spv::hash::Txid;

use super::admitted::admitted_outputs;
use super::answer::SubmitError;
use super::facts::facts_again;
use super::meter::Meter;
use super::plan::Told;
use crate::domain::name::TopicId;
use crate::domain::plan::Adjust;
use crate::domain::row::{AppliedRow, Carried, Namespace, Row, RowKey, SpendRow, UnjudgedRow};
use crate::domain::time::{Sequence, Stamp, Timestamp};
use crate::engine::Engine;
use crate::view::View;

/// Why a topic that is no longer hosted cannot judge.
const NOT_HOSTED: &str = "the topic was not hosted when the submission had to be judged again";

/// A transaction to judge again.
pub(crate) struct Again<'a> {
    pub(crate) txid: Txid,
    /// The commit that brought it in, or judged it.
    pub(crate) sequence: Sequence,
    /// The topics that judge it; none for an ancestor, of which only the spends count.
    pub(crate) topics: &'a [TopicId],
    /// Whether its spends were taken out of the view, for its predecessors not to meet them.
    pub(crate) spends_hidden: bool,
    /// What came along with it, as far as it had come by then.
    pub(crate) carried: Option<&'a Carried>,
    /// The time that went with that commit.
    pub(crate) admitted_at: Timestamp,
}

impl Engine {
    /// Judges and puts the effects into `view`. Answers the adjustments.
    ///
    /// The spends stand, whatever topics decide; who breaks is noted as not having judged.
    pub(crate) fn submit_again(&self, view: &View<'_>, again: &Again<'_>) -> Result<Vec<Adjust>, Box<SubmitError>> {
        let beef = Beef {
            version: BeefVersion::V2,
            bumps: Vec::new(),
            transactions: vec![BeefEntry::TxidOnly(again.txid)],
            subject: again.txid,
            atomic: false,
        };
        let meter = Meter::default();
        let verified = self.verify(view, &beef, &meter)?;
        if again.spends_hidden
            && let Some(known) = verified.get(&again.txid).filter(|known| !known.transaction.is_coinbase())
        {
            for (input, spent) in (0u32..).zip(known.transaction.inputs()) {
                let spend = SpendRow { spender: again.txid, input };
                view.put(RowKey::Spend(spent.source), Some(Row::Spend(spend))).map_err(SubmitError::from)?;
            }
        }
        let admitted_at = again.admitted_at;
        let mut hosted = Vec::new();
        for topic in again.topics {
            // It broke in this commit and judged in a later one, and now it did at the first.
            if view.verdict(&again.txid, *topic).map_err(SubmitError::from)?.is_some() {
                continue;
            }
            match self.hosting.topic_by_id(*topic) {
                Some(topic) => hosted.push(topic.clone()),
                None => {
                    let row = UnjudgedRow { fault: NOT_HOSTED.to_owned(), since: admitted_at, attempts: 0 };
                    let key = RowKey::Unjudged(Namespace::Topic(*topic), again.txid);
                    view.put(key, Some(Row::Unjudged(row))).map_err(SubmitError::from)?;
                }
            }
        }
        let facts = facts_again(view, &verified, hosted, again)?;
        let taken = self.judge(view, &facts, &meter)?.settle(&facts, &[])?;
        if !taken.anything_to_store(&facts) {
            return Ok(Vec::new());
        }
        let admitted = admitted_outputs(view, &facts, &taken)?;
        let organised = self.organise(view, &facts, &admitted, admitted_at, &meter)?;
        let indexed = self.index(view, &facts, &taken, &admitted, admitted_at, &meter)?;
        let draft = self.draft(view, &facts, &taken, &admitted, Told { organised, indexed }, admitted_at)?;
        for (key, mut row) in draft.writes {
            // Judged again, it is still what that commit applied: there its event is, and what it did to baskets.
            if let Some(Row::Applied(AppliedRow { first, .. })) = &mut row
                && *first == Stamp::ThisCommit
            {
                *first = Stamp::At(again.sequence);
            }
            view.put(key, row).map_err(SubmitError::from)?;
        }
        Ok(draft.adjust)
    }
}
