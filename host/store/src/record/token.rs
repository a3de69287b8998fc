//! Rows about tokens in baskets, and what events say of them.

use trellis_engine::domain::basket::{BasketName, ManagerId, Token, TokenRow};
use trellis_engine::domain::event::{BasketOperation, BasketReversal, Placed, Taken};
use trellis_engine::domain::name::NameId;
use trellis_engine::domain::row::{ReservationId, ReservationRow, ReservedRow};

use super::RecordError;
use super::codec::{Reader, put_bytes, put_list, put_number, put_option, put_outpoint, put_stamp};

pub(super) fn put_token(out: &mut Vec<u8>, row: &TokenRow) {
    let TokenRow { token, topic, satoshis, claimed, placed, placed_at } = row;
    put_bytes(out, token.basket.as_str().as_bytes());
    put_bytes(out, token.asset.as_bytes());
    put_number(out, token.amount);
    put_option(out, token.owner.as_ref(), |out, owner| put_bytes(out, owner.as_bytes()));
    put_list(out, &token.tags, |out, tag| put_bytes(out, tag.as_bytes()));
    put_bytes(out, &token.data);
    put_number(out, topic.0.0);
    put_number(out, *satoshis);
    out.push(u8::from(*claimed));
    put_stamp(out, *placed);
    put_number(out, placed_at.0);
}

pub(super) fn token(reader: &mut Reader<'_>) -> Result<TokenRow, RecordError> {
    let token = Token {
        basket: basket(reader)?,
        asset: reader.text("asset")?,
        amount: reader.number("amount")?,
        owner: reader.option("owner", |reader| reader.text("owner"))?,
        tags: reader.list("tags", |reader| reader.text("tag"))?,
        data: reader.bytes("data")?.to_vec(),
    };
    Ok(TokenRow {
        token,
        topic: reader.topic("topic")?,
        satoshis: reader.number("satoshis")?,
        claimed: reader.boolean("claimed")?,
        placed: reader.stamp("placed")?,
        placed_at: reader.timestamp("placed at")?,
    })
}

fn basket(reader: &mut Reader<'_>) -> Result<BasketName, RecordError> {
    BasketName::new(&reader.text("basket")?).map_err(|_| RecordError::OutOfRange("basket"))
}

fn manager(reader: &mut Reader<'_>) -> Result<ManagerId, RecordError> {
    Ok(ManagerId(NameId(reader.number("manager")?)))
}

pub(super) fn put_reservation(out: &mut Vec<u8>, row: &ReservationRow) {
    put_number(out, row.manager.0.0);
    put_list(out, &row.tokens, put_outpoint);
    put_number(out, row.until.0);
    out.extend_from_slice(&row.client);
}

pub(super) fn reservation(reader: &mut Reader<'_>) -> Result<ReservationRow, RecordError> {
    Ok(ReservationRow {
        manager: manager(reader)?,
        tokens: reader.list("reserved tokens", |reader| reader.outpoint("reserved token"))?,
        until: reader.timestamp("until")?,
        client: reader.array("client")?,
    })
}

pub(super) fn put_reserved(out: &mut Vec<u8>, row: &ReservedRow) {
    out.extend_from_slice(&row.reservation.0);
    put_number(out, row.until.0);
}

pub(super) fn reserved(reader: &mut Reader<'_>) -> Result<ReservedRow, RecordError> {
    let reservation = ReservationId(reader.array("reservation")?);
    Ok(ReservedRow { reservation, until: reader.timestamp("until")? })
}

pub(super) fn put_operation(out: &mut Vec<u8>, operation: &BasketOperation) {
    put_number(out, operation.manager.0.0);
    put_option(out, operation.taken.as_ref(), |out, taken| {
        put_bytes(out, taken.basket.as_str().as_bytes());
        put_outpoint(out, &taken.outpoint);
        put_bytes(out, taken.asset.as_bytes());
        put_number(out, taken.amount);
    });
    put_option(out, operation.placed.as_ref(), |out, placed| {
        put_bytes(out, placed.basket.as_str().as_bytes());
        put_number(out, placed.vout);
        put_bytes(out, placed.asset.as_bytes());
        put_number(out, placed.amount);
    });
}

pub(super) fn operation(reader: &mut Reader<'_>) -> Result<BasketOperation, RecordError> {
    Ok(BasketOperation {
        manager: manager(reader)?,
        taken: reader.option("taken", |reader| {
            Ok(Taken {
                basket: basket(reader)?,
                outpoint: reader.outpoint("taken")?,
                asset: reader.text("asset")?,
                amount: reader.number("amount")?,
            })
        })?,
        placed: reader.option("placed", |reader| {
            Ok(Placed {
                basket: basket(reader)?,
                vout: reader.number("placed")?,
                asset: reader.text("asset")?,
                amount: reader.number("amount")?,
            })
        })?,
    })
}

pub(super) fn put_basket_reversal(out: &mut Vec<u8>, reversal: &BasketReversal) {
    put_number(out, reversal.manager.0.0);
    put_bytes(out, reversal.basket.as_str().as_bytes());
    put_list(out, &reversal.removed, put_outpoint);
    put_list(out, &reversal.placed, put_outpoint);
}

pub(super) fn basket_reversal(reader: &mut Reader<'_>) -> Result<BasketReversal, RecordError> {
    Ok(BasketReversal {
        manager: manager(reader)?,
        basket: basket(reader)?,
        removed: reader.list("removed", |reader| reader.outpoint("removed"))?,
        placed: reader.list("placed", |reader| reader.outpoint("placed"))?,
    })
}
