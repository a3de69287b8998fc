//! Tokens that are handed out and kept for somebody. That they are is a fact: no revert touches it, and whoever spends one need
//! not ask.

use std::collections::BTreeSet;

use crate::derived::Namespace;
use crate::model::Model;
use crate::token::{Name, Token};
use crate::transaction::Outpoint;

/// Most reservations of one client.
const MOST: usize = 20;

/// What a reservation is known by.
pub type ReservationId = [u8; 16];

/// What somebody takes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Take {
    /// Of this basket.
    pub basket: Name,
    /// Of this asset only.
    pub asset: Option<Name>,
    /// With this tag only.
    pub tag: Option<Name>,
    /// So many tokens, or so much of them.
    pub need: Need,
    /// How they are kept, if they are.
    pub keep: Option<Keep>,
}

/// How much is needed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Need {
    /// So many tokens.
    Count(u64),
    /// Tokens whose amounts come to this.
    Amount(u64),
}

/// How tokens are kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Keep {
    /// Under this id.
    pub id: ReservationId,
    /// For so many seconds.
    pub seconds: u64,
    /// For this client.
    pub client: u8,
}

/// A reservation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reservation {
    /// Its tokens.
    pub tokens: Vec<Outpoint>,
    /// Until when, in seconds.
    pub until: u64,
    /// Whose it is.
    pub client: u8,
}

/// How many tokens, and how much of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Figures {
    /// Tokens.
    pub tokens: u64,
    /// Their amounts.
    pub amount: u128,
}

/// Why nothing was taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NotTaken {
    /// There is not enough.
    Short {
        /// What could be had.
        available: Figures,
        /// What is kept for others.
        reserved: Figures,
        /// What nothing proves now.
        unproven: Figures,
    },
    /// The client keeps enough.
    KeepsEnough,
    /// Nothing serves.
    BeingRebuilt,
}

impl Take {
    fn fits(&self, token: &Token) -> bool {
        // What has no amount brings an amount no nearer.
        let helps = token.amount > 0 || matches!(self.need, Need::Count(_));
        let is_asked_for = self.asset.is_none_or(|asset| token.asset == asset);
        token.basket == self.basket && helps && is_asked_for && self.tag.is_none_or(|tag| token.tags.contains(&tag))
    }

    fn is_met(&self, by: Figures) -> bool {
        match self.need {
            Need::Count(count) => by.tokens >= count,
            Need::Amount(amount) => by.amount >= u128::from(amount),
        }
    }
}

impl Figures {
    fn add(&mut self, token: &Token) {
        self.tokens += 1;
        self.amount += u128::from(token.amount);
    }
}

impl Model {
    /// Takes the first tokens that are nobody's, and keeps them if that is asked for.
    ///
    /// # Errors
    /// [`NotTaken`].
    pub fn take(&mut self, take: &Take, now: u64) -> Result<Vec<Outpoint>, NotTaken> {
        if self.derived.silent.contains(&Namespace::Manager) {
            return Err(NotTaken::BeingRebuilt);
        }
        let mut unproven = BTreeSet::new();
        let chosen = loop {
            let chosen = self.choose(take, now, &unproven)?;
            let is_whole = |outpoint: &&Outpoint| !self.lineage(&outpoint.id, &mut Vec::new());
            let lacking: Vec<Outpoint> = chosen.iter().filter(is_whole).copied().collect();
            if lacking.is_empty() {
                break chosen;
            }
            unproven.extend(lacking);
        };
        if let Some(keep) = take.keep {
            let counts = |of: &Reservation| {
                let is_there = |token| self.derived.tokens.contains_key(token);
                of.client == keep.client && of.until > now && of.tokens.iter().any(is_there)
            };
            if self.reservations.values().filter(|of| counts(of)).count() >= MOST {
                return Err(NotTaken::KeepsEnough);
            }
            for token in &chosen {
                if let Some(over) = self.reserved.get(token).copied() {
                    self.forget(&over);
                }
            }
            self.reserved.extend(chosen.iter().map(|token| (*token, keep.id)));
            let until = now + keep.seconds;
            let reservation = Reservation { tokens: chosen.clone(), until, client: keep.client };
            self.reservations.insert(keep.id, reservation);
            self.commit_unheard();
        }
        Ok(chosen)
    }

    fn choose(&self, take: &Take, now: u64, unproven: &BTreeSet<Outpoint>) -> Result<Vec<Outpoint>, NotTaken> {
        let [mut available, mut reserved, mut lacking] = [Figures::default(); 3];
        let mut chosen = Vec::new();
        for (outpoint, placed) in self.derived.tokens.iter().filter(|(_, placed)| take.fits(&placed.token)) {
            if take.is_met(available) {
                break;
            }
            if unproven.contains(outpoint) {
                lacking.add(&placed.token);
            } else if self.reserved.get(outpoint).is_some_and(|id| self.reservations[id].until > now) {
                reserved.add(&placed.token);
            } else {
                available.add(&placed.token);
                chosen.push(*outpoint);
            }
        }
        if take.is_met(available) {
            return Ok(chosen);
        }
        Err(NotTaken::Short { available, reserved, unproven: lacking })
    }

    /// Ends a reservation; whether there was one whose time was not over.
    pub fn release(&mut self, id: &ReservationId, now: u64) -> bool {
        let Some(was) = self.forget(id) else { return false };
        self.commit_unheard();
        was.until > now
    }

    /// Ends all whose time is over. Answers how many.
    pub fn sweep(&mut self, now: u64) -> usize {
        let over = self.reservations.iter().filter(|(_, of)| of.until <= now);
        let over: Vec<ReservationId> = over.map(|(id, _)| *id).collect();
        for id in &over {
            self.forget(id);
        }
        if !over.is_empty() {
            self.commit_unheard();
        }
        over.len()
    }

    fn forget(&mut self, id: &ReservationId) -> Option<Reservation> {
        self.reserved.retain(|_, of| of != id);
        self.reservations.remove(id)
    }
}
