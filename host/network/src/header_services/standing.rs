//! How one service is doing, and when it is asked again.

use trellis_engine::domain::time::Timestamp;

use super::follow::Turn;
use super::service::{ServiceError, ServiceTip};

/// Milliseconds between two questions for a service's tip: blocks come every ten minutes, and a free key of WhatsOnChain
/// may ask three times a second.
pub const ASK_EVERY_MILLISECONDS: u64 = 20_000;

/// Milliseconds between two pages of one service: with the question for its tip, that keeps below WhatsOnChain's three a
/// second, and brings a thousand headers a second.
pub const PAGE_EVERY_MILLISECONDS: u64 = 1_000;

/// Milliseconds before a service that failed is asked again; each further failure doubles them.
pub const FIRST_PAUSE_MILLISECONDS: u64 = 5_000;

/// Longest pause after a failure, in milliseconds; also how often one that stands still is asked.
pub const LONGEST_PAUSE_MILLISECONDS: u64 = 10 * 60 * 1_000;

/// Milliseconds a service is left alone that said what cannot be true: a day, or until the next start. Whoever lied does
/// not deserve sooner; whoever was broken is mended by then.
pub const REFUSED_MILLISECONDS: u64 = 24 * 60 * 60 * 1_000;

/// Blocks the best chain must have got ahead of a service, since its tip last moved, for it to count as standing still. One
/// or two it may hear of later than others.
pub const STANDS_STILL_BLOCKS: u32 = 3;

/// How a service is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceState {
    /// It was not asked yet.
    NotAsked,
    /// Its headers are being fetched.
    CatchingUp,
    /// All it has is known here.
    Following,
    /// Its tip does not move while others' do.
    StandsStill,
    /// It gave no usable answer; it is asked again soon.
    Failing,
    /// It said what cannot be true; it is left alone.
    Refused,
}

/// A service's state, for operators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceHealth {
    /// Its name.
    pub name: String,
    /// How it is doing.
    pub state: ServiceState,
    /// Height of the tip it named last.
    pub tip: Option<u32>,
    /// Why it is failing, refused or standing still.
    pub error: Option<String>,
}

/// What is remembered of a service between two turns.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) state: ServiceState,
    pub(super) error: Option<String>,
    /// The tip it named last, and the height of the best chain when that tip was new.
    pub(super) tip: Option<(ServiceTip, u32)>,
    /// How far the last turn came, if there was more to come.
    pub(super) reached: Option<u32>,
    /// Failures in a row.
    failures: u32,
    pub(super) due: Timestamp,
}

impl Standing {
    pub(super) const fn new() -> Self {
        Self { state: ServiceState::NotAsked, error: None, tip: None, reached: None, failures: 0, due: Timestamp(0) }
    }

    /// Whether it is to be asked. A clock that was set back must not silence it.
    pub(super) const fn is_due(&self, now: Timestamp) -> bool {
        self.due.0 <= now.0 || self.due.0 > now.plus_milliseconds(REFUSED_MILLISECONDS).0
    }

    /// Notes what a turn came to, with the best chain's height after it.
    pub(super) fn note(&mut self, turn: Result<Turn, ServiceError>, best: u32, now: Timestamp) {
        self.reached = None;
        let pause = match turn {
            Ok(turn) => self.answered(&turn, best),
            Err(ServiceError::Lie(text)) => {
                self.state = ServiceState::Refused;
                self.error = Some(text);
                REFUSED_MILLISECONDS
            }
            Err(error) => {
                self.state = ServiceState::Failing;
                self.error = Some(error.to_string());
                self.failures = self.failures.saturating_add(1);
                let doubled = FIRST_PAUSE_MILLISECONDS.checked_shl(self.failures.min(16) - 1);
                doubled.unwrap_or(u64::MAX).min(LONGEST_PAUSE_MILLISECONDS)
            }
        };
        self.due = now.plus_milliseconds(pause);
    }

    /// Answers how long it is left alone.
    fn answered(&mut self, turn: &Turn, best: u32) -> u64 {
        self.failures = 0;
        self.error = None;
        let tip = turn.tip();
        // What is still being fetched moves the best chain by itself.
        let was_followed = matches!(self.state, ServiceState::Following | ServiceState::StandsStill);
        let moved_at = match (&self.tip, turn) {
            (Some((last, moved_at)), Turn::UpToDate(_)) if last == tip && was_followed => *moved_at,
            (Some((last, moved_at)), Turn::FarBehind(_)) if last == tip => *moved_at,
            _ => best,
        };
        self.tip = Some((tip.clone(), moved_at));
        let ahead = best.saturating_sub(moved_at);
        match turn {
            Turn::More(_, reached) => {
                self.reached = *reached;
                self.state = ServiceState::CatchingUp;
                PAGE_EVERY_MILLISECONDS
            }
            Turn::UpToDate(_) | Turn::FarBehind(_) if ahead >= STANDS_STILL_BLOCKS => {
                self.state = ServiceState::StandsStill;
                self.error = Some(format!("its tip stays at height {} while others are at {best}", tip.height));
                LONGEST_PAUSE_MILLISECONDS
            }
            Turn::UpToDate(_) => {
                self.state = ServiceState::Following;
                ASK_EVERY_MILLISECONDS
            }
            Turn::FarBehind(_) => {
                self.state = ServiceState::CatchingUp;
                ASK_EVERY_MILLISECONDS
            }
        }
    }
}
