//! Causes, events and adjustments, as log records carry them.

use trellis_engine::domain::event::{Event, TopicChange};
use trellis_engine::domain::plan::{Adjust, Cause, HashChange};

use super::codec::{Reader, put_list, put_number, put_outpoint};
use super::{RecordError, key, network};

pub(super) fn put_cause(out: &mut Vec<u8>, cause: &Cause) {
    let (tag, txid) = match cause {
        Cause::Submission(txid) => (0, txid),
        Cause::Network(txid) => (1, txid),
        Cause::Proof(txid) => (2, txid),
    };
    out.push(tag);
    out.extend_from_slice(txid.internal());
}

pub(super) fn cause(reader: &mut Reader<'_>) -> Result<Cause, RecordError> {
    let tag = reader.byte("cause")?;
    let txid = reader.txid("cause")?;
    match tag {
        0 => Ok(Cause::Submission(txid)),
        1 => Ok(Cause::Network(txid)),
        2 => Ok(Cause::Proof(txid)),
        tag => Err(RecordError::UnknownTag { what: "cause", tag }),
    }
}

pub(super) fn put_event(out: &mut Vec<u8>, event: Option<&Event>) {
    match event {
        None => out.push(0),
        Some(Event::Applied { txid, topics }) => {
            out.push(1);
            out.extend_from_slice(txid.internal());
            put_list(out, topics, |out, change| {
                put_number(out, change.topic.0.0);
                put_list(out, &change.admitted, |out, index| put_number(out, *index));
                put_list(out, &change.spent, |out, (outpoint, retained)| {
                    put_outpoint(out, outpoint);
                    out.push(u8::from(*retained));
                });
            });
        }
        Some(Event::StatusChanged { txid, status }) => {
            out.push(2);
            out.extend_from_slice(txid.internal());
            network::put_state(out, *status);
        }
        Some(Event::Proven { transactions }) => {
            out.push(3);
            put_list(out, transactions, |out, (txid, height)| {
                out.extend_from_slice(txid.internal());
                put_number(out, *height);
            });
        }
    }
}

pub(super) fn event(reader: &mut Reader<'_>) -> Result<Option<Event>, RecordError> {
    Ok(Some(match reader.byte("event")? {
        0 => return Ok(None),
        1 => Event::Applied {
            txid: reader.txid("event")?,
            topics: reader.list("topics", |reader| {
                Ok(TopicChange {
                    topic: reader.topic("topic")?,
                    admitted: reader.list("admitted", |reader| reader.number("admitted"))?,
                    spent: reader
                        .list("spent", |reader| Ok((reader.outpoint("spent")?, reader.boolean("retained")?)))?,
                })
            })?,
        },
        2 => Event::StatusChanged { txid: reader.txid("event")?, status: network::state(reader)? },
        3 => Event::Proven {
            transactions: reader.list("proven", |reader| Ok((reader.txid("proven")?, reader.number("height")?)))?,
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
