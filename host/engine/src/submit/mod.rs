//! A submission, from BEEF to STEAK.
//!
//! [`Engine::submit`] reads like the story of one submission; each step is a module.

mod admitted;
mod again;
mod answer;
mod batch;
mod carried;
mod commit;
pub(crate) mod digest;
mod facts;
pub(crate) mod host;
mod index;
mod judge;
mod meter;
mod occurrence;
mod order;
mod organise;
mod plan;
mod recognise;
mod relay;
mod replay;
mod scene;
mod shadow;
mod topics;
pub(crate) mod turns;

use trellis_spv::beef::{self, Beef};
use trellis_spv::verify::{Costs, Verified, verify_counting};

pub use answer::{
    Batch, BatchError, MAX_BATCH, MAX_TOPICS, Submission, SubmitError, Submitted, SubmittedBatch, TopicChoice,
};
pub use meter::{Meter, SubmissionCost};
pub use relay::{Converted, MAX_RELAYED, RelayAnswer, Relayed};
pub use shadow::{Disagreement, ShadowReport};

use crate::domain::row::Carried;
use crate::domain::status::{BLOCK_CHAIN, NetworkWord};
use crate::domain::time::Timestamp;
use crate::engine::Engine;
use crate::evidence::KeptEvidence;
use crate::ports::observer::Stage;
use crate::revert::RevertError;
use crate::stored::StoredAt;
use crate::view::View;
pub(crate) use again::Again;
use carried::Brought;
pub(crate) use occurrence::{Occurrence, occurrences, occurrences_of_commit};
use plan::Told;
use recognise::{Known, not_refused_before};
pub(crate) use replay::Listener;
pub(crate) use shadow::Shadows;

/// Attempts at making a plan that nothing overtakes before a submission takes its topics alone.
const SHARED_ATTEMPTS: u32 = 3;

/// All attempts. Alone in its topics a submission can still be overtaken over a shared ancestor or coin; each time that
/// happens another submission has succeeded and its rows are there to be read, so a handful is plenty.
const MAX_ATTEMPTS: u32 = 16;

/// Through which door a submission comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Door {
    /// Anybody's: what the network refused before is refused without a look at it.
    Public,
    /// The operator's, who wants to try again what was refused.
    Operator,
}

impl Engine {
    /// Verifies a BEEF, lets the topics it is for judge it, applies all effects in one commit, waits until they are durable.
    ///
    /// # Errors
    /// [`SubmitError`]; nothing of the submission is stored then.
    pub fn submit(&self, submission: &Submission<'_>, now: Timestamp) -> Result<Submitted, SubmitError> {
        self.submit_metered(submission, now, &Meter::default())
    }

    /// As [`Engine::submit`], and counts on `meter` what that costs, also where it comes to nothing.
    ///
    /// # Errors
    /// As [`Engine::submit`].
    pub fn submit_metered(
        &self,
        submission: &Submission<'_>,
        now: Timestamp,
        meter: &Meter,
    ) -> Result<Submitted, SubmitError> {
        self.submit_at(Door::Public, submission, &Carried::default(), now, meter)
    }

