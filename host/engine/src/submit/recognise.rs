//! Recognising what was submitted before, ahead of any script.

use std::collections::{BTreeMap, BTreeSet};

use trellis_spv::beef::{Beef, BeefEntry};

use super::Door;
use super::answer::{SubmitError, Submitted, refused_by_network};
use super::judge::taken_by_all;
use super::topics::Meant;
use crate::domain::admittance::Admittance;
use crate::domain::status::Status;
use crate::engine::Engine;
use crate::ports::store::StoreError;
use crate::view::View;

/// Whether a submission was answered before.
pub(super) enum Known {
    /// It was: this is the original answer.
    Answered(Submitted),
    /// Something of it is new.
    New,
}

impl From<StoreError> for SubmitError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full { .. } => Self::Unavailable(error.to_string()),
            StoreError::Poisoned(_) => Self::Unavailable("the store failed; the host is restarting".to_owned()),
            other => Self::Internal(other.to_string()),
        }
    }
}

impl Engine {
    /// As [`Engine::recognise_in`], but only where the BEEF brings no proof that is news.
    pub(super) fn recognise(
        &self,
        door: Door,
        view: &View<'_>,
        beef: &Beef,
        meant: &Meant,
    ) -> Result<Known, SubmitError> {
        let known = self.recognise_in(door, view, beef, meant)?;
        if matches!(known, Known::Answered(_)) && self.brings_new_proofs(view, beef)? {
            return Ok(Known::New);
        }
        Ok(known)
    }

    /// Answers a resubmission for whose topics all verdicts exist.
    pub(super) fn recognise_in(
        &self,
        door: Door,
        view: &View<'_>,
        beef: &Beef,
        meant: &Meant,
    ) -> Result<Known, SubmitError> {
        not_refused_before(door, view, beef)?;
        let txid = beef.subject;
        let Some(applied) = view.applied(&txid)? else { return Ok(Known::New) };
        let mut steak = BTreeMap::new();
        for topic in &meant.hosted {
            if !applied.row.topics.contains(&topic.id) {
                return Ok(Known::New);
            }
            let verdict = view.verdict(&txid, topic.id)?;
            steak.insert(topic.name.clone(), verdict.map_or_else(Admittance::default, |found| found.row.admittance));
        }
        taken_by_all(txid, &meant.required, &steak, &BTreeMap::new())?;
        let sequence = Some(applied.row.first.resolve(applied.version));
        Ok(Known::Answered(Submitted {
            txid,
            steak,
            refusals: BTreeMap::new(),
            unjudged: BTreeMap::new(),
            left_out: meant.left_out.clone(),
            sequence,
            repeated: true,
        }))
    }

    /// Whether a proof comes along for a transaction that is held here without one that holds.
    fn brings_new_proofs(&self, view: &View<'_>, beef: &Beef) -> Result<bool, StoreError> {
        let proven: BTreeSet<_> = beef
            .transactions
            .iter()
            .filter_map(|entry| match entry {
                BeefEntry::Raw { transaction, bump: Some(_) } => Some(transaction.txid()),
                _ => None,
            })
            .collect();
        for txid in proven {
            if self.wants_proof(view, &txid)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// What the network refused before is refused without a look at it, unless it comes with a proof or from the operator.
pub(super) fn not_refused_before(door: Door, view: &View<'_>, beef: &Beef) -> Result<(), SubmitError> {
    let txid = beef.subject;
    if let Some(status) = view.status(&txid)?.filter(|status| status.row.status == Status::Rejected)
        && door == Door::Public
        && !subject_is_proven(beef)
    {
        return Err(refused_by_network(txid, status.row.word));
    }
    Ok(())
}

fn subject_is_proven(beef: &Beef) -> bool {
    beef.transactions.iter().any(
        |entry| matches!(entry, BeefEntry::Raw { transaction, bump: Some(_) } if transaction.txid() == beef.subject),
    )
}
