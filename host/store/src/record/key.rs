//! Keys of rows. Byte order of the encoded keys is the order of [`RowKey`], so scans need no sorting.
//!
//! `kind (1 byte) ‖ parts`, where a topic or service is 4 bytes big-endian, a txid its 32 bytes in internal order, an
//! outpoint txid and 4 bytes big-endian, a namespace one byte (0 topic, 1 service, 2 manager) and 4 bytes; a part of a basket its manager, one byte, and 16
//! bytes for each digest; a state key comes last, raw.

use trellis_engine::domain::basket::{ManagerId, NameDigest, Part, TokensOf};
use trellis_engine::domain::name::{NameId, ServiceId, TopicId};
use trellis_engine::domain::row::{MAX_STATE_KEY_BYTES, Namespace, NumberKey, ReservationId, RowKey};
use trellis_engine::ports::store::{PartsWithin, RowKind};
use trellis_spv::hash::{Outpoint, Txid};

use super::RecordError;
use super::codec::Reader;

/// Room for any key but a state row's, without a second allocation.
const USUAL_KEY_BYTES: usize = 48;

/// The first byte of a kind's keys.
pub(crate) const fn kind_byte(kind: RowKind) -> u8 {
    match kind {
        RowKind::Transaction => 1,
        RowKind::Spend => 2,
        RowKind::Output => 3,
        RowKind::Holders => 4,
        RowKind::Applied => 5,
        RowKind::Verdict => 6,
        RowKind::State => 7,
        RowKind::StateFence => 8,
        RowKind::Number => 9,
        RowKind::TopicHash => 10,
        RowKind::Outbox => 11,
        RowKind::Status => 12,
        RowKind::Unjudged => 13,
        RowKind::Unproven => 14,
        RowKind::Reverted => 15,
        RowKind::Evicted => 16,
        RowKind::Token => 17,
        RowKind::Place => 18,
        RowKind::Name => 19,
        RowKind::Reservation => 20,
        RowKind::Reserved => 21,
        RowKind::Generation => 22,
    }
}

/// The kind of a key.
pub(crate) const fn kind_of(key: &RowKey) -> RowKind {
    match key {
        RowKey::Transaction(_) => RowKind::Transaction,
        RowKey::Spend(_) => RowKind::Spend,
        RowKey::Output(..) => RowKind::Output,
        RowKey::Holders(_) => RowKind::Holders,
        RowKey::Applied(_) => RowKind::Applied,
        RowKey::Verdict(..) => RowKind::Verdict,
        RowKey::State(..) => RowKind::State,
        RowKey::StateFence(_) => RowKind::StateFence,
        RowKey::Number(_) => RowKind::Number,
        RowKey::TopicHash(_) => RowKind::TopicHash,
        RowKey::Outbox(_) => RowKind::Outbox,
        RowKey::Status(_) => RowKind::Status,
        RowKey::Unjudged(..) => RowKind::Unjudged,
        RowKey::Unproven(_) => RowKind::Unproven,
        RowKey::Reverted(_) => RowKind::Reverted,
        RowKey::Evicted(_) => RowKind::Evicted,
        RowKey::Token(..) => RowKind::Token,
        RowKey::Place(..) => RowKind::Place,
        RowKey::Name(_) => RowKind::Name,
        RowKey::Reservation(_) => RowKind::Reservation,
        RowKey::Reserved(..) => RowKind::Reserved,
        RowKey::Generation(_) => RowKind::Generation,
    }
}

/// The encoded key.
pub(crate) fn encode(key: &RowKey) -> Vec<u8> {
    let mut out = Vec::with_capacity(USUAL_KEY_BYTES);
    put(&mut out, key);
    out
}

/// Appends the encoded key.
pub(crate) fn put(out: &mut Vec<u8>, key: &RowKey) {
    out.push(kind_byte(kind_of(key)));
    match key {
        RowKey::Transaction(txid)
        | RowKey::Applied(txid)
        | RowKey::Outbox(txid)
        | RowKey::Status(txid)
        | RowKey::Unproven(txid)
        | RowKey::Reverted(txid)
        | RowKey::Evicted(txid) => {
            out.extend_from_slice(txid.internal());
        }
        RowKey::Spend(outpoint) | RowKey::Holders(outpoint) => put_outpoint(out, outpoint),
        RowKey::Output(topic, outpoint) => {
            put_name(out, topic.0);
            put_outpoint(out, outpoint);
        }
        RowKey::Verdict(txid, topic) => {
            out.extend_from_slice(txid.internal());
            put_name(out, topic.0);
        }
        RowKey::State(namespace, key) => {
            put_namespace(out, *namespace);
            out.extend_from_slice(key);
        }
        RowKey::StateFence(namespace) | RowKey::Generation(namespace) => put_namespace(out, *namespace),
        RowKey::Number(number) => put_number_key(out, number),
        RowKey::TopicHash(topic) => put_name(out, topic.0),
        RowKey::Unjudged(namespace, txid) => {
            put_namespace(out, *namespace);
            out.extend_from_slice(txid.internal());
        }
        RowKey::Token(manager, outpoint) | RowKey::Reserved(manager, outpoint) => {
            put_name(out, manager.0);
            put_outpoint(out, outpoint);
        }
        RowKey::Place(part, outpoint) => {
            put_part(out, part);
            put_outpoint(out, outpoint);
        }
        RowKey::Name(digest) => out.extend_from_slice(&digest.0),
        RowKey::Reservation(id) => out.extend_from_slice(&id.0),
    }
}

