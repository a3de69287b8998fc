//! Plans to measure with.

use trellis_engine::domain::admittance::Admittance;
use trellis_engine::domain::event::{AppliedTransaction, Event, TopicChange};
use trellis_engine::domain::name::{NameId, ServiceId, TopicId};
use trellis_engine::domain::plan::{Adjust, Cause, Expected, HashChange, Plan};
use trellis_engine::domain::row::{
    AppliedRow, Carried, ContentId, Namespace, NumberKey, OutboxRow, OutboxState, OutputRow, OutputState, ReadRow, Row,
    RowKey, SpendRow, StateRead, StatusRow, TransactionRow, VerdictRow,
};
use trellis_engine::domain::status::Status;
use trellis_engine::domain::time::{Stamp, Timestamp};
use trellis_spv::hash::{Outpoint, Txid, double_sha256};

pub(crate) struct Submission {
    pub(crate) plan: Plan,
    pub(crate) content: ContentId,
    pub(crate) raw: Vec<u8>,
}

const TOPIC: TopicId = TopicId(NameId(1));
const SERVICE: Namespace = Namespace::Service(ServiceId(NameId(2)));

fn plan(txid: Txid) -> Plan {
    Plan {
        cause: Cause::Submission(txid),
        once: None,
        expect: vec![],
        writes: vec![],
        adjust: vec![],
        contents: vec![],
        event: None,
        at: Timestamp(1_800_000_000_000_000),
    }
}

/// One input, one admitted output, one lookup row.
pub(crate) fn simple(seed: u64) -> Submission {
    let raw = seed.to_le_bytes().repeat(36);
    let txid = Txid::from_internal(double_sha256(&raw));
    let coin = Outpoint::new(Txid::from_internal(double_sha256(&seed.to_be_bytes())), 1);
    let output = Outpoint::new(txid, 0);
    let at = Timestamp(1_800_000_000_000_000 + seed);
    let applied =
        AppliedRow { first: Stamp::ThisCommit, admitted_at: at, topics: vec![TOPIC], carried: Carried::default() };
    let verdict = VerdictRow {
        sequence: Stamp::ThisCommit,
        judged_at: Timestamp(1),
        admittance: Admittance { outputs_to_admit: vec![0], ..Admittance::default() },
        plugin: [7; 32],
        inputs_digest: [8; 32],
        reads: vec![StateRead { row: ReadRow::Own(b"rule".to_vec()), value: None }],
        fuel: 123_456,
    };
    let outbox = OutboxRow {
        state: OutboxState::Pending,
        queued: Stamp::ThisCommit,
        position: 0,
        attempts: 0,
        next_attempt: at,
        parents: vec![],
    };
    let admitted = OutputRow { satoshis: 1, admitted: Stamp::ThisCommit, admitted_at: at, state: OutputState::Live };
    let transaction = TransactionRow {
        size: raw.len() as u32,
        inputs: 1,
        outputs: 1,
        stored: Stamp::ThisCommit,
        stored_at: Timestamp(1),
        proof: None,
    };
    let index = [&b"message/"[..], &txid.internal()[..], &[0; 4]].concat();
    let writes = vec![
        (RowKey::Transaction(txid), Row::Transaction(transaction)),
        (RowKey::Spend(coin), Row::Spend(SpendRow { spender: txid, input: 0 })),
        (RowKey::Output(TOPIC, output), Row::Output(admitted)),
        (RowKey::Holders(output), Row::Holders(vec![TOPIC])),
        (RowKey::Applied(txid), Row::Applied(applied)),
        (RowKey::Verdict(txid, TOPIC), Row::Verdict(verdict)),
        (RowKey::State(SERVICE, index), Row::State(vec![1; 60])),
        (RowKey::StateFence(SERVICE), Row::Fence),
        (RowKey::Outbox(txid), Row::Outbox(outbox)),
        (
            RowKey::Status(txid),
            Row::Status(StatusRow { status: Status::Admitted, since: Stamp::ThisCommit, word: None }),
        ),
    ];
    let absent = [0, 1, 2, 4, 5].map(|index: usize| (writes[index].0.clone(), Expected::Absent));
    let change = TopicChange { topic: TOPIC, admitted: vec![0], spent: vec![] };
    let content = ContentId::Transaction(txid);
    let plan = Plan {
        once: Some(RowKey::Applied(txid)),
        expect: absent.to_vec(),
        writes: writes.into_iter().map(|(key, row)| (key, Some(row))).collect(),
        adjust: vec![
            Adjust::Number(NumberKey::LiveOutputs(TOPIC), 1),
            Adjust::Number(NumberKey::Outputs(TOPIC), 1),
            Adjust::Number(NumberKey::LiveSatoshis(TOPIC), 1),
            Adjust::Number(NumberKey::OutboxPending, 1),
            Adjust::TopicHash(TOPIC, HashChange::Add(*txid.internal())),
        ],
        contents: vec![content],
        event: Some(Event::Applied(vec![AppliedTransaction { txid, topics: vec![change], operations: vec![] }])),
        ..plan(txid)
    };
    Submission { plan, content, raw }
}

/// Many spends, each expected to be as it is.
pub(crate) fn spends(count: u64, spender: u8) -> Plan {
    let spender = Txid::from_internal([spender; 32]);
    let writes = (0..count).map(|index| {
        let coin = Outpoint::new(Txid::from_internal(double_sha256(&[count, index].map(u64::to_be_bytes).concat())), 0);
        (RowKey::Spend(coin), Some(Row::Spend(SpendRow { spender, input: index as u32 })))
    });
    Plan { writes: writes.collect(), ..plan(spender) }
}

/// Many state rows of the largest size.
pub(crate) fn states(count: u32) -> Plan {
    let key = |index: u32| RowKey::State(SERVICE, double_sha256(&index.to_be_bytes()).to_vec());
    let writes = (0..count).map(|index| (key(index), Some(Row::State(vec![9; 6_144]))));
    Plan { writes: writes.collect(), ..plan(Txid::from_internal([3; 32])) }
}
