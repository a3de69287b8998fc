//! An atomic batch: submissions planned one upon the other, and committed as one.
//!
//! Each member sees the effects of those before it, as if they had been stored; nothing is stored before all have been judged.

use std::collections::{BTreeMap, BTreeSet};

use trellis_spv::beef::{self, Beef};
use trellis_spv::hash::Txid;

use super::admitted::admitted_outputs;
use super::answer::{Batch, BatchError, MAX_BATCH, Submission, SubmitError, Submitted, SubmittedBatch, reasons};
use super::carried::Brought;
use super::meter::Meter;
use super::order::parents_first;
use super::plan::Told;
use super::recognise::{Known, not_refused_before};
use super::topics::Meant;
use super::{Door, MAX_ATTEMPTS, SHARED_ATTEMPTS};
use crate::domain::event::{AppliedTransaction, Event};
use crate::domain::name::TopicId;
use crate::domain::plan::{Adjust, Cause, Plan};
use crate::domain::row::ContentId;
use crate::domain::time::Timestamp;
use crate::engine::Engine;
use crate::revert::difference;
use crate::view::View;

/// A member that was read.
struct Member<'b> {
    submission: &'b Submission<'b>,
    beef: Beef,
    /// `None` where its topics are to be found.
    named: Option<Meant>,
    admitted_at: Timestamp,
}

/// What the members come to, being collected.
#[derive(Default)]
struct Collected {
    answers: BTreeMap<usize, Submitted>,
    adjust: Vec<Adjust>,
    contents: Vec<ContentId>,
    applied: Vec<AppliedTransaction>,
    told: u32,
    /// The topics whose rows members may have read.
    reach: BTreeSet<TopicId>,
}

/// Which member is to blame, and for what.
type Blamed<T> = Result<T, BatchError>;

fn blame(member: usize, txid: Option<Txid>, error: SubmitError) -> BatchError {
    BatchError::Member { member, txid, error: Box::new(error) }
}

fn whole(error: SubmitError) -> BatchError {
    BatchError::Whole(Box::new(error))
}

impl Engine {
    /// Applies all members in one commit, or none; waits until it is durable.
    ///
    /// # Errors
    /// [`BatchError`]; nothing of any member is stored then.
    pub fn submit_batch(&self, batch: &Batch<'_>, now: Timestamp, meter: &Meter) -> Result<SubmittedBatch, BatchError> {
        let mut members = self.read_members(batch, now)?;
        let order = in_order(&members);
        let reach_of = |member: &Member<'_>| Some(self.in_reach(member.named.as_ref()?, member.submission.topics));
        let mut reach: BTreeSet<TopicId> = members.iter().filter_map(reach_of).flatten().collect();
        for attempt in 1..=MAX_ATTEMPTS {
            let turn = self.turns.take(&reach, attempt > SHARED_ATTEMPTS);
            if let Some(next) = self.successor() {
                drop(turn);
                let closed: Vec<_> = batch.members.iter().map(|member| self.closed_with(next, member.topics)).collect();
                let members: Vec<_> = batch
                    .members
                    .iter()
                    .zip(&closed)
                    .map(|(member, closed)| member.closed_to(closed.as_deref()))
                    .collect();
                return next.submit_batch(&Batch { members: &members }, now, meter);
            }
            let view = View::new(self.store());
            // Later than all that the view shows, and each later than those it may spend.
            for position in &order {
                if let Some(member) = members.get_mut(*position) {
                    member.admitted_at = self.next_time(now);
                }
            }
            let mut collected = Collected::default();
            let blamed = order.iter().find_map(|position| {
                let member = members.get(*position)?;
                let refused = self.plan_member(&view, *position, member, &mut collected, meter).err();
                instead!(BatchWithoutSome, refused => refused.filter(|_| collected.applied.is_empty()))
            });
            // What was found: the next attempt takes those turns as well.
            reach.append(&mut collected.reach);
            match blamed {
                None => {}
                Some(BatchError::Member { member, txid, error })
                    if matches!(*error, SubmitError::ProvenRival { .. }) =>
                {
                    drop((view, turn));
                    self.give_way_in_batch(*error, now).map_err(|error| blame(member, txid, error))?;
                    continue;
                }
                Some(blamed) => return Err(blamed),
            }
            let Collected { mut answers, adjust, contents, applied, .. } = collected;
            let mut sequence = None;
            if let Some(first) = applied.first().map(|applied| applied.txid) {
                let plan = Plan {
                    cause: Cause::Submission(first),
                    once: None,
                    writes: difference::writes(&view).map_err(|error| whole(error.into()))?,
                    expect: view.into_expectations(),
                    adjust: difference::netted(adjust),
                    contents,
                    event: Some(Event::Applied(applied)),
                    at: members.iter().map(|member| member.admitted_at).max().unwrap_or(now),
                };
                sequence = self.commit(plan).map_err(whole)?;
                if sequence.is_none() {
                    self.parts.observer.conflict(attempt);
                    continue;
                }
            }
            for answer in answers.values_mut().filter(|answer| !answer.repeated) {
                answer.sequence = answer.sequence.or(sequence);
            }
            return Ok(SubmittedBatch { members: answers.into_values().collect(), sequence });
        }
        Err(whole(SubmitError::Unavailable(format!(
            "the batch was overtaken {MAX_ATTEMPTS} times by others that touch the same coins; submit it again"
        ))))
    }

