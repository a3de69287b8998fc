//! What is being handed out at this moment.
//!
//! Whoever takes tokens chooses them while nobody else does, at a sequence pinned then, and notes them here until the commit that
//! keeps them is durable. So of calls at the same time each chooses other tokens, and none has to try again because of another.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::choose::TokenKey;
use super::error::BasketError;
use super::inventory::Inventory;
use super::limits::MAX_RESERVATIONS;
use crate::domain::row::{ReservationId, ReservationRow, Row, RowKey};
use crate::domain::time::Timestamp;
use crate::ports::store::{RowKind, Scan, StoreError};
use crate::view::{View, wrong_kind};

/// Rows fetched at once where all reservations are read.
const BATCH: usize = 256;

/// Tokens in somebody's hand, and the reservations of each client.
#[derive(Default)]
pub(crate) struct Hand(Mutex<InHand>);

#[derive(Default)]
pub(super) struct InHand {
    pub(super) tokens: HashSet<TokenKey>,
    /// `None` until the store was looked through once.
    clients: Option<HashMap<[u8; 32], HashSet<ReservationId>>>,
    /// Reservations that are not committed yet.
    coming: HashSet<ReservationId>,
}

/// A client and its reservation-to-be.
pub(super) type Coming = ([u8; 32], ReservationId);

impl Hand {
    pub(super) fn lock(&self) -> MutexGuard<'_, InHand> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is being handed out now.
    pub(super) fn tokens(&self) -> HashSet<TokenKey> {
        self.lock().tokens.clone()
    }

    /// Reservations that are no more, and clients that have none.
    pub(super) fn forget(&self, gone: &[ReservationId]) {
        if let Some(clients) = &mut self.lock().clients {
            clients.retain(|_, reservations| {
                reservations.retain(|id| !gone.contains(id));
                !reservations.is_empty()
            });
        }
    }
}

impl InHand {
    /// Whether a client may have one more reservation, which is noted then.
    pub(super) fn admit(&mut self, view: &View<'_>, (client, id): Coming, now: Timestamp) -> Result<(), BasketError> {
        if self.clients.is_none() {
            self.clients = Some(all_reservations(view)?);
        }
        let reservations = self.clients.get_or_insert_default().entry(client).or_default();
        let mut kept = HashSet::new();
        for id in reservations.drain() {
            if self.coming.contains(&id) || counts(view, id, now)? {
                kept.insert(id);
            }
        }
        *reservations = kept;
        if reservations.len() >= MAX_RESERVATIONS {
            return Err(BasketError::TooManyReservations);
        }
        reservations.insert(id);
        self.coming.insert(id);
        Ok(())
    }
}

/// A reservation whose time is over, or whose tokens are all gone, is none.
fn counts(view: &View<'_>, id: ReservationId, now: Timestamp) -> Result<bool, StoreError> {
    let Some(ReservationRow { manager, tokens, until, .. }) = view.find_reservation(id)? else { return Ok(false) };
    if until <= now {
        return Ok(false);
    }
    for token in &tokens {
        if view.find_token(manager, token)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn all_reservations(view: &View<'_>) -> Result<HashMap<[u8; 32], HashSet<ReservationId>>, StoreError> {
    let mut clients: HashMap<_, HashSet<_>> = HashMap::new();
    for (id, row) in reservations(view)? {
        clients.entry(row.client).or_default().insert(id);
    }
    Ok(clients)
}

/// Every reservation there is. They are few: each client has [`MAX_RESERVATIONS`] at most, for minutes.
pub(super) fn reservations(view: &View<'_>) -> Result<Vec<(ReservationId, ReservationRow)>, StoreError> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = view.scan(&Scan::Kind { kind: RowKind::Reservation, after, limit: BATCH })?;
        after = page.rows.last().map(|(key, _)| key.clone());
        for (key, row) in page.rows {
            match (&key, row.row) {
                (RowKey::Reservation(id), Row::Reservation(row)) => found.push((*id, row)),
                _ => return Err(wrong_kind(&key)),
            }
        }
        if !page.more {
            return Ok(found);
        }
    }
}

/// Tokens that are being handed out until this is dropped, with the reservation they are to be kept under.
pub(super) struct Grip<'h> {
    hand: &'h Hand,
    tokens: Vec<TokenKey>,
    coming: Option<Coming>,
}

impl<'h> Grip<'h> {
    /// To be made while the hand is locked, after the choice.
    pub(super) fn new(hand: &'h Hand, in_hand: &mut InHand, tokens: Vec<TokenKey>, coming: Option<Coming>) -> Self {
        in_hand.tokens.extend(tokens.iter().copied());
        Self { hand, tokens, coming }
    }

    /// The reservation is durable.
    pub(super) fn kept(mut self) {
        if let Some((_, id)) = self.coming.take() {
            self.hand.lock().coming.remove(&id);
        }
    }
}

impl Drop for Grip<'_> {
    fn drop(&mut self) {
        let mut in_hand = self.hand.lock();
        for token in &self.tokens {
            in_hand.tokens.remove(token);
        }
        if let Some((client, id)) = self.coming.take() {
            in_hand.coming.remove(&id);
            if let Some(reservations) = in_hand.clients.get_or_insert_default().get_mut(&client) {
                reservations.remove(&id);
            }
        }
    }
}
