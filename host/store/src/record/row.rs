//! Rows. Each begins with a byte for the version of its own layout, so that a later one can be told apart.

use std::sync::Arc;

use trellis_engine::domain::admittance::Admittance;
use trellis_engine::domain::name::NameId;
use trellis_engine::domain::plan::{TOPIC_HASH_LANES, TopicHash};
use trellis_engine::domain::row::{
    AppliedRow, Carried, CarriedBytes, EvictedRow, GenerationRow, OutputRow, OutputState, ReadRow, RevertedRow, Row,
    SpendRow, StateRead, TransactionRow, UnjudgedRow, UnprovenRow, VerdictRow,
};
use trellis_engine::ports::store::RowKind;
use trellis_spv::hash::Outpoint;
use trellis_spv::merkle::{MerkleNode, MerkleProof};

use super::RecordError;
use super::codec::{Reader, put_bytes, put_list, put_number, put_option, put_signed, put_stamp};
use super::{network, token};

/// The layout version every row is written with now.
const LAYOUT: u8 = 1;

/// Bytes of an encoded topic hash, layout byte included.
pub(crate) const TOPIC_HASH_RECORD_BYTES: usize = 1 + 2 * TOPIC_HASH_LANES;

/// The kind of key a row belongs under.
pub(crate) const fn kind_of(row: &Row) -> RowKind {
    match row {
        Row::Transaction(_) => RowKind::Transaction,
        Row::Spend(_) => RowKind::Spend,
        Row::Output(_) => RowKind::Output,
        Row::Holders(_) => RowKind::Holders,
        Row::Applied(_) => RowKind::Applied,
        Row::Verdict(_) => RowKind::Verdict,
        Row::State(_) => RowKind::State,
        Row::Fence => RowKind::StateFence,
        Row::Number(_) => RowKind::Number,
        Row::TopicHash(_) => RowKind::TopicHash,
        Row::Outbox(_) => RowKind::Outbox,
        Row::Status(_) => RowKind::Status,
        Row::Unjudged(_) => RowKind::Unjudged,
        Row::Unproven(_) => RowKind::Unproven,
        Row::Reverted(_) => RowKind::Reverted,
        Row::Evicted(_) => RowKind::Evicted,
        Row::Token(_) => RowKind::Token,
        Row::Place => RowKind::Place,
        Row::Name(_) => RowKind::Name,
        Row::Reservation(_) => RowKind::Reservation,
        Row::Reserved(_) => RowKind::Reserved,
        Row::Generation(_) => RowKind::Generation,
    }
}

/// Appends the encoded row.
pub(crate) fn put(out: &mut Vec<u8>, row: &Row) {
    out.push(LAYOUT);
    match row {
        Row::Transaction(row) => put_transaction(out, row),
        Row::Spend(row) => {
            out.extend_from_slice(row.spender.internal());
            put_number(out, row.input);
        }
        Row::Output(row) => put_output(out, row),
        Row::Holders(topics) => put_list(out, topics, |out, topic| put_number(out, topic.0.0)),
        Row::Applied(row) => put_applied(out, row),
        Row::Verdict(row) => put_verdict(out, row),
        Row::State(value) => out.extend_from_slice(value),
        Row::Fence | Row::Place => {}
        Row::Number(number) => put_signed(out, *number),
        Row::TopicHash(hash) => {
            for lane in &hash.0 {
                out.extend_from_slice(&lane.to_le_bytes());
            }
        }
        Row::Outbox(row) => network::put_outbox(out, row),
        Row::Status(row) => network::put_status(out, row),
        Row::Unjudged(row) => {
            put_bytes(out, row.fault.as_bytes());
            put_number(out, row.since.0);
            put_number(out, row.attempts);
        }
        Row::Unproven(row) => {
            put_stamp(out, row.stored);
            put_option(out, row.orphaned.as_ref(), |out, height| put_number(out, *height));
        }
        Row::Reverted(row) => {
            put_number(out, row.size);
            put_list(out, &row.topics, |out, topic| put_number(out, topic.0.0));
            put_carried(out, &row.carried);
            put_number(out, row.height);
        }
        Row::Evicted(row) => {
            put_list(out, &row.outputs, |out, vout| put_number(out, *vout));
            out.push(u8::from(row.withheld));
            put_bytes(out, row.reason.as_bytes());
            put_number(out, row.at.0);
        }
        Row::Token(row) => token::put_token(out, row),
        Row::Name(text) => put_bytes(out, text.as_bytes()),
        Row::Reservation(row) => token::put_reservation(out, row),
        Row::Reserved(row) => token::put_reserved(out, row),
        Row::Generation(row) => put_generation(out, row),
    }
}

