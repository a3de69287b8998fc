//! A basket at one sequence: its manager, its numbers and its rows.

use trellis_spv::hash::Outpoint;

use super::Figures;
use super::error::BasketError;
use crate::domain::basket::{BasketName, ManagerId, NameDigest, Part, TokenRow, TokensOf};
use crate::domain::row::{NumberKey, ReservationId, ReservationRow, ReservedRow, Row, RowKey};
use crate::engine::Engine;
use crate::hosting::BasketPattern;
use crate::ports::store::StoreError;
use crate::text::cut;
use crate::view::{At, View, wrong_kind};

/// Longest basket name repeated in an error, in bytes.
const SHOWN_NAME_BYTES: usize = 60;

/// A basket that is known here.
#[derive(Clone, Debug)]
pub(super) struct Basket {
    /// Under what its manager's tokens stand now.
    pub(super) manager: ManagerId,
    pub(super) name: BasketName,
    pub(super) digest: NameDigest,
}

impl Basket {
    pub(super) const fn part(&self, tokens: TokensOf) -> Part {
        Part { manager: self.manager, tokens }
    }
}

impl Engine {
    /// A basket by name: one that the configuration names, or that has, or had, tokens.
    pub(super) fn known_basket(&self, view: &View<'_>, name: &str) -> Result<Basket, BasketError> {
        let unknown = || BasketError::UnknownBasket(cut(name, SHOWN_NAME_BYTES));
        let name = BasketName::new(name).map_err(|_| unknown())?;
        let manager = self.hosting.manager_of(&name).ok_or_else(unknown)?;
        let Some(serving) = view.serving_manager(manager)? else { return Err(BasketError::BeingRebuilt(name)) };
        let basket = Basket { manager: serving, digest: name.digest(), name };
        let is_named = manager.baskets.contains(&BasketPattern::Basket(basket.name.clone()));
        let whole = NumberKey::Tokens(basket.part(TokensOf::Basket(basket.digest)));
        if is_named || view.peek(&RowKey::Number(whole))?.is_some() { Ok(basket) } else { Err(unknown()) }
    }
}

/// Reads of rows about tokens, which no plan rests on.
pub(super) trait Inventory {
    fn figures(&self, part: Part) -> Result<Figures, StoreError>;
    fn name(&self, digest: NameDigest) -> Result<String, StoreError>;
    fn find_token(&self, manager: ManagerId, outpoint: &Outpoint) -> Result<Option<At<TokenRow>>, StoreError>;
    fn find_reserved(&self, manager: ManagerId, outpoint: &Outpoint) -> Result<Option<ReservedRow>, StoreError>;
    fn find_reservation(&self, id: ReservationId) -> Result<Option<ReservationRow>, StoreError>;
}

impl Inventory for View<'_> {
    fn figures(&self, part: Part) -> Result<Figures, StoreError> {
        Ok(Figures {
            tokens: u64::try_from(self.number(NumberKey::Tokens(part))?).unwrap_or_default(),
            amount: u128::try_from(self.number(NumberKey::Amount(part))?).unwrap_or_default(),
        })
    }

    fn name(&self, digest: NameDigest) -> Result<String, StoreError> {
        let key = RowKey::Name(digest);
        match self.peek(&key)?.map(|found| found.row) {
            Some(Row::Name(name)) => Ok(name),
            None => Err(StoreError::Corrupt(format!("nothing says what {digest:?} is called"))),
            Some(_) => Err(wrong_kind(&key)),
        }
    }

    fn find_token(&self, manager: ManagerId, outpoint: &Outpoint) -> Result<Option<At<TokenRow>>, StoreError> {
        let key = RowKey::Token(manager, *outpoint);
        match self.peek(&key)? {
            None => Ok(None),
            Some(found) => match found.row {
                Row::Token(row) => Ok(Some(At { row, version: found.version })),
                _ => Err(wrong_kind(&key)),
            },
        }
    }

    fn find_reserved(&self, manager: ManagerId, outpoint: &Outpoint) -> Result<Option<ReservedRow>, StoreError> {
        let key = RowKey::Reserved(manager, *outpoint);
        match self.peek(&key)?.map(|found| found.row) {
            None => Ok(None),
            Some(Row::Reserved(row)) => Ok(Some(row)),
            Some(_) => Err(wrong_kind(&key)),
        }
    }

    fn find_reservation(&self, id: ReservationId) -> Result<Option<ReservationRow>, StoreError> {
        let key = RowKey::Reservation(id);
        match self.peek(&key)?.map(|found| found.row) {
            None => Ok(None),
            Some(Row::Reservation(row)) => Ok(Some(row)),
            Some(_) => Err(wrong_kind(&key)),
        }
    }
}
