//! What plugins logged and what their calls came to, and the record of a whole test that two runs are compared by.

use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use trellis_calls::{CallObserver, CallOutcome, CallReport, LogLine};

use crate::setup::Mode;

/// A line a plugin logged.
///
/// ```
/// use trellis_plugin::log;
/// use trellis_testing::{Overlay, Party};
/// # use trellis_plugin::{AdmittanceInstructions, Description, Plugin, Refusal, Submission, TopicManager};
/// # struct Talkative;
/// # impl Plugin for Talkative {
/// #     fn describe() -> Description {
/// #         Description::new("Talkative", "An example.")
/// #     }
/// #     fn documentation() -> String {
/// #         "# Talkative".into()
/// #     }
/// # }
///
/// impl TopicManager for Talkative {
///     fn identify_admissible_outputs(_: Submission) -> Result<AdmittanceInstructions, Refusal> {
///         log::info("it looks at the outputs");
///         Ok(AdmittanceInstructions::admit([0]))
///     }
/// }
///
/// Overlay::new().topic("tm_talk", Talkative).test(|host| {
///     let paid = host.transaction().pay(&Party::named("alice"), 500).sign();
///     let answer = host.submit(&paid, ["tm_talk"]);
///     let line = &answer.logged()[0];
///     assert_eq!((line.namespace.as_str(), line.level.as_str()), ("tm_talk", "INFO"));
///     assert_eq!(line.text, "it looks at the outputs");
/// });
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct LoggedLine {
    /// The plugin.
    pub plugin: String,
    /// The topic or service it worked for.
    pub namespace: String,
    /// The function that was called.
    pub call: &'static str,
    /// `DEBUG`, `INFO`, `WARN` or `ERROR`.
    pub level: String,
    /// As an operator sees it: escaped, and cut to 1,024 bytes.
    pub text: String,
}

/// A call into a plugin.
///
/// ```
/// use trellis_testing::{Everything, Overlay, Party};
///
/// Overlay::new().topic("tm_all", Everything).test(|host| {
///     let paid = host.transaction().pay(&Party::named("alice"), 500).sign();
///     let answer = host.submit(&paid, ["tm_all"]);
///     let [call] = answer.calls() else { panic!("a topic is asked once") };
///     assert_eq!((call.plugin.as_str(), call.call), ("Everything", "identify-admissible-outputs"));
///     assert_eq!((call.outcome, call.fuel), ("answered", 0));
/// });
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct CallMade {
    /// The plugin.
    pub plugin: String,
    /// The function that was called.
    pub call: &'static str,
    /// `answered`, `refused`, or the kind of the fault.
    pub outcome: &'static str,
    /// Fuel, of which a unit is about one WebAssembly instruction; 0 natively.
    pub fuel: u64,
}

/// Hears of every call and every line.
#[derive(Debug, Default)]
pub(crate) struct Diary(Mutex<Entries>);

/// What was heard of, in order. Plugins of one submission run side by side: then the order is of one plugin only.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entries {
    pub(crate) lines: Vec<LoggedLine>,
    pub(crate) calls: Vec<CallMade>,
}

impl Diary {
    /// What was heard of since the last time.
    pub(crate) fn take(&self) -> Entries {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl CallObserver for Diary {
    fn nanos(&self) -> u64 {
        0
    }

    fn called(&self, report: &CallReport<'_>) {
        let CallReport { plugin, call, outcome, fuel, .. } = report;
        let made = CallMade { plugin: plugin.to_string(), call, outcome: CallOutcome::label(*outcome), fuel: *fuel };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).calls.push(made);
    }

    fn logged(&self, line: &LogLine<'_>) {
        let line = LoggedLine {
            plugin: line.plugin.to_string(),
            namespace: line.namespace.to_owned(),
            call: line.call,
            level: line.level.to_string(),
            text: line.text.to_owned(),
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).lines.push(line);
    }
}

impl Entries {
    /// For failures: the log, line by line.
    pub(crate) fn in_words(&self) -> String {
        let mut text = String::new();
        for LoggedLine { plugin, namespace, call, level, text: line } in &self.lines {
            // Writing to a String cannot fail.
            let _ = write!(text, "\n    {level} {plugin} {namespace} {call}: {line}");
        }
        if text.is_empty() {
            text.push_str(" nothing")
        }
        text
    }

    /// For comparisons: what does not depend on how plugins run, and on which of those that run side by side is faster.
    fn comparable(&self) -> String {
        let mut lines: Vec<String> = self.lines.iter().map(|line| placeless(&format!("{line:?}"))).collect();
        lines.extend(self.calls.iter().map(|made| format!("{} {}: {}", made.plugin, made.call, made.outcome)));
        lines.sort();
        lines.join("\n    ")
    }
}

/// A text without the place of a panic: a component may have been compiled elsewhere.
fn placeless(text: &str) -> String {
    const BEFORE: &str = "panicked at ";
    let Some((before, rest)) = text.split_once(BEFORE) else { return text.to_owned() };
    let behind = rest.find(":\\n").map_or(rest, |end| rest.get(end..).unwrap_or_default());
    format!("{before}{BEFORE}…{behind}")
}

/// What happened in a test, step by step.
#[derive(Clone, Debug)]
pub(crate) struct Transcript {
    mode: Mode,
    steps: Vec<String>,
}

impl Transcript {
    pub(crate) const fn new(mode: Mode) -> Self {
        Self { mode, steps: Vec::new() }
    }

    /// A step, what came of it, and what plugins logged meanwhile.
    pub(crate) fn step(&mut self, step: &str, came: &str, entries: &Entries) {
        self.steps.push(format!("{step}\n  came to {}\n    {}", placeless(came), entries.comparable()));
    }

    /// In what two runs differ.
    pub(crate) fn differs_from(&self, other: &Self) -> Option<String> {
        let (one, two) = (self.mode, other.mode);
        let pair = self.steps.iter().zip(&other.steps).enumerate().find(|(_, (one, two))| one != two);
        if let Some((number, (first, second))) = pair {
            return Some(format!(
                "step {} of the test came to something else {one} than {two}\n--- {one}:\n{first}\n--- {two}:\n{second}",
                number + 1
            ));
        }
        if self.steps.len() != other.steps.len() {
            let (first, second) = (self.steps.len(), other.steps.len());
            return Some(format!("the test took {first} steps {one} and {second} {two}"));
        }
        None
    }
}
