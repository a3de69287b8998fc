//! Tokens for several needs at one sequence, and one BEEF to spend them from.

use std::collections::HashSet;

use trellis_spv::assemble::{AssembleError, assemble};
use trellis_spv::hash::{Outpoint, Txid};

use super::Figures;
use super::choose::{Beside, Chosen, TokenKey, Wish, choose};
use super::error::{BasketError, Field};
use super::inventory::Basket;
use super::limits::{MAX_ORGANISED_TOKENS, MAX_REQUIREMENTS};
use super::question::{Need, TokenFilter};
use super::tokens::FoundToken;
use crate::domain::basket::BasketName;
use crate::domain::time::{Sequence, Timestamp};
use crate::engine::Engine;
use crate::stored::StoredAt;
use crate::view::View;

/// One thing that is needed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Requirement {
    /// Out of this basket.
    pub basket: String,
    /// Of these tokens.
    pub filter: TokenFilter,
    /// So many, or so much.
    pub need: Need,
}

/// What meets all requirements.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Organised {
    /// The sequence all of it is true of.
    pub sequence: Sequence,
    /// For each requirement its basket and its tokens. No token serves two.
    pub met: Vec<Met>,
    /// One BEEF that proves all their transactions.
    pub beef: Vec<u8>,
}

/// What meets a requirement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Met {
    /// Its basket.
    pub basket: BasketName,
    /// The tokens, by outpoint.
    pub tokens: Vec<FoundToken>,
}

impl Met {
    /// How many, how much.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let mut figures = Figures::default();
        self.tokens.iter().for_each(|token| figures.add(token.row.token.amount));
        figures
    }

    /// The value of the outputs.
    #[must_use]
    pub fn satoshis(&self) -> u64 {
        self.tokens.iter().fold(0, |sum, token| sum.saturating_add(token.row.satoshis))
    }
}

impl Engine {
    /// Chooses tokens that meet all requirements, the same ones at the same sequence. Nothing is kept for the caller: what is
    /// chosen may be spent by others before.
    ///
    /// # Errors
    /// [`BasketError`]; [`BasketError::Insufficient`] says what is missing.
    pub fn organise_tokens(&self, requirements: &[Requirement], now: Timestamp) -> Result<Organised, BasketError> {
        if requirements.is_empty() || requirements.len() > MAX_REQUIREMENTS {
            let text = format!("a call has 1 to {MAX_REQUIREMENTS} requirements, not {}", requirements.len());
            return Err(BasketError::malformed(Field::Requirements, text));
        }
        for requirement in requirements {
            requirement.filter.check()?;
            requirement.need.check()?;
        }
        let view = View::new(self.store());
        let baskets = requirements.iter().map(|requirement| self.known_basket(&view, &requirement.basket));
        let baskets = baskets.collect::<Result<Vec<_>, _>>()?;
        let in_hand = self.hand.tokens();
        let mut unproven = HashSet::new();
        loop {
            let chosen = choose_all(&view, requirements, &baskets, (&in_hand, &unproven), now)?;
            let all = || chosen.iter().zip(&baskets).flat_map(|(tokens, basket)| keys(basket, tokens));
            let Some(beef) = proven(&view, all, &mut unproven)? else { continue };
            let met = baskets.into_iter().zip(chosen).map(|(basket, tokens)| Met {
                basket: basket.name,
                tokens: tokens.into_iter().map(|token| self.found(token.outpoint, token.found)).collect(),
            });
            return Ok(Organised { sequence: view.sequence(), met: met.collect(), beef });
        }
    }
}

pub(super) fn keys<'c>(basket: &'c Basket, tokens: &'c [Chosen]) -> impl Iterator<Item = TokenKey> + 'c {
    tokens.iter().map(|token| (basket.manager, token.outpoint))
}

/// Tokens for each requirement; or for all that cannot be met, what is missing.
fn choose_all(
    view: &View<'_>,
    requirements: &[Requirement],
    baskets: &[Basket],
    (in_hand, unproven): (&HashSet<TokenKey>, &HashSet<TokenKey>),
    now: Timestamp,
) -> Result<Vec<Vec<Chosen>>, BasketError> {
    let (mut used, mut reads, mut shortages) = (HashSet::new(), 0, Vec::new());
    let mut chosen = Vec::new();
    for (number, (requirement, basket)) in requirements.iter().zip(baskets).enumerate() {
        let limit = MAX_ORGANISED_TOKENS.saturating_sub(used.len());
        let wish = Wish { number, basket, filter: &requirement.filter, need: requirement.need, limit };
        let beside = Beside { in_hand, used: &used, unproven, now };
        match choose(view, &wish, beside, &mut reads)? {
            Ok(tokens) => {
                used.extend(keys(basket, &tokens));
                chosen.push(tokens);
            }
            Err(shortage) => shortages.push(shortage),
        }
    }
    if shortages.is_empty() { Ok(chosen) } else { Err(BasketError::Insufficient(shortages)) }
}

/// One BEEF of all tokens. `None` where some of them cannot be proven now, because a block left the chain: those are in `unproven`
/// then, and others are to be chosen.
pub(super) fn proven<I: Iterator<Item = TokenKey>>(
    view: &View<'_>,
    tokens: impl Fn() -> I,
    unproven: &mut HashSet<TokenKey>,
) -> Result<Option<Vec<u8>>, BasketError> {
    let mut seen = HashSet::new();
    let subjects: Vec<Txid> = tokens().map(|(_, outpoint)| outpoint.txid).filter(|txid| seen.insert(*txid)).collect();
    if let Some(beef) = beef(view, &subjects)? {
        return Ok(Some(beef));
    }
    let mut gone = HashSet::new();
    for txid in subjects {
        if beef(view, &[txid])?.is_none() {
            gone.insert(txid);
        }
    }
    unproven.extend(tokens().filter(|(_, Outpoint { txid, .. })| gone.contains(txid)));
    Ok(None)
}

fn beef(view: &View<'_>, subjects: &[Txid]) -> Result<Option<Vec<u8>>, BasketError> {
    let subjects: Vec<_> = subjects.iter().map(|txid| (*txid, 0)).collect();
    match assemble(&subjects, &StoredAt::new(view), false) {
        Ok(beef) => Ok(Some(beef)),
        Err(AssembleError::MissingParent { .. }) => Ok(None),
        Err(error @ (AssembleError::TooLarge { .. } | AssembleError::TooManyTransactions { .. })) => {
            Err(BasketError::TooLarge(error.to_string()))
        }
        Err(error) => Err(BasketError::Internal(error.to_string())),
    }
}
