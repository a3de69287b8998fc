//! One owner's part of a basket: its tokens counted and summed, and nothing of anybody else's.
//!
//! Tags are not summed by owner: an owner's tokens with a tag are found, and counted, one by one.

use super::balances::{self, Balances};
use super::error::{BasketError, Field};
use super::inventory::Inventory;
use super::limits::DEFAULT_PAGE;
use super::question::PageOf;
use super::{BasketSummary, Figures, Group, Groups};
use crate::domain::basket::{NameDigest, TokensOf, check_owner};
use crate::domain::time::Sequence;
use crate::engine::Engine;

impl Engine {
    /// How many of a basket's tokens are an owner's, and how much is in them.
    ///
    /// # Errors
    /// [`BasketError`].
    pub fn owned(&self, basket: &str, owner: &str, at: Option<Sequence>) -> Result<Figures, BasketError> {
        check(owner)?;
        let view = self.view_at(at)?;
        let basket = self.known_basket(&view, basket)?;
        Ok(view.figures(basket.part(TokensOf::Owner(basket.digest, NameDigest::owner(owner))))?)
    }

    /// The numbers of an owner's part of a basket, without tags.
    ///
    /// # Errors
    /// [`BasketError`].
    pub fn owned_basket(&self, basket: &str, owner: &str, at: Option<Sequence>) -> Result<BasketSummary, BasketError> {
        check(owner)?;
        let view = self.view_at(at)?;
        let basket = self.known_basket(&view, basket)?;
        let manager = self.hosting.manager_of(&basket.name).map(|manager| manager.plugin.clone());
        let whole = view.figures(basket.part(TokensOf::Owner(basket.digest, NameDigest::owner(owner))))?;
        let first = PageOf { at, ..PageOf::default() };
        let assets = balances::found(&view, &basket, (None, Some(owner)), &first, DEFAULT_PAGE)?;
        let sequence = view.sequence();
        let groups = |groups| Groups { sequence, groups, next: None };
        let own = (whole.tokens > 0).then(|| Group { name: owner.to_owned(), figures: whole });
        Ok(BasketSummary {
            sequence,
            manager: manager.ok_or_else(|| BasketError::UnknownBasket(basket.name.to_string()))?,
            whole,
            assets: by_asset(assets),
            owners: groups(own.into_iter().collect()),
            tags: groups(Vec::new()),
        })
    }

    /// An owner's part of a basket by asset.
    ///
    /// # Errors
    /// [`BasketError`].
    pub fn owned_assets(&self, basket: &str, owner: &str, page: &PageOf) -> Result<Groups, BasketError> {
        Ok(by_asset(self.balances(basket, None, Some(owner), page)?))
    }
}

fn check(owner: &str) -> Result<(), BasketError> {
    check_owner(owner).map_err(|error| BasketError::malformed(Field::Owner, error.to_string()))
}

fn by_asset(Balances { sequence, balances, next }: Balances) -> Groups {
    let groups = balances.into_iter().map(|balance| Group { name: balance.asset, figures: balance.figures });
    Groups { sequence, groups: groups.collect(), next }
}