/// Reads an encoded row of a kind.
pub(crate) fn decode(kind: RowKind, bytes: &[u8]) -> Result<Row, RecordError> {
    let mut reader = Reader::new(bytes);
    let layout = reader.byte("row layout")?;
    if layout != LAYOUT {
        return Err(RecordError::UnknownTag { what: "row layout", tag: layout });
    }
    let row = match kind {
        RowKind::Transaction => Row::Transaction(transaction(&mut reader)?),
        RowKind::Spend => Row::Spend(SpendRow { spender: reader.txid("spender")?, input: reader.number("input")? }),
        RowKind::Output => Row::Output(output(&mut reader)?),
        RowKind::Holders => Row::Holders(reader.list("holders", |reader| reader.topic("holder"))?),
        RowKind::Applied => Row::Applied(applied(&mut reader)?),
        RowKind::Verdict => Row::Verdict(verdict(&mut reader)?),
        RowKind::State => Row::State(reader.rest().to_vec()),
        RowKind::StateFence => Row::Fence,
        RowKind::Number => Row::Number(reader.signed("number")?),
        RowKind::TopicHash => Row::TopicHash(topic_hash(&mut reader)?),
        RowKind::Outbox => Row::Outbox(network::outbox(&mut reader)?),
        RowKind::Status => Row::Status(network::status(&mut reader)?),
        RowKind::Unjudged => Row::Unjudged(UnjudgedRow {
            fault: reader.text("fault")?,
            since: reader.timestamp("since")?,
            attempts: reader.number("attempts")?,
        }),
        RowKind::Unproven => Row::Unproven(UnprovenRow {
            stored: reader.stamp("stored")?,
            orphaned: reader.option("orphaned", |reader| reader.number("orphaned"))?,
        }),
        RowKind::Reverted => Row::Reverted(RevertedRow {
            size: reader.number("size")?,
            topics: reader.list("topics", |reader| reader.topic("topic"))?,
            carried: carried(&mut reader)?,
            height: reader.number("height")?,
        }),
        RowKind::Evicted => Row::Evicted(EvictedRow {
            outputs: reader.list("outputs", |reader| reader.number("output"))?,
            withheld: reader.boolean("withheld")?,
            reason: reader.text("reason")?,
            at: reader.timestamp("at")?,
        }),
        RowKind::Token => Row::Token(token::token(&mut reader)?),
        RowKind::Place => Row::Place,
        RowKind::Name => Row::Name(reader.text("name")?),
        RowKind::Reservation => Row::Reservation(token::reservation(&mut reader)?),
        RowKind::Reserved => Row::Reserved(token::reserved(&mut reader)?),
        RowKind::Generation => Row::Generation(generation(&mut reader)?),
    };
    reader.finish()?;
    Ok(row)
}

fn put_transaction(out: &mut Vec<u8>, row: &TransactionRow) {
    put_number(out, row.size);
    put_number(out, row.inputs);
    put_number(out, row.outputs);
    put_stamp(out, row.stored);
    put_number(out, row.stored_at.0);
    put_option(out, row.proof.as_deref(), |out, proof| {
        put_number(out, proof.height);
        put_number(out, proof.offset);
        put_list(out, &proof.levels, |out, level| match level {
            MerkleNode::Duplicate => out.push(0),
            MerkleNode::Hash(hash) => {
                out.push(1);
                out.extend_from_slice(hash);
            }
        });
    });
}

fn transaction(reader: &mut Reader<'_>) -> Result<TransactionRow, RecordError> {
    Ok(TransactionRow {
        size: reader.number("size")?,
        inputs: reader.number("input count")?,
        outputs: reader.number("output count")?,
        stored: reader.stamp("stored")?,
        stored_at: reader.timestamp("stored at")?,
        proof: reader.option("proof", |reader| {
            Ok(Arc::new(MerkleProof {
                height: reader.number("height")?,
                offset: reader.number("offset")?,
                levels: reader.list("proof", |reader| match reader.byte("proof level")? {
                    0 => Ok(MerkleNode::Duplicate),
                    1 => Ok(MerkleNode::Hash(reader.array("proof level")?)),
                    tag => Err(RecordError::UnknownTag { what: "proof level", tag }),
                })?,
            }))
        })?,
    })
}

fn put_output(out: &mut Vec<u8>, row: &OutputRow) {
    put_number(out, row.satoshis);
    put_stamp(out, row.admitted);
    put_number(out, row.admitted_at.0);
    match row.state {
        OutputState::Live => out.push(0),
        OutputState::Spent { by, retained } => {
            out.push(if retained { 2 } else { 1 });
            out.extend_from_slice(by.internal());
        }
    }
}

fn output(reader: &mut Reader<'_>) -> Result<OutputRow, RecordError> {
    Ok(OutputRow {
        satoshis: reader.number("satoshis")?,
        admitted: reader.stamp("admitted")?,
        admitted_at: reader.timestamp("admitted at")?,
        state: match reader.byte("output state")? {
            0 => OutputState::Live,
            tag @ (1 | 2) => OutputState::Spent { by: reader.txid("spent by")?, retained: tag == 2 },
            tag => return Err(RecordError::UnknownTag { what: "output state", tag }),
        },
    })
}

fn put_applied(out: &mut Vec<u8>, row: &AppliedRow) {
    put_stamp(out, row.first);
    put_number(out, row.admitted_at.0);
    put_list(out, &row.topics, |out, topic| put_number(out, topic.0.0));
    put_carried(out, &row.carried);
}

