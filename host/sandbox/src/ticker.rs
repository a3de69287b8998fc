//! The thread behind deadlines: it advances the engine's epoch and stops when dropped.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;

use wasmtime::Engine;

use trellis_calls::limits::EPOCH_TICK;

/// Advances an engine's epoch every [`EPOCH_TICK`] for as long as it lives.
pub(crate) struct Ticker {
    /// Dropping it wakes the thread at once: stopping never waits for a tick.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub(crate) fn start(engine: Engine) -> std::io::Result<Self> {
        let (stop, stopped) = channel::<()>();
        let thread = std::thread::Builder::new().name("plugin-epoch".into()).spawn(move || {
            while matches!(stopped.recv_timeout(EPOCH_TICK), Err(RecvTimeoutError::Timeout)) {
                engine.increment_epoch();
            }
        })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // The thread holds nothing that could be lost with it.
            let _ = thread.join();
        }
    }
}
