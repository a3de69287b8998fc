//! Which baskets there are, and how much is in them: as a whole, and by asset, owner and tag.

use super::Figures;
use super::cursor::Binding;
use super::error::BasketError;
use super::inventory::{Basket, Inventory};
use super::limits::{DEFAULT_PAGE, MAX_PAGE_READS};
use super::question::PageOf;
use crate::domain::basket::{ManagerId, NameDigest, Part, TokensOf};
use crate::domain::name::NameId;
use crate::domain::row::{NumberKey, Row, RowKey};
use crate::domain::time::Sequence;
use crate::engine::Engine;
use crate::ports::plugins::PluginId;
use crate::ports::store::{PartsWithin, Scan, StoreError};
use crate::view::{View, wrong_kind};

/// Rows that are fetched at once.
const BATCH: usize = 256;

/// A page of the baskets that are here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BasketOverview {
    /// The sequence the page is true of.
    pub sequence: Sequence,
    /// The baskets.
    pub baskets: Vec<Overview>,
    /// Where to go on, if there may be more.
    pub next: Option<String>,
}

/// A basket among others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Overview {
    /// Its name.
    pub name: String,
    /// Its manager.
    pub manager: PluginId,
    /// Tokens in it.
    pub tokens: u64,
}

/// What a basket's numbers are grouped by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GroupBy {
    /// Asset.
    Asset,
    /// Owner. Tokens of nobody in particular are in no group.
    Owner,
    /// Tag. A token is in as many groups as it has tags.
    Tag,
}

/// Tokens with something in common.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// The asset, owner or tag.
    pub name: String,
    /// How many, how much.
    pub figures: Figures,
}

/// A page of groups.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Groups {
    /// The sequence the page is true of.
    pub sequence: Sequence,
    /// The groups.
    pub groups: Vec<Group>,
    /// Where to go on, if there may be more.
    pub next: Option<String>,
}

/// A basket's numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BasketSummary {
    /// The sequence they are true of.
    pub sequence: Sequence,
    /// Its manager.
    pub manager: PluginId,
    /// All of it.
    pub whole: Figures,
    /// By asset, the first page.
    pub assets: Groups,
    /// By owner, the first page.
    pub owners: Groups,
    /// By tag, the first page.
    pub tags: Groups,
}

impl Engine {
    /// All baskets that have tokens.
    ///
    /// # Errors
    /// [`BasketError`].
    pub fn baskets(&self, page: &PageOf) -> Result<BasketOverview, BasketError> {
        let limit = page.limit()?;
        let view = self.view_at(page.at)?;
        let binding = Binding::new("baskets", page.at);
        let mut behind = binding.open(page.cursor.as_deref())?.map(whole_basket);
        let mut managers = Vec::new();
        for manager in self.hosting.managers() {
            // Of one that is being built for the first time nothing serves.
            managers.extend(view.serving_manager(manager)?.map(|serving| (serving, manager)));
        }
        managers.sort_by_key(|(serving, _)| *serving);
        let mut baskets = Vec::new();
        for (serving, manager) in managers {
            let after = match behind {
                Some(behind) if serving < behind.manager => continue,
                Some(behind) if serving == behind.manager => Some(behind),
                _ => None,
            };
            if baskets.len() == limit {
                return Ok(BasketOverview { sequence: view.sequence(), baskets, next: seal(&binding, behind) });
            }
            let listed = listed(&view, PartsWithin::Baskets(serving), after, limit - baskets.len())?;
            for (part, tokens) in listed.parts {
                if let TokensOf::Basket(digest) = part.tokens {
                    baskets.push(Overview { name: view.name(digest)?, manager: manager.plugin.clone(), tokens });
                }
                behind = Some(part);
            }
            if listed.next.is_some() {
                return Ok(BasketOverview { sequence: view.sequence(), baskets, next: seal(&binding, listed.next) });
            }
        }
        Ok(BasketOverview { sequence: view.sequence(), baskets, next: None })
    }

    /// The numbers of a basket.
    ///
    /// # Errors
    /// [`BasketError`].
    pub fn basket(&self, basket: &str, at: Option<Sequence>) -> Result<BasketSummary, BasketError> {
        let view = self.view_at(at)?;
        let basket = self.known_basket(&view, basket)?;
        let manager = self.hosting.manager_of(&basket.name).map(|manager| manager.plugin.clone());
        let first = |by| groups(&view, &basket, by, None, DEFAULT_PAGE, at);
        Ok(BasketSummary {
            sequence: view.sequence(),
            manager: manager.ok_or_else(|| BasketError::UnknownBasket(basket.name.to_string()))?,
            whole: view.figures(basket.part(TokensOf::Basket(basket.digest)))?,
            assets: first(GroupBy::Asset)?,
            owners: first(GroupBy::Owner)?,
            tags: first(GroupBy::Tag)?,
        })
    }

