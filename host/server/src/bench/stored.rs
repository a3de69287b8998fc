//! What a host that already holds many outputs pays for a submission, against one that holds few.

use std::path::Path;
use std::sync::Arc;

use trellis_engine::domain::admittance::Admittance;
use trellis_engine::domain::name::{NameKind, ServiceId, TopicId, TopicName};
use trellis_engine::domain::plan::{Adjust, Cause, Plan};
use trellis_engine::domain::row::{
    AppliedRow, Namespace, NumberKey, OutputRow, OutputState, Row, RowKey, SpendRow, StatusRow, TransactionRow,
    VerdictRow,
};
use trellis_engine::domain::status::Status;
use trellis_engine::domain::time::{Sequence, Stamp, Timestamp};
use trellis_engine::ports::store::Store;
use trellis_spv::hash::{Outpoint, Txid, double_sha256};
use trellis_store::sled_store::Unobserved;
use trellis_store::{Options, SledStore};

use super::BenchError;
use super::engine::{self, Pass};
use super::material::Simple;
use crate::config::Config;
use crate::data_dir::DataDir;
use crate::wiring::{self, Observers};

/// What "few" means.
pub(super) const FEW: u64 = 10_000;

/// Outputs of one filling commit: their rows stay below what a commit may write.
const OUTPUTS_PER_COMMIT: u64 = 2_000;

/// The same submissions on a host with few outputs and on one with many.
#[derive(Debug)]
pub(super) struct Growth {
    pub(super) many: u64,
    /// CPU of the whole process per submission with [`FEW`] outputs, in microseconds.
    pub(super) few_us: f64,
    /// The same with `many`.
    pub(super) many_us: f64,
}

/// Fills two stores and submits to both.
pub(super) fn measure(
    config: impl Fn(&str) -> Result<Config, BenchError>,
    many: u64,
    submissions: &[Simple],
) -> Result<Growth, BenchError> {
    let topics = [TopicName::new("tm_helloworld")?];
    let cost = |outputs: u64| {
        let config = config(&format!("with-{outputs}"))?;
        fill(&DataDir::open(&config.data_dir, config.network).map_err(wiring::WiringError::from)?.store(), outputs)?;
        let Pass { beside_store_us, store_us, .. } = engine::pass(submissions, &topics, |engine, calls| {
            let observers = Observers { engine, calls, store: Arc::new(Unobserved) };
            wiring::wire(&config, wiring::Addresses::admin_only(config.admin_listen), observers)
        })?;
        Ok::<_, BenchError>(beside_store_us + store_us)
    };
    Ok(Growth { many, few_us: cost(FEW)?, many_us: cost(many)? })
}

/// Writes the rows of so many admitted outputs, each of a transaction of its own, as submissions would have left them.
fn fill(folder: &Path, outputs: u64) -> Result<(), BenchError> {
    let store = SledStore::open(folder, &Options::new(rand::random())).map_err(wiring::WiringError::from)?;
    let topic = TopicId(store.intern(NameKind::Topic, "tm_helloworld").map_err(wiring::WiringError::from)?);
    let service = ServiceId(store.intern(NameKind::Service, "ls_helloworld").map_err(wiring::WiringError::from)?);
    for first in (0..outputs).step_by(OUTPUTS_PER_COMMIT as usize) {
        let numbers = first..outputs.min(first + OUTPUTS_PER_COMMIT);
        let count = i128::from(numbers.end - numbers.start);
        let number = |key, by| Adjust::Number(key, by);
        let plan = Plan {
            cause: Cause::Submission(txid(first)),
            once: None,
            expect: Vec::new(),
            writes: numbers.flat_map(|number| rows(topic, service, number)).collect(),
            adjust: vec![
                number(NumberKey::Outputs(topic), count),
                number(NumberKey::LiveOutputs(topic), count),
                number(NumberKey::LiveSatoshis(topic), count),
                number(NumberKey::StateRows(Namespace::Service(service)), count),
            ],
            contents: Vec::new(),
            event: None,
            at: Timestamp(0),
        };
        store.commit(plan).map_err(|error| BenchError::Refused(error.to_string()))?;
    }
    Ok(())
}

fn txid(number: u64) -> Txid {
    Txid::from_internal(double_sha256(&number.to_be_bytes()))
}

fn rows(topic: TopicId, service: ServiceId, number: u64) -> [(RowKey, Option<Row>); 8] {
    let txid = txid(number);
    let outpoint = Outpoint::new(txid, 0);
    let admittance = Admittance { outputs_to_admit: vec![0], ..Admittance::default() };
    let transaction = TransactionRow {
        size: 250,
        inputs: 1,
        outputs: 1,
        stored: Stamp::ThisCommit,
        stored_at: Timestamp(number),
        proof: None,
    };
    let status = StatusRow { status: Status::Admitted, since: Stamp::At(Sequence(1)), word: None };
    let output = OutputRow {
        satoshis: 1,
        admitted: Stamp::ThisCommit,
        admitted_at: Timestamp(number),
        state: OutputState::Live,
    };
    let applied = AppliedRow {
        first: Stamp::ThisCommit,
        admitted_at: Timestamp(number),
        topics: vec![topic],
        carried: Default::default(),
    };
    let verdict = VerdictRow {
        sequence: Stamp::ThisCommit,
        judged_at: Timestamp(number),
        admittance,
        plugin: [0; 32],
        inputs_digest: [0; 32],
        fuel: 10_000,
        reads: Vec::new(),
    };
    [
        (RowKey::Transaction(txid), Row::Transaction(transaction)),
        (RowKey::Spend(Outpoint::new(txid, u32::MAX)), Row::Spend(SpendRow { spender: txid, input: 0 })),
        (RowKey::Status(txid), Row::Status(status)),
        (RowKey::Output(topic, outpoint), Row::Output(output)),
        (RowKey::Holders(outpoint), Row::Holders(vec![topic])),
        (RowKey::Applied(txid), Row::Applied(applied)),
        (RowKey::Verdict(txid, topic), Row::Verdict(verdict)),
        (RowKey::State(Namespace::Service(service), txid.internal().to_vec()), Row::State(vec![0; 100])),
    ]
    .map(|(key, row)| (key, Some(row)))
}
