//! What became of a submission, and what a test expects of it.

use std::fmt::Write;

use trellis_engine::domain::admittance::Admittance;
use trellis_engine::domain::name::TopicName;
use trellis_engine::ports::plugins::{FaultKind, PluginFault};
use trellis_engine::submit::{SubmitError, Submitted};
use trellis_spv::hash::Txid;

use crate::diary::{CallMade, Entries, LoggedLine};

/// What became of a submission. What is expected of it is said in a chain; what is not as expected fails the test, and
/// says what was logged.
///
/// ```
/// use trellis_testing::{Everything, Overlay, Party};
///
/// Overlay::new().topic("tm_all", Everything).test(|host| {
///     let alice = Party::named("alice");
///     let paid = host.transaction().pay(&alice, 500).sign();
///     let answer = host.submit(&paid, ["tm_all"]);
///     answer.admits("tm_all", [0]).retains("tm_all", []).removes("tm_all", []).takes_at_most(100_000);
///     assert_eq!(answer.txid(), paid.txid());
///     assert!(answer.outcome().is_ok() && answer.fault().is_none() && answer.logged().is_empty());
/// });
/// ```
#[derive(Debug)]
pub struct Answer {
    pub(super) step: String,
    pub(super) txid: Txid,
    pub(super) outcome: Result<Submitted, SubmitError>,
    pub(super) log: Entries,
}

impl Answer {
    /// The transaction.
    #[must_use]
    pub const fn txid(&self) -> Txid {
        self.txid
    }

    /// What the engine answered.
    ///
    /// # Errors
    /// Why nothing of it is stored.
    pub const fn outcome(&self) -> Result<&Submitted, &SubmitError> {
        self.outcome.as_ref()
    }

    /// The topic admitted exactly these outputs, and refused nothing.
    #[track_caller]
    pub fn admits(&self, topic: &str, outputs: impl IntoIterator<Item = u32>) -> &Self {
        let expected: Vec<u32> = outputs.into_iter().collect();
        let found = self.entry(topic, &format!("to admit outputs {expected:?}"));
        self.compare(topic, "admit outputs", &expected, &found.outputs_to_admit)
    }

    /// The topic keeps, for its history, exactly what these inputs spend.
    #[track_caller]
    pub fn retains(&self, topic: &str, inputs: impl IntoIterator<Item = u32>) -> &Self {
        let expected: Vec<u32> = inputs.into_iter().collect();
        let found = self.entry(topic, &format!("to retain the coins of inputs {expected:?}"));
        self.compare(topic, "retain the coins of inputs", &expected, &found.coins_to_retain)
    }

    /// The topic lost exactly what these inputs spend.
    #[track_caller]
    pub fn removes(&self, topic: &str, inputs: impl IntoIterator<Item = u32>) -> &Self {
        let expected: Vec<u32> = inputs.into_iter().collect();
        let found = self.entry(topic, &format!("to lose the coins of inputs {expected:?}"));
        self.compare(topic, "lose the coins of inputs", &expected, &found.coins_removed)
    }

    /// The topic refused, and its words have this text in them.
    ///
    /// ```
    /// use trellis_plugin::refuse;
    /// use trellis_testing::{Overlay, Party};
    /// # use trellis_plugin::{AdmittanceInstructions, Description, Plugin, Refusal, Submission, TopicManager};
    /// # struct Closed;
    /// # impl Plugin for Closed {
    /// #     fn describe() -> Description {
    /// #         Description::new("Closed", "An example.")
    /// #     }
    /// #     fn documentation() -> String {
    /// #         "# Closed".into()
    /// #     }
    /// # }
    ///
    /// impl TopicManager for Closed {
    ///     fn identify_admissible_outputs(submission: Submission) -> Result<AdmittanceInstructions, Refusal> {
    ///         refuse!("{} is closed", submission.topic)
    ///     }
    /// }
    ///
    /// Overlay::new().topic("tm_closed", Closed).test(|host| {
    ///     let paid = host.transaction().pay(&Party::named("alice"), 500).sign();
    ///     host.submit(&paid, ["tm_closed"]).refused("tm_closed", "is closed");
    /// });
    /// ```
    #[track_caller]
    pub fn refused(&self, topic: &str, words: &str) -> &Self {
        let refusal = self.outcome.as_ref().ok().and_then(|submitted| {
            submitted.refusals.iter().find(|(name, _)| name.as_str() == topic).map(|(_, text)| text)
        });
        match refusal {
            Some(text) if text.contains(words) => self,
            Some(text) => self.fail(&format!("{topic} to refuse with {words:?}"), &format!("it refused with {text:?}")),
            None => self.fail(&format!("{topic} to refuse with {words:?}"), "it did not refuse"),
        }
    }

    /// Nothing of it was stored, for a reason that has this text in it.
    ///
    /// ```
    /// use trellis_testing::{Everything, Overlay, Party};
    ///
    /// Overlay::new().topic("tm_all", Everything).test(|host| {
    ///     let alice = Party::named("alice");
    ///     let paid = host.transaction().pay(&alice, 500).sign();
    ///     let forged = host.transaction().spend(&paid, 0, &Party::named("mallory")).pay(&alice, 400).sign();
    ///     host.submit(&forged, ["tm_all"]).fails("input 0");
    /// });
    /// ```
    #[track_caller]
    pub fn fails(&self, words: &str) -> &Self {
        match &self.outcome {
            Err(error) if error.to_string().contains(words) => self,
            Err(error) => self.fail(&format!("it to fail with {words:?}"), &format!("it failed with {error}")),
            Ok(_) => self.fail(&format!("it to fail with {words:?}"), "it did not fail"),
        }
    }

