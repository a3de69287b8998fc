//! Taking tokens, and ending reservations.

use trellis_engine::baskets::{self, BasketError, Figures, Requirement, Taken, TokenFilter};
use trellis_engine::domain::row::{ReservationId, ReservationRow};
use trellis_engine::domain::time::Timestamp;
use trellis_model::reserve::{self, Need, NotTaken, Reservation, Take};
use trellis_model::transaction::Outpoint;

use super::baskets::text;
use super::host::NOW;
use super::world::outpoint;

/// So many seconds after the beginning.
pub fn time(seconds: u64) -> Timestamp {
    NOW.plus_milliseconds(seconds * 1_000)
}

/// The host's words for what somebody takes.
pub fn engine_take(take: &Take) -> baskets::Take {
    let need = match take.need {
        Need::Count(count) => baskets::Need::Count(count),
        Need::Amount(amount) => baskets::Need::Amount(amount),
    };
    let tags_all = take.tag.into_iter().map(text).collect();
    let filter = TokenFilter { asset: take.asset.map(text), tags_all, ..TokenFilter::default() };
    let keep = take.keep.map(|reserve::Keep { id, seconds, client }| baskets::Keep {
        seconds,
        id: ReservationId(id),
        client: [client; 32],
    });
    baskets::Take { requirement: Requirement { basket: text(take.basket), filter, need }, keep }
}

/// What came of it; `None` where the host was cut off.
pub fn taken(told: Result<Taken, BasketError>) -> Option<Result<Vec<Outpoint>, NotTaken>> {
    let figures = |of: Figures| reserve::Figures { tokens: of.tokens, amount: of.amount };
    Some(match told {
        Ok(told) => Ok(told.organised.met[0].tokens.iter().map(|token| outpoint(&token.outpoint)).collect()),
        Err(BasketError::Insufficient(short)) => Err(NotTaken::Short {
            available: figures(short[0].available),
            reserved: figures(short[0].reserved),
            unproven: figures(short[0].unproven),
        }),
        Err(BasketError::UnknownBasket(_)) => {
            let [available, reserved, unproven] = [reserve::Figures::default(); 3];
            Err(NotTaken::Short { available, reserved, unproven })
        }
        Err(BasketError::BeingRebuilt(_)) => Err(NotTaken::BeingRebuilt),
        Err(BasketError::TooManyReservations) => Err(NotTaken::KeepsEnough),
        Err(BasketError::Unavailable(_)) => return None,
        Err(other) => panic!("the model knows no such answer: {other}"),
    })
}

/// A reservation's row.
pub fn reservation(row: &ReservationRow) -> Reservation {
    let tokens = row.tokens.iter().map(outpoint).collect();
    Reservation { tokens, until: seconds(row.until), client: row.client[0] }
}

/// So many seconds after the beginning it is.
pub fn seconds(until: Timestamp) -> u64 {
    (until.0 - NOW.0) / 1_000_000
}
