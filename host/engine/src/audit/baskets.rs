//! Auditing baskets: tokens, the parts they belong to, their names, and what is kept for somebody.

use trellis_spv::hash::Outpoint;

use super::{Audit, is_live};
use crate::domain::basket::{ManagerId, TokenRow};
use crate::domain::row::{Namespace, NumberKey, Row, RowKey};
use crate::ports::store::{RowKind, StoreError};

impl Audit<'_> {
    /// Every token is an unspent output of its topic, with a place in each of its parts and a name for each of their digests.
    pub(super) fn tokens(&mut self) -> Result<(), StoreError> {
        self.each(RowKind::Token, |audit, key, found| {
            let (RowKey::Token(manager, outpoint), Row::Token(row)) = (&key, &found.row) else {
                audit.find(format!("{key:?} holds a row of another kind"));
                return Ok(());
            };
            audit.report.tokens += 1;
            audit.token(*manager, outpoint, row)
        })
    }

    fn token(&mut self, manager: ManagerId, outpoint: &Outpoint, row: &TokenRow) -> Result<(), StoreError> {
        let TokenRow { token, topic, satoshis, .. } = row;
        let basket = &token.basket;
        match self.row(&RowKey::Output(*topic, *outpoint))? {
            _ if self.idle.contains(&Namespace::Manager(manager)) => {}
            Some(Row::Output(output)) if is_live(&output.state) && output.satoshis == *satoshis => {}
            other => self.find(format!(
                "{outpoint} is in basket `{basket}` with {satoshis} satoshis, but its topic says {other:?} of it"
            )),
        }
        for part in token.parts(manager) {
            self.count(NumberKey::Tokens(part), 1);
            self.count(NumberKey::Amount(part), i128::from(token.amount));
            if self.row(&RowKey::Place(part, *outpoint))?.is_none() {
                self.find(format!("{outpoint} is in basket `{basket}`, but is not listed in {part:?}"));
            }
        }
        for (digest, name) in token.names() {
            if !matches!(self.row(&RowKey::Name(digest))?, Some(Row::Name(found)) if found == name) {
                self.find(format!(
                    "nothing says that {digest:?} is {name:?}, which {outpoint} in basket `{basket}` needs"
                ));
            }
        }
        Ok(())
    }

    /// Whatever is listed in a part of a basket is a token that belongs there.
    pub(super) fn places(&mut self) -> Result<(), StoreError> {
        self.each(RowKind::Place, |audit, key, _| {
            let RowKey::Place(part, outpoint) = &key else { return Ok(()) };
            let token = audit.row(&RowKey::Token(part.manager, *outpoint))?;
            let belongs = |row: &TokenRow| row.token.parts(part.manager).any(|of| of == *part);
            if !matches!(&token, Some(Row::Token(row)) if belongs(row)) {
                audit.find(format!("{outpoint} is listed in {part:?}, but is no such token"));
            }
            Ok(())
        })
    }

    /// What is kept for somebody is known by its reservation, and the other way round.
    pub(super) fn reservations(&mut self) -> Result<(), StoreError> {
        self.each(RowKind::Reservation, |audit, key, found| {
            let (RowKey::Reservation(id), Row::Reservation(row)) = (&key, &found.row) else {
                audit.find(format!("{key:?} holds a row of another kind"));
                return Ok(());
            };
            for token in &row.tokens {
                let reserved = audit.row(&RowKey::Reserved(row.manager, *token))?;
                if !matches!(reserved, Some(Row::Reserved(reserved)) if reserved.reservation == *id) {
                    audit.find(format!("a reservation keeps {token}, but that says {reserved:?}"));
                }
            }
            Ok(())
        })?;
        self.each(RowKind::Reserved, |audit, key, found| {
            let (RowKey::Reserved(manager, token), Row::Reserved(row)) = (&key, &found.row) else {
                audit.find(format!("{key:?} holds a row of another kind"));
                return Ok(());
            };
            let reservation = audit.row(&RowKey::Reservation(row.reservation))?;
            let keeps = |of: &ManagerId, tokens: &[Outpoint], until| {
                of == manager && tokens.contains(token) && until == row.until
            };
            if !matches!(&reservation, Some(Row::Reservation(of)) if keeps(&of.manager, &of.tokens, of.until)) {
                audit.find(format!("{token} is kept for somebody, but its reservation says {reservation:?}"));
            }
            Ok(())
        })
    }
}
