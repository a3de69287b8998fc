//! The outbox: telling the network what is durable here, and keeping its answers.
//!
//! Rows are written by the commits that store the transactions, so a crash loses none. One worker sends, parents before
//! children, therefore nothing is ever sent twice at once. What the network refuses for good is taken back.

mod inquiries;
mod queue;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use trellis_spv::hash::Txid;

use crate::domain::event::Event;
use crate::domain::plan::{Adjust, Cause, Plan};
use crate::domain::row::{NumberKey, OutboxRow, OutboxState, Row, RowKey, StatusRow};
use crate::domain::status::{MAX_NETWORK_WORDS, NetworkWord, Status};
use crate::domain::time::{Stamp, Timestamp};
use crate::engine::Engine;
use crate::ports::network::{AnswerMeaning, BroadcastAnswer, Broadcaster, Outgoing};
use crate::ports::store::{CommitError, StoreError};
use crate::revert::RevertError;
use crate::stored::StoredAt;
use crate::text::cut;
use crate::view::View;
use inquiries::Inquiries;
use queue::Queue;

/// Wait after the first failed attempt, in milliseconds; doubles with each further one.
const FIRST_RETRY_MILLISECONDS: u64 = 1_000;

/// Longest wait between attempts, in milliseconds: an outage of an hour should not cost another hour.
const LONGEST_RETRY_MILLISECONDS: u64 = 5 * 60 * 1_000;

/// Between two looks at which versions of rows a revert may still need, in milliseconds. A look reads a row of every
/// unproven transaction.
const HOLD_MILLISECONDS: u64 = 30_000;

/// Sends what is due and records the answers.
pub struct Outbox {
    engine: Arc<Engine>,
    broadcasters: Vec<Arc<dyn Broadcaster>>,
    queue: Queue,
    inquiries: Inquiries,
    /// When the versions a revert may need were last looked after.
    held: Timestamp,
}

impl Outbox {
    /// An outbox that tries `broadcasters` in this order.
    #[must_use]
    pub fn new(engine: Arc<Engine>, broadcasters: Vec<Arc<dyn Broadcaster>>) -> Self {
        Self {
            engine,
            broadcasters,
            queue: Queue::default(),
            inquiries: Inquiries::default(),
            held: Timestamp::default(),
        }
    }

    /// Waits until a commit queued something, or `timeout` is over.
    pub fn wait(&self, timeout: Duration) {
        self.engine.outbox_bell().wait(timeout);
    }

    /// Sends everything that is due at `now`, then asks about a few transactions that nothing proves yet. `jitter` (0 to 1)
    /// spreads retries. Answers when the next one is to be sent.
    ///
    /// # Errors
    /// [`StoreError`]; what was sent and could not be recorded is sent again later, which networks ignore.
    pub fn run_due(&mut self, now: Timestamp, jitter: f64) -> Result<Option<Timestamp>, StoreError> {
        if now >= self.held.plus_milliseconds(HOLD_MILLISECONDS) {
            self.engine.hold_for_reverts()?;
            self.held = now;
        }
        self.queue.follow(self.engine.store())?;
        if self.broadcasters.is_empty() {
            return Ok(None);
        }
        while let Some((txid, row)) = self.queue.next_due(now) {
            let next = self.send(&txid, &row, now, jitter)?;
            self.queue.settle(&txid, next);
            // What was just recorded may have queued parents again, and submissions went on meanwhile.
            self.queue.follow(self.engine.store())?;
        }
        self.inquire(now)?;
        Ok(self.queue.next_time())
    }

    /// Sends one transaction; answers its row if it must be sent again.
    fn send(&self, txid: &Txid, row: &OutboxRow, now: Timestamp, jitter: f64) -> Result<Option<OutboxRow>, StoreError> {
        let Some(extended_format) = self.engine.extended_format(txid)? else {
            tracing::error!(%txid, "an output this transaction spends is not held here, so it cannot be broadcast");
            return Ok(Some(retry(row, now, jitter)));
        };
        let outgoing = Outgoing { txid: *txid, extended_format };
        let Some((broadcaster, answer)) = self.ask_in_turn(&outgoing) else { return Ok(Some(retry(row, now, jitter))) };
        self.record(txid, row, &broadcaster, &answer, now, jitter)
    }

