//! The orderly end: the first signal stops accepting and lets work finish, the second ends the process at once.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Exit code of a process that a second signal ended: what shells give to one ended by SIGINT.
const INTERRUPTED: i32 = 130;

/// Tells everybody to stop, and why.
#[derive(Debug, Clone)]
pub struct Stopper(watch::Sender<Option<Reason>>);

/// Hears when it is time to stop.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<Option<Reason>>);

/// Why the host stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Somebody asked for it.
    Asked,
    /// It cannot go on; the text says why.
    Failed(String),
}

/// A stopper and what hears it.
#[must_use]
pub fn stop_pair() -> (Stopper, Stop) {
    let (sender, receiver) = watch::channel(None);
    (Stopper(sender), Stop(receiver))
}

impl Stopper {
    /// Tells everybody. The first reason stays.
    pub fn stop(&self, reason: Reason) {
        self.0.send_if_modified(|current| {
            let first = current.is_none();
            if first {
                *current = Some(reason);
            }
            first
        });
    }
}

impl Stop {
    /// Waits until it is time.
    pub async fn wait(&mut self) {
        // An error means that nobody is left who could ever say so: then the end has come as well.
        let _ = self.0.wait_for(Option::is_some).await;
    }

    /// The reason, if it is time.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        self.0.borrow().clone()
    }
}

/// Listens for SIGINT and SIGTERM: the first stops everybody, the second ends the process at once.
///
/// # Errors
/// The system does not let signals be listened for.
pub fn on_signals(stopper: Stopper) -> std::io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        let mut asked = false;
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if asked {
                std::process::exit(INTERRUPTED);
            }
            asked = true;
            tracing::info!(
                "stopping: requests in progress are finished first; a second signal ends the process at once"
            );
            stopper.stop(Reason::Asked);
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_reason_stays_and_everybody_hears_it() {
        let (stopper, stop) = stop_pair();
        let mut other = stop.clone();
        assert_eq!(stop.reason(), None);
        stopper.stop(Reason::Failed("the store failed".to_owned()));
        stopper.stop(Reason::Asked);
        other.wait().await;
        assert_eq!(stop.reason(), Some(Reason::Failed("the store failed".to_owned())));
    }
}