    /// A plugin broke: in this way, with words that have this text in them.
    ///
    /// ```
    /// use trellis_testing::{FaultKind, Overlay, Party};
    /// # use trellis_plugin::{AdmittanceInstructions, Description, Plugin, Refusal, Submission, TopicManager};
    /// # struct Careless;
    /// # impl Plugin for Careless {
    /// #     fn describe() -> Description {
    /// #         Description::new("Careless", "An example.")
    /// #     }
    /// #     fn documentation() -> String {
    /// #         "# Careless".into()
    /// #     }
    /// # }
    ///
    /// impl TopicManager for Careless {
    ///     fn identify_admissible_outputs(_: Submission) -> Result<AdmittanceInstructions, Refusal> {
    ///         Ok(AdmittanceInstructions::admit([7]))
    ///     }
    /// }
    ///
    /// Overlay::new().topic("tm_careless", Careless).test(|host| {
    ///     let paid = host.transaction().pay(&Party::named("alice"), 500).sign();
    ///     host.submit(&paid, ["tm_careless"]).faults(FaultKind::BadResult, "output 7");
    /// });
    /// ```
    #[track_caller]
    pub fn faults(&self, kind: FaultKind, words: &str) -> &Self {
        let expected = format!("a fault ({}) with {words:?}", kind.label());
        match self.fault() {
            Some(fault) if fault.kind == kind && fault.text.contains(words) => self,
            Some(fault) => self.fail(&expected, &format!("another fault ({}): {fault}", fault.kind.label())),
            None => self.fail(&expected, "no plugin broke"),
        }
    }

    /// The fault of a plugin that broke.
    #[must_use]
    pub fn fault(&self) -> Option<&PluginFault> {
        match &self.outcome {
            Err(SubmitError::Fault(fault)) => Some(fault),
            Err(_) => None,
            Ok(submitted) => submitted.unjudged.values().next(),
        }
    }

    /// Fuel of all calls into components that the submission took; `None` natively, where there is none.
    #[must_use]
    pub fn fuel(&self) -> Option<u64> {
        let fuel = self.log.calls.iter().map(|call| call.fuel).sum();
        Some(fuel).filter(|fuel| *fuel > 0)
    }

    /// All calls together took at most so much fuel. Always true natively.
    #[track_caller]
    pub fn takes_at_most(&self, fuel: u64) -> &Self {
        match self.fuel() {
            Some(used) if used > fuel => self.fail(
                &format!("at most {fuel} units of fuel to be used"),
                &format!("{used} were, by {:#?}", self.log.calls),
            ),
            _ => self,
        }
    }

    /// What plugins logged.
    #[must_use]
    pub fn logged(&self) -> &[LoggedLine] {
        &self.log.lines
    }

    /// The calls into plugins that it took.
    #[must_use]
    pub fn calls(&self) -> &[CallMade] {
        &self.log.calls
    }

    /// The topic's entry in the STEAK, if it has one that is no refusal.
    #[track_caller]
    fn entry(&self, topic: &str, expected: &str) -> &Admittance {
        let found = self.outcome.as_ref().ok().and_then(|submitted| {
            let is_it = |name: &TopicName| name.as_str() == topic;
            let refused = submitted.refusals.keys().any(is_it);
            submitted.steak.iter().find(|(name, _)| is_it(name) && !refused).map(|(_, entry)| entry)
        });
        found.unwrap_or_else(|| self.give_up(&format!("{topic} {expected}"), "it did not"))
    }

    #[track_caller]
    fn compare(&self, topic: &str, what: &str, expected: &[u32], found: &[u32]) -> &Self {
        if expected == found {
            return self;
        }
        self.fail(&format!("{topic} to {what} {expected:?}"), &format!("those were {found:?}"))
    }

    #[track_caller]
    fn fail(&self, expected: &str, came: &str) -> &Self {
        self.give_up(expected, came)
    }

    #[track_caller]
    fn give_up(&self, expected: &str, came: &str) -> ! {
        let Self { step, .. } = self;
        panic!(
            "{step}\n  expected {expected}\n  but {came}\n  it came to {}\n  plugins logged{}",
            self.in_words(),
            self.log.in_words()
        )
    }

    /// What it came to, topic by topic.
    #[must_use]
    pub fn in_words(&self) -> String {
        let submitted = match &self.outcome {
            Err(error) => return format!("nothing: {error}"),
            Ok(submitted) => submitted,
        };
        let mut text = String::new();
        for (topic, Admittance { outputs_to_admit, coins_to_retain, coins_removed }) in &submitted.steak {
            // Writing to a String cannot fail.
            let _ = match submitted.refusals.get(topic) {
                Some(refusal) => write!(text, "\n    {topic} refuses: {refusal}"),
                None => write!(
                    text,
                    "\n    {topic} admits {outputs_to_admit:?}, retains {coins_to_retain:?}, loses {coins_removed:?}"
                ),
            };
        }
        for (topic, fault) in &submitted.unjudged {
            let _ = write!(text, "\n    {topic} has not judged: {fault}");
        }
        text
    }
}
