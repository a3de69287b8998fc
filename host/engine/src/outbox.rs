//! The outbox: telling the network what is durable here, and keeping its answers.
//!
//! Rows are written by the commits that store the transactions, so a crash loses none. One worker sends, parents before
//! children, therefore nothing is ever sent twice at once. What the network refuses for good is taken back.

mod broadcasters;
mod inquiries;
mod letters;
mod opinion;
mod queue;
mod storm;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use trellis_spv::hash::Txid;

use crate::domain::event::Event;
use crate::domain::plan::Cause;
use crate::domain::row::{OutboxRow, OutboxState, Row, RowKey, StatusRow};
use crate::domain::status::{MAX_NETWORK_WORDS, NetworkWord, Status};
use crate::domain::time::{Stamp, Timestamp};
use crate::engine::Engine;
use crate::fault_point::fault_point;
use crate::note::Note;
use crate::ports::network::{AnswerMeaning, Broadcaster, Outgoing};
use crate::ports::store::StoreError;
use crate::revert::RevertError;
use crate::stored::StoredAt;
use crate::text::cut;
use crate::view::View;
use broadcasters::Broadcasters;
pub use broadcasters::Resting;
use inquiries::Inquiries;
pub use letters::DeadLetter;
use opinion::Opinion;
use queue::Queue;
use storm::Storm;

/// Wait after the first failed attempt, in milliseconds; doubles with each further one.
const FIRST_RETRY_MILLISECONDS: u64 = 1_000;

/// Longest wait between attempts, in milliseconds: an outage of an hour should not cost another hour.
const LONGEST_RETRY_MILLISECONDS: u64 = 5 * 60 * 1_000;

/// Between two looks at which versions of rows a revert may still need, in milliseconds. A look reads a row of every
/// unproven transaction.
const HOLD_MILLISECONDS: u64 = 30_000;

/// Transactions told at once. Each is one small commit when it was answered, and telling comes again after asking.
pub(crate) const MAX_BATCH: usize = 64;

/// Bytes of Extended Format told at once: what a broadcaster takes in one request without complaint.
const MAX_BATCH_BYTES: usize = 4 * 1024 * 1024;

/// Attempts at a transaction that everybody's policy refuses, or whose form nobody understands: a quarter of an hour, for a fee
/// policy to change. Then it is a dead letter, and an operator decides.
const MAX_REFUSED_ATTEMPTS: u32 = 10;

/// Sends what is due and records the answers.
pub struct Outbox {
    engine: Arc<Engine>,
    broadcasters: Broadcasters,
    queue: Queue,
    inquiries: Inquiries,
    storm: Storm,
    /// When the versions a revert may need were last looked after.
    held: Timestamp,
}

/// How the network is, as far as the outbox knows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NetworkHealth {
    /// Broadcasters that do not answer and are left alone for a while.
    pub resting: Vec<Resting>,
    /// Until when refusals are not acted upon, because there were too many of them.
    pub storm_until: Option<Timestamp>,
}

impl Outbox {
    /// An outbox that tries `broadcasters` in this order.
    #[must_use]
    pub fn new(engine: Arc<Engine>, broadcasters: Vec<Arc<dyn Broadcaster>>) -> Self {
        let broadcasters = Broadcasters::new(broadcasters, Arc::clone(&engine.parts.observer));
        Self {
            engine,
            broadcasters,
            queue: Queue::default(),
            inquiries: Inquiries::default(),
            storm: Storm::default(),
            held: Timestamp::default(),
        }
    }

    /// Waits until a commit queued something, or `timeout` is over.
    pub fn wait(&self, timeout: Duration) {
        self.engine.outbox_bell().wait(timeout);
    }

    /// How the network is.
    #[must_use]
    pub fn health(&self, now: Timestamp) -> NetworkHealth {
        NetworkHealth { resting: self.broadcasters.resting(now), storm_until: self.storm.until(now) }
    }

    /// Sends everything that is due at `now`, then asks about a few transactions that nothing proves yet. `jitter` (0 to 1)
    /// spreads retries. Answers when the next one is to be sent.
    ///
    /// # Errors
    /// [`StoreError`]; what was sent and could not be recorded is sent again later, which networks ignore.
    pub fn run_due(&mut self, now: Timestamp, jitter: f64) -> Result<Option<Timestamp>, StoreError> {
        // Something else may be hosted since.
        self.engine = self.engine.latest();
        if now >= self.held.plus_milliseconds(HOLD_MILLISECONDS) {
            self.engine.hold_for_reverts()?;
            self.held = now;
        }
        self.queue.follow(self.engine.store())?;
        if self.broadcasters.is_empty() {
            return Ok(None);
        }
        while self.broadcasters.available(now) == Some(now) {
            let due = self.queue.due(now, MAX_BATCH);
            if due.is_empty() {
                self.inquire(now)?;
                break;
            }
            self.send(due, now, jitter)?;
            // What was just recorded may have queued parents again, and submissions went on meanwhile.
            self.queue.follow(self.engine.store())?;
        }
        let available = self.broadcasters.available(now);
        Ok(self.queue.next_time().map(|next| available.map_or(next, |available| next.max(available))))
    }

