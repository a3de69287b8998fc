//! What is told of calls: to metrics, with the clock they measure by, and to whoever reads what plugins log.

use trellis_engine::ports::plugins::{FaultKind, PluginError, PluginId};

/// How a call ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CallOutcome {
    /// It answered.
    Answered,
    /// The plugin said no.
    Refused,
    /// The plugin broke.
    Fault(FaultKind),
    /// Neither a call of its share nor a slot came free; the plugin did not run.
    Busy,
    /// The host failed, not the plugin.
    HostFailed,
}

impl CallOutcome {
    /// A metric label.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Fault(kind) => kind.label(),
            Self::Busy => "busy",
            Self::HostFailed => "host_failed",
        }
    }

    /// How a call with this result ended.
    #[must_use]
    pub fn of<R>(result: &Result<R, PluginError>) -> Self {
        match result {
            Ok(_) => Self::Answered,
            Err(PluginError::Refusal(_)) => Self::Refused,
            Err(PluginError::Fault(fault)) => Self::Fault(fault.kind),
            Err(PluginError::Busy) => Self::Busy,
            Err(PluginError::Host(_) | PluginError::NotLoaded(_)) => Self::HostFailed,
        }
    }
}

/// One call, as metrics see it.
#[derive(Clone, Copy, Debug)]
pub struct CallReport<'a> {
    /// Which plugin.
    pub plugin: &'a PluginId,
    /// Which exported function.
    pub call: &'static str,
    /// How it ended.
    pub outcome: CallOutcome,
    /// How long it took, the wait for a slot not included, by [`CallObserver::nanos`].
    pub nanos: u64,
    /// How long it waited for a slot.
    pub waited_nanos: u64,
    /// Fuel used.
    pub fuel: u64,
    /// Linear memory it had at the end, in bytes: memory never shrinks.
    pub memory_bytes: u64,
}

/// A line of a plugin, as the log shows it.
#[derive(Clone, Copy, Debug)]
pub struct LogLine<'a> {
    /// Which plugin.
    pub plugin: &'a PluginId,
    /// The topic or service it works for; empty while it describes itself.
    pub namespace: &'a str,
    /// Which exported function.
    pub call: &'static str,
    /// How much it matters.
    pub level: tracing::Level,
    /// Escaped and capped.
    pub text: &'a str,
}

/// Hears of every call. Must not block.
pub trait CallObserver: Send + Sync {
    /// A monotonic clock, in nanoseconds.
    fn nanos(&self) -> u64;
    /// A call ended.
    fn called(&self, report: &CallReport<'_>);
    /// A plugin wrote a line to the log. Whoever reads the log itself need not listen.
    fn logged(&self, _line: &LogLine<'_>) {}
}

/// Hears nothing; its clock stands still. For tests and tools.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl CallObserver for Unobserved {
    fn nanos(&self) -> u64 {
        0
    }
    fn called(&self, _: &CallReport<'_>) {}
}
