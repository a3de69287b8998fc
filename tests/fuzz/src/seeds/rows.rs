//! Seeds of disk records: one of every kind of row, key, log record and stored row.

use std::sync::Arc;

use trellis_engine::domain::admittance::Admittance;
use trellis_engine::domain::basket::{BasketName, ManagerId, NameDigest, Part, Token, TokenRow, TokensOf};
use trellis_engine::domain::event::{
    AppliedTransaction, BasketOperation, BasketReversal, Event, Placed, Taken, TopicChange, TopicReversal,
};
use trellis_engine::domain::name::{NameId, ServiceId, TopicId};
use trellis_engine::domain::plan::{Adjust, Cause, HashChange, Plan};
use trellis_engine::domain::row::{
    AppliedRow, Carried, CarriedBytes, EvictedRow, GenerationRow, Namespace, NumberKey, OutboxRow, OutboxState,
    OutputRow, OutputState, ReadRow, ReservationId, ReservationRow, ReservedRow, RevertedRow, Row, RowKey, SpendRow,
    StateRead, StatusRow, TransactionRow, UnjudgedRow, UnprovenRow, VerdictRow,
};
use trellis_engine::domain::status::{NetworkWord, Status};
use trellis_engine::domain::time::{Sequence, Stamp, Timestamp};
use trellis_spv::hash::{Outpoint, Txid};

use crate::material::material;
use crate::records::{encode_key, encode_log, encode_row, encode_stored};

const TXID: Txid = Txid::from_internal([7; 32]);
const TOPIC: TopicId = TopicId(NameId(300));
const MANAGER: ManagerId = ManagerId(NameId(5));
const DIGEST: NameDigest = NameDigest([9; 16]);
const RESERVATION: ReservationId = ReservationId([8; 16]);
const NOW: Timestamp = Timestamp(1_700_000_000_000_000);

pub(super) fn records() -> Vec<Vec<u8>> {
    let (keys, rows) = (keys(), rows());
    let mut seeds: Vec<Vec<u8>> = rows.iter().map(encode_row).collect();
    seeds.extend(keys.iter().map(encode_key));
    seeds.extend(plans().iter().map(|plan| encode_log(plan, &keys)));
    seeds.extend(keys.iter().zip(&rows).map(|(key, row)| encode_stored(key, row)));
    seeds
}

fn keys() -> Vec<RowKey> {
    let outpoint = Outpoint::new(TXID, 70_000);
    let service = Namespace::Service(ServiceId(NameId(1)));
    vec![
        RowKey::Transaction(TXID),
        RowKey::Spend(outpoint),
        RowKey::Output(TOPIC, outpoint),
        RowKey::Holders(outpoint),
        RowKey::Applied(TXID),
        RowKey::Verdict(TXID, TOPIC),
        RowKey::State(Namespace::Topic(TOPIC), b"key".to_vec()),
        RowKey::StateFence(service),
        RowKey::Number(NumberKey::StateRows(service)),
        RowKey::Number(NumberKey::StateBytes(service)),
        RowKey::Number(NumberKey::LiveSatoshis(TOPIC)),
        RowKey::TopicHash(TOPIC),
        RowKey::Outbox(TXID),
        RowKey::Status(TXID),
        RowKey::Unjudged(service, TXID),
        RowKey::Unproven(TXID),
        RowKey::Reverted(TXID),
        RowKey::Evicted(TXID),
        RowKey::Token(MANAGER, outpoint),
        RowKey::Place(Part { manager: MANAGER, tokens: TokensOf::Balance(DIGEST, DIGEST, DIGEST) }, outpoint),
        RowKey::Name(DIGEST),
        RowKey::Reservation(RESERVATION),
        RowKey::Reserved(MANAGER, outpoint),
        RowKey::Generation(service),
        RowKey::Number(NumberKey::Amount(Part { manager: MANAGER, tokens: TokensOf::Basket(DIGEST) })),
    ]
}

