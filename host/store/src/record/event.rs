//! Causes, events and adjustments, as log records carry them.

use trellis_engine::domain::event::{AppliedTransaction, Event, TopicChange, TopicReversal};
use trellis_engine::domain::plan::{Adjust, Cause, HashChange};
use trellis_engine::domain::row::ReservationId;
use trellis_engine::domain::time::Sequence;
use trellis_spv::hash::{Outpoint, Txid};

use super::codec::{Reader, put_list, put_number, put_outpoint};
use super::{RecordError, key, network, token};

/// Of a cause that names no transaction.
const REBUILD: u8 = 7;

pub(super) fn put_cause(out: &mut Vec<u8>, cause: &Cause) {
    let (tag, id): (u8, &[u8]) = match cause {
        Cause::Submission(txid) => (0, txid.internal()),
        Cause::Network(txid) => (1, txid.internal()),
        Cause::Proof(txid) => (2, txid.internal()),
        Cause::Revert(txid) => (3, txid.internal()),
        Cause::Reorganisation(txid) => (4, txid.internal()),
        Cause::Eviction(txid) => (5, txid.internal()),
        Cause::Reservation(id) => (6, &id.0),
        Cause::Rebuild(namespace) => {
            out.push(REBUILD);
            return key::put_namespace(out, *namespace);
        }
    };
    out.push(tag);
    out.extend_from_slice(id);
}

pub(super) fn cause(reader: &mut Reader<'_>) -> Result<Cause, RecordError> {
    let tag = reader.byte("cause")?;
    if tag == 6 {
        return Ok(Cause::Reservation(ReservationId(reader.array("cause")?)));
    }
    if tag == REBUILD {
        return Ok(Cause::Rebuild(key::namespace(reader)?));
    }
    let txid = reader.txid("cause")?;
    match tag {
        0 => Ok(Cause::Submission(txid)),
        1 => Ok(Cause::Network(txid)),
        2 => Ok(Cause::Proof(txid)),
        3 => Ok(Cause::Revert(txid)),
        4 => Ok(Cause::Reorganisation(txid)),
        5 => Ok(Cause::Eviction(txid)),
        tag => Err(RecordError::UnknownTag { what: "cause", tag }),
    }
}

pub(super) fn put_event(out: &mut Vec<u8>, event: Option<&Event>) {
    match event {
        None => out.push(0),
        Some(Event::Applied(transactions)) => {
            out.push(1);
            put_list(out, transactions, put_applied);
        }
        Some(Event::StatusChanged { txid, status }) => {
            out.push(2);
            out.extend_from_slice(txid.internal());
            network::put_state(out, *status);
        }
        Some(Event::Proven { transactions }) => {
            out.push(3);
            put_list(out, transactions, put_at_height);
        }
        Some(Event::Reverted { transactions, judged_again, topics, baskets, undone, batches }) => {
            out.push(4);
            for txids in [transactions, judged_again] {
                put_list(out, txids, |out, txid| out.extend_from_slice(txid.internal()));
            }
            put_list(out, topics, put_reversal);
            put_list(out, baskets, token::put_basket_reversal);
            for sequences in [undone, batches] {
                put_list(out, sequences, |out, sequence| put_number(out, sequence.0));
            }
        }
        Some(Event::Orphaned { transactions }) => {
            out.push(5);
            put_list(out, transactions, put_at_height);
        }
        Some(Event::Evicted { transactions, topics, baskets }) => {
            out.push(6);
            put_list(out, transactions, |out, txid| out.extend_from_slice(txid.internal()));
            put_list(out, topics, put_reversal);
            put_list(out, baskets, token::put_basket_reversal);
        }
    }
}

fn put_applied(out: &mut Vec<u8>, applied: &AppliedTransaction) {
    out.extend_from_slice(applied.txid.internal());
    put_list(out, &applied.topics, |out, change| {
        put_number(out, change.topic.0.0);
        put_list(out, &change.admitted, |out, index| put_number(out, *index));
        put_list(out, &change.spent, put_spent);
    });
    put_list(out, &applied.operations, token::put_operation);
}

