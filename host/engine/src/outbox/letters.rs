//! Dead letters: what no broadcaster would take, for an operator to see and to try again.

use trellis_spv::hash::Txid;

use crate::domain::plan::Cause;
use crate::domain::row::{OutboxRow, OutboxState, Row, RowKey};
use crate::domain::status::NetworkWord;
use crate::domain::time::Timestamp;
use crate::engine::Engine;
use crate::note::Note;
use crate::ports::store::{RowKind, Scan, StoreError};
use crate::view::{View, wrong_kind};

/// Letters listed at most; beyond that an operator needs the metrics, not a list.
const MAX_LISTED: usize = 1_000;

/// Rows read at a time.
const PAGE: usize = 1_024;

/// A transaction that is not sent any more.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeadLetter {
    /// The transaction.
    pub txid: Txid,
    /// How often it was sent.
    pub attempts: u32,
    /// What was said of it last.
    pub word: Option<NetworkWord>,
}

impl Engine {
    /// Transactions that were given up, at most 1,000 of them, by txid.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn dead_letters(&self) -> Result<Vec<DeadLetter>, StoreError> {
        let view = View::new(self.store());
        let mut letters = Vec::new();
        let mut after = None;
        loop {
            let page = view.scan(&Scan::Kind { kind: RowKind::Outbox, after, limit: PAGE })?;
            after = page.rows.last().map(|(key, _)| key.clone());
            for (key, found) in page.rows {
                let (RowKey::Outbox(txid), Row::Outbox(row)) = (&key, found.row) else { return Err(wrong_kind(&key)) };
                if row.state == OutboxState::Refused {
                    let word = view.status(txid)?.and_then(|status| status.row.word);
                    letters.push(DeadLetter { txid: *txid, attempts: row.attempts, word });
                }
            }
            if !page.more || letters.len() >= MAX_LISTED {
                letters.truncate(MAX_LISTED);
                return Ok(letters);
            }
        }
    }

    /// Puts a dead letter back into the outbox. Answers whether it was one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn send_letter_again(&self, txid: &Txid, now: Timestamp) -> Result<bool, StoreError> {
        let sequence = self.note(Cause::Network(*txid), now, |view| {
            let Some(held) = view.outbox(txid)?.filter(|held| held.row.state == OutboxState::Refused) else {
                return Ok(None);
            };
            let queued = held.row.queued.carried(held.version);
            let row = OutboxRow { state: OutboxState::Pending, queued, attempts: 0, next_attempt: now, ..held.row };
            Ok(Some(Note { writes: vec![(RowKey::Outbox(*txid), Some(Row::Outbox(row)))], event: None }))
        })?;
        self.outbox_bell().ring();
        Ok(sequence.is_some())
    }
}
