//! Outpoints of tokens that may fit a filter, ascending, out of the index that lists the fewest.

use std::collections::VecDeque;

use trellis_spv::hash::Outpoint;

use super::inventory::Basket;
use super::question::TokenFilter;
use crate::domain::basket::{NameDigest, Part, TokensOf};
use crate::domain::row::{NumberKey, RowKey};
use crate::ports::store::{Scan, StoreError};
use crate::view::{View, wrong_kind};

/// Rows of an index that are fetched at once.
const BATCH: usize = 256;

/// A walk over one index, or over several whose entries together are what is looked for.
pub(super) struct Walk<'v, 's> {
    view: &'v View<'s>,
    indices: Vec<Index>,
}

struct Index {
    part: Part,
    fetched: VecDeque<Outpoint>,
    last: Option<Outpoint>,
    more: bool,
}

impl<'v, 's> Walk<'v, 's> {
    /// Behind `after`.
    pub(super) fn new(
        view: &'v View<'s>,
        basket: &Basket,
        filter: &TokenFilter,
        after: Option<Outpoint>,
    ) -> Result<Self, StoreError> {
        let index = |part| Index { part, fetched: VecDeque::new(), last: after, more: true };
        Ok(Self { view, indices: narrowest(view, basket, filter)?.into_iter().map(index).collect() })
    }

    /// The next outpoint, each once.
    pub(super) fn next(&mut self) -> Result<Option<Outpoint>, StoreError> {
        for index in &mut self.indices {
            index.fetch(self.view)?;
        }
        let next = self.indices.iter().filter_map(|index| index.fetched.front()).min().copied();
        for index in &mut self.indices {
            if index.fetched.front() == next.as_ref() {
                index.fetched.pop_front();
            }
        }
        Ok(next)
    }
}

impl Index {
    fn fetch(&mut self, view: &View<'_>) -> Result<(), StoreError> {
        if !self.fetched.is_empty() || !self.more {
            return Ok(());
        }
        let page = view.scan(&Scan::Tokens { part: self.part, after: self.last, limit: BATCH })?;
        for (key, _) in page.rows {
            match key {
                RowKey::Place(_, outpoint) => self.fetched.push_back(outpoint),
                other => return Err(wrong_kind(&other)),
            }
        }
        self.last = self.fetched.back().copied().or(self.last);
        self.more = page.more;
        Ok(())
    }
}

/// The index, or the indices of several tags, that lists the fewest tokens among which all that fit are.
fn narrowest(view: &View<'_>, basket: &Basket, filter: &TokenFilter) -> Result<Vec<Part>, StoreError> {
    let asset = filter.asset.as_deref().map(NameDigest::asset);
    let owner = filter.owner.as_deref().map(NameDigest::owner);
    let whole = match (asset, owner) {
        (Some(asset), Some(owner)) => TokensOf::Balance(basket.digest, asset, owner),
        (Some(asset), None) => TokensOf::Asset(basket.digest, asset),
        (None, Some(owner)) => TokensOf::Owner(basket.digest, owner),
        (None, None) => TokensOf::Basket(basket.digest),
    };
    let tagged = |tag: &String| basket.part(TokensOf::Tag(basket.digest, NameDigest::tag(tag)));
    let mut candidates = vec![vec![basket.part(whole)]];
    candidates.extend(filter.tags_all.iter().map(|tag| vec![tagged(tag)]));
    if !filter.tags_any.is_empty() {
        candidates.push(filter.tags_any.iter().map(tagged).collect());
    }
    let mut best: Option<(i128, Vec<Part>)> = None;
    for candidate in candidates {
        let mut listed: i128 = 0;
        for part in &candidate {
            listed = listed.saturating_add(view.number(NumberKey::Tokens(*part))?);
        }
        if best.as_ref().is_none_or(|(fewest, _)| listed < *fewest) {
            best = Some((listed, candidate));
        }
    }
    Ok(best.map(|(_, parts)| parts).unwrap_or_default())
}
