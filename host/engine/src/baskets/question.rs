//! Filters, needs and pages, checked before anything is read.

use super::error::{BasketError, Field};
use super::limits::{DEFAULT_PAGE, MAX_FILTER_TAGS, MAX_ORGANISED_TOKENS, MAX_PAGE};
use crate::domain::basket::{MAX_AMOUNT, Token, TokenError, check_asset, check_owner, check_tag};
use crate::domain::time::Sequence;

/// Which tokens of a basket are meant: those that fit everything it says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TokenFilter {
    /// Of this asset.
    pub asset: Option<String>,
    /// Of this owner.
    pub owner: Option<String>,
    /// With every one of these tags.
    pub tags_all: Vec<String>,
    /// With at least one of these tags, if there are any.
    pub tags_any: Vec<String>,
    /// With at least this amount.
    pub minimum: Option<u64>,
    /// With at most this amount.
    pub maximum: Option<u64>,
}

impl TokenFilter {
    pub(super) fn check(&self) -> Result<(), BasketError> {
        let text = |field, found: Result<(), TokenError>| {
            found.map_err(|error| BasketError::malformed(field, error.to_string()))
        };
        text(Field::Asset, self.asset.as_deref().map_or(Ok(()), check_asset))?;
        text(Field::Owner, self.owner.as_deref().map_or(Ok(()), check_owner))?;
        for (field, tags) in [(Field::TagsAll, &self.tags_all), (Field::TagsAny, &self.tags_any)] {
            if tags.len() > MAX_FILTER_TAGS {
                let text = format!("a filter names at most {MAX_FILTER_TAGS} tags, not {}", tags.len());
                return Err(BasketError::malformed(field, text));
            }
            tags.iter().try_for_each(|tag| text(field, check_tag(tag)))?;
        }
        for (field, amount) in [(Field::MinimumAmount, self.minimum), (Field::MaximumAmount, self.maximum)] {
            text(field, amount.map_or(Ok(()), check_amount))?;
        }
        match (self.minimum, self.maximum) {
            (Some(minimum), Some(maximum)) if minimum > maximum => {
                let text = format!("the least amount {minimum} is more than the most amount {maximum}");
                Err(BasketError::malformed(Field::MinimumAmount, text))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn fits(&self, token: &Token) -> bool {
        let has = |tag: &String| token.tags.contains(tag);
        self.asset.as_ref().is_none_or(|asset| *asset == token.asset)
            && self.owner.as_ref().is_none_or(|owner| token.owner.as_ref() == Some(owner))
            && self.tags_all.iter().all(has)
            && (self.tags_any.is_empty() || self.tags_any.iter().any(has))
            && self.minimum.is_none_or(|minimum| token.amount >= minimum)
            && self.maximum.is_none_or(|maximum| token.amount <= maximum)
    }
}

fn check_amount(amount: u64) -> Result<(), TokenError> {
    if amount > MAX_AMOUNT { Err(TokenError::Amount(amount)) } else { Ok(()) }
}

/// How much is needed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Need {
    /// So many tokens.
    Count(u64),
    /// Tokens whose amounts come to at least this.
    Amount(u64),
}

impl Need {
    pub(super) fn check(self) -> Result<(), BasketError> {
        match self {
            Self::Count(0) => Err(BasketError::malformed(Field::Count, "a count of 0 asks for nothing")),
            Self::Count(count) if count > MAX_ORGANISED_TOKENS as u64 => {
                let text = format!("one call chooses at most {MAX_ORGANISED_TOKENS} tokens, not {count}");
                Err(BasketError::malformed(Field::Count, text))
            }
            Self::Amount(0) => Err(BasketError::malformed(Field::Amount, "an amount of 0 asks for nothing")),
            Self::Amount(amount) => {
                check_amount(amount).map_err(|error| BasketError::malformed(Field::Amount, error.to_string()))
            }
            Self::Count(_) => Ok(()),
        }
    }
}

/// Which part of a list is wanted, and of which time.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PageOf {
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// Most entries.
    pub limit: Option<u64>,
    /// As it was after this commit; `None` for now.
    pub at: Option<Sequence>,
}

impl PageOf {
    pub(super) fn limit(&self) -> Result<usize, BasketError> {
        match self.limit.map(usize::try_from) {
            None => Ok(DEFAULT_PAGE),
            Some(Ok(limit @ 1..=MAX_PAGE)) => Ok(limit),
            _ => Err(BasketError::malformed(Field::Limit, format!("a page has 1 to {MAX_PAGE} entries"))),
        }
    }
}