    /// Sends some transactions and records what was answered.
    fn send(&mut self, due: Vec<(Txid, OutboxRow)>, now: Timestamp, jitter: f64) -> Result<(), StoreError> {
        let (mut rows, mut outgoing, mut bytes) = (Vec::new(), Vec::new(), 0);
        for (txid, row) in due {
            match self.engine.extended_format(&txid)? {
                Some(extended_format) => {
                    if !outgoing.is_empty() && bytes + extended_format.len() > MAX_BATCH_BYTES {
                        break;
                    }
                    bytes += extended_format.len();
                    outgoing.push(Outgoing { txid, extended_format });
                    rows.push((txid, row));
                }
                None => {
                    let next = self.record(&txid, &row, unsendable(), now, jitter)?;
                    self.queue.settle(&txid, next);
                }
            }
        }
        fault_point("about-to-broadcast");
        let opinions = self.broadcasters.tell(&outgoing, now);
        fault_point("broadcast");
        for ((txid, row), opinion) in rows.into_iter().zip(opinions) {
            let next = match opinion {
                Some(opinion) => self.record(&txid, &row, opinion, now, jitter)?,
                None => Some(retry(&row, now, jitter)),
            };
            fault_point("answer-recorded");
            self.queue.settle(&txid, next);
        }
        Ok(())
    }

    /// What an opinion comes to: a refusal takes the transaction back, unless there is a reason not to believe it.
    fn heed(&mut self, txid: &Txid, opinion: &Opinion, now: Timestamp) -> Result<Heeded, StoreError> {
        let word = NetworkWord {
            broadcaster: opinion.broadcaster.clone(),
            code: opinion.code,
            text: cut(&opinion.text, MAX_NETWORK_WORDS),
            at: now,
        };
        let is_refusal = opinion.meaning == AnswerMeaning::Terminal;
        if matches!(opinion.meaning, AnswerMeaning::Transient | AnswerMeaning::Policy | AnswerMeaning::OurMistake) {
            return Ok(Heeded::Stands(opinion.meaning, word));
        }
        if !self.storm.verdict(is_refusal, now) && is_refusal {
            return Ok(Heeded::Stands(AnswerMeaning::Contested, word));
        }
        if !is_refusal {
            return Ok(Heeded::Stands(opinion.meaning, word));
        }
        Ok(match self.engine.take_back(txid, &word, now) {
            Ok(_) | Err(RevertError::NotHeld(_)) => Heeded::TakenBack,
            Err(RevertError::Store(error)) => return Err(error),
            // Somebody mines on it, so the refusal is one broadcaster's word against a proof.
            Err(RevertError::Proven(_)) => Heeded::Stands(AnswerMeaning::Contested, word),
            Err(RevertError::Again(_) | RevertError::Overtaken) => Heeded::Stands(AnswerMeaning::Transient, word),
            Err(error @ (RevertError::TooLongAgo { .. } | RevertError::TooLarge { .. })) => {
                tracing::error!(%txid, %error, "the network refused a transaction that cannot be taken back");
                Heeded::Stands(AnswerMeaning::Terminal, word)
            }
        })
    }

    /// Commits what an answer means. Answers the row if it must be sent again.
    fn record(
        &mut self,
        txid: &Txid,
        row: &OutboxRow,
        opinion: Opinion,
        now: Timestamp,
        jitter: f64,
    ) -> Result<Option<OutboxRow>, StoreError> {
        let (meaning, word) = match self.heed(txid, &opinion, now)? {
            Heeded::TakenBack => return Ok(None),
            Heeded::Stands(meaning, word) => (meaning, word),
        };
        let mut left = None;
        self.engine.note(Cause::Network(*txid), now, |view| {
            left = None;
            // Proven or withdrawn while the network was asked: the answer is no longer news.
            let Some(held) = view.outbox(txid)?.filter(|held| held.row.state == OutboxState::Pending) else {
                return Ok(None);
            };
            let before = view.status(txid)?;
            let (status, next) = verdict(meaning, before.as_ref().map(|found| found.row.status), row, now, jitter);
            let queued = held.row.queued.carried(held.version);
            let next = next.map(|next| OutboxRow { queued, ..next });
            let since = match &before {
                Some(found) if found.row.status == status => found.row.since.carried(found.version),
                _ => Stamp::ThisCommit,
            };
            let event = (since == Stamp::ThisCommit).then_some(Event::StatusChanged { txid: *txid, status });
            let status = StatusRow { status, since, word: Some(word.clone()) };
            let mut writes = vec![
                (RowKey::Outbox(*txid), next.clone().map(Row::Outbox)),
                (RowKey::Status(*txid), Some(Row::Status(status))),
            ];
            if meaning == AnswerMeaning::ParentsUnknown {
                writes.extend(parents_again(view, &held.row, now)?);
            }
            left = next.filter(|next| next.state == OutboxState::Pending);
            Ok(Some(Note { writes, event }))
        })?;
        Ok(left)
    }
}

