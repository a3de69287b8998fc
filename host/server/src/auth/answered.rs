//! Which requests were answered, so that none is answered twice.
//!
//! Requests are remembered with the session they came under, and forgotten with it: by windows of the time its handshake was made.
//! Where there are too many, the oldest window goes, and sessions of it are over.

use std::collections::{BTreeMap, HashSet};

use sha2::{Digest, Sha256};

use super::SESSION_SECONDS;

/// Seconds of a window: what is forgotten at once.
const WINDOW_SECONDS: u64 = 5 * 60;

/// Most requests remembered: 82 MB, as `trellis bench identity` counts. More than 250 authenticated requests a second, for an hour, shorten sessions.
pub const MAX_REMEMBERED: usize = 1_000_000;

/// Digests of requests that were answered.
#[derive(Debug)]
pub struct Answered {
    windows: BTreeMap<u64, HashSet<[u8; 16]>>,
    held: usize,
    most: usize,
    /// Sessions of earlier windows are over.
    first: u64,
}

/// Why a request is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnswered {
    /// Its session was made too long ago, or in the future.
    #[error("the session is over")]
    SessionIsOver,
    /// It was answered before.
    #[error("this request was answered before")]
    Replayed,
}

impl Default for Answered {
    fn default() -> Self {
        Self::new(MAX_REMEMBERED)
    }
}

impl Answered {
    /// Remembers so many at most.
    #[must_use]
    pub const fn new(most: usize) -> Self {
        Self { windows: BTreeMap::new(), held: 0, most, first: 0 }
    }

    /// Notes a request by the two nonces it is signed under. `made` and `now` are seconds.
    ///
    /// # Errors
    /// [`NotAnswered`].
    pub fn note(&mut self, made: u64, now: u64, session_nonce: &str, nonce: &str) -> Result<(), NotAnswered> {
        let window = made / WINDOW_SECONDS;
        self.forget(now);
        if made > now || now - made > SESSION_SECONDS || window < self.first {
            return Err(NotAnswered::SessionIsOver);
        }
        let digest = digest(session_nonce, nonce);
        if !self.windows.entry(window).or_default().insert(digest) {
            return Err(NotAnswered::Replayed);
        }
        self.held = self.held.saturating_add(1);
        while self.held > self.most
            && let Some((oldest, gone)) = self.windows.pop_first()
        {
            self.held = self.held.saturating_sub(gone.len());
            self.first = oldest.saturating_add(1);
        }
        Ok(())
    }

    /// Forgets the windows whose sessions are all over.
    fn forget(&mut self, now: u64) {
        let first = now.saturating_sub(SESSION_SECONDS) / WINDOW_SECONDS;
        while let Some(oldest) = self.windows.first_entry().filter(|oldest| *oldest.key() < first) {
            self.held = self.held.saturating_sub(oldest.remove().len());
        }
    }
}

fn digest(session_nonce: &str, nonce: &str) -> [u8; 16] {
    let digest = Sha256::new().chain_update(session_nonce).chain_update([0]).chain_update(nonce).finalize();
    let mut short = [0; 16];
    for (to, from) in short.iter_mut().zip(digest) {
        *to = from;
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    const MADE: u64 = 1_800_000_000;

    #[test]
    fn a_request_is_answered_once_in_each_session() {
        let mut answered = Answered::default();
        assert_eq!(answered.note(MADE, MADE, "session", "one"), Ok(()));
        assert_eq!(answered.note(MADE, MADE + 1, "session", "one"), Err(NotAnswered::Replayed));
        assert_eq!(answered.note(MADE, MADE + 1, "session", "two"), Ok(()));
        assert_eq!(answered.note(MADE, MADE + 1, "another", "one"), Ok(()));
    }

    #[test]
    fn what_is_forgotten_can_not_be_replayed_because_its_session_is_over() {
        let mut answered = Answered::default();
        let end = MADE + SESSION_SECONDS;
        assert_eq!(answered.note(MADE, end, "session", "one"), Ok(()));
        assert_eq!(answered.note(MADE, end + 1, "session", "one"), Err(NotAnswered::SessionIsOver));
        assert_eq!(answered.note(end, end + WINDOW_SECONDS, "later", "one"), Ok(()));
        assert_eq!(answered.held, 1, "what is over holds no memory");
        assert_eq!(answered.note(end + 1, end, "early", "one"), Err(NotAnswered::SessionIsOver), "from the future");
    }

    #[test]
    fn a_flood_ends_the_oldest_sessions_and_is_bounded() {
        let mut answered = Answered::new(100);
        assert_eq!(answered.note(MADE, MADE, "old", "one"), Ok(()));
        let later = MADE + 2 * WINDOW_SECONDS;
        for number in 0..100 {
            assert_eq!(answered.note(later, later, "new", &number.to_string()), Ok(()));
            assert!(answered.held <= 100);
        }
        assert_eq!(answered.note(MADE, later, "old", "one"), Err(NotAnswered::SessionIsOver));
        assert_eq!(answered.note(later, later, "new", "7"), Err(NotAnswered::Replayed));
    }
}
