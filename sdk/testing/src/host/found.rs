//! What a lookup service answered, and what a test expects of it.

use serde_json::Value;
use trellis_engine::lookup::{AnswerContent, AnsweredOutput, LookupError};
use trellis_spv::hash::Outpoint;
use trellis_spv::transaction::Transaction;

use crate::diary::Entries;

/// What a lookup service answered. What is not as expected fails the test.
///
/// ```
/// use trellis_testing::{Everything, Overlay, Party};
/// # use trellis_plugin::{AdmittedOutput, Answer, Description, LookupService, Outpoint, Plugin, Question, Refusal, state};
/// # struct Tickets;
/// # impl Plugin for Tickets {
/// #     fn describe() -> Description {
/// #         Description::new("Tickets", "An example.")
/// #     }
/// #     fn documentation() -> String {
/// #         "# Tickets".into()
/// #     }
/// # }
/// # impl LookupService for Tickets {
/// #     fn output_admitted(output: AdmittedOutput) -> Result<(), Refusal> {
/// #         state::set(&output.outpoint.to_bytes(), b"");
/// #         Ok(())
/// #     }
/// #     fn output_evicted(_: String, outpoint: Outpoint) -> Result<(), Refusal> {
/// #         state::remove(&outpoint.to_bytes());
/// #         Ok(())
/// #     }
/// #     fn lookup(question: Question) -> Result<Answer, Refusal> {
/// #         let rows = state::scan(state::Range::all());
/// #         match question.query.as_str() {
/// #             "\"all\"" => Ok(rows.filter_map(|row| Outpoint::from_bytes(&row.key)).collect()),
/// #             "\"count\"" => Ok(Answer::Freeform(rows.count().to_string())),
/// #             _ => Err("ask for \"all\" or \"count\"".into()),
/// #         }
/// #     }
/// # }
///
/// // The plugin `Tickets` answers "all" with outputs and "count" with a number.
/// Overlay::new().topic("tm_all", Everything).service("ls_tickets", Tickets, ["tm_all"]).test(|host| {
///     let sold = host.transaction().token(&Party::named("alice"), ["concert", "12A"]).sign();
///     host.submit(&sold, ["tm_all"]);
///     host.lookup("ls_tickets", "all").outputs([(&sold, 0)]);
///     host.lookup("ls_tickets", "count").json(1);
///     host.lookup("ls_tickets", "none").refused("ask for");
///     host.lookup("ls_others", "all").fails("not hosted");
///     assert_eq!(host.lookup("ls_tickets", "all").list().map(|found| found.len()), Some(1));
/// });
/// ```
#[derive(Debug)]
pub struct Found {
    pub(super) step: String,
    pub(super) outcome: Result<AnswerContent, LookupError>,
    pub(super) log: Entries,
}

impl Found {
    /// Exactly these outputs, in this order.
    #[track_caller]
    pub fn outputs<'t>(&self, outputs: impl IntoIterator<Item = (&'t Transaction, u32)>) -> &Self {
        let outpoint = |(transaction, output): (&Transaction, u32)| Outpoint::new(transaction.txid(), output);
        let expected: Vec<Outpoint> = outputs.into_iter().map(outpoint).collect();
        let found: Option<Vec<Outpoint>> = self.list().map(|list| list.iter().map(|output| output.outpoint).collect());
        if found.as_ref() == Some(&expected) {
            return self;
        }
        self.give_up(&format!("outputs {expected:?}"))
    }

    /// Exactly this JSON.
    #[track_caller]
    pub fn json(&self, expected: impl Into<Value>) -> &Self {
        let expected = expected.into();
        if self.freeform().as_ref() == Some(&expected) {
            return self;
        }
        self.give_up(&expected.to_string())
    }

    /// The service refused the query, and its words have this text in them.
    #[track_caller]
    pub fn refused(&self, words: &str) -> &Self {
        match &self.outcome {
            Err(LookupError::Refused { text, .. }) if text.contains(words) => self,
            _ => self.give_up(&format!("a refusal with {words:?}")),
        }
    }

    /// The lookup failed, for a reason that has this text in it.
    #[track_caller]
    pub fn fails(&self, words: &str) -> &Self {
        match &self.outcome {
            Err(error) if error.to_string().contains(words) => self,
            _ => self.give_up(&format!("it to fail with {words:?}")),
        }
    }

    /// What the engine answered.
    ///
    /// # Errors
    /// Why there is no answer.
    pub const fn outcome(&self) -> Result<&AnswerContent, &LookupError> {
        self.outcome.as_ref()
    }

    /// The outputs that were found, with the bytes that go to the client beside each.
    #[must_use]
    pub fn list(&self) -> Option<Vec<&AnsweredOutput>> {
        match &self.outcome {
            Ok(AnswerContent::PerOutput(outputs)) => Some(outputs.iter().map(|(output, _)| output).collect()),
            Ok(AnswerContent::Merged(outputs, _)) => Some(outputs.iter().collect()),
            Ok(AnswerContent::Freeform(_)) | Err(_) => None,
        }
    }

    /// The JSON that was answered.
    #[must_use]
    pub fn freeform(&self) -> Option<Value> {
        match &self.outcome {
            Ok(AnswerContent::Freeform(json)) => serde_json::from_str(json).ok(),
            _ => None,
        }
    }

    #[track_caller]
    fn give_up(&self, expected: &str) -> ! {
        let came = comparable(&self.outcome);
        let Self { step, log, .. } = self;
        panic!("{step}\n  expected {expected}\n  it came to {came}\n  plugins logged{}", log.in_words())
    }
}

/// What was answered, without the BEEF.
pub(super) fn comparable(outcome: &Result<AnswerContent, LookupError>) -> String {
    let list = |outputs: &[&AnsweredOutput]| {
        let output = |output: &&AnsweredOutput| match &output.context {
            None => output.outpoint.to_string(),
            Some(context) => format!("{} with {}", output.outpoint, hex::encode(context)),
        };
        format!("outputs [{}]", outputs.iter().map(output).collect::<Vec<_>>().join(", "))
    };
    match outcome {
        Ok(AnswerContent::PerOutput(outputs)) => list(&outputs.iter().map(|(output, _)| output).collect::<Vec<_>>()),
        Ok(AnswerContent::Merged(outputs, _)) => list(&outputs.iter().collect::<Vec<_>>()),
        Ok(AnswerContent::Freeform(json)) => json.clone(),
        Err(error) => format!("no answer: {error}"),
    }
}
