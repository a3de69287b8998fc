//! What went wrong in a call, in words: which plugin, which call, about what, and what to do.

use trellis_engine::ports::plugins::{FaultKind, PluginError, PluginFault, PluginId};
use wasmtime::{PoolConcurrencyLimitError, Trap};

use crate::call::{Exhausted, Export, Spent, Stop, Subject};
use crate::limits::{Limits, MAX_CROSSING_BYTES, MAX_WASM_STACK_BYTES};
use crate::run::{Call, Program};
use crate::text;

/// How wasmtime's error begins when [`MAX_CROSSING_BYTES`] is exceeded; it has no public type. A test keeps watch.
const CROSSING_EXHAUSTED: &str = "too much data is being copied between the host and the guest";
/// Longest foreign error text shown, in characters.
const MAX_ERROR_CHARACTERS: usize = 300;

/// Where a fault happened.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) plugin: &'a PluginId,
    pub(crate) export: Export,
    pub(crate) subject: &'a Subject<'a>,
    pub(crate) limits: &'a Limits,
}

impl<'a> Place<'a> {
    pub(crate) const fn new(program: &'a Program, call: &'a Call<'_>) -> Self {
        Self { plugin: &program.id, export: call.export, subject: &call.subject, limits: &program.limits }
    }

    /// What a call comes to that is not made, because the plugin is paused.
    pub(crate) fn paused(&self, why: &str) -> PluginError {
        let remedy = format!(
            "Look at what is wrong, then upgrade it, or resume it with `trellis plugins resume {}`",
            self.plugin
        );
        self.fault_with(FaultKind::Paused, format!("it was not called, because it is paused: {why}"), remedy)
    }

    /// The fault of a result the interface forbids; `violation` ends the sentence "it returned".
    pub(crate) fn bad_result(&self, violation: &str) -> PluginError {
        self.fault(FaultKind::BadResult, format!("it returned {}", text::line(violation, MAX_ERROR_CHARACTERS)))
    }

    /// What an error of wasmtime, or of a host function behind it, means. `panic` is the text of the guest's last panic.
    pub(crate) fn of_error(&self, error: &wasmtime::Error, panic: Option<&str>) -> PluginError {
        if let Some(stop) = error.downcast_ref::<Stop>() {
            return self.of_stop(stop);
        }
        if let Some(spent) = error.downcast_ref::<Spent>() {
            return self.fault(FaultKind::Budget, spent.to_string());
        }
        if let Some(exhausted) = error.downcast_ref::<Exhausted>() {
            return self.fault(FaultKind::Memory, exhausted.to_string());
        }
        if error.is::<PoolConcurrencyLimitError>() {
            return PluginError::Busy;
        }
        if let Some(trap) = error.downcast_ref::<Trap>() {
            let (kind, text) = self.of_trap(*trap, panic);
            return self.fault(kind, text);
        }
        let cause = error.root_cause().to_string();
        if cause.starts_with(CROSSING_EXHAUSTED) {
            let text = format!("it handed over more than {MAX_CROSSING_BYTES} bytes at once");
            return self.fault(FaultKind::Budget, text);
        }
        self.bad_result(&format!("something that cannot be read: {cause}"))
    }

    fn of_stop(&self, stop: &Stop) -> PluginError {
        match stop {
            Stop::NotAllowed(_) => self.fault(FaultKind::NotAllowed, format!("it may not use this here: {stop}")),
            Stop::NotGranted(what) => {
                self.fault_with(FaultKind::NotAllowed, format!("it may not use this here: {stop}"), what.remedy())
            }
            Stop::BadArgument(_) => self.fault(FaultKind::BadResult, format!("it called the host with {stop}")),
            Stop::TooMuch(_) => self.fault(FaultKind::Budget, format!("it called the host with {stop}")),
            Stop::Host(error) => PluginError::Host(error.clone()),
        }
    }

    fn of_trap(&self, trap: Trap, panic: Option<&str>) -> (FaultKind, String) {
        match trap {
            Trap::UnreachableCodeReached => {
                let text = panic.map_or_else(|| "it stopped itself without saying why".into(), ToOwned::to_owned);
                (FaultKind::Panic, text)
            }
            Trap::OutOfFuel => {
                (FaultKind::OutOfFuel, format!("it used up its {} units of fuel", self.export.fuel(self.limits)))
            }
            Trap::Interrupt => {
                (FaultKind::Deadline, format!("it ran longer than {} ms of wall time", self.limits.deadline_ms))
            }
            Trap::StackOverflow => (
                FaultKind::StackOverflow,
                format!("its calls nested deeper than {MAX_WASM_STACK_BYTES} bytes of stack hold"),
            ),
            other => (FaultKind::Trap, other.to_string()),
        }
    }

    fn fault(&self, kind: FaultKind, text: String) -> PluginError {
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
                Export::IdentifyAdmissibleOutputs | Export::IsRelevant => {
                    "If the plugin is meant to need more, raise its limit `judge_fuel`"
                }
                Export::Lookup => "If the plugin is meant to need more, raise its limit `lookup_fuel`",
                Export::Describe | Export::Documentation => {
                    "If the plugin is meant to need more, raise its limit `describe_fuel`"
                }
                _ => "If the plugin is meant to need more, raise its limit `index_fuel`",
            },
            FaultKind::Deadline => {
                "This is no verdict; the same call may succeed on a less busy machine. If it recurs, raise the plugin's limit `deadline_ms`"
            }
            FaultKind::StackOverflow => "Most likely a recursion without end: report it to the plugin's author",
            FaultKind::Paused => "Resume it, or upgrade it",
            FaultKind::Memory | FaultKind::Budget => {
                "If the plugin is meant to need more, raise the limit named here where it has a name; else report it to its author"
            }
        }
    }
}
