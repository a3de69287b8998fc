//! Every row verified against every other, from scratch: what `trellis store check` runs.
//!
//! The audit walks transactions first and rebuilds from their raw bytes what the other rows must be; then it walks those rows
//! and looks for what nothing accounts for. It reads at one pinned sequence, so it can run beside submissions.

mod baskets;
mod outputs;
mod transactions;

use std::collections::{BTreeMap, BTreeSet};

use trellis_spv::hash::Txid;
use trellis_spv::verify::StoredTransaction;

use crate::domain::name::{NameKind, TopicId};
use crate::domain::plan::{HashChange, TopicHash};
use crate::domain::row::{Namespace, NumberKey, OutboxState, OutputState, Row, RowKey, Versioned};
use crate::domain::status::Status;
use crate::domain::time::Sequence;
use crate::element;
use crate::generation;
use crate::hosting::BroadcastPolicy;
use crate::ports::store::{RowKind, Scan, Store, StoreError};
use crate::state::row_bytes;
use crate::stored::StoredAt;
use crate::view::View;

/// Rows read at a time.
const PAGE: usize = 512;

/// Findings kept; a store with more is broken enough.
const MAX_FINDINGS: usize = 1000;

/// What an audit found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AuditReport {
    /// The sequence it is true of.
    pub sequence: Sequence,
    /// Everything that is not as it must be, in words. Empty for a sound store.
    pub findings: Vec<String>,
    /// Transactions held.
    pub transactions: u64,
    /// Those with a proof.
    pub proven: u64,
    /// Outputs in topics, spent ones included.
    pub outputs: u64,
    /// Unspent ones.
    pub live_outputs: u64,
    /// Applied submissions.
    pub applied: u64,
    /// State rows of plugins.
    pub state_rows: u64,
    /// Tokens in baskets.
    pub tokens: u64,
    /// Outbox rows that wait.
    pub outbox_pending: u64,
    /// Digest of each topic's hash, for two hosts to compare.
    pub topic_hashes: BTreeMap<TopicId, [u8; 32]>,
}

/// Verifies every row of a store against every other.
///
/// `broadcast` says whether unproven transactions must have an outbox row or a word of the network.
///
/// # Errors
/// [`StoreError`] where rows cannot be read at all.
pub fn audit(store: &dyn Store, broadcast: BroadcastPolicy) -> Result<AuditReport, StoreError> {
    let view = View::new(store);
    let mut audit = Audit {
        report: AuditReport { sequence: view.sequence(), ..AuditReport::default() },
        numbers: BTreeMap::new(),
        hashes: BTreeMap::new(),
        broadcast,
        idle: generation::idle(&view)?,
        last_read: None,
        view,
    };
    audit.transactions()?;
    audit.spends()?;
    audit.unproven_and_reverted()?;
    audit.evicted()?;
    audit.outputs()?;
    audit.holders()?;
    audit.applied()?;
    audit.verdicts()?;
    audit.state_rows()?;
    audit.outbox()?;
    audit.tokens()?;
    audit.places()?;
    audit.reservations()?;
    audit.generations()?;
    audit.numbers_and_hashes()?;
    Ok(audit.report)
}

struct Audit<'s> {
    view: View<'s>,
    report: AuditReport,
    broadcast: BroadcastPolicy,
    /// Recounted from the rows they count.
    numbers: BTreeMap<NumberKey, i128>,
    hashes: BTreeMap<TopicId, TopicHash>,
    /// Services and managers whose rows serve nobody, and need not be up to date.
    idle: BTreeSet<Namespace>,
    /// The transaction read last. Rows about one transaction are neighbours; reading it anew for each of its 20,000 inputs
    /// would take minutes.
    last_read: Option<(Txid, Option<StoredTransaction>)>,
}