fn applied(reader: &mut Reader<'_>) -> Result<AppliedTransaction, RecordError> {
    Ok(AppliedTransaction {
        txid: reader.txid("event")?,
        topics: reader.list("topics", |reader| {
            Ok(TopicChange {
                topic: reader.topic("topic")?,
                admitted: reader.list("admitted", |reader| reader.number("admitted"))?,
                spent: reader.list("spent", spent)?,
            })
        })?,
        operations: reader.list("operations", token::operation)?,
    })
}

fn put_at_height(out: &mut Vec<u8>, (txid, height): &(Txid, u32)) {
    out.extend_from_slice(txid.internal());
    put_number(out, *height);
}

fn at_height(reader: &mut Reader<'_>) -> Result<(Txid, u32), RecordError> {
    Ok((reader.txid("transaction")?, reader.number("height")?))
}

fn put_reversal(out: &mut Vec<u8>, reversal: &TopicReversal) {
    put_number(out, reversal.topic.0.0);
    for outpoints in [&reversal.removed, &reversal.unspent, &reversal.admitted] {
        put_list(out, outpoints, put_outpoint);
    }
    put_list(out, &reversal.spent, put_spent);
}

fn reversal(reader: &mut Reader<'_>) -> Result<TopicReversal, RecordError> {
    Ok(TopicReversal {
        topic: reader.topic("topic")?,
        removed: reader.list("removed", |reader| reader.outpoint("removed"))?,
        unspent: reader.list("unspent", |reader| reader.outpoint("unspent"))?,
        admitted: reader.list("admitted", |reader| reader.outpoint("admitted"))?,
        spent: reader.list("spent", spent)?,
    })
}

fn put_spent(out: &mut Vec<u8>, (outpoint, retained): &(Outpoint, bool)) {
    put_outpoint(out, outpoint);
    out.push(u8::from(*retained));
}

fn spent(reader: &mut Reader<'_>) -> Result<(Outpoint, bool), RecordError> {
    Ok((reader.outpoint("spent")?, reader.boolean("retained")?))
}

pub(super) fn event(reader: &mut Reader<'_>) -> Result<Option<Event>, RecordError> {
    Ok(Some(match reader.byte("event")? {
        0 => return Ok(None),
        1 => Event::Applied(reader.list("applied", applied)?),
        2 => Event::StatusChanged { txid: reader.txid("event")?, status: network::state(reader)? },
        3 => Event::Proven { transactions: reader.list("proven", at_height)? },
        4 => Event::Reverted {
            transactions: reader.list("reverted", |reader| reader.txid("reverted"))?,
            judged_again: reader.list("judged again", |reader| reader.txid("judged again"))?,
            topics: reader.list("topics", reversal)?,
            baskets: reader.list("baskets", token::basket_reversal)?,
            undone: reader.list("undone", |reader| Ok(Sequence(reader.number("undone")?)))?,
            batches: reader.list("batches", |reader| Ok(Sequence(reader.number("batch")?)))?,
        },
        5 => Event::Orphaned { transactions: reader.list("orphaned", at_height)? },
        6 => Event::Evicted {
            transactions: reader.list("evicted", |reader| reader.txid("evicted"))?,
            topics: reader.list("topics", reversal)?,
            baskets: reader.list("baskets", token::basket_reversal)?,
        },
        tag => return Err(RecordError::UnknownTag { what: "event", tag }),
    }))
}

pub(super) fn put_adjust(out: &mut Vec<u8>, adjust: &Adjust) {
    match adjust {
        Adjust::Number(number, delta) => {
            out.push(0);
            key::put_number_key(out, number);
            super::codec::put_signed(out, *delta);
        }
        Adjust::TopicHash(topic, change) => {
            let (tag, element) = match change {
                HashChange::Add(element) => (1, element),
                HashChange::Remove(element) => (2, element),
            };
            out.push(tag);
            put_number(out, topic.0.0);
            out.extend_from_slice(element);
        }
    }
}

pub(super) fn adjust(reader: &mut Reader<'_>) -> Result<Adjust, RecordError> {
    match reader.byte("adjustment")? {
        0 => Ok(Adjust::Number(key::number_key(reader)?, reader.signed("number")?)),
        1 => Ok(Adjust::TopicHash(reader.topic("topic")?, HashChange::Add(reader.array("element")?))),
        2 => Ok(Adjust::TopicHash(reader.topic("topic")?, HashChange::Remove(reader.array("element")?))),
        tag => Err(RecordError::UnknownTag { what: "adjustment", tag }),
    }
}
