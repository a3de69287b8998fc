//! Tokens of a basket, page by page.

use trellis_spv::hash::{Outpoint, Txid};

use super::cursor::Binding;
use super::error::BasketError;
use super::inventory::Inventory;
use super::limits::MAX_PAGE_READS;
use super::question::{PageOf, TokenFilter};
use super::walk::Walk;
use crate::domain::basket::TokenRow;
use crate::domain::name::TopicName;
use crate::domain::time::Sequence;
use crate::engine::Engine;
use crate::view::At;

/// A token as it is handed out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoundToken {
    /// Its output.
    pub outpoint: Outpoint,
    /// What it is.
    pub row: TokenRow,
    /// The topic that admitted it, where that is hosted still.
    pub topic: Option<TopicName>,
    /// The commit that placed it.
    pub placed: Sequence,
}

/// A page of tokens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenPage {
    /// The sequence the page is true of.
    pub sequence: Sequence,
    /// The tokens.
    pub tokens: Vec<FoundToken>,
    /// Where to go on, if there may be more.
    pub next: Option<String>,
}

impl Engine {
    /// Tokens of a basket that fit a filter.
    ///
    /// # Errors
    /// [`BasketError`].
    pub fn tokens(&self, basket: &str, filter: &TokenFilter, page: &PageOf) -> Result<TokenPage, BasketError> {
        filter.check()?;
        let limit = page.limit()?;
        let view = self.view_at(page.at)?;
        let basket = self.known_basket(&view, basket)?;
        let binding = Binding::new("tokens", page.at).text(basket.name.as_str()).filter(filter);
        let mut last = binding.open(page.cursor.as_deref())?.map(outpoint);
        let mut walk = Walk::new(&view, &basket, filter, last)?;
        let mut tokens = Vec::new();
        for _ in 0..MAX_PAGE_READS {
            let Some(outpoint) = walk.next()? else {
                return Ok(TokenPage { sequence: view.sequence(), tokens, next: None });
            };
            if tokens.len() == limit {
                break;
            }
            last = Some(outpoint);
            let found = view.find_token(basket.manager, &outpoint)?;
            let fitting = found.filter(|found| filter.fits(&found.row.token));
            tokens.extend(fitting.map(|found| self.found(outpoint, found)));
        }
        let next = last.map(|last| binding.seal(&position(&last)));
        Ok(TokenPage { sequence: view.sequence(), tokens, next })
    }

    pub(super) fn found(&self, outpoint: Outpoint, found: At<TokenRow>) -> FoundToken {
        let topic = self.hosting.topic_by_id(found.row.topic).map(|topic| topic.name.clone());
        FoundToken { outpoint, placed: found.row.placed.resolve(found.version), row: found.row, topic }
    }
}

fn position(outpoint: &Outpoint) -> Vec<u8> {
    [&outpoint.txid.internal()[..], &outpoint.vout.to_be_bytes()].concat()
}

fn outpoint(position: [u8; 36]) -> Outpoint {
    let (mut txid, mut vout) = ([0; 32], [0; 4]);
    for (to, from) in txid.iter_mut().chain(&mut vout).zip(position) {
        *to = from;
    }
    Outpoint::new(Txid::from_internal(txid), u32::from_be_bytes(vout))
}
