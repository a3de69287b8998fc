//! Why there is no answer.

use super::Figures;
use super::limits::{MAX_ORGANISE_READS, MAX_ORGANISED_TOKENS, MAX_RESERVATIONS};
use super::question::Need;
use crate::domain::basket::BasketName;
use crate::domain::time::Sequence;
use crate::ports::store::StoreError;

/// What of a question is wrong. How it is written on the wire is the server's business.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Field {
    /// The asset.
    Asset,
    /// The owner.
    Owner,
    /// Tags of which a token has every one.
    TagsAll,
    /// Tags of which a token has one.
    TagsAny,
    /// The least amount.
    MinimumAmount,
    /// The most amount.
    MaximumAmount,
    /// Where a list goes on.
    Cursor,
    /// How long a page is.
    Limit,
    /// How many tokens.
    Count,
    /// How much of an asset.
    Amount,
    /// The list of requirements.
    Requirements,
    /// How long tokens are kept.
    Reservation,
}

/// What a requirement asked for, and what there is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shortage {
    /// Which requirement, from 0.
    pub requirement: usize,
    /// Its basket.
    pub basket: BasketName,
    /// What was asked for.
    pub asked: Need,
    /// What could be had.
    pub available: Figures,
    /// What fits as well, but is kept for somebody else.
    pub reserved: Figures,
    /// What fits as well, but other requirements of the same call have.
    pub used: Figures,
    /// What fits as well, but nothing proves it until another block holds its transaction.
    pub unproven: Figures,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum BasketError {
    /// No such basket.
    #[error("basket {0:?} is not known here; GET /v1/baskets lists those that are")]
    UnknownBasket(String),
    /// What was asked makes no sense.
    #[error("{text}")]
    Malformed {
        /// Of what.
        field: Field,
        /// Why, and what would.
        text: String,
    },
    /// The sequence's rows are gone.
    #[error("sequence {asked} is no longer readable; the oldest that is: {oldest}")]
    Gone {
        /// What was asked for.
        asked: Sequence,
        /// The oldest readable one.
        oldest: Sequence,
    },
    /// The sequence is in the future.
    #[error("sequence {asked} does not exist yet; the last one is {last}")]
    NotYet {
        /// What was asked for.
        asked: Sequence,
        /// The last durable one.
        last: Sequence,
    },
    /// There is not enough.
    #[error("insufficient inventory: {}", .0.iter().map(in_words).collect::<Vec<_>>().join("; "))]
    Insufficient(Vec<Shortage>),
    /// What its manager makes of its topics is being built anew, and nothing serves meanwhile.
    #[error(
        "basket `{0}` is being built from what its topics hold, and answers when that is done; try again in a moment (`trellis rebuild` shows how far it is)"
    )]
    BeingRebuilt(BasketName),
    /// Looking further would take too long.
    #[error(
        "after {MAX_ORGANISE_READS} tokens of basket `{0}` there are not enough that fit: name an asset, an owner or tags that fewer tokens have"
    )]
    TooWide(BasketName),
    /// More tokens than one answer holds.
    #[error(
        "requirement {requirement} needs more than {limit} tokens of basket `{basket}`: ask for less, for larger tokens (minimum amount), or join tokens first"
    )]
    TooManyTokens {
        /// Which requirement, from 0.
        requirement: usize,
        /// Its basket.
        basket: BasketName,
        /// The limit.
        limit: usize,
    },
    /// The client keeps as much as it may.
    #[error(
        "this client has {MAX_RESERVATIONS} reservations already: spend what they keep, release one, or wait until one ends"
    )]
    TooManyReservations,
    /// Nothing is kept under that id.
    #[error("there is no such reservation: it was released, or its time is over")]
    UnknownReservation,
    /// The answer would be larger than a host hands out.
    #[error("the answer is too large: {0}; ask for fewer than {MAX_ORGANISED_TOKENS} tokens at once")]
    TooLarge(String),
    /// The host cannot serve it right now: try again.
    #[error("{0}")]
    Unavailable(String),
    /// The host failed.
    #[error("{0}")]
    Internal(String),
}

impl BasketError {
    pub(super) fn malformed(field: Field, text: impl Into<String>) -> Self {
        Self::Malformed { field, text: text.into() }
    }
}

impl From<StoreError> for BasketError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::BeyondHorizon { asked, oldest } => Self::Gone { asked, oldest },
            StoreError::NotYet { asked, last } => Self::NotYet { asked, last },
            StoreError::Poisoned(_) => Self::Unavailable("the store failed; the host is restarting".to_owned()),
            StoreError::Full { .. } => Self::Unavailable(error.to_string()),
            other => Self::Internal(other.to_string()),
        }
    }
}

fn in_words(shortage: &Shortage) -> String {
    let Shortage { requirement, basket, asked, available, reserved, used, unproven } = shortage;
    let figures = |figures: &Figures| match asked {
        Need::Count(_) => figures.tokens.to_string(),
        Need::Amount(_) => format!("an amount of {}", figures.amount),
    };
    let asked = match asked {
        Need::Count(count) => format!("{count} tokens"),
        Need::Amount(amount) => format!("an amount of {amount}"),
    };
    let mut text =
        format!("requirement {requirement} asks for {asked} of basket `{basket}`, {} can be had", figures(available));
    for (beside, why) in [
        (reserved, "kept for somebody else"),
        (used, "in another requirement of this call"),
        (unproven, "waiting for a block"),
    ] {
        if beside.tokens > 0 {
            text.push_str(&format!(", {} more {why}", figures(beside)));
        }
    }
    text
}