    /// The numbers of a basket by asset, owner or tag.
    ///
    /// # Errors
    /// [`BasketError`].
    pub fn basket_groups(&self, basket: &str, by: GroupBy, page: &PageOf) -> Result<Groups, BasketError> {
        let limit = page.limit()?;
        let view = self.view_at(page.at)?;
        let basket = self.known_basket(&view, basket)?;
        groups(&view, &basket, by, page.cursor.as_deref(), limit, page.at)
    }
}

fn groups(
    view: &View<'_>,
    basket: &Basket,
    by: GroupBy,
    cursor: Option<&str>,
    limit: usize,
    at: Option<Sequence>,
) -> Result<Groups, BasketError> {
    let (list, within) = match by {
        GroupBy::Asset => ("assets", PartsWithin::Assets(basket.manager, basket.digest)),
        GroupBy::Owner => ("owners", PartsWithin::Owners(basket.manager, basket.digest)),
        GroupBy::Tag => ("tags", PartsWithin::Tags(basket.manager, basket.digest)),
    };
    let binding = Binding::new(list, at).text(basket.name.as_str());
    let part = |digest| {
        basket.part(match by {
            GroupBy::Asset => TokensOf::Asset(basket.digest, digest),
            GroupBy::Owner => TokensOf::Owner(basket.digest, digest),
            GroupBy::Tag => TokensOf::Tag(basket.digest, digest),
        })
    };
    let after = binding.open(cursor)?.map(|position| part(NameDigest(position)));
    let listed = listed(view, within, after, limit)?;
    let group =
        |(part, _): (Part, u64)| Ok(Group { name: view.name(last_digest(&part))?, figures: view.figures(part)? });
    Ok(Groups {
        sequence: view.sequence(),
        groups: listed.parts.into_iter().map(group).collect::<Result<_, StoreError>>()?,
        next: listed.next.map(|part| binding.seal(&last_digest(&part).0)),
    })
}

/// The digest that tells a part from its neighbours in a scan.
pub(super) const fn last_digest(part: &Part) -> NameDigest {
    match part.tokens {
        TokensOf::Basket(digest)
        | TokensOf::Asset(_, digest)
        | TokensOf::Owner(_, digest)
        | TokensOf::Tag(_, digest)
        | TokensOf::Balance(_, _, digest) => digest,
    }
}

/// Position of a basket among those of all managers: the manager's number, the basket's digest.
fn whole_basket(position: [u8; 20]) -> Part {
    let (mut number, mut digest) = ([0; 4], [0; 16]);
    for (to, from) in number.iter_mut().chain(&mut digest).zip(position) {
        *to = from;
    }
    Part { manager: ManagerId(NameId(u32::from_be_bytes(number))), tokens: TokensOf::Basket(NameDigest(digest)) }
}

fn seal(binding: &Binding, behind: Option<Part>) -> Option<String> {
    let position = |part: Part| [&part.manager.0.0.to_be_bytes()[..], &last_digest(&part).0].concat();
    behind.map(|part| binding.seal(&position(part)))
}

/// Parts that have tokens, with their number.
pub(super) struct Listed {
    pub(super) parts: Vec<(Part, u64)>,
    /// Behind which part to go on, if there may be more.
    pub(super) next: Option<Part>,
}

/// At most `limit` parts; those without tokens are passed over, a bounded number of them.
pub(super) fn listed(
    view: &View<'_>,
    within: PartsWithin,
    after: Option<Part>,
    limit: usize,
) -> Result<Listed, StoreError> {
    let (mut parts, mut last, mut read) = (Vec::new(), after, 0);
    loop {
        let page = view.scan(&Scan::Parts { within, after: last, limit: BATCH })?;
        for (key, found) in page.rows {
            let (RowKey::Number(NumberKey::Tokens(part)), Row::Number(tokens)) = (&key, found.row) else {
                return Err(wrong_kind(&key));
            };
            if parts.len() == limit || read == MAX_PAGE_READS {
                return Ok(Listed { parts, next: last });
            }
            (last, read) = (Some(*part), read + 1);
            if let Some(tokens) = u64::try_from(tokens).ok().filter(|tokens| *tokens > 0) {
                parts.push((*part, tokens));
            }
        }
        if !page.more {
            return Ok(Listed { parts, next: None });
        }
    }
}