fn put_carried(out: &mut Vec<u8>, carried: &Carried) {
    put_option(out, carried.off_chain_values.as_ref(), put_carried_bytes);
    put_list(out, &carried.evidence, put_carried_bytes);
}

fn put_carried_bytes(out: &mut Vec<u8>, bytes: &CarriedBytes) {
    out.extend_from_slice(&bytes.sha256);
    put_number(out, bytes.length);
}

fn carried(reader: &mut Reader<'_>) -> Result<Carried, RecordError> {
    let bytes = |reader: &mut Reader<'_>| {
        Ok(CarriedBytes { sha256: reader.array("carried bytes")?, length: reader.number("length")? })
    };
    Ok(Carried {
        off_chain_values: reader.option("off-chain values", bytes)?,
        evidence: reader.list("evidence", bytes)?,
    })
}

fn applied(reader: &mut Reader<'_>) -> Result<AppliedRow, RecordError> {
    Ok(AppliedRow {
        first: reader.stamp("first")?,
        admitted_at: reader.timestamp("admitted at")?,
        topics: reader.list("topics", |reader| reader.topic("topic"))?,
        carried: carried(reader)?,
    })
}

fn put_verdict(out: &mut Vec<u8>, row: &VerdictRow) {
    put_stamp(out, row.sequence);
    put_number(out, row.judged_at.0);
    let indices = |out: &mut Vec<u8>, list: &[u32]| put_list(out, list, |out, index| put_number(out, *index));
    indices(out, &row.admittance.outputs_to_admit);
    indices(out, &row.admittance.coins_to_retain);
    indices(out, &row.admittance.coins_removed);
    out.extend_from_slice(&row.plugin);
    out.extend_from_slice(&row.inputs_digest);
    put_list(out, &row.reads, |out, read| {
        match &read.row {
            ReadRow::Own(key) => {
                out.push(0);
                put_bytes(out, key);
            }
            ReadRow::TopicState(topic, key) => {
                out.push(1);
                put_number(out, topic.0.0);
                put_bytes(out, key);
            }
            ReadRow::TopicOutput(topic, outpoint) => {
                out.push(2);
                put_number(out, topic.0.0);
                out.extend_from_slice(outpoint.txid.internal());
                put_number(out, outpoint.vout);
            }
        }
        put_option(out, read.value.as_ref(), |out, value| put_bytes(out, value));
    });
    put_number(out, row.fuel);
}

fn verdict(reader: &mut Reader<'_>) -> Result<VerdictRow, RecordError> {
    let sequence = reader.stamp("sequence")?;
    let judged_at = reader.timestamp("judged at")?;
    let mut indices = |what| reader.list(what, |reader| reader.number(what));
    let admittance = Admittance {
        outputs_to_admit: indices("outputs to admit")?,
        coins_to_retain: indices("coins to retain")?,
        coins_removed: indices("coins removed")?,
    };
    Ok(VerdictRow {
        sequence,
        judged_at,
        admittance,
        plugin: reader.array("plugin digest")?,
        inputs_digest: reader.array("inputs digest")?,
        reads: reader.list("reads", |reader| {
            Ok(StateRead {
                row: match reader.byte("row read")? {
                    0 => ReadRow::Own(reader.bytes("key read")?.to_vec()),
                    1 => ReadRow::TopicState(reader.topic("topic read")?, reader.bytes("key read")?.to_vec()),
                    2 => {
                        let topic = reader.topic("topic read")?;
                        let txid = reader.txid("output read")?;
                        ReadRow::TopicOutput(topic, Outpoint::new(txid, reader.number("output read")?))
                    }
                    tag => return Err(RecordError::UnknownTag { what: "row read", tag }),
                },
                value: reader.option("value read", |reader| Ok(reader.bytes("value read")?.to_vec()))?,
            })
        })?,
        fuel: reader.number("fuel")?,
    })
}

fn put_generation(out: &mut Vec<u8>, row: &GenerationRow) {
    put_option(out, row.serving.as_ref(), |out, name| put_number(out, name.0));
    out.extend_from_slice(&row.component);
    out.extend_from_slice(&row.configuration);
    put_list(out, &row.topics, |out, topic| put_number(out, topic.0.0));
    put_stamp(out, row.built);
    put_number(out, row.unjudged);
}

fn generation(reader: &mut Reader<'_>) -> Result<GenerationRow, RecordError> {
    Ok(GenerationRow {
        serving: reader.option("serving", |reader| Ok(NameId(reader.number("serving")?)))?,
        component: reader.array("component digest")?,
        configuration: reader.array("configuration digest")?,
        topics: reader.list("topics", |reader| reader.topic("topic"))?,
        built: reader.stamp("built")?,
        unjudged: reader.number("unjudged")?,
    })
}

fn topic_hash(reader: &mut Reader<'_>) -> Result<Box<TopicHash>, RecordError> {
    let mut hash = Box::new(TopicHash::default());
    let lanes = reader.take(TOPIC_HASH_RECORD_BYTES - 1, "topic hash")?;
    for (lane, bytes) in hash.0.iter_mut().zip(lanes.as_chunks::<2>().0) {
        *lane = u16::from_le_bytes(*bytes);
    }
    Ok(hash)
}
