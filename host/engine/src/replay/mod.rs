//! Judging stored transactions once more, with a component that is to take over: what it would decide otherwise. Nothing is written.
//!
//! A verdict is a function of what it was shown, and that is kept: the transaction, what came along with it, and what was read. So
//! it can be asked for again, also of a component that did not exist then. What a topic refused is not stored, so nothing is known
//! here of a component that would take it.
//!
//! | module | one job |
//! |---|---|
//! | `shown` | what a verdict was shown, put together again |
//! | `rows` | the rows as they were then, as far as they are known |
//! | [`compare`](Compared) | in what a verdict differs from the one on record |

mod compare;
mod rows;
mod shown;

use trellis_spv::hash::Txid;

use crate::domain::row::{Row, RowKey, VerdictRow};
use crate::domain::time::Sequence;
use crate::hosting::{HostedTopic, Hosting};
use crate::ports::plugins::{PluginError, PluginId, Plugins};
use crate::ports::store::{RowKind, Scan, Store, StoreError};
use crate::state::State;
use crate::submit::Meter;
use crate::submit::host::TopicHost;
use crate::view::{View, wrong_kind};

pub use compare::{Compared, Difference, Written};
use rows::{RowsThen, ThenHost};
use shown::Shown;

/// Verdicts read at a time where all of a topic are looked for.
const PAGE: usize = 1_000;

/// What is to be tried, and on what.
#[derive(Clone, Copy)]
pub struct Replay<'r> {
    /// The store with the verdicts.
    pub store: &'r dyn Store,
    /// The topics, as they are configured.
    pub hosting: &'r Hosting,
    /// Where the component is loaded that is tried.
    pub plugins: &'r dyn Plugins,
    /// What it is called there.
    pub plugin: &'r PluginId,
    /// The digest of a component, given by its SHA-256, with the configuration that the one tried has
    /// ([`crate::ports::plugins::PluginDescription::configuration_digest`]).
    pub configured: &'r dyn Fn(&[u8; 32]) -> [u8; 32],
}

/// A verdict that was asked for again.
#[derive(Clone, PartialEq, Debug)]
pub struct Replayed {
    /// The transaction.
    pub txid: Txid,
    /// The commit that applied the verdict on record.
    pub sequence: Sequence,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of asking for a verdict again.
#[derive(Clone, PartialEq, Debug)]
pub enum Outcome {
    /// The two verdicts were compared.
    Compared(Compared),
    /// It cannot be asked for again.
    NotPossible(WhyNot),
}

/// Why a verdict cannot be asked for again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, thiserror::Error)]
pub enum WhyNot {
    /// The bytes of the transaction are gone.
    #[error("the transaction's bytes are not held any more")]
    TransactionGone,
    /// What came along is gone.
    #[error("what came along with the transaction is not held any more")]
    CarriedGone,
    /// The component asks for rows that the verdict on record did not, and their versions of that time are gone.
    #[error("it reads rows that the verdict on record did not, as they were then, and versions that old are not kept")]
    RowsGone,
    /// The same, of a verdict whose time cannot be pinned.
    #[error("it reads rows that the verdict on record did not, and that was given within a commit of several")]
    AmongOthers,
}

/// Why replaying cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The component cannot be called.
    #[error("the component cannot be called: {0}")]
    Plugin(PluginError),
}

/// The hosted topics that judged a transaction, by number.
///
/// # Errors
/// [`StoreError`].
pub fn topics_of(store: &dyn Store, hosting: &Hosting, txid: &Txid) -> Result<Vec<HostedTopic>, StoreError> {
    let applied = View::new(store).applied(txid)?;
    let topics = applied.map(|found| found.row.topics).unwrap_or_default();
    Ok(topics.into_iter().filter_map(|topic| hosting.topic_by_id(topic).cloned()).collect())
}

impl Replay<'_> {
    /// The transactions with a verdict of a topic, in the order in which they were judged.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn judged_by(&self, topic: &HostedTopic) -> Result<Vec<Txid>, StoreError> {
        let pin = self.store.pin();
        let (mut judged, mut after) = (Vec::new(), None);
        loop {
            let scan = Scan::Kind { kind: RowKind::Verdict, after, limit: PAGE };
            let page = self.store.scan(&scan, pin.sequence())?;
            for (key, found) in &page.rows {
                let (RowKey::Verdict(txid, by), Row::Verdict(verdict)) = (key, &found.row) else {
                    return Err(wrong_kind(key));
                };
                if *by == topic.id {
                    judged.push((verdict.judged_at, *txid));
                }
            }
            after = page.rows.into_iter().next_back().map(|(key, _)| key);
            if !page.more {
                break;
            }
        }
        judged.sort_unstable();
        Ok(judged.into_iter().map(|(_, txid)| txid).collect())
    }

    /// Asks for a topic's verdict on a transaction again; `None` where there is none on record.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub fn verdict(&self, topic: &HostedTopic, txid: &Txid) -> Result<Option<Replayed>, ReplayError> {
        let now = View::new(self.store);
        let Some(found) = now.verdict(txid, topic.id)? else { return Ok(None) };
        let sequence = found.row.sequence.resolve(found.version);
        let outcome = self.ask(&now, topic, txid, (&found.row, sequence))?;
        Ok(Some(Replayed { txid: *txid, sequence, outcome }))
    }

    fn ask(
        &self,
        now: &View<'_>,
        topic: &HostedTopic,
        txid: &Txid,
        (on_record, sequence): (&VerdictRow, Sequence),
    ) -> Result<Outcome, ReplayError> {
        let shown = match Shown::of(self, now, topic, txid, on_record)? {
            Ok(shown) => shown,
            Err(why_not) => return Ok(Outcome::NotPossible(why_not)),
        };
        let rows = match RowsThen::of(self.store, topic, *txid, on_record, sequence)? {
            Ok(rows) => rows,
            Err(why_not) => return Ok(Outcome::NotPossible(why_not)),
        };
        let mut state = State::of_topic(&rows.view, self.hosting, topic);
        shown.stands(self.hosting, topic, &mut state)?;
        let meter = Meter::default();
        let evidence = Some(&shown.evidence);
        let inner = TopicHost { meter: &meter, state: &mut state, evidence, read_only: None };
        let mut host = ThenHost::new(inner, self.hosting, &rows, on_record);
        let sources = shown.sources();
        let answer =
            self.plugins.identify_admissible_outputs(self.plugin, &shown.asked(&topic.name, &sources), &mut host);
        if let Some(why_not) = host.missed {
            return Ok(Outcome::NotPossible(why_not));
        }
        let (spent, evicted) = (host.spent, now.evicted(txid)?.map(|evicted| evicted.outputs).unwrap_or_default());
        let (changes, reads) = state.into_changes();
        let written = rows.written(self.store, topic, sequence)?.map(|then| (then, changes.writes));
        let is_same_component =
            self.plugins.description(self.plugin).is_some_and(|description| description.sha256 == on_record.plugin);
        // What it asks for is its own affair, unless it is the component that asked for something else then.
        let reads = (is_same_component && shown.confirmed).then_some(reads);
        match compare::compare(on_record, &evicted, answer, reads.as_deref(), written) {
            Ok((differences, writes_compared)) => Ok(Outcome::Compared(Compared {
                differences,
                inputs_confirmed: shown.confirmed,
                writes_compared,
                fuel_then: on_record.fuel,
                fuel_now: spent.fuel,
            })),
            Err(PluginError::Host(error)) => Err(error.into()),
            Err(error) => Err(ReplayError::Plugin(error)),
        }
    }
}