/// What became of an opinion.
enum Heeded {
    /// The transaction is gone.
    TakenBack,
    /// It stays, and this is to be noted.
    Stands(AnswerMeaning, NetworkWord),
}

/// What is said of a transaction that cannot be told to anybody: it came proven, without what it spends, and its block left the
/// chain.
fn unsendable() -> Opinion {
    Opinion {
        meaning: AnswerMeaning::OurMistake,
        broadcaster: "this host".to_owned(),
        code: 0,
        text: "an output it spends is not held here, so it cannot be broadcast from here".to_owned(),
    }
}

/// What an answer makes of a transaction: its status, and its outbox row if it keeps one.
fn verdict(
    meaning: AnswerMeaning,
    before: Option<Status>,
    row: &OutboxRow,
    now: Timestamp,
    jitter: f64,
) -> (Status, Option<OutboxRow>) {
    let unchanged = before.unwrap_or(Status::Admitted);
    match meaning {
        AnswerMeaning::Taken => (Status::Broadcast, None),
        // A broadcaster's word is not a proof: mined without one is seen.
        AnswerMeaning::Seen | AnswerMeaning::Mined(_) => (Status::Seen, None),
        AnswerMeaning::Terminal => (Status::Rejected, Some(OutboxRow { state: OutboxState::Refused, ..row.clone() })),
        AnswerMeaning::Contested => (Status::Contested, Some(retry(row, now, jitter))),
        AnswerMeaning::Policy | AnswerMeaning::OurMistake if row.attempts + 1 >= MAX_REFUSED_ATTEMPTS => {
            (unchanged, Some(OutboxRow { state: OutboxState::Refused, ..retry(row, now, jitter) }))
        }
        AnswerMeaning::Transient
        | AnswerMeaning::Policy
        | AnswerMeaning::OurMistake
        | AnswerMeaning::ParentsUnknown => (unchanged, Some(retry(row, now, jitter))),
    }
}

/// Outbox rows for the unproven parents of a transaction whose parents a broadcaster does not know, although it was sent
/// them before. The child waits for them: rows with waiting parents are not sent.
fn parents_again(view: &View<'_>, child: &OutboxRow, now: Timestamp) -> Result<Vec<(RowKey, Option<Row>)>, StoreError> {
    let mut rows = Vec::new();
    for parent in &child.parents {
        let Some(held) = view.transaction(parent)?.filter(|held| held.row.proof.is_none()) else { continue };
        if view.outbox(parent)?.is_none() {
            tracing::debug!(%parent, size = held.row.size, "sending a parent again that the network forgot");
            rows.push(queued_again(view, parent, now)?);
        }
    }
    Ok(rows)
}

/// A place in the outbox for what the network forgot.
fn queued_again(view: &View<'_>, txid: &Txid, now: Timestamp) -> Result<(RowKey, Option<Row>), StoreError> {
    let row = OutboxRow {
        state: OutboxState::Pending,
        queued: Stamp::ThisCommit,
        position: 0,
        attempts: 0,
        next_attempt: now,
        // Forgotten themselves, perhaps; then they are sent again in their turn.
        parents: unproven_parents(view, txid)?,
    };
    Ok((RowKey::Outbox(*txid), Some(Row::Outbox(row))))
}

fn unproven_parents(view: &View<'_>, txid: &Txid) -> Result<Vec<Txid>, StoreError> {
    let held = StoredAt::new(view).find(txid)?;
    let inputs = held.iter().flat_map(|held| held.transaction.inputs());
    let parents: BTreeSet<Txid> = inputs.map(|input| input.source.txid).collect();
    let mut unproven = Vec::new();
    for parent in parents {
        if view.lacks_proof(&parent)? {
            unproven.push(parent);
        }
    }
    Ok(unproven)
}

/// The row after a failed attempt: exponential back-off with jitter.
fn retry(row: &OutboxRow, now: Timestamp, jitter: f64) -> OutboxRow {
    let doubled = FIRST_RETRY_MILLISECONDS.saturating_mul(1 << row.attempts.min(16));
    let wait = doubled.min(LONGEST_RETRY_MILLISECONDS);
    // Between half the wait and all of it.
    let spread = (wait / 2).saturating_add(((wait / 2) as f64 * jitter.clamp(0.0, 1.0)) as u64);
    OutboxRow { attempts: row.attempts.saturating_add(1), next_attempt: now.plus_milliseconds(spread), ..row.clone() }
}