    /// Submits the members one by one, those that others spend before these. What becomes of one is no matter to the others, but
    /// for those that spend it. Answers in the order of the members.
    ///
    /// # Errors
    /// [`BatchError::Members`].
    pub fn submit_each(
        &self,
        batch: &Batch<'_>,
        now: Timestamp,
        meter: &Meter,
    ) -> Result<Vec<Result<Submitted, SubmitError>>, BatchError> {
        let count = batch.members.len();
        if count == 0 || count > MAX_BATCH {
            return Err(BatchError::Members(count));
        }
        let beefs: Vec<_> = batch.members.iter().map(|member| beef::parse(member.beef)).collect();
        let readable: Vec<_> =
            beefs.iter().enumerate().filter_map(|(position, beef)| Some((position, beef.as_ref().ok()?))).collect();
        let order = parents_first(&readable.iter().map(|(_, beef)| *beef).collect::<Vec<_>>());
        let mut answers: BTreeMap<usize, Result<Submitted, SubmitError>> = BTreeMap::new();
        for (position, _) in order.into_iter().filter_map(|place| readable.get(place)) {
            if let Some(member) = batch.members.get(*position) {
                answers.insert(*position, self.submit_metered(member, now, meter));
            }
        }
        for (position, beef) in beefs.into_iter().enumerate() {
            if let Err(error) = beef {
                answers.insert(position, Err(error.into()));
            }
        }
        Ok(answers.into_values().collect())
    }

    /// Reads all members, and stitches proofs they bring for what is held here: those are true whatever becomes of the batch.
    fn read_members<'b>(&self, batch: &Batch<'b>, now: Timestamp) -> Blamed<Vec<Member<'b>>> {
        let count = batch.members.len();
        if count == 0 || count > MAX_BATCH {
            return Err(BatchError::Members(count));
        }
        let mut members = Vec::with_capacity(count);
        let mut seen: BTreeMap<Txid, usize> = BTreeMap::new();
        for (member, submission) in batch.members.iter().enumerate() {
            let blame = |txid, error| blame(member, txid, error);
            let named = self.named_topics(submission).map_err(|error| blame(None, error))?;
            let beef = beef::parse(submission.beef).map_err(|error| blame(None, error.into()))?;
            let txid = beef.subject;
            if let Some(first) = seen.insert(txid, member) {
                return Err(BatchError::Twice { txid, first, second: member });
            }
            let view = View::new(self.store());
            self.stitch_unverified(&view, &beef, now).map_err(|error| blame(Some(txid), error))?;
            members.push(Member { submission, beef, named, admitted_at: now });
        }
        Ok(members)
    }

    /// Plans a member over those before it, whose effects `view` shows, and puts its own.
    fn plan_member(
        &self,
        view: &View<'_>,
        position: usize,
        member: &Member<'_>,
        collected: &mut Collected,
        meter: &Meter,
    ) -> Blamed<()> {
        let txid = member.beef.subject;
        let blame = |error| blame(position, Some(txid), error);
        let Member { submission, beef, named, admitted_at } = member;
        not_refused_before(Door::Public, view, beef).map_err(blame)?;
        // Before any script runs, where it names its topics.
        if let Some(named) = named
            && let Known::Answered(answer) = self.recognise_in(Door::Public, view, beef, named).map_err(blame)?
        {
            collected.answers.insert(position, answer);
            return Ok(());
        }
        let evidence = self.check_evidence(submission, beef, *admitted_at, meter).map_err(blame)?;
        let off_chain_values = submission.off_chain_values;
        let brought = Brought { off_chain_values, evidence: evidence.as_ref(), now: *admitted_at, kept: None };
        let verified = self.verify(view, beef, meter).map_err(blame)?;
        let meant = match named {
            Some(named) => named.clone(),
            None => self.find_topics(view, &verified, submission, meter).map_err(blame)?,
        };
        collected.reach.extend(self.in_reach(&meant, submission.topics));
        if named.is_none()
            && let Known::Answered(answer) = self.recognise_in(Door::Public, view, beef, &meant).map_err(blame)?
        {
            collected.answers.insert(position, answer);
            return Ok(());
        }
        let mut facts = self.gather_facts(view, &verified, &meant.hosted, brought).map_err(blame)?;
        facts.told_before = collected.told;
        let outcomes = self.judge(view, &facts, meter).map_err(blame)?;
        let taken = outcomes.settle(&facts, &meant.required).map_err(blame)?;
        if !taken.anything_to_store(&facts) {
            let reasons = reasons(&taken.reasons(&meant.hosted));
            return Err(BatchError::NotWanted { member: position, txid, reasons });
        }
        let admitted = admitted_outputs(view, &facts, &taken).map_err(blame)?;
        let organised = self.organise(view, &facts, &admitted, *admitted_at, meter).map_err(blame)?;
        let indexed = self.index(view, &facts, &taken, &admitted, *admitted_at, meter).map_err(blame)?;
        let told = Told { organised, indexed };
        let mut draft = self.draft(view, &facts, &taken, &admitted, told, *admitted_at).map_err(blame)?;
        // Members after this one may spend it, so its bytes must be there to be read.
        self.put_new_contents(&facts).map_err(blame)?;
        collected.applied.push(draft.event());
        collected.adjust.append(&mut draft.adjust);
        collected.contents.append(&mut draft.contents);
        collected.told = collected.told.saturating_add(u32::try_from(facts.new.len()).unwrap_or(u32::MAX));
        for (key, row) in draft.writes {
            view.put(key, row).map_err(|error| blame(error.into()))?;
        }
        let answer = Submitted { left_out: meant.left_out, ..taken.into_answer(&facts, None) };
        collected.answers.insert(position, answer);
        Ok(())
    }
}

/// The members' positions, each behind those it spends, else as they were given.
fn in_order(members: &[Member<'_>]) -> Vec<usize> {
    let order = parents_first(&members.iter().map(|member| &member.beef).collect::<Vec<_>>());
    instead!(BatchInGivenOrder, order => (0..order.len()).collect())
}
