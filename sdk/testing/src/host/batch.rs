//! Several submissions at once, as one or each by itself, and what a test expects of them.

use trellis_engine::ports::plugins::{FaultKind, PluginFault};
use trellis_engine::submit::{Batch, BatchError, Meter, Submission, SubmitError};

use super::member::Prepared;
use super::{Answer, Host, Member};
use crate::diary::{Entries, LoggedLine};

/// What became of a batch that is one: of every member, or why nothing of it is stored.
///
/// ```
/// use trellis_testing::{Everything, Member, Overlay, Party};
///
/// Overlay::new().topic("tm_all", Everything).test(|host| {
///     let alice = Party::named("alice");
///     let first = host.transaction().pay(&alice, 500).sign();
///     let second = host.transaction().spend(&first, 0, &alice).pay(&alice, 400).sign();
///     // The second spends the first: they may stand in any order.
///     let answer = host.submit_batch([&second, &first].map(|member| Member::of(member).to(["tm_all"])));
///     answer.member(0).admits("tm_all", [0]);
///     let again = host.transaction().spend(&first, 0, &alice).pay(&alice, 300).sign();
///     host.submit_batch([Member::of(&again).to(["tm_all"])]).blames(0, "already spent");
/// });
/// ```
#[derive(Debug)]
pub struct BatchAnswer {
    step: String,
    outcome: Result<Vec<Answer>, BatchError>,
    log: Entries,
}

impl Host {
    /// Submits transactions as one: all of them take effect in one commit, or none does. They may spend each other, in any order.
    pub fn submit_batch(&mut self, members: impl IntoIterator<Item = Member>) -> BatchAnswer {
        let prepared = self.prepare(members);
        let submissions: Vec<Submission<'_>> = prepared.iter().map(Prepared::submission).collect();
        let now = self.tick();
        let outcome = self.engine.submit_batch(&Batch { members: &submissions }, now, &Meter::default());
        let step = format!("as one, {}", in_words(&prepared));
        let log = self.note(&step, &format!("{outcome:?}"));
        let step = format!("{}: {step}", self.mode);
        let answer = |(prepared, submitted): (&Prepared, _)| Answer {
            step: format!("{step}; of that, {}", prepared.in_words()),
            txid: prepared.txid,
            outcome: Ok(submitted),
            log: log.clone(),
        };
        let outcome = outcome.map(|batch| prepared.iter().zip(batch.members).map(answer).collect());
        BatchAnswer { step, outcome, log }
    }

    /// Submits transactions together, each by itself: what becomes of one is no matter to the others, but for those that spend it.
    /// Answers in their order; what plugins logged is, of each, what they logged of all.
    #[track_caller]
    pub fn submit_each(&mut self, members: impl IntoIterator<Item = Member>) -> Vec<Answer> {
        let prepared = self.prepare(members);
        let submissions: Vec<Submission<'_>> = prepared.iter().map(Prepared::submission).collect();
        let now = self.tick();
        let outcomes = self.engine.submit_each(&Batch { members: &submissions }, now, &Meter::default());
        let step = format!("each by itself, {}", in_words(&prepared));
        let log = self.note(&step, &format!("{outcomes:?}"));
        let outcomes = outcomes.unwrap_or_else(|error| panic!("{}: {step}: {error}", self.mode));
        let answer = |(prepared, outcome): (&Prepared, _)| Answer {
            step: format!("{}: {}", self.mode, prepared.in_words()),
            txid: prepared.txid,
            outcome,
            log: log.clone(),
        };
        prepared.iter().zip(outcomes).map(answer).collect()
    }

    fn prepare(&self, members: impl IntoIterator<Item = Member>) -> Vec<Prepared> {
        members.into_iter().map(|member| member.prepare(&self.ledger)).collect()
    }
}

fn in_words(prepared: &[Prepared]) -> String {
    prepared.iter().map(Prepared::in_words).collect::<Vec<_>>().join(", ")
}

impl BatchAnswer {
    /// What the engine answered to each member, in their order.
    ///
    /// # Errors
    /// Why nothing of it is stored.
    pub fn outcome(&self) -> Result<&[Answer], &BatchError> {
        self.outcome.as_deref()
    }

    /// What became of a member, counted from 0. The batch was stored.
    #[track_caller]
    pub fn member(&self, member: usize) -> &Answer {
        let Ok(members) = &self.outcome else { self.fail(&format!("member {member} to be stored")) };
        members.get(member).unwrap_or_else(|| self.fail(&format!("a member {member}, counted from 0")))
    }

    /// Nothing of it was stored, for a reason that has this text in it.
    #[track_caller]
    pub fn fails(&self, words: &str) -> &Self {
        match &self.outcome {
            Err(error) if error.to_string().contains(words) => self,
            _ => self.fail(&format!("it to fail with {words:?}")),
        }
    }

    /// Nothing of it was stored because of this member, counted from 0, for a reason that has this text in it.
    #[track_caller]
    pub fn blames(&self, member: usize, words: &str) -> &Self {
        match &self.outcome {
            Err(error) if blamed(error) == Some(member) && error.to_string().contains(words) => self,
            _ => self.fail(&format!("it to fail because of member {member}, with {words:?}")),
        }
    }

    /// A plugin broke on this member, counted from 0: in this way, with words that have this text in them.
    #[track_caller]
    pub fn faults(&self, member: usize, kind: FaultKind, words: &str) -> &Self {
        let is_it = |fault: &PluginFault| fault.kind == kind && fault.text.contains(words);
        match &self.outcome {
            Err(BatchError::Member { member: found, error, .. })
                if *found == member && matches!(&**error, SubmitError::Fault(fault) if is_it(fault)) =>
            {
                self
            }
            _ => self.fail(&format!("a fault ({}) on member {member}, with {words:?}", kind.label())),
        }
    }

    /// What plugins logged.
    #[must_use]
    pub fn logged(&self) -> &[LoggedLine] {
        &self.log.lines
    }

    #[track_caller]
    fn fail(&self, expected: &str) -> ! {
        let came = match &self.outcome {
            Err(error) => format!("nothing: {error}"),
            Ok(members) => {
                members.iter().map(|answer| format!("\n  {}:{}", answer.txid(), answer.in_words())).collect()
            }
        };
        panic!("{}\n  expected {expected}\n  it came to {came}\n  plugins logged{}", self.step, self.log.in_words())
    }
}

/// The member that is to blame, counted from 0.
fn blamed(error: &BatchError) -> Option<usize> {
    match error {
        BatchError::Member { member, .. } | BatchError::NotWanted { member, .. } => Some(*member),
        BatchError::Twice { second, .. } => Some(*second),
        BatchError::Members(_) | BatchError::Whole(_) => None,
    }
}