    /// Asks broadcasters until one's answer settles it; the last answer counts where none does.
    fn ask_in_turn(&self, outgoing: &Outgoing) -> Option<(String, BroadcastAnswer)> {
        let mut last = None;
        for broadcaster in &self.broadcasters {
            let answer = broadcaster.broadcast(outgoing);
            self.engine.parts.observer.network_answer(broadcaster.name(), answer.meaning);
            let settled =
                !matches!(answer.meaning, AnswerMeaning::Transient | AnswerMeaning::Policy | AnswerMeaning::OurMistake);
            last = Some((broadcaster.name().to_owned(), answer));
            if settled {
                break;
            }
        }
        last
    }

    /// Commits what an answer means. Answers the row if it must be sent again.
    fn record(
        &self,
        txid: &Txid,
        row: &OutboxRow,
        broadcaster: &str,
        answer: &BroadcastAnswer,
        now: Timestamp,
        jitter: f64,
    ) -> Result<Option<OutboxRow>, StoreError> {
        let word = NetworkWord {
            broadcaster: broadcaster.to_owned(),
            code: answer.code,
            text: cut(&answer.text, MAX_NETWORK_WORDS),
            at: now,
        };
        let meaning = match answer.meaning {
            AnswerMeaning::Terminal => match self.engine.take_back(txid, &word, now) {
                Ok(_) | Err(RevertError::NotHeld(_)) => return Ok(None),
                Err(RevertError::Store(error)) => return Err(error),
                // Somebody mines on it, so the refusal is one broadcaster's word against a proof.
                Err(RevertError::Proven(_)) => AnswerMeaning::Contested,
                Err(RevertError::Again(_) | RevertError::Overtaken) => return Ok(Some(retry(row, now, jitter))),
                Err(error @ (RevertError::TooLongAgo { .. } | RevertError::TooLarge { .. })) => {
                    tracing::error!(%txid, %error, "the network refused a transaction that cannot be taken back");
                    AnswerMeaning::Terminal
                }
            },
            meaning => meaning,
        };
        loop {
            let view = View::new(self.engine.store());
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
            let changed = since == Stamp::ThisCommit;
            let status_row = StatusRow { status, since, word: Some(word.clone()) };
            let pending = next.as_ref().is_some_and(|next| next.state == OutboxState::Pending);
            let mut writes = vec![
                (RowKey::Outbox(*txid), next.clone().map(Row::Outbox)),
                (RowKey::Status(*txid), Some(Row::Status(status_row))),
            ];
            if meaning == AnswerMeaning::ParentsUnknown {
                writes.extend(parents_again(&view, &held.row, now)?);
            }
            let queued_again = writes.len() as i128 - 2;
            let more_pending = queued_again - i128::from(!pending);
            let plan = Plan {
                cause: Cause::Network(*txid),
                once: None,
                expect: view.into_expectations(),
                writes,
                adjust: match more_pending {
                    0 => Vec::new(),
                    more => vec![Adjust::Number(NumberKey::OutboxPending, more)],
                },
                contents: Vec::new(),
                event: changed.then_some(Event::StatusChanged { txid: *txid, status }),
                at: self.engine.next_time(now),
            };
            match self.engine.store().commit(plan) {
                Ok(_) => return Ok(next.filter(|_| pending)),
                Err(CommitError::Conflict { changed_by, .. }) => self.engine.store().wait_durable(changed_by)?,
                Err(CommitError::Full { free, floor }) => return Err(StoreError::Full { free, floor }),
                Err(CommitError::Retryable(_)) => return Ok(Some(retry(row, now, jitter))),
                Err(error) => return Err(StoreError::Poisoned(error.to_string())),
            }
        }
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
