//! What went wrong in a call, in words: which plugin, which call, about what, and what to do.

use trellis_engine::ports::plugins::{FaultKind, PluginError, PluginFault, PluginId};

use crate::export::{Export, Subject};
use crate::limits::{Limits, MAX_REFUSAL_BYTES};
use crate::stop::Stop;
use crate::text;

/// Longest foreign error text shown, in characters.
const MAX_ERROR_CHARACTERS: usize = 300;

/// Where a fault happened.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The plugin.
    pub plugin: &'a PluginId,
    /// The function that was called.
    pub export: Export,
    /// What the call was about.
    pub subject: &'a Subject<'a>,
    /// What it may use.
    pub limits: &'a Limits,
}

impl Place<'_> {
    /// The plugin said no.
    #[must_use]
    pub fn refusal(&self, text: &str) -> PluginError {
        PluginError::Refusal(text::line_of_bytes(text, MAX_REFUSAL_BYTES))
    }

    /// What a call comes to that is not made, because the plugin is paused.
    #[must_use]
    pub fn paused(&self, why: &str) -> PluginError {
        let remedy = format!(
            "Look at what is wrong, then upgrade it, or resume it with `trellis plugins resume {}`",
            self.plugin
        );
        self.fault_with(FaultKind::Paused, format!("it was not called, because it is paused: {why}"), remedy)
    }

    /// The fault of a result the interface forbids; `violation` ends the sentence "it returned".
    #[must_use]
    pub fn bad_result(&self, violation: &str) -> PluginError {
        self.fault(FaultKind::BadResult, format!("it returned {}", text::line(violation, MAX_ERROR_CHARACTERS)))
    }

    /// What it means that a host function ended the call.
    #[must_use]
    pub fn of_stop(&self, stop: &Stop) -> PluginError {
        match stop {
            Stop::NotAllowed(_) => self.fault(FaultKind::NotAllowed, format!("it may not use this here: {stop}")),
            Stop::NotGranted(what) => {
                self.fault_with(FaultKind::NotAllowed, format!("it may not use this here: {stop}"), what.remedy())
            }
            Stop::BadArgument(_) => self.fault(FaultKind::BadResult, format!("it called the host with {stop}")),
            Stop::TooMuch(_) => self.fault(FaultKind::Budget, format!("it called the host with {stop}")),
            Stop::Spent(spent) => self.fault(FaultKind::Budget, spent.to_string()),
            Stop::Host(error) => PluginError::Host(error.clone()),
        }
    }

    /// A panic, with its text where there is one.
    #[must_use]
    pub fn panic(&self, text: Option<&str>) -> PluginError {
        let text = text.map_or_else(|| "it stopped itself without saying why".into(), ToOwned::to_owned);
        self.fault(FaultKind::Panic, text)
    }

    /// A fault of a kind, with what happened.
    #[must_use]
    pub fn fault(&self, kind: FaultKind, text: String) -> PluginError {
        self.fault_with(kind, text, self.remedy(kind).into())
    }

    fn fault_with(&self, kind: FaultKind, text: String, remedy: String) -> PluginError {
        PluginError::Fault(Box::new(PluginFault {
            plugin: self.plugin.clone(),
            call: self.export.name(),
            about: self.subject.words(),
            kind,
            text,
            remedy,
        }))
    }

    fn remedy(&self, kind: FaultKind) -> &'static str {
        match kind {
            FaultKind::Panic | FaultKind::Trap | FaultKind::BadResult => {
                "This is a mistake in the plugin: report it to its author with this text"
            }
            FaultKind::NotAllowed => {
                "This is a mistake in the plugin, which the interface's documentation rules out: report it to its author"
            }
            FaultKind::OutOfFuel => match self.export {
                Export::IdentifyAdmissibleOutputs | Export::IsRelevant | Export::Operations => {
                    "If the plugin is meant to need more, raise its limit `judge-fuel`"
                }
                Export::Lookup => "If the plugin is meant to need more, raise its limit `lookup-fuel`",
                Export::Describe | Export::Documentation => {
                    "If the plugin is meant to need more, raise its limit `describe-fuel`"
                }
                _ => "If the plugin is meant to need more, raise its limit `index-fuel`",
            },
            FaultKind::Deadline => {
                "This is no verdict; the same call may succeed on a less busy machine. If it recurs, raise the plugin's limit `deadline-ms`"
            }
            FaultKind::StackOverflow => "Most likely a recursion without end: report it to the plugin's author",
            FaultKind::Paused => "Resume it, or upgrade it",
            FaultKind::Memory | FaultKind::Budget => {
                "If the plugin is meant to need more, raise the limit named here where it has a name; else report it to its author"
            }
        }
    }
}