    /// `kept` is what came along with it before it was taken back.
    pub(crate) fn submit_at(
        &self,
        door: Door,
        submission: &Submission<'_>,
        kept: &Carried,
        now: Timestamp,
        meter: &Meter,
    ) -> Result<Submitted, SubmitError> {
        let named = self.named_topics(submission)?;

        let since = self.parts.observer.mark();
        let beef = beef::parse(submission.beef)?;
        let first = View::new(self.store());
        let known = match &named {
            Some(named) => self.recognise(door, &first, &beef, named)?,
            // What it is for is found once it is verified.
            None => not_refused_before(door, &first, &beef).map(|()| Known::New)?,
        };
        self.parts.observer.stage(Stage::Parse, since);
        if let Known::Answered(answer) = known {
            return Ok(answer);
        }

        let evidence = self.check_evidence(submission, &beef, now, meter)?;
        let brought = Brought {
            off_chain_values: submission.off_chain_values,
            evidence: evidence.as_ref(),
            now,
            kept: Some(kept),
        };
        let mut verified = self.verify(&first, &beef, meter)?;
        let stitched = self.stitch_proofs(&first, &beef, &verified, now)?;
        // What was read so far serves the first attempt, unless proofs were stored in between.
        let mut first = Some(first).filter(|_| !stitched);

        let to_be_found = named.is_none();
        let mut meant = match named {
            Some(named) => named,
            None => {
                let view = first.take().unwrap_or_else(|| View::new(self.store()));
                let found = self.find_topics(&view, &verified, submission, meter);
                if let Some(next) = self.successor() {
                    // Topics that are gone, by plugins that may be.
                    drop(view);
                    let closed = self.closed_with(next, submission.topics);
                    return next.submit_at(door, &submission.closed_to(closed.as_deref()), kept, now, meter);
                }
                let found = found?;
                if let Known::Answered(answer) = self.recognise_in(door, &view, &beef, &found)? {
                    return Ok(answer);
                }
                first = Some(view);
                found
            }
        };
        for attempt in 1..=MAX_ATTEMPTS {
            let turn = self.turns.take(&self.in_reach(&meant, submission.topics), attempt > SHARED_ATTEMPTS);
            if let Some(next) = self.successor() {
                drop((first, turn));
                let closed = self.closed_with(next, submission.topics);
                return next.submit_at(door, &submission.closed_to(closed.as_deref()), kept, now, meter);
            }
            let view = match first.take() {
                Some(view) => view,
                None => {
                    let view = View::new(self.store());
                    if to_be_found {
                        let found = self.find_topics(&view, &verified, submission, meter)?;
                        if !found.is_for_the_same_topics(&meant) {
                            // Their turns are to be taken as well.
                            meant = found;
                            continue;
                        }
                    }
                    if let Known::Answered(answer) = self.recognise_in(door, &view, &beef, &meant)? {
                        return Ok(answer);
                    }
                    view
                }
            };
            // After the look at the store: of submissions that touch the same rows, the later one has the later time.
            let admitted_at = self.next_time(now);
            let facts = match self.gather_facts(&view, &verified, &meant.hosted, brought) {
                Err(error @ SubmitError::ProvenRival { .. }) => {
                    drop((view, turn));
                    self.give_way(error, now)?;
                    // What rested on the rival is not held any more.
                    verified = self.verify(&View::new(self.store()), &beef, meter)?;
                    continue;
                }
                facts => facts?,
            };
            let taken = self.judge(&view, &facts, meter)?.settle(&facts, &meant.required)?;
            if !taken.anything_to_store(&facts) {
                return Ok(Submitted { left_out: meant.left_out, ..taken.into_answer(&facts, None) });
            }
            let admitted = admitted::admitted_outputs(&view, &facts, &taken)?;
            let organised = self.organise(&view, &facts, &admitted, admitted_at, meter)?;
            let indexed = self.index(&view, &facts, &taken, &admitted, admitted_at, meter)?;
            let plan = self.plan(view, &facts, &taken, &admitted, Told { organised, indexed }, admitted_at)?;
            match self.apply(plan, &facts, taken)? {
                commit::Applied::Now(answer) => return Ok(Submitted { left_out: meant.left_out, ..answer }),
                commit::Applied::Overtaken => self.parts.observer.conflict(attempt),
            }
        }
        Err(SubmitError::Unavailable(format!(
            "transaction {} was overtaken {MAX_ATTEMPTS} times by others that touch the same coins; submit it again",
            verified.subject
        )))
    }

    /// What a submission brings as evidence, checked before any of its scripts runs.
    fn check_evidence(
        &self,
        submission: &Submission<'_>,
        beef: &Beef,
        now: Timestamp,
        meter: &Meter,
    ) -> Result<Option<KeptEvidence>, SubmitError> {
        let Some(evidence) = submission.evidence else { return Ok(None) };
        meter.verified(Costs { signature_checks: evidence.signature_checks(), ..Costs::default() });
        Ok(Some(evidence.check(&beef.subject, &self.federations(), now)?))
    }

    /// A proven spender wins: the unproven rival that stands in its way is taken back.
    fn give_way(&self, conflict: SubmitError, now: Timestamp) -> Result<(), SubmitError> {
        let SubmitError::ProvenRival { outpoint, rival, spender } = &conflict else { return Err(conflict) };
        let text = format!("transaction {spender}, which is in a block, spends output {outpoint} as well");
        let word = NetworkWord { broadcaster: BLOCK_CHAIN.to_owned(), code: 0, text, at: now };
        match self.take_back(rival, &word, now) {
            // Somebody else was faster.
            Ok(_) | Err(RevertError::NotHeld(_) | RevertError::Overtaken) => Ok(()),
            Err(RevertError::Proven(_)) => Err(conflict),
            Err(RevertError::Again(error)) => Err(*error),
            Err(RevertError::Store(error)) => Err(error.into()),
            Err(error @ (RevertError::TooLongAgo { .. } | RevertError::TooLarge { .. })) => Err(SubmitError::Internal(
                format!("the rival {rival} of a proven transaction cannot be taken back: {error}"),
            )),
        }
    }

    /// As [`Engine::give_way`], where the rival may be of the same batch: that is not held here, so nobody can take it back.
    fn give_way_in_batch(&self, conflict: SubmitError, now: Timestamp) -> Result<(), SubmitError> {
        if let SubmitError::ProvenRival { outpoint, rival, spender } = conflict
            && View::new(self.store()).transaction(&rival)?.is_none()
        {
            return Err(SubmitError::Conflict { outpoint, winner: rival, spender });
        }
        self.give_way(conflict, now)
    }

    fn verify(&self, view: &View<'_>, beef: &Beef, meter: &Meter) -> Result<Verified, SubmitError> {
        let since = self.parts.observer.mark();
        let stored = StoredAt::remembered(view);
        let mut costs = Costs::default();
        let verified =
            verify_counting(beef, self.parts.headers.as_ref(), &stored, &self.rules.verification, &mut costs);
        meter.verified(costs);
        let verified = verified?;
        self.parts.observer.stage(Stage::Verify, since);
        Ok(verified)
    }
}
