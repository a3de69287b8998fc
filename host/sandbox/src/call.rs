//! What the store of one call holds.

mod memory;

use trellis_calls::{RunningCall, Stop};
use trellis_engine::ports::plugins::PluginHost;

use crate::lend::Lent;
pub(crate) use memory::{Exhausted, MemoryLimiter};

/// The data of one call's store.
pub(crate) struct CallState {
    pub(crate) call: RunningCall,
    pub(crate) memory: MemoryLimiter,
    pub(crate) host: Lent,
}

impl CallState {
    /// Lets the call ask the lent host.
    pub(crate) fn ask<R>(
        &mut self,
        question: impl FnOnce(&mut RunningCall, &mut dyn PluginHost) -> Result<R, Stop>,
    ) -> wasmtime::Result<R> {
        let Self { call, host, .. } = self;
        let taken_back = Stop::NotAllowed("the host is not available any more");
        Ok(host.with(|host| question(call, host)).ok_or(taken_back)??)
    }
}
