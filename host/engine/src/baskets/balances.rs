//! Sums by asset and owner, without a look at any token (BRC-112).

use super::Figures;
use super::cursor::Binding;
use super::error::{BasketError, Field};
use super::inventory::{Basket, Inventory};
use super::limits::MAX_PAGE_READS;
use super::overview::{last_digest, listed};
use super::question::PageOf;
use crate::domain::basket::{NameDigest, Part, TokensOf, check_asset, check_owner};
use crate::domain::time::Sequence;
use crate::engine::Engine;
use crate::ports::store::{PartsWithin, StoreError};
use crate::view::View;

/// How much of an asset an owner has in a basket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Balance {
    /// The asset.
    pub asset: String,
    /// The owner.
    pub owner: String,
    /// How many tokens, how much.
    pub figures: Figures,
}

/// A page of balances.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Balances {
    /// The sequence the page is true of.
    pub sequence: Sequence,
    /// The balances. Tokens of nobody in particular are in none of them.
    pub balances: Vec<Balance>,
    /// Where to go on, if there may be more.
    pub next: Option<String>,
}

/// Behind which balance a list goes on: one of an asset, or the last one of an asset.
#[derive(Clone, Copy)]
struct Behind {
    asset: NameDigest,
    owner: Option<NameDigest>,
}

impl Engine {
    /// The balances in a basket: of an asset, of an owner, of one of them, or of all. Of an asset and an owner there is one in
    /// any case.
    ///
    /// # Errors
    /// [`BasketError`].
    pub fn balances(
        &self,
        basket: &str,
        asset: Option<&str>,
        owner: Option<&str>,
        page: &PageOf,
    ) -> Result<Balances, BasketError> {
        let wrong =
            |field| move |error: crate::domain::basket::TokenError| BasketError::malformed(field, error.to_string());
        asset.map_or(Ok(()), check_asset).map_err(wrong(Field::Asset))?;
        owner.map_or(Ok(()), check_owner).map_err(wrong(Field::Owner))?;
        let limit = page.limit()?;
        let view = self.view_at(page.at)?;
        let basket = self.known_basket(&view, basket)?;
        found(&view, &basket, (asset, owner), page, limit)
    }
}

/// A page of balances in a basket.
pub(super) fn found(
    view: &View<'_>,
    basket: &Basket,
    (asset, owner): (Option<&str>, Option<&str>),
    page: &PageOf,
    limit: usize,
) -> Result<Balances, BasketError> {
    let binding = Binding::new("balances", page.at).text(basket.name.as_str()).optional(asset).optional(owner);
    let mut behind = binding.open(page.cursor.as_deref())?.map(Behind::read);
    let mut balances = Vec::new();
    for _ in 0..MAX_PAGE_READS {
        if balances.len() == limit {
            break;
        }
        let Some(current) = current(view, basket, asset, behind)? else {
            return Ok(Balances { sequence: view.sequence(), balances, next: None });
        };
        let room = limit - balances.len();
        let (found, last) = of_asset(view, basket, current, (asset, owner), room)?;
        balances.extend(found);
        behind = Some(Behind { asset: current.asset, owner: last });
    }
    let next = behind.map(|behind| binding.seal(&behind.position()));
    Ok(Balances { sequence: view.sequence(), balances, next })
}

/// The asset to go on with, and behind which of its owners.
fn current(
    view: &View<'_>,
    basket: &Basket,
    asset: Option<&str>,
    behind: Option<Behind>,
) -> Result<Option<Behind>, StoreError> {
    match (asset.map(NameDigest::asset), behind) {
        (_, Some(behind @ Behind { owner: Some(_), .. })) => Ok(Some(behind)),
        (Some(_), Some(_)) => Ok(None),
        (Some(asset), None) => Ok(Some(Behind { asset, owner: None })),
        (None, behind) => {
            let after = behind.map(|behind| basket.part(TokensOf::Asset(basket.digest, behind.asset)));
            let listed = listed(view, PartsWithin::Assets(basket.manager, basket.digest), after, 1)?;
            let found = listed.parts.first().map(|(part, _)| part).or(listed.next.as_ref());
            Ok(found.map(|part| Behind { asset: last_digest(part), owner: None }))
        }
    }
}

/// Balances of one asset, and behind which owner there may be more.
fn of_asset(
    view: &View<'_>,
    basket: &Basket,
    Behind { asset, owner: after }: Behind,
    (asked, owner): (Option<&str>, Option<&str>),
    room: usize,
) -> Result<(Vec<Balance>, Option<NameDigest>), StoreError> {
    let balance_of = |owner| basket.part(TokensOf::Balance(basket.digest, asset, owner));
    if let Some(owner) = owner {
        let figures = view.figures(balance_of(NameDigest::owner(owner)))?;
        let asset = match asked {
            // It may be one that never had a token.
            Some(asset) => asset.to_owned(),
            None if figures.tokens == 0 => return Ok((Vec::new(), None)),
            None => view.name(asset)?,
        };
        return Ok((vec![Balance { asset, owner: owner.to_owned(), figures }], None));
    }
    let within = PartsWithin::Balances(basket.manager, basket.digest, asset);
    let listed = listed(view, within, after.map(balance_of), room)?;
    let balance = |(part, _): (Part, u64)| {
        let owner = view.name(last_digest(&part))?;
        Ok(Balance { asset: view.name(asset)?, owner, figures: view.figures(part)? })
    };
    let balances = listed.parts.into_iter().map(balance).collect::<Result<_, StoreError>>()?;
    Ok((balances, listed.next.as_ref().map(last_digest)))
}

impl Behind {
    /// The asset, whether it goes on with it, the owner.
    fn position(self) -> Vec<u8> {
        let owner = self.owner.unwrap_or(NameDigest([0; 16]));
        [&self.asset.0[..], &[u8::from(self.owner.is_some())], &owner.0].concat()
    }

    fn read(position: [u8; 33]) -> Self {
        let (mut asset, mut has_owner, mut owner) = ([0; 16], [0; 1], [0; 16]);
        for (to, from) in asset.iter_mut().chain(&mut has_owner).chain(&mut owner).zip(position) {
            *to = from;
        }
        Self { asset: NameDigest(asset), owner: (has_owner == [1]).then_some(NameDigest(owner)) }
    }
}
