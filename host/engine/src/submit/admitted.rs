//! The outputs a submission admits, with whether something held here spends them already.
//!
//! A descendant may have been stored before: its spends are facts, so an output can enter a topic spent.

use trellis_spv::hash::Outpoint;
use trellis_spv::transaction::Transaction;

use super::answer::SubmitError;
use super::facts::Facts;
use super::judge::Taken;
use crate::domain::row::{OutputState, SpendRow};
use crate::hosting::HostedTopic;
use crate::stored::StoredAt;
use crate::view::View;

/// An output that enters a topic.
#[derive(Clone)]
pub(super) struct Admitted {
    pub(super) topic: HostedTopic,
    pub(super) outpoint: Outpoint,
    pub(super) satoshis: u64,
    /// The spend that was here before the output was admitted, and its transaction, unless that was evicted.
    pub(super) spent: Option<(SpendRow, Option<Transaction>)>,
}

impl Admitted {
    /// The state the output enters the topic in. The topic has not judged the spender, so nobody asked to retain it.
    pub(super) fn state(&self) -> OutputState {
        match &self.spent {
            None => OutputState::Live,
            Some((spend, _)) => OutputState::Spent { by: spend.spender, retained: false },
        }
    }
}

/// All outputs the topics admit, by topic in the order they were named, ascending.
pub(super) fn admitted_outputs(
    view: &View<'_>,
    facts: &Facts<'_>,
    taken: &Taken,
) -> Result<Vec<Admitted>, SubmitError> {
    let stored = StoredAt::new(view);
    let mut admitted = Vec::new();
    for verdict in &taken.verdicts {
        for vout in &verdict.admittance.outputs_to_admit {
            let outpoint = Outpoint::new(facts.txid(), *vout);
            let satoshis = facts.subject.transaction.satoshis(*vout).ok_or_else(|| {
                SubmitError::Internal(format!(
                    "topic `{}` was let admit {outpoint}, which does not exist",
                    verdict.topic.name
                ))
            })?;
            let spent = match view.spend(&instead!(HalfAnOutpoint, outpoint => Outpoint::new(outpoint.txid, 0)))? {
                None => None,
                Some(spend) => Some((spend.row, stored.find(&spend.row.spender)?.map(|spender| spender.transaction))),
            };
            admitted.push(Admitted { topic: verdict.topic.clone(), outpoint, satoshis, spent });
        }
    }
    Ok(admitted)
}
