//! Every record survives the way to bytes and back; no other bytes are read as one.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use trellis_engine::domain::admittance::Admittance;
use trellis_engine::domain::basket::{BasketName, ManagerId, NameDigest, Part, Token, TokenRow, TokensOf};
use trellis_engine::domain::event::{
    AppliedTransaction, BasketOperation, BasketReversal, Event, Placed, Taken, TopicChange, TopicReversal,
};
use trellis_engine::domain::name::{NameId, ServiceId, TopicId};
use trellis_engine::domain::plan::{Adjust, Cause, HashChange, Plan, TopicHash};
use trellis_engine::domain::row::*;
use trellis_engine::domain::status::{NetworkWord, Status};
use trellis_engine::domain::time::{Sequence, Stamp, Timestamp};
use trellis_spv::hash::{Outpoint, Txid};
use trellis_spv::merkle::{MerkleNode, MerkleProof};

use super::log::{self, Previous, RowsHash, put_row, put_row_count};
use super::stored::{Form, Stored, checksum, seal};
use super::{key, row};

fn txid() -> impl Strategy<Value = Txid> {
    any::<[u8; 32]>().prop_map(Txid::from_internal)
}
fn outpoint() -> impl Strategy<Value = Outpoint> {
    (txid(), any::<u32>()).prop_map(|(txid, vout)| Outpoint::new(txid, vout))
}
fn topic() -> impl Strategy<Value = TopicId> {
    any::<u32>().prop_map(|id| TopicId(NameId(id)))
}
fn manager() -> impl Strategy<Value = ManagerId> {
    any::<u32>().prop_map(|id| ManagerId(NameId(id)))
}
fn part() -> impl Strategy<Value = Part> {
    let digest = || any::<[u8; 16]>().prop_map(NameDigest);
    let tokens = prop_oneof![
        digest().prop_map(TokensOf::Basket),
        (digest(), digest()).prop_map(|(basket, asset)| TokensOf::Asset(basket, asset)),
        (digest(), digest()).prop_map(|(basket, owner)| TokensOf::Owner(basket, owner)),
        (digest(), digest()).prop_map(|(basket, tag)| TokensOf::Tag(basket, tag)),
        (digest(), digest(), digest()).prop_map(|(basket, asset, owner)| TokensOf::Balance(basket, asset, owner)),
    ];
    (manager(), tokens).prop_map(|(manager, tokens)| Part { manager, tokens })
}
fn reservation_id() -> impl Strategy<Value = ReservationId> {
    any::<[u8; 16]>().prop_map(ReservationId)
}
fn basket() -> impl Strategy<Value = BasketName> {
    "[a-z][a-z0-9_.:/-]{0,20}".prop_map(|name| BasketName::new(&name).unwrap())
}
fn namespace() -> impl Strategy<Value = Namespace> {
    prop_oneof![
        topic().prop_map(Namespace::Topic),
        any::<u32>().prop_map(|id| Namespace::Service(ServiceId(NameId(id)))),
        manager().prop_map(Namespace::Manager),
    ]
}
fn number_key() -> impl Strategy<Value = NumberKey> {
    prop_oneof![
        topic().prop_map(NumberKey::LiveOutputs),
        topic().prop_map(NumberKey::Outputs),
        topic().prop_map(NumberKey::LiveSatoshis),
        namespace().prop_map(NumberKey::StateRows),
        namespace().prop_map(NumberKey::StateBytes),
        Just(NumberKey::OutboxPending),
        part().prop_map(NumberKey::Tokens),
        part().prop_map(NumberKey::Amount),
    ]
}
fn row_key() -> impl Strategy<Value = RowKey> {
    prop_oneof![
        txid().prop_map(RowKey::Transaction),
        outpoint().prop_map(RowKey::Spend),
        (topic(), outpoint()).prop_map(|(topic, outpoint)| RowKey::Output(topic, outpoint)),
        outpoint().prop_map(RowKey::Holders),
        txid().prop_map(RowKey::Applied),
        (txid(), topic()).prop_map(|(txid, topic)| RowKey::Verdict(txid, topic)),
        (namespace(), vec(any::<u8>(), 1..=MAX_STATE_KEY_BYTES)).prop_map(|(of, key)| RowKey::State(of, key)),
        namespace().prop_map(RowKey::StateFence),
        number_key().prop_map(RowKey::Number),
        topic().prop_map(RowKey::TopicHash),
        txid().prop_map(RowKey::Outbox),
        txid().prop_map(RowKey::Status),
        (namespace(), txid()).prop_map(|(of, txid)| RowKey::Unjudged(of, txid)),
        txid().prop_map(RowKey::Unproven),
        txid().prop_map(RowKey::Reverted),
        txid().prop_map(RowKey::Evicted),
        (manager(), outpoint()).prop_map(|(manager, outpoint)| RowKey::Token(manager, outpoint)),
        (part(), outpoint()).prop_map(|(part, outpoint)| RowKey::Place(part, outpoint)),
        any::<[u8; 16]>().prop_map(|digest| RowKey::Name(NameDigest(digest))),
        reservation_id().prop_map(RowKey::Reservation),
        (manager(), outpoint()).prop_map(|(manager, outpoint)| RowKey::Reserved(manager, outpoint)),
        namespace().prop_map(RowKey::Generation),
    ]
}
fn stamp() -> impl Strategy<Value = Stamp> {
    prop_oneof![Just(Stamp::ThisCommit), any::<u64>().prop_map(|at| Stamp::At(Sequence(at)))]
}
fn timestamp() -> impl Strategy<Value = Timestamp> {
    any::<u64>().prop_map(Timestamp)
}
fn status() -> impl Strategy<Value = Status> {
    prop_oneof![
        Just(Status::Admitted),
        Just(Status::Broadcast),
        Just(Status::Seen),
        any::<u32>().prop_map(Status::Mined),
        Just(Status::Rejected),
        Just(Status::Contested),
    ]
}
fn proof() -> impl Strategy<Value = MerkleProof> {
    let level = prop_oneof![Just(MerkleNode::Duplicate), any::<[u8; 32]>().prop_map(MerkleNode::Hash)];
    (any::<u32>(), any::<u64>(), vec(level, 0..=64)).prop_map(|(height, offset, levels)| MerkleProof {
        height,
        offset,
        levels,
    })
}
fn state_read() -> impl Strategy<Value = StateRead> {
    let value = proptest::option::of(vec(any::<u8>(), 0..40));
    let key = || vec(any::<u8>(), 0..20);
    let row = prop_oneof![
        key().prop_map(ReadRow::Own),
        (topic(), key()).prop_map(|(topic, key)| ReadRow::TopicState(topic, key)),
        (topic(), outpoint()).prop_map(|(topic, outpoint)| ReadRow::TopicOutput(topic, outpoint)),
    ];
    (row, value).prop_map(|(row, value)| StateRead { row, value })
}
fn verdict() -> impl Strategy<Value = VerdictRow> {
    let indices = || vec(any::<u32>(), 0..5);
    let fields = (stamp(), timestamp(), indices(), indices(), indices(), any::<[u8; 32]>(), any::<[u8; 32]>());
    (fields, vec(state_read(), 0..4), any::<u64>()).prop_map(|(fields, reads, fuel)| {
        let (sequence, judged_at, outputs_to_admit, coins_to_retain, coins_removed, plugin, inputs_digest) = fields;
        let admittance = Admittance { outputs_to_admit, coins_to_retain, coins_removed };
        VerdictRow { sequence, judged_at, admittance, plugin, inputs_digest, reads, fuel }
    })
}
fn carried() -> impl Strategy<Value = Carried> {
    let bytes = || (any::<[u8; 32]>(), any::<u32>()).prop_map(|(sha256, length)| CarriedBytes { sha256, length });
    (proptest::option::of(bytes()), vec(bytes(), 0..3))
        .prop_map(|(off_chain_values, evidence)| Carried { off_chain_values, evidence })
}
fn token_row() -> impl Strategy<Value = TokenRow> {
    let owner = proptest::option::of(".{0,20}");
    let token = (basket(), ".{0,20}", any::<u64>(), owner, vec(".{0,8}", 0..4), vec(any::<u8>(), 0..20));
    let token =
        token.prop_map(|(basket, asset, amount, owner, tags, data)| Token { basket, asset, amount, owner, tags, data });
    (token, topic(), any::<u64>(), any::<bool>(), stamp(), timestamp()).prop_map(
        |(token, topic, satoshis, claimed, placed, placed_at)| TokenRow {
            token,
            topic,
            satoshis,
            claimed,
            placed,
            placed_at,
        },
    )
}
fn generation() -> impl Strategy<Value = GenerationRow> {
    let serving = proptest::option::of(any::<u32>().prop_map(NameId));
    let digests = (any::<[u8; 32]>(), any::<[u8; 32]>());
    (serving, digests, vec(topic(), 0..5), stamp(), any::<u64>()).prop_map(
        |(serving, (component, configuration), topics, built, unjudged)| GenerationRow {
            serving,
            component,
            configuration,
            topics,
            built,
            unjudged,
        },
    )
}
fn stored_row() -> impl Strategy<Value = Row> {
    let output_state = prop_oneof![
        Just(OutputState::Live),
        (txid(), any::<bool>()).prop_map(|(by, retained)| OutputState::Spent { by, retained }),
    ];
    let word = (".{0,20}", any::<u16>(), ".{0,40}", timestamp())
        .prop_map(|(broadcaster, code, text, at)| NetworkWord { broadcaster, code, text, at });
    let lanes = vec(any::<u16>(), 1024).prop_map(|lanes| TopicHash(lanes.try_into().unwrap()));
    prop_oneof![
        (any::<[u32; 3]>(), stamp(), timestamp(), proptest::option::of(proof())).prop_map(
            |([size, inputs, outputs], stored, stored_at, proof)| {
                let proof = proof.map(Arc::new);
                Row::Transaction(TransactionRow { size, inputs, outputs, stored, stored_at, proof })
            }
        ),
        (txid(), any::<u32>()).prop_map(|(spender, input)| Row::Spend(SpendRow { spender, input })),
        (any::<u64>(), stamp(), timestamp(), output_state).prop_map(|(satoshis, admitted, admitted_at, state)| {
            Row::Output(OutputRow { satoshis, admitted, admitted_at, state })
        }),
        vec(topic(), 0..5).prop_map(Row::Holders),
        (stamp(), timestamp(), vec(topic(), 0..5), carried()).prop_map(|(first, admitted_at, topics, carried)| {
            Row::Applied(AppliedRow { first, admitted_at, topics, carried })
        }),
        verdict().prop_map(Row::Verdict),
        vec(any::<u8>(), 0..100).prop_map(Row::State),
        Just(Row::Fence),
        any::<i128>().prop_map(Row::Number),
        lanes.prop_map(|hash| Row::TopicHash(Box::new(hash))),
        (any::<bool>(), stamp(), any::<u32>(), any::<u32>(), timestamp(), vec(txid(), 0..4)).prop_map(
            |(refused, queued, position, attempts, next_attempt, parents)| {
                let state = if refused { OutboxState::Refused } else { OutboxState::Pending };
                Row::Outbox(OutboxRow { state, queued, position, attempts, next_attempt, parents })
            }
        ),
        (status(), stamp(), proptest::option::of(word)).prop_map(|(status, since, word)| Row::Status(StatusRow {
            status,
            since,
            word
        })),
        (".{0,40}", timestamp(), any::<u32>()).prop_map(|(fault, since, attempts)| Row::Unjudged(UnjudgedRow {
            fault,
            since,
            attempts
        })),
        (stamp(), any::<Option<u32>>()).prop_map(|(stored, orphaned)| Row::Unproven(UnprovenRow { stored, orphaned })),
        (vec(any::<u32>(), 0..5), any::<bool>(), ".{0,40}", timestamp())
            .prop_map(|(outputs, withheld, reason, at)| { Row::Evicted(EvictedRow { outputs, withheld, reason, at }) }),
        token_row().prop_map(Row::Token),
        Just(Row::Place),
        ".{0,40}".prop_map(Row::Name),
        (manager(), vec(outpoint(), 0..4), timestamp(), any::<[u8; 32]>()).prop_map(
            |(manager, tokens, until, client)| { Row::Reservation(ReservationRow { manager, tokens, until, client }) }
        ),
        generation().prop_map(Row::Generation),
        (reservation_id(), timestamp())
            .prop_map(|(reservation, until)| Row::Reserved(ReservedRow { reservation, until })),
        (any::<u32>(), vec(topic(), 0..5), carried(), any::<u32>()).prop_map(|(size, topics, carried, height)| {
            Row::Reverted(RevertedRow { size, topics, carried, height })
        }),
    ]
}
fn reversal() -> impl Strategy<Value = TopicReversal> {
    let outpoints = || vec(outpoint(), 0..3);
    (topic(), outpoints(), outpoints(), outpoints(), vec((outpoint(), any::<bool>()), 0..3)).prop_map(
        |(topic, removed, unspent, admitted, spent)| TopicReversal { topic, removed, unspent, admitted, spent },
    )
}
fn basket_reversal() -> impl Strategy<Value = BasketReversal> {
    (manager(), basket(), vec(outpoint(), 0..3), vec(outpoint(), 0..3))
        .prop_map(|(manager, basket, removed, placed)| BasketReversal { manager, basket, removed, placed })
}
fn operation() -> impl Strategy<Value = BasketOperation> {
    let taken = (basket(), outpoint(), ".{0,9}", any::<u64>()).prop_map(|(basket, outpoint, asset, amount)| Taken {
        basket,
        outpoint,
        asset,
        amount,
    });
    let placed = (basket(), any::<u32>(), ".{0,9}", any::<u64>()).prop_map(|(basket, vout, asset, amount)| Placed {
        basket,
        vout,
        asset,
        amount,
    });
    (manager(), proptest::option::of(taken), proptest::option::of(placed))
        .prop_map(|(manager, taken, placed)| BasketOperation { manager, taken, placed })
}
fn sequences() -> impl Strategy<Value = Vec<Sequence>> {
    vec(any::<u64>().prop_map(Sequence), 0..3)
}
fn event() -> impl Strategy<Value = Event> {
    let spent = vec((outpoint(), any::<bool>()), 0..3);
    let change = (topic(), vec(any::<u32>(), 0..3), spent).prop_map(|(topic, admitted, spent)| TopicChange {
        topic,
        admitted,
        spent,
    });
    prop_oneof![
        vec((txid(), vec(change, 0..3), vec(operation(), 0..3)), 0..3).prop_map(|all| {
            let applied =
                all.into_iter().map(|(txid, topics, operations)| AppliedTransaction { txid, topics, operations });
            Event::Applied(applied.collect())
        }),
        (txid(), status()).prop_map(|(txid, status)| Event::StatusChanged { txid, status }),
        vec((txid(), any::<u32>()), 0..3).prop_map(|transactions| Event::Proven { transactions }),
        vec((txid(), any::<u32>()), 0..3).prop_map(|transactions| Event::Orphaned { transactions }),
        (vec(txid(), 0..3), vec(reversal(), 0..3), vec(basket_reversal(), 0..3))
            .prop_map(|(transactions, topics, baskets)| Event::Evicted { transactions, topics, baskets }),
        (
            (vec(txid(), 0..3), vec(txid(), 0..3)),
            (vec(reversal(), 0..3), vec(basket_reversal(), 0..3)),
            (sequences(), sequences())
        )
            .prop_map(|((transactions, judged_again), (topics, baskets), (undone, batches))| Event::Reverted {
                transactions,
                judged_again,
                topics,
                baskets,
                undone,
                batches
            }),
    ]
}
fn adjust() -> impl Strategy<Value = Adjust> {
    prop_oneof![
        (number_key(), any::<i128>()).prop_map(|(key, delta)| Adjust::Number(key, delta)),
        (topic(), any::<[u8; 32]>()).prop_map(|(topic, element)| Adjust::TopicHash(topic, HashChange::Add(element))),
        (topic(), any::<[u8; 32]>()).prop_map(|(topic, element)| Adjust::TopicHash(topic, HashChange::Remove(element))),
    ]
}
fn cause() -> impl Strategy<Value = Cause> {
    prop_oneof![
        txid().prop_map(Cause::Submission),
        txid().prop_map(Cause::Network),
        txid().prop_map(Cause::Proof),
        reservation_id().prop_map(Cause::Reservation),
        txid().prop_map(Cause::Revert),
        txid().prop_map(Cause::Reorganisation),
        txid().prop_map(Cause::Eviction),
        namespace().prop_map(Cause::Rebuild),
    ]
}
/// The bytes of a log record, with the keys that went in.
fn log_bytes() -> impl Strategy<Value = Vec<u8>> {
    let written = vec((row_key(), any::<bool>(), proptest::option::of((any::<u64>(), any::<bool>()))), 0..4);
    (cause(), proptest::option::of(event()), vec(adjust(), 0..3), vec(row_key(), 0..3), written, any::<u64>()).prop_map(
        |(cause, event, adjust, read, written, at)| {
            let plan = Plan {
                cause,
                once: None,
                expect: vec![],
                writes: vec![],
                adjust,
                contents: vec![],
                event,
                at: Timestamp(at),
            };
            let read: Vec<Vec<u8>> = read.iter().map(key::encode).collect();
            let mut out = Vec::new();
            log::put_head(&mut out, &plan, read.iter().map(Vec::as_slice));
            put_row_count(&mut out, written.len());
            for (key, live, previous) in written {
                let previous = previous.map(|(at, overflow)| Previous { version: Sequence(at), overflow });
                put_row(&mut out, &key::encode(&key), live, previous);
            }
            put_row_count(&mut out, 0);
            out.extend_from_slice(&RowsHash::default().finish());
            out
        },
    )
}