fn rows() -> Vec<Row> {
    let proof = material().chain.proof(&material().transactions[3].txid()).map(Arc::new);
    let admittance = Admittance { outputs_to_admit: vec![0, 300], coins_to_retain: vec![1], coins_removed: vec![] };
    let reads = vec![
        StateRead { row: ReadRow::Own(b"key".to_vec()), value: Some(b"value".to_vec()) },
        StateRead { row: ReadRow::TopicState(TOPIC, b"key".to_vec()), value: None },
        StateRead { row: ReadRow::TopicOutput(TOPIC, Outpoint::new(TXID, 70_000)), value: Some(vec![1]) },
    ];
    let word = NetworkWord { broadcaster: "arc".into(), code: 200, text: "SEEN_ON_NETWORK".into(), at: NOW };
    vec![
        Row::Transaction(TransactionRow {
            size: 300,
            inputs: 1,
            outputs: 2,
            stored: Stamp::ThisCommit,
            stored_at: NOW,
            proof,
        }),
        Row::Spend(SpendRow { spender: TXID, input: 3 }),
        Row::Output(OutputRow {
            satoshis: 1_000,
            admitted: Stamp::ThisCommit,
            admitted_at: NOW,
            state: OutputState::Spent { by: TXID, retained: true },
        }),
        Row::Holders(vec![TOPIC, TopicId(NameId(301))]),
        Row::Applied(AppliedRow {
            first: Stamp::At(Sequence(9)),
            admitted_at: NOW,
            topics: vec![TOPIC],
            carried: Carried {
                off_chain_values: Some(CarriedBytes { sha256: [3; 32], length: 5 }),
                evidence: vec![CarriedBytes { sha256: [4; 32], length: 6 }],
            },
        }),
        Row::Verdict(VerdictRow {
            sequence: Stamp::ThisCommit,
            judged_at: NOW,
            admittance,
            plugin: [1; 32],
            inputs_digest: [2; 32],
            fuel: 1_000_000,
            reads,
        }),
        Row::State(b"state".to_vec()),
        Row::Fence,
        Row::Number(-5),
        Row::TopicHash(Box::default()),
        Row::Outbox(OutboxRow {
            state: OutboxState::Pending,
            queued: Stamp::ThisCommit,
            position: 1,
            attempts: 2,
            next_attempt: NOW,
            parents: vec![TXID],
        }),
        Row::Status(StatusRow { status: Status::Mined(814_435), since: Stamp::At(Sequence(1)), word: Some(word) }),
        Row::Unjudged(UnjudgedRow { fault: "it broke".into(), since: NOW, attempts: 3 }),
        Row::Unproven(UnprovenRow { stored: Stamp::At(Sequence(7)), orphaned: Some(814_435) }),
        Row::Reverted(RevertedRow {
            size: 300,
            topics: vec![TOPIC],
            carried: Carried {
                off_chain_values: Some(CarriedBytes { sha256: [3; 32], length: 5 }),
                evidence: vec![CarriedBytes { sha256: [4; 32], length: 6 }],
            },
            height: 814_435,
        }),
        Row::Evicted(EvictedRow { outputs: vec![0, 300], withheld: true, reason: "court order".into(), at: NOW }),
        Row::Token(TokenRow {
            token: Token {
                basket: basket(),
                asset: "seat".into(),
                amount: 1,
                owner: Some("me".into()),
                tags: vec!["front".into()],
                data: vec![1, 2],
            },
            topic: TOPIC,
            satoshis: 1,
            claimed: true,
            placed: Stamp::ThisCommit,
            placed_at: NOW,
        }),
        Row::Place,
        Row::Name("seat".into()),
        Row::Reservation(ReservationRow {
            manager: MANAGER,
            tokens: vec![Outpoint::new(TXID, 1)],
            until: NOW,
            client: [6; 32],
        }),
        Row::Reserved(ReservedRow { reservation: RESERVATION, until: NOW }),
        Row::Generation(GenerationRow {
            serving: Some(NameId(7)),
            component: [1; 32],
            configuration: [2; 32],
            topics: vec![TOPIC],
            built: Stamp::ThisCommit,
            unjudged: 3,
        }),
    ]
}

fn basket() -> BasketName {
    BasketName::new("shop/tickets").expect("a basket name")
}

fn plans() -> Vec<Plan> {
    let change = TopicChange { topic: TOPIC, admitted: vec![0, 1], spent: vec![(Outpoint::new(TXID, 0), true)] };
    let reversal = TopicReversal {
        topic: TOPIC,
        removed: vec![Outpoint::new(TXID, 1)],
        unspent: vec![Outpoint::new(TXID, 2)],
        admitted: vec![Outpoint::new(TXID, 3)],
        spent: vec![(Outpoint::new(TXID, 4), false)],
    };
    let outpoint = Outpoint::new(TXID, 1);
    let taken = Taken { basket: basket(), outpoint, asset: "seat".into(), amount: 1 };
    let placed = Placed { basket: basket(), vout: 2, asset: "seat".into(), amount: 1 };
    let operation = BasketOperation { manager: MANAGER, taken: Some(taken), placed: Some(placed) };
    let baskets =
        BasketReversal { manager: MANAGER, basket: basket(), removed: vec![outpoint], placed: vec![outpoint] };
    let events = [
        Some(Event::Applied(vec![AppliedTransaction {
            txid: TXID,
            topics: vec![change],
            operations: vec![operation],
        }])),
        Some(Event::StatusChanged { txid: TXID, status: Status::Rejected }),
        Some(Event::Proven { transactions: vec![(TXID, 814_435)] }),
        Some(Event::Orphaned { transactions: vec![(TXID, 814_435)] }),
        Some(Event::Evicted {
            transactions: vec![TXID],
            topics: vec![reversal.clone()],
            baskets: vec![baskets.clone()],
        }),
        Some(Event::Reverted {
            transactions: vec![TXID],
            judged_again: vec![TXID],
            topics: vec![reversal],
            baskets: vec![baskets],
            undone: vec![Sequence(3), Sequence(300)],
            batches: vec![Sequence(300)],
        }),
        None,
    ];
    let causes = [
        Cause::Submission(TXID),
        Cause::Network(TXID),
        Cause::Proof(TXID),
        Cause::Reorganisation(TXID),
        Cause::Eviction(TXID),
        Cause::Revert(TXID),
        Cause::Reservation(RESERVATION),
        Cause::Rebuild(Namespace::Service(ServiceId(NameId(1)))),
    ];
    let plan = |(event, cause)| Plan {
        cause,
        once: None,
        expect: Vec::new(),
        writes: Vec::new(),
        adjust: vec![
            Adjust::Number(NumberKey::OutboxPending, -1),
            Adjust::TopicHash(TOPIC, HashChange::Add([4; 32])),
            Adjust::TopicHash(TOPIC, HashChange::Remove([5; 32])),
        ],
        contents: Vec::new(),
        event,
        at: NOW,
    };
    events.into_iter().zip(causes).map(plan).collect()
}
