//! Enough tokens for a need, or what is missing.

use std::collections::HashSet;

use trellis_spv::hash::Outpoint;

use super::Figures;
use super::error::{BasketError, Shortage};
use super::inventory::{Basket, Inventory};
use super::limits::MAX_ORGANISE_READS;
use super::question::{Need, TokenFilter};
use super::walk::Walk;
use crate::domain::basket::{ManagerId, TokenRow};
use crate::domain::time::Timestamp;
use crate::view::{At, View};

/// A token and its manager.
pub(super) type TokenKey = (ManagerId, Outpoint);

/// A token that was chosen.
pub(super) struct Chosen {
    pub(super) outpoint: Outpoint,
    pub(super) found: At<TokenRow>,
}

/// One need to be met.
pub(super) struct Wish<'w> {
    /// Which of the call's, from 0.
    pub(super) number: usize,
    pub(super) basket: &'w Basket,
    pub(super) filter: &'w TokenFilter,
    pub(super) need: Need,
    /// Most tokens to meet it with.
    pub(super) limit: usize,
}

/// Tokens that fit and are not to be had.
#[derive(Clone, Copy)]
pub(super) struct Beside<'b> {
    /// Being handed out at this moment.
    pub(super) in_hand: &'b HashSet<TokenKey>,
    /// Chosen for other requirements of the call.
    pub(super) used: &'b HashSet<TokenKey>,
    /// Found to be unprovable.
    pub(super) unproven: &'b HashSet<TokenKey>,
    /// When: reservations that ended do not count.
    pub(super) now: Timestamp,
}

/// Chooses the first tokens, by outpoint, that meet a need. `reads` counts tokens looked at over the whole call.
pub(super) fn choose(
    view: &View<'_>,
    wish: &Wish<'_>,
    beside: Beside<'_>,
    reads: &mut usize,
) -> Result<Result<Vec<Chosen>, Shortage>, BasketError> {
    let &Wish { number, basket, filter, need, limit } = wish;
    let mut chosen = Vec::new();
    let [mut available, mut reserved, mut used, mut unproven] = [Figures::default(); 4];
    let mut walk = Walk::new(view, basket, filter, None)?;
    while !is_met(need, available) {
        let Some(outpoint) = walk.next()? else {
            let basket = basket.name.clone();
            return Ok(Err(Shortage { requirement: number, basket, asked: need, available, reserved, used, unproven }));
        };
        *reads += 1;
        if *reads > MAX_ORGANISE_READS {
            return Err(BasketError::TooWide(basket.name.clone()));
        }
        let Some(found) = view.find_token(basket.manager, &outpoint)? else { continue };
        let amount = found.row.token.amount;
        // What has no amount brings an amount no nearer.
        if !filter.fits(&found.row.token) || (amount == 0 && matches!(need, Need::Amount(_))) {
            continue;
        }
        let key = (basket.manager, outpoint);
        if beside.used.contains(&key) {
            used.add(amount);
        } else if beside.unproven.contains(&key) {
            unproven.add(amount);
        } else if instead!(InHandHandedOut, beside.in_hand.contains(&key) => false)
            || is_reserved(view, &key, beside.now)?
        {
            reserved.add(amount);
        } else if chosen.len() == limit {
            return Err(BasketError::TooManyTokens { requirement: number, basket: basket.name.clone(), limit });
        } else {
            available.add(amount);
            chosen.push(Chosen { outpoint, found });
        }
    }
    Ok(Ok(chosen))
}

fn is_met(need: Need, available: Figures) -> bool {
    match need {
        Need::Count(count) => available.tokens >= count,
        Need::Amount(amount) => available.amount >= u128::from(amount),
    }
}

fn is_reserved(view: &View<'_>, (manager, outpoint): &TokenKey, now: Timestamp) -> Result<bool, BasketError> {
    let is_reserved = view.find_reserved(*manager, outpoint)?.is_some_and(|reserved| reserved.until > now);
    Ok(instead!(ReservedHandedOut, is_reserved => false))
}