fn encoded(row: &Row) -> Vec<u8> {
    let mut out = Vec::new();
    row::put(&mut out, row);
    out
}

/// One changed byte, some cut off, or some appended.
fn damage(bytes: &mut Vec<u8>, at: usize, kind: u8, value: u8) {
    let at = at % bytes.len().max(1);
    match kind % 3 {
        0 => bytes[at] ^= value.max(1),
        1 => bytes.truncate(at),
        _ => bytes.push(value),
    }
}

proptest! {
    #[test]
    fn keys_survive_and_sort_like_the_domain(a in row_key(), b in row_key()) {
        let (left, right) = (key::encode(&a), key::encode(&b));
        prop_assert_eq!(key::decode(&left).unwrap(), a.clone());
        prop_assert!(left.len() <= crate::limits::MAX_KEY_BYTES);
        if key::kind_of(&a) == key::kind_of(&b) {
            prop_assert_eq!(left.cmp(&right), a.cmp(&b));
        }
    }

    #[test]
    fn rows_survive(row in stored_row()) {
        let bytes = encoded(&row);
        prop_assert_eq!(row::decode(row::kind_of(&row), &bytes).unwrap(), row);
    }

    #[test]
    fn damaged_rows_are_refused_or_canonical(row in stored_row(), at: usize, kind: u8, value: u8) {
        let mut bytes = encoded(&row);
        damage(&mut bytes, at, kind, value);
        if let Ok(other) = row::decode(row::kind_of(&row), &bytes) {
            prop_assert_eq!(encoded(&other), bytes, "two spellings of one row");
        }
    }

    #[test]
    fn damaged_stored_rows_never_pass_the_checksum(row in stored_row(), key in row_key(), at: usize, kind: u8, value: u8) {
        let (key, record) = (key::encode(&key), encoded(&row));
        let mut whole = Vec::new();
        seal(Form::Inline, Sequence(77), checksum(Form::Inline, &key, &record), &record, &mut whole);
        let stored = Stored::parse(&whole).unwrap();
        prop_assert_eq!(stored.version, Sequence(77));
        prop_assert!(stored.verify(&key, stored.body).is_ok());
        damage(&mut whole, at, kind, value);
        let passes = Stored::parse(&whole).is_ok_and(|stored| stored.verify(&key, stored.body).is_ok());
        prop_assert!(!passes);
    }

    #[test]
    fn log_records_are_read_as_written_and_damage_never_panics(bytes in log_bytes(), at: usize, kind: u8, value: u8) {
        prop_assert!(log::decode(Sequence(1), &bytes).is_ok());
        let mut damaged = bytes;
        damage(&mut damaged, at, kind, value);
        let _ = log::decode(Sequence(1), &damaged);
    }

    #[test]
    fn random_bytes_never_panic(bytes in vec(any::<u8>(), 0..300)) {
        let _ = key::decode(&bytes);
        let _ = log::decode(Sequence(1), &bytes);
        let _ = Stored::parse(&bytes);
    }
}

#[test]
fn a_number_in_a_longer_spelling_is_refused() {
    assert!(row::decode(trellis_engine::ports::store::RowKind::Number, &[1, 0x02]).is_ok());
    assert!(row::decode(trellis_engine::ports::store::RowKind::Number, &[1, 0x82, 0x00]).is_err());
}
