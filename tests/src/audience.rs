//! Subscribers with habits, who come back with the last they got, however often the host dies on them.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::subscriber::{Subscriber, Told};

/// Events after which a subscriber that is weary goes away and comes back.
const WEARY_AFTER: usize = 40;

/// How a subscriber subscribes.
#[derive(Debug, Clone, Copy)]
pub struct Habit {
    /// The topics it asks for, with commas between them; all of them if there are none.
    pub topics: &'static str,
    /// Over a WebSocket, or over an event stream.
    pub socket: bool,
    /// Whether it goes away every now and then.
    pub weary: bool,
}

impl Habit {
    /// Reads on until the host is gone, from what it got last, which is `before` where `got` is empty.
    pub fn read_on(&self, port: u16, before: u64, got: &mut Vec<Told>, over: &AtomicBool) {
        while !over.load(Ordering::SeqCst) {
            let after = got.last().map_or(before, |told| told.sequence);
            let Ok(mut subscriber) = self.subscribe(port, after) else { continue };
            let mut patience = if self.weary { WEARY_AFTER } else { usize::MAX };
            while patience > 0 {
                let Some(told) = subscriber.next_event() else { break };
                got.push(told);
                patience -= 1;
            }
        }
    }

    /// Subscribes to what comes after a sequence.
    ///
    /// # Errors
    /// 0 where nobody is there, 503 where the host is not ready yet.
    ///
    /// # Panics
    /// Whatever else is said is a defect.
    pub fn subscribe(&self, port: u16, after: u64) -> Result<Subscriber, u16> {
        let query = format!("?after={after}&topics={}", self.topics);
        let opened =
            if self.socket { Subscriber::try_socket(port, &query) } else { Subscriber::ask(port, &query, None) };
        opened.map_err(|(status, error)| {
            assert!([0, 503].contains(&status), "{status}: {error}");
            status
        })
    }
}