/// What all state keys of a namespace begin with.
pub(crate) fn state_prefix(namespace: Namespace) -> Vec<u8> {
    encode(&RowKey::State(namespace, Vec::new()))
}

/// What all output keys of a topic begin with.
pub(crate) fn outputs_prefix(topic: TopicId) -> Vec<u8> {
    let mut out = vec![kind_byte(RowKind::Output)];
    put_name(&mut out, topic.0);
    out
}

/// What all keys of the tokens in a part of a basket begin with.
pub(crate) fn places_prefix(part: &Part) -> Vec<u8> {
    let mut out = vec![kind_byte(RowKind::Place)];
    put_part(&mut out, part);
    out
}

/// What the keys of the numbers that count the tokens of such parts begin with.
pub(crate) fn parts_prefix(within: &PartsWithin) -> Vec<u8> {
    let (manager, tag, digests) = match within {
        PartsWithin::Baskets(manager) => (manager, BASKET, vec![]),
        PartsWithin::Assets(manager, basket) => (manager, ASSET, vec![basket]),
        PartsWithin::Owners(manager, basket) => (manager, OWNER, vec![basket]),
        PartsWithin::Tags(manager, basket) => (manager, TAG, vec![basket]),
        PartsWithin::Balances(manager, basket, asset) => (manager, BALANCE, vec![basket, asset]),
    };
    let mut out = vec![kind_byte(RowKind::Number), TOKENS];
    put_name(&mut out, manager.0);
    out.push(tag);
    for digest in digests {
        out.extend_from_slice(&digest.0);
    }
    out
}

/// Reads an encoded key.
pub(crate) fn decode(bytes: &[u8]) -> Result<RowKey, RecordError> {
    let mut reader = Reader::new(bytes);
    let key = match reader.byte("row kind")? {
        1 => RowKey::Transaction(reader.txid("key")?),
        2 => RowKey::Spend(outpoint(&mut reader)?),
        3 => RowKey::Output(TopicId(name(&mut reader)?), outpoint(&mut reader)?),
        4 => RowKey::Holders(outpoint(&mut reader)?),
        5 => RowKey::Applied(reader.txid("key")?),
        6 => RowKey::Verdict(reader.txid("key")?, TopicId(name(&mut reader)?)),
        7 => {
            let namespace = namespace(&mut reader)?;
            let key = reader.rest();
            if key.is_empty() || key.len() > MAX_STATE_KEY_BYTES {
                return Err(RecordError::OutOfRange("state key"));
            }
            RowKey::State(namespace, key.to_vec())
        }
        8 => RowKey::StateFence(namespace(&mut reader)?),
        9 => RowKey::Number(number_key(&mut reader)?),
        10 => RowKey::TopicHash(TopicId(name(&mut reader)?)),
        11 => RowKey::Outbox(reader.txid("key")?),
        12 => RowKey::Status(reader.txid("key")?),
        13 => RowKey::Unjudged(namespace(&mut reader)?, reader.txid("key")?),
        14 => RowKey::Unproven(reader.txid("key")?),
        15 => RowKey::Reverted(reader.txid("key")?),
        16 => RowKey::Evicted(reader.txid("key")?),
        17 => RowKey::Token(ManagerId(name(&mut reader)?), outpoint(&mut reader)?),
        18 => RowKey::Place(part(&mut reader)?, outpoint(&mut reader)?),
        19 => RowKey::Name(digest(&mut reader)?),
        20 => RowKey::Reservation(ReservationId(reader.array("reservation")?)),
        21 => RowKey::Reserved(ManagerId(name(&mut reader)?), outpoint(&mut reader)?),
        22 => RowKey::Generation(namespace(&mut reader)?),
        tag => return Err(RecordError::UnknownTag { what: "row kind", tag }),
    };
    reader.finish()?;
    Ok(key)
}

/// Appends a number's key without the kind byte.
pub(crate) fn put_number_key(out: &mut Vec<u8>, key: &NumberKey) {
    match key {
        NumberKey::LiveOutputs(topic) => {
            out.push(0);
            put_name(out, topic.0);
        }
        NumberKey::Outputs(topic) => {
            out.push(1);
            put_name(out, topic.0);
        }
        NumberKey::LiveSatoshis(topic) => {
            out.push(2);
            put_name(out, topic.0);
        }
        NumberKey::StateRows(namespace) => {
            out.push(3);
            put_namespace(out, *namespace);
        }
        NumberKey::OutboxPending => out.push(4),
        NumberKey::StateBytes(namespace) => {
            out.push(7);
            put_namespace(out, *namespace);
        }
        NumberKey::Tokens(part) => {
            out.push(TOKENS);
            put_part(out, part);
        }
        NumberKey::Amount(part) => {
            out.push(AMOUNT);
            put_part(out, part);
        }
    }
}

