//! The rows and numbers of tokens that enter and leave baskets.

use std::collections::BTreeSet;

use trellis_spv::hash::Outpoint;

use crate::domain::basket::{ManagerId, NameDigest, Token, TokenRow};
use crate::domain::event::{BasketOperation, Placed, Taken};
use crate::domain::plan::Adjust;
use crate::domain::row::{NumberKey, Row, RowKey};
use crate::ports::store::StoreError;
use crate::view::View;

/// Writes and adjustments, being collected.
#[derive(Default)]
pub(crate) struct TokenWrites {
    pub(crate) writes: Vec<(RowKey, Option<Row>)>,
    pub(crate) adjust: Vec<Adjust>,
    named: BTreeSet<NameDigest>,
}

impl TokenWrites {
    /// A token leaves its basket.
    pub(crate) fn take(&mut self, manager: ManagerId, outpoint: Outpoint, token: &Token) {
        self.writes.push((RowKey::Token(manager, outpoint), None));
        self.writes.extend(token.parts(manager).map(|part| (RowKey::Place(part, outpoint), None)));
        self.count(manager, token, instead!(TokensStayCounted, -1 => 0));
    }

    /// A token enters its basket.
    pub(crate) fn place(
        &mut self,
        view: &View<'_>,
        manager: ManagerId,
        outpoint: Outpoint,
        row: TokenRow,
    ) -> Result<(), StoreError> {
        for (digest, name) in row.token.names() {
            // Not remembered: whoever else writes it writes the same.
            if self.named.insert(digest) && view.peek(&RowKey::Name(digest))?.is_none() {
                self.writes.push((RowKey::Name(digest), Some(Row::Name(name.to_owned()))));
            }
        }
        self.count(manager, &row.token, 1);
        self.writes.extend(row.token.parts(manager).map(|part| (RowKey::Place(part, outpoint), Some(Row::Place))));
        self.writes.push((RowKey::Token(manager, outpoint), Some(Row::Token(row))));
        Ok(())
    }

    fn count(&mut self, manager: ManagerId, token: &Token, by: i128) {
        let amount = i128::from(token.amount) * by;
        self.adjust.extend(token.parts(manager).flat_map(|part| {
            [Adjust::Number(NumberKey::Tokens(part), by), Adjust::Number(NumberKey::Amount(part), amount)]
        }));
    }
}

/// What subscribers hear of a change.
pub(crate) fn operation(
    manager: ManagerId,
    taken: Option<&(Outpoint, Token)>,
    placed: Option<&(u32, TokenRow)>,
) -> BasketOperation {
    BasketOperation {
        manager,
        taken: taken.map(|(outpoint, token)| Taken {
            basket: token.basket.clone(),
            outpoint: *outpoint,
            asset: token.asset.clone(),
            amount: token.amount,
        }),
        placed: placed.map(|(vout, TokenRow { token, .. })| Placed {
            basket: token.basket.clone(),
            vout: *vout,
            asset: token.asset.clone(),
            amount: token.amount,
        }),
    }
}
