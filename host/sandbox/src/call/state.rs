//! What the store of one call holds: the lent host, the budgets, and what the host functions need to know of the call.

use std::sync::Arc;

use trellis_engine::ports::plugins::{HostFailure, NotGranted, PluginConfiguration, PluginHost, PluginId};
use trellis_spv::transaction::Transaction;

use super::budget::{Budget, Logged};
use super::{Export, MemoryLimiter};
use crate::lend::Lent;
use crate::limits::MAX_LOG_LINE_BYTES;
use crate::text;

/// How a panic's text begins, as the SDK's hook logs it just before the trap.
const PANIC_PREFIX: &str = "panicked at";

/// The data of one call's store.
pub(crate) struct CallState {
    pub(crate) export: Export,
    pub(crate) budget: Budget,
    pub(crate) memory: MemoryLimiter,
    /// The transaction the call is about, for `context.raw-transaction`.
    pub(crate) transaction: Option<Transaction>,
    pub(crate) configuration: Arc<PluginConfiguration>,
    /// The text of the last panic.
    pub(crate) panic: Option<String>,
    pub(crate) plugin: PluginId,
    /// The topic or service, for the log.
    pub(crate) namespace: Box<str>,
    pub(crate) host: Lent,
}

/// Why a host function ended the call. Travels through the guest as a trap.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Stop {
    /// Not available in this call.
    #[error("{0}")]
    NotAllowed(&'static str),
    /// An argument the interface forbids.
    #[error("{0}")]
    BadArgument(String),
    /// More data in one row than the interface allows.
    #[error("{0}")]
    TooMuch(String),
    /// The operator did not grant it.
    #[error(transparent)]
    NotGranted(Box<NotGranted>),
    /// The host failed; not the plugin's doing.
    #[error(transparent)]
    Host(trellis_engine::ports::store::StoreError),
}

impl CallState {
    /// Asks the lent host.
    pub(crate) fn ask<R>(
        &self,
        question: impl FnOnce(&mut dyn PluginHost) -> Result<R, HostFailure>,
    ) -> wasmtime::Result<R> {
        let taken_back = Stop::NotAllowed("the host is not available any more");
        match self.host.with(question).ok_or(taken_back)? {
            Ok(answer) => Ok(answer),
            Err(HostFailure::NotGranted(what)) => Err(Stop::NotGranted(what).into()),
            Err(HostFailure::NotAllowed(reason)) => Err(Stop::NotAllowed(reason).into()),
            Err(failure @ HostFailure::OverQuota { .. }) => Err(Stop::TooMuch(failure.to_string()).into()),
            Err(HostFailure::Store(error)) => Err(Stop::Host(error).into()),
        }
    }

    /// Fails unless the call may do it.
    pub(crate) fn allow(allowed: bool, reason: &'static str) -> Result<(), Stop> {
        if allowed { Ok(()) } else { Err(Stop::NotAllowed(reason)) }
    }

    /// Writes a line to the operator's log and remembers a panic's text.
    pub(crate) fn log(&mut self, level: tracing::Level, message: &str) {
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
    }

    fn emit(&self, level: tracing::Level, line: &str) {
        let (plugin, namespace, call) = (&*self.plugin.0, &*self.namespace, self.export.name());
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
