//! Asking what became of transactions that nothing proves: who is told once need not tell back.
//!
//! The answers do what answers to a broadcast do; a merkle path that holds proves the transaction. What was taken back is asked
//! about as well, seldom: a block may hold it after all.

use std::collections::BTreeMap;
use std::sync::Arc;

use trellis_spv::hash::Txid;

use super::broadcasters::Asked;
use super::{Heeded, Outbox, queued_again};
use crate::domain::event::Event;
use crate::domain::plan::Cause;
use crate::domain::row::{OutboxState, Row, RowKey, StatusRow};
use crate::domain::status::{NetworkWord, Status};
use crate::domain::time::{Stamp, Timestamp};
use crate::note::Note;
use crate::ports::network::AnswerMeaning;
use crate::ports::store::{RowKind, Scan, StoreError};
use crate::proofs::Proven;
use crate::view::View;

/// Wait before a transaction is asked about for the first time, in milliseconds; doubles with each further time.
const FIRST_INQUIRY_MILLISECONDS: u64 = 15_000;

/// Longest wait between two inquiries about a transaction, in milliseconds: a block comes every ten minutes.
const LONGEST_INQUIRY_MILLISECONDS: u64 = 10 * 60 * 1_000;

/// Between two looks at which transactions there are to ask about, in milliseconds.
const LIST_MILLISECONDS: u64 = 10_000;

/// Inquiries between two looks at what is to be sent: telling comes before asking.
const INQUIRIES_AT_ONCE: usize = 64;

/// Rows read at a time.
const PAGE: usize = 1_024;

/// When to ask about a transaction, and how long to wait after that.
#[derive(Clone, Copy)]
struct Due {
    at: Timestamp,
    wait_milliseconds: u64,
}

/// What there is to ask about.
#[derive(Default)]
pub(super) struct Inquiries {
    listed: Timestamp,
    due: BTreeMap<Txid, Due>,
}

impl Outbox {
    /// Asks about a few transactions that are due.
    pub(super) fn inquire(&mut self, now: Timestamp) -> Result<(), StoreError> {
        if now >= self.inquiries.listed.plus_milliseconds(LIST_MILLISECONDS) {
            self.list(now)?;
            self.inquiries.listed = now;
        }
        for txid in self.engine.take_asked_soon() {
            let new = Due { at: now, wait_milliseconds: FIRST_INQUIRY_MILLISECONDS };
            self.inquiries.due.entry(txid).or_insert(new).at = now;
        }
        let due = self.inquiries.due.iter().filter(|(_, due)| due.at <= now).map(|(txid, _)| *txid);
        for txid in due.take(INQUIRIES_AT_ONCE).collect::<Vec<_>>() {
            self.ask_about(&txid, now)?;
            if let Some(due) = self.inquiries.due.get_mut(&txid) {
                due.wait_milliseconds = due.wait_milliseconds.saturating_mul(2).min(LONGEST_INQUIRY_MILLISECONDS);
                due.at = now.plus_milliseconds(due.wait_milliseconds);
            }
        }
        Ok(())
    }

    /// Notes what is new among the unproven and the taken back, and forgets what is no longer either.
    fn list(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let view = View::new(self.engine.store());
        let mut before = std::mem::take(&mut self.inquiries.due);
        for kind in [RowKind::Unproven, RowKind::Reverted] {
            let mut after = None;
            loop {
                let page = view.scan(&Scan::Kind { kind, after, limit: PAGE })?;
                after = page.rows.last().map(|(key, _)| key.clone());
                for (key, _) in page.rows {
                    let (txid, wait_milliseconds) = match key {
                        RowKey::Unproven(txid) => (txid, FIRST_INQUIRY_MILLISECONDS),
                        RowKey::Reverted(txid) => (txid, LONGEST_INQUIRY_MILLISECONDS),
                        _ => continue,
                    };
                    let new = Due { at: now.plus_milliseconds(wait_milliseconds), wait_milliseconds };
                    self.inquiries.due.insert(txid, before.remove(&txid).unwrap_or(new));
                }
                if !page.more {
                    break;
                }
            }
        }
        Ok(())
    }

    fn ask_about(&mut self, txid: &Txid, now: Timestamp) -> Result<(), StoreError> {
        let view = View::new(self.engine.store());
        // What is still to be sent is told first.
        if view.outbox(txid)?.is_some_and(|outbox| outbox.row.state == OutboxState::Pending) {
            return Ok(());
        }
        let is_held = view.transaction(txid)?.is_some();
        drop(view);
        let engine = Arc::clone(&self.engine);
        let asked = self.broadcasters.ask(txid, now, |path| match engine.prove(txid, path, now) {
            Ok(Proven::Stitched | Proven::BroughtBack) => true,
            Ok(Proven::NotWanted) => false,
            // Its block may be one this host has not heard of yet; it will be asked again.
            Err(error) => {
                tracing::debug!(%txid, %error, "a proof that is not believed");
                false
            }
        });
        let opinion = match asked {
            Asked::Heard(opinion) if is_held => opinion,
            Asked::Unknown if is_held => return self.send_again(txid, now),
            _ => return Ok(()),
        };
        match self.heed(txid, &opinion, now)? {
            Heeded::Stands(AnswerMeaning::Seen | AnswerMeaning::Mined(_), word) => {
                self.note_status(txid, Status::Seen, word, now)
            }
            Heeded::Stands(AnswerMeaning::Contested, word) => self.note_status(txid, Status::Contested, word, now),
            Heeded::Stands(AnswerMeaning::ParentsUnknown, _) => self.send_again(txid, now),
            Heeded::Stands(..) | Heeded::TakenBack => Ok(()),
        }
    }

    /// Records a status and the words behind it, where that is news.
    fn note_status(&self, txid: &Txid, status: Status, word: NetworkWord, now: Timestamp) -> Result<(), StoreError> {
        self.engine.note(Cause::Network(*txid), now, |view| {
            let Some(before) = view.status(txid)?.filter(|before| before.row.status != status) else { return Ok(None) };
            if matches!(before.row.status, Status::Mined(_) | Status::Rejected) {
                return Ok(None);
            }
            let row = StatusRow { status, since: Stamp::ThisCommit, word: Some(word.clone()) };
            let writes = vec![(RowKey::Status(*txid), Some(Row::Status(row)))];
            Ok(Some(Note { writes, event: Some(Event::StatusChanged { txid: *txid, status }) }))
        })?;
        Ok(())
    }

    /// The network forgot it: it goes into the outbox again.
    fn send_again(&self, txid: &Txid, now: Timestamp) -> Result<(), StoreError> {
        self.engine.note(Cause::Network(*txid), now, |view| {
            if !view.lacks_proof(txid)? || view.outbox(txid)?.is_some() {
                return Ok(None);
            }
            // It came proven, without what it spends: only those who have it can tell of it.
            if self.engine.extended_format(txid)?.is_none() {
                return Ok(None);
            }
            Ok(Some(Note { writes: vec![queued_again(view, txid, now)?], event: None }))
        })?;
        Ok(())
    }
}