/// The first byte of a number's key, of those that scans need.
const TOKENS: u8 = 5;
const AMOUNT: u8 = 6;

/// Which tokens of a manager a part is.
const BASKET: u8 = 0;
const ASSET: u8 = 1;
const OWNER: u8 = 2;
const TAG: u8 = 3;
const BALANCE: u8 = 4;

fn put_part(out: &mut Vec<u8>, part: &Part) {
    put_name(out, part.manager.0);
    let mut put = |tag, digests: &[&NameDigest]| {
        out.push(tag);
        for digest in digests {
            out.extend_from_slice(&digest.0);
        }
    };
    match &part.tokens {
        TokensOf::Basket(basket) => put(BASKET, &[basket]),
        TokensOf::Asset(basket, asset) => put(ASSET, &[basket, asset]),
        TokensOf::Owner(basket, owner) => put(OWNER, &[basket, owner]),
        TokensOf::Tag(basket, tag) => put(TAG, &[basket, tag]),
        TokensOf::Balance(basket, asset, owner) => put(BALANCE, &[basket, asset, owner]),
    }
}

fn digest(reader: &mut Reader<'_>) -> Result<NameDigest, RecordError> {
    Ok(NameDigest(reader.array("name digest")?))
}

fn part(reader: &mut Reader<'_>) -> Result<Part, RecordError> {
    let manager = ManagerId(name(reader)?);
    let tag = reader.byte("part of a basket")?;
    let basket = digest(reader)?;
    let tokens = match tag {
        BASKET => TokensOf::Basket(basket),
        ASSET => TokensOf::Asset(basket, digest(reader)?),
        OWNER => TokensOf::Owner(basket, digest(reader)?),
        TAG => TokensOf::Tag(basket, digest(reader)?),
        BALANCE => TokensOf::Balance(basket, digest(reader)?, digest(reader)?),
        tag => return Err(RecordError::UnknownTag { what: "part of a basket", tag }),
    };
    Ok(Part { manager, tokens })
}

/// Reads a number's key without the kind byte.
pub(crate) fn number_key(reader: &mut Reader<'_>) -> Result<NumberKey, RecordError> {
    match reader.byte("number key")? {
        0 => Ok(NumberKey::LiveOutputs(TopicId(name(reader)?))),
        1 => Ok(NumberKey::Outputs(TopicId(name(reader)?))),
        2 => Ok(NumberKey::LiveSatoshis(TopicId(name(reader)?))),
        3 => Ok(NumberKey::StateRows(namespace(reader)?)),
        4 => Ok(NumberKey::OutboxPending),
        7 => Ok(NumberKey::StateBytes(namespace(reader)?)),
        TOKENS => Ok(NumberKey::Tokens(part(reader)?)),
        AMOUNT => Ok(NumberKey::Amount(part(reader)?)),
        tag => Err(RecordError::UnknownTag { what: "number key", tag }),
    }
}

fn put_name(out: &mut Vec<u8>, name: NameId) {
    out.extend_from_slice(&name.0.to_be_bytes());
}

fn name(reader: &mut Reader<'_>) -> Result<NameId, RecordError> {
    Ok(NameId(u32::from_be_bytes(reader.array("name")?)))
}

fn put_outpoint(out: &mut Vec<u8>, outpoint: &Outpoint) {
    out.extend_from_slice(outpoint.txid.internal());
    out.extend_from_slice(&outpoint.vout.to_be_bytes());
}

fn outpoint(reader: &mut Reader<'_>) -> Result<Outpoint, RecordError> {
    let txid: Txid = reader.txid("outpoint")?;
    Ok(Outpoint::new(txid, u32::from_be_bytes(reader.array("outpoint")?)))
}

pub(super) fn put_namespace(out: &mut Vec<u8>, namespace: Namespace) {
    match namespace {
        Namespace::Topic(topic) => {
            out.push(0);
            put_name(out, topic.0);
        }
        Namespace::Service(service) => {
            out.push(1);
            put_name(out, service.0);
        }
        Namespace::Manager(manager) => {
            out.push(2);
            put_name(out, manager.0);
        }
    }
}

pub(super) fn namespace(reader: &mut Reader<'_>) -> Result<Namespace, RecordError> {
    match reader.byte("namespace")? {
        0 => Ok(Namespace::Topic(TopicId(name(reader)?))),
        1 => Ok(Namespace::Service(ServiceId(name(reader)?))),
        2 => Ok(Namespace::Manager(ManagerId(name(reader)?))),
        tag => Err(RecordError::UnknownTag { what: "namespace", tag }),
    }
}
