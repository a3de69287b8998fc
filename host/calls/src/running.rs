//! A call under way: what the host functions need to know of it, and its lines in the log.

use std::sync::Arc;

use trellis_engine::ports::plugins::{CallCost, PluginConfiguration, PluginId};
use trellis_spv::transaction::Transaction;

use crate::budget::{Budget, Logged};
use crate::export::{Export, Subject};
use crate::limits::{INSTANCE_WORK, Limits, MAX_LOG_LINE_BYTES};
use crate::observe::{CallObserver, LogLine};
use crate::stop::Stop;
use crate::text;

/// How a panic's text begins, as the SDK's hook logs it just before the trap.
const PANIC_PREFIX: &str = "panicked at";

/// What a call is made with.
pub struct CallSetup<'a> {
    /// The plugin.
    pub plugin: &'a PluginId,
    /// Which function is called.
    pub export: Export,
    /// What it is about.
    pub subject: &'a Subject<'a>,
    /// The transaction it is about, for `context.raw-transaction`.
    pub transaction: Option<&'a Transaction>,
    /// What it may use.
    pub limits: &'a Limits,
    /// What the operator wrote to the plugin.
    pub configuration: &'a Arc<PluginConfiguration>,
    /// Hears what it logs.
    pub observer: &'a Arc<dyn CallObserver>,
}

/// A call under way.
pub struct RunningCall {
    pub(crate) export: Export,
    pub(crate) budget: Budget,
    pub(crate) transaction: Option<Transaction>,
    pub(crate) configuration: Arc<PluginConfiguration>,
    panic: Option<String>,
    plugin: PluginId,
    namespace: Box<str>,
    observer: Arc<dyn CallObserver>,
}

impl RunningCall {
    /// A call that begins.
    #[must_use]
    pub fn begin(setup: &CallSetup<'_>) -> Self {
        Self {
            export: setup.export,
            budget: Budget::new(setup.limits),
            transaction: setup.transaction.cloned(),
            configuration: Arc::clone(setup.configuration),
            panic: None,
            plugin: setup.plugin.clone(),
            namespace: setup.subject.namespace().into(),
            observer: Arc::clone(setup.observer),
        }
    }

    /// What it cost so far, with this fuel.
    #[must_use]
    pub fn cost(&self, fuel: u64) -> CallCost {
        CallCost { fuel, host_work: INSTANCE_WORK.saturating_add(self.budget.host_work()) }
    }

    /// The text of its last panic.
    #[must_use]
    pub fn panic(&self) -> Option<&str> {
        self.panic.as_deref()
    }

    /// Fails unless the call may do it.
    pub(crate) fn allow(allowed: bool, reason: &'static str) -> Result<(), Stop> {
        if allowed { Ok(()) } else { Err(Stop::NotAllowed(reason)) }
    }

    /// Writes a line to the operator's log and remembers a panic's text.
    ///
    /// # Errors
    /// [`Stop::Spent`] after too many calls into the host; of lines that are too many the rest is left out.
    pub fn log(&mut self, level: tracing::Level, message: &str) -> Result<(), Stop> {
        self.budget.host_call()?;
        let line = text::line_of_bytes(message, MAX_LOG_LINE_BYTES);
        let logged = self.budget.log(line.len());
        if level == tracing::Level::ERROR && message.starts_with(PANIC_PREFIX) {
            self.panic = Some(line.clone());
        }
        match logged {
            Logged::Written => self.emit(level, &line),
            Logged::FirstLeftOut => self.emit(tracing::Level::WARN, "further lines of this call are left out"),
            Logged::LeftOut => {}
        }
        Ok(())
    }

    fn emit(&self, level: tracing::Level, line: &str) {
        let (plugin, namespace, call) = (&*self.plugin.0, &*self.namespace, self.export.name());
        self.observer.logged(&LogLine { plugin: &self.plugin, namespace, call, level, text: line });
        // tracing wants its level at compile time. What the plugin wrote is a field's value, never a key or a format.
        if level == tracing::Level::ERROR {
            tracing::error!(target: "plugin", plugin, namespace, call, line);
        } else if level == tracing::Level::WARN {
            tracing::warn!(target: "plugin", plugin, namespace, call, line);
        } else if level == tracing::Level::INFO {
            tracing::info!(target: "plugin", plugin, namespace, call, line);
        } else {
            tracing::debug!(target: "plugin", plugin, namespace, call, line);
        }
    }
}