impl Audit<'_> {
    fn find(&mut self, finding: String) {
        if self.report.findings.len() < MAX_FINDINGS {
            self.report.findings.push(finding);
        }
    }

    fn count(&mut self, number: NumberKey, by: i128) {
        *self.numbers.entry(number).or_default() += by;
    }

    /// Hands every row of a kind to `look`.
    fn each(
        &mut self,
        kind: RowKind,
        mut look: impl FnMut(&mut Self, RowKey, Versioned) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let page = self.view.scan(&Scan::Kind { kind, after, limit: PAGE })?;
            after = page.rows.last().map(|(key, _)| key.clone());
            for (key, found) in page.rows {
                look(self, key, found)?;
            }
            if !page.more {
                return Ok(());
            }
        }
    }

    /// A transaction held, from its raw bytes.
    fn stored(&mut self, txid: &Txid) -> Result<Option<StoredTransaction>, StoreError> {
        if let Some((_, held)) = self.last_read.as_ref().filter(|(read, _)| read == txid) {
            return Ok(held.clone());
        }
        let held = StoredAt::new(&self.view).find(txid)?;
        self.last_read = Some((*txid, held.clone()));
        Ok(held)
    }

    fn row(&self, key: &RowKey) -> Result<Option<Row>, StoreError> {
        Ok(self.view.peek(key)?.map(|found| found.row))
    }

    fn state_rows(&mut self) -> Result<(), StoreError> {
        self.each(RowKind::State, |audit, key, found| {
            let (RowKey::State(namespace, state_key), Row::State(value)) = (&key, &found.row) else {
                audit.find(format!("{key:?} holds a row of another kind"));
                return Ok(());
            };
            audit.report.state_rows += 1;
            audit.count(NumberKey::StateRows(*namespace), 1);
            audit.count(NumberKey::StateBytes(*namespace), row_bytes(state_key, Some(value)));
            if let Namespace::Topic(topic) = namespace {
                let change = HashChange::Add(element::state_row(state_key, value));
                audit.hashes.entry(*topic).or_default().apply(&change);
            }
            if audit.row(&RowKey::StateFence(*namespace))?.is_none() {
                audit.find(format!("state row {key:?} exists, but its namespace never got a fence"));
            }
            Ok(())
        })
    }

    /// What serves was written under a name that is known.
    fn generations(&mut self) -> Result<(), StoreError> {
        let mut names = self.view.store().names(NameKind::Service)?;
        names.extend(self.view.store().names(NameKind::Manager)?);
        let name = |id| names.iter().find(|(known, _)| *known == id).map(|(_, name)| generation::parts(name).0);
        self.each(RowKind::Generation, |audit, key, found| {
            let (RowKey::Generation(who), Row::Generation(row)) = (&key, &found.row) else {
                audit.find(format!("{key:?} holds a row of another kind"));
                return Ok(());
            };
            let configured = match who {
                Namespace::Topic(topic) => topic.0,
                Namespace::Service(service) => service.0,
                Namespace::Manager(manager) => manager.0,
            };
            let is_its = |serving| name(serving).is_some_and(|of| Some(of) == name(configured));
            if matches!(who, Namespace::Topic(_)) || !row.serving.is_none_or(is_its) {
                audit.find(format!("{key:?} says that {:?} serves, which is no generation of it", row.serving));
            }
            Ok(())
        })
    }

    fn outbox(&mut self) -> Result<(), StoreError> {
        self.each(RowKind::Outbox, |audit, key, found| {
            let (RowKey::Outbox(txid), Row::Outbox(row)) = (&key, &found.row) else {
                audit.find(format!("{key:?} holds a row of another kind"));
                return Ok(());
            };
            match audit.row(&RowKey::Transaction(*txid))? {
                Some(Row::Transaction(held)) if held.proof.is_some() => {
                    audit.find(format!("transaction {txid} is proven, but still in the outbox"));
                }
                Some(_) => {}
                None => audit.find(format!("transaction {txid} is in the outbox, but not held here")),
            }
            if row.state == OutboxState::Pending {
                audit.report.outbox_pending += 1;
                audit.count(NumberKey::OutboxPending, 1);
            }
            Ok(())
        })
    }

    /// A transaction that is not proven is known to the network, or the outbox knows it.
    fn outbox_is_complete(&mut self, txid: &Txid, status: Status) -> Result<(), StoreError> {
        let told = self.row(&RowKey::Outbox(*txid))?.is_some()
            || matches!(status, Status::Broadcast | Status::Seen | Status::Rejected);
        if !told && self.broadcast.tells() {
            self.find(format!(
                "transaction {txid} is unproven and the network was never told, but it has no outbox row"
            ));
        }
        Ok(())
    }

    fn numbers_and_hashes(&mut self) -> Result<(), StoreError> {
        let mut recounted = std::mem::take(&mut self.numbers);
        self.each(RowKind::Number, |audit, key, found| {
            let (RowKey::Number(number), Row::Number(stored)) = (&key, &found.row) else {
                audit.find(format!("{key:?} holds a row of another kind"));
                return Ok(());
            };
            let counted = recounted.remove(number).unwrap_or_default();
            if counted != *stored {
                audit.find(format!("{number:?} says {stored}, a recount says {counted}"));
            }
            Ok(())
        })?;
        for (number, counted) in recounted.into_iter().filter(|(_, counted)| *counted != 0) {
            self.find(format!("{number:?} has no row, a recount says {counted}"));
        }
        let mut recomputed = std::mem::take(&mut self.hashes);
        self.each(RowKind::TopicHash, |audit, key, found| {
            let (RowKey::TopicHash(topic), Row::TopicHash(stored)) = (&key, &found.row) else {
                audit.find(format!("{key:?} holds a row of another kind"));
                return Ok(());
            };
            audit.report.topic_hashes.insert(*topic, stored.digest());
            if recomputed.remove(topic).unwrap_or_default() != **stored {
                audit.find(format!("the hash of topic {topic:?} is not that of its outputs, spends and state"));
            }
            Ok(())
        })?;
        for (topic, hash) in recomputed {
            if hash != TopicHash::default() {
                self.find(format!("topic {topic:?} has rows but no hash"));
            }
        }
        Ok(())
    }
}

/// Whether an output state is unspent.
fn is_live(state: &OutputState) -> bool {
    *state == OutputState::Live
}
