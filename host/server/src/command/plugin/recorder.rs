//! What calls into a plugin used.

use std::sync::{Mutex, PoisonError};

use trellis_sandbox::{CallObserver, CallReport};

/// Writes down every call.
#[derive(Debug, Default)]
pub(super) struct Recorder(Mutex<Vec<(&'static str, u64)>>);

impl Recorder {
    /// The calls so far, with their fuel, in order.
    pub(super) fn calls(&self) -> Vec<(&'static str, u64)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl CallObserver for Recorder {
    fn nanos(&self) -> u64 {
        0
    }

    fn called(&self, report: &CallReport<'_>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((report.call, report.fuel));
    }
}
