//! Tokens for one need, kept for whoever asks if it likes.
//!
//! A reservation steers what is handed out, never what is admitted: the spend itself is what makes overselling impossible.

use std::collections::{BTreeMap, HashSet};

use super::choose::{Beside, Chosen, Wish, choose};
use super::error::{BasketError, Field};
use super::hand::Grip;
use super::inventory::{Basket, Inventory};
use super::limits::{MAX_ORGANISED_TOKENS, MAX_RESERVATION_SECONDS, MAX_RESERVED_TOKENS};
use super::organise::{Met, Organised, Requirement, keys, proven};
use super::reservations::forget;
use crate::domain::plan::Cause;
use crate::domain::row::{ReservationId, ReservationRow, ReservedRow, Row, RowKey};
use crate::domain::time::Timestamp;
use crate::engine::Engine;
use crate::note::{Note, Noted};
use crate::view::View;

/// What somebody takes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Take {
    /// What is needed.
    pub requirement: Requirement,
    /// Whether, and how, it is kept.
    pub keep: Option<Keep>,
}

/// How tokens are kept for somebody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Keep {
    /// How long, in seconds.
    pub seconds: u64,
    /// What the reservation is to be known by: random, for who knows it can end it.
    pub id: ReservationId,
    /// Digest of who asks.
    pub client: [u8; 32],
}

/// What was taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Taken {
    /// The tokens, and one BEEF to spend them from.
    pub organised: Organised,
    /// The reservation and its end, where one was asked for.
    pub reservation: Option<(ReservationId, Timestamp)>,
}

impl Engine {
    /// Chooses tokens as organising does, and keeps them where that is asked for: durable before this answers. Calls at the same
    /// time are given different tokens.
    ///
    /// # Errors
    /// [`BasketError`]; [`BasketError::Insufficient`] says what is missing.
    pub fn take_tokens(&self, take: &Take, now: Timestamp) -> Result<Taken, BasketError> {
        let Take { requirement: Requirement { basket, filter, need }, keep } = take;
        filter.check()?;
        need.check()?;
        if let Some(keep) = keep {
            let text = format!("tokens are kept for 1 to {MAX_RESERVATION_SECONDS} seconds, not {}", keep.seconds);
            let fits = (1..=MAX_RESERVATION_SECONDS).contains(&keep.seconds);
            fits.then_some(()).ok_or_else(|| BasketError::malformed(Field::Reservation, text))?;
        }
        let limit = if keep.is_some() { MAX_RESERVED_TOKENS } else { MAX_ORGANISED_TOKENS };
        let mut unproven = HashSet::new();
        loop {
            let mut in_hand = self.hand.lock();
            // Pinned while nobody lets go of anything: what is not in hand any more is seen to be kept.
            let view = View::new(self.store());
            let basket = self.known_basket(&view, basket)?;
            let wish = Wish { number: 0, basket: &basket, filter, need: *need, limit };
            let beside = Beside { in_hand: &in_hand.tokens, used: &HashSet::new(), unproven: &unproven, now };
            let chosen = choose(&view, &wish, beside, &mut 0)?;
            let chosen = chosen.map_err(|shortage| BasketError::Insufficient(vec![shortage]))?;
            let coming = keep.map(|keep| (keep.client, keep.id));
            if let Some(coming) = coming {
                in_hand.admit(&view, coming, now)?;
            }
            let grip = Grip::new(&self.hand, &mut in_hand, keys(&basket, &chosen).collect(), coming);
            drop(in_hand);
            let Some(beef) = proven(&view, || keys(&basket, &chosen), &mut unproven)? else { continue };
            let sequence = view.sequence();
            let reservation = match keep {
                None => None,
                Some(keep) => {
                    let until = now.plus_milliseconds(keep.seconds.saturating_mul(1000));
                    let writes = kept(&view, &basket, &chosen, keep, until)?;
                    let note = Note { writes, event: None };
                    // A token was spent meanwhile, or a reservation that ended was swept: others are chosen.
                    let Noted::At(_) = self.note_once(Cause::Reservation(keep.id), now, view, note)? else { continue };
                    Some((keep.id, until))
                }
            };
            grip.kept();
            let tokens = chosen.into_iter().map(|token| self.found(token.outpoint, token.found)).collect();
            let met = vec![Met { basket: basket.name, tokens }];
            return Ok(Taken { organised: Organised { sequence, met, beef }, reservation });
        }
    }
}

/// The rows of a reservation. Reservations that ended and had one of the tokens go as a whole.
fn kept(
    view: &View<'_>,
    basket: &Basket,
    chosen: &[Chosen],
    keep: &Keep,
    until: Timestamp,
) -> Result<Vec<(RowKey, Option<Row>)>, BasketError> {
    let mut writes = BTreeMap::new();
    for Chosen { outpoint, .. } in chosen {
        // Expected unchanged: a token that is spent meanwhile is not handed out.
        view.token(basket.manager, outpoint)?;
        if let Some(ended) = view.find_reserved(basket.manager, outpoint)? {
            forget(view, ended.reservation, &mut writes)?;
        }
        view.get(&RowKey::Reserved(basket.manager, *outpoint))?;
    }
    for Chosen { outpoint, .. } in chosen {
        let row = ReservedRow { reservation: keep.id, until };
        writes.insert(RowKey::Reserved(basket.manager, *outpoint), Some(Row::Reserved(row)));
    }
    let tokens = chosen.iter().map(|token| token.outpoint).collect();
    let row = ReservationRow { manager: basket.manager, tokens, until, client: keep.client };
    view.get(&RowKey::Reservation(keep.id))?;
    writes.insert(RowKey::Reservation(keep.id), Some(Row::Reservation(row)));
    Ok(writes.into_iter().collect())
}
