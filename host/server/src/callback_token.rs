//! The tokens by which this host knows callbacks as those it asked for: random, this host's own, and replaced every week.
//!
//! A broadcaster keeps the token a transaction was sent with, so the one before stays good. They are in a file of the data
//! folder, in no log and in no answer.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use subtle::ConstantTimeEq;
use trellis_engine::domain::time::Timestamp;

use crate::config::checked::Secret;
use crate::private_file;

/// How long a token is given to broadcasters, in milliseconds: a week. It is good for as long again, in which whatever was sent
/// with it is mined or forgotten.
const LASTS_MILLISECONDS: u64 = 7 * 24 * 60 * 60 * 1_000;

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the file of callback tokens {} cannot be {what}: {source}", file.display())]
pub struct CallbackTokenError {
    file: PathBuf,
    what: &'static str,
    source: io::Error,
}

/// The tokens that are good.
#[derive(Debug, Clone)]
pub struct CallbackTokens {
    current: Secret,
    before: Option<Secret>,
}

impl CallbackTokens {
    /// The tokens in a file. Where there is none, or the newest is a week old, `random` becomes the newest.
    ///
    /// # Errors
    /// [`CallbackTokenError`].
    pub fn open(file: &Path, now: Timestamp, random: [u8; 32]) -> Result<Self, CallbackTokenError> {
        let failed = |what| move |source| CallbackTokenError { file: file.to_owned(), what, source };
        let text = match fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(failed("read")(error)),
        };
        let mut lines = text.lines();
        let made: Option<u64> = lines.next().and_then(|line| line.parse().ok());
        let mut kept = lines.filter(|line| !line.is_empty()).map(|line| Secret::new(line.to_owned()));
        let (current, before) = (kept.next(), kept.next());
        let is_fresh = made.is_some_and(|made| now.milliseconds() < made.saturating_add(LASTS_MILLISECONDS));
        match current {
            Some(current) if is_fresh => Ok(Self { current, before }),
            current => {
                let tokens = Self { current: Secret::new(hex::encode(random)), before: current };
                tokens.write(file, now).map_err(failed("written"))?;
                Ok(tokens)
            }
        }
    }

    fn write(&self, file: &Path, now: Timestamp) -> io::Result<()> {
        let before = self.before.as_ref().map(Secret::reveal).unwrap_or_default();
        let text = format!("{}\n{}\n{before}\n", now.milliseconds(), self.current.reveal());
        private_file::write(file, &text)
    }

    /// The token to give to broadcasters.
    #[must_use]
    pub const fn current(&self) -> &Secret {
        &self.current
    }

    /// Whether a token is one of this host's. In constant time.
    #[must_use]
    pub fn accepts(&self, given: &str) -> bool {
        let is = |token: &Secret| bool::from(token.reveal().as_bytes().ct_eq(given.as_bytes()));
        is(&self.current) | self.before.as_ref().is_some_and(is)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000_000);

    #[test]
    fn a_token_outlives_restarts_and_is_good_for_a_week_after_it_was_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("callback-token");
        let first = CallbackTokens::open(&file, NOW, [1; 32]).unwrap();
        let again = CallbackTokens::open(&file, NOW.plus_milliseconds(LASTS_MILLISECONDS - 1), [2; 32]).unwrap();
        assert_eq!(first.current(), again.current());
        let week = NOW.plus_milliseconds(LASTS_MILLISECONDS);
        let second = CallbackTokens::open(&file, week, [3; 32]).unwrap();
        assert_ne!(first.current(), second.current());
        let old = first.current().reveal().to_owned();
        assert!(second.accepts(&old) && second.accepts(second.current().reveal()));
        let third = CallbackTokens::open(&file, week.plus_milliseconds(LASTS_MILLISECONDS), [4; 32]).unwrap();
        assert!(!third.accepts(&old) && third.accepts(second.current().reveal()));
        assert!(!third.accepts("") && !third.accepts(&hex::encode([5; 32])));
        assert!(!format!("{third:?}").contains(third.current().reveal()));
    }
}
