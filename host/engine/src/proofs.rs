//! Proofs of transactions held here: the one way in, whatever route they came by.
//!
//! A proof is true whatever becomes of the submission that carried it, so it has a commit of its own. It is stitched to the
//! very transaction it proves and to no other.

use std::sync::Arc;

use trellis_spv::hash::Txid;
use trellis_spv::merkle::MerkleProof;
use trellis_spv::verify::Verified;

use crate::domain::event::Event;
use crate::domain::plan::{Adjust, Cause, Plan};
use crate::domain::row::{NumberKey, OutboxState, Row, RowKey, StatusRow, TransactionRow};
use crate::domain::status::Status;
use crate::domain::time::{Stamp, Timestamp};
use crate::engine::Engine;
use crate::ports::store::CommitError;
use crate::submit::SubmitError;
use crate::view::View;

/// Attempts at stitching before giving up; only other proofs and network answers for the same transaction can interfere.
const MAX_ATTEMPTS: u32 = 16;

impl Engine {
    /// Stitches the proofs of a verified BEEF to transactions that are held here without one. Verification has checked
    /// every proof against its header.
    pub(crate) fn stitch_proofs(&self, verified: &Verified, now: Timestamp) -> Result<(), SubmitError> {
        let proofs: Vec<_> = verified
            .transactions
            .iter()
            .filter(|known| known.stored)
            .filter_map(|known| Some((known.transaction.txid(), known.proof.as_ref()?)))
            .collect();
        if proofs.is_empty() {
            return Ok(());
        }
        for _ in 0..MAX_ATTEMPTS {
            let Some(plan) = self.plan_stitching(&proofs, now)? else { return Ok(()) };
            match self.store().commit(plan) {
                Ok(_) => return Ok(()),
                Err(CommitError::Conflict { changed_by, .. }) => self.store().wait_durable(changed_by)?,
                Err(error) => return Err(SubmitError::Unavailable(error.to_string())),
            }
        }
        Err(SubmitError::Unavailable("proofs could not be stored: others kept changing the same rows".to_owned()))
    }

    fn plan_stitching(&self, proofs: &[(Txid, &MerkleProof)], now: Timestamp) -> Result<Option<Plan>, SubmitError> {
        let view = View::new(self.store());
        let mut writes = Vec::new();
        let mut proven = Vec::new();
        let mut no_longer_pending: i128 = 0;
        for (txid, proof) in proofs {
            let Some(held) = view.transaction(txid)?.filter(|held| held.row.proof.is_none()) else { continue };
            let row = TransactionRow { proof: Some(Arc::new((*proof).clone())), ..held.row };
            writes.push((RowKey::Transaction(*txid), Some(Row::Transaction(row))));
            let word = view.status(txid)?.and_then(|status| status.row.word);
            let status = StatusRow { status: Status::Mined(proof.height), since: Stamp::ThisCommit, word };
            writes.push((RowKey::Status(*txid), Some(Row::Status(status))));
            if let Some(outbox) = view.outbox(txid)? {
                writes.push((RowKey::Outbox(*txid), None));
                no_longer_pending += i128::from(outbox.row.state == OutboxState::Pending);
            }
            proven.push((*txid, proof.height));
        }
        let Some((first, _)) = proven.first().copied() else { return Ok(None) };
        let adjust = match no_longer_pending {
            0 => Vec::new(),
            count => vec![Adjust::Number(NumberKey::OutboxPending, -count)],
        };
        Ok(Some(Plan {
            cause: Cause::Proof(first),
            once: None,
            expect: view.into_expectations(),
            writes,
            adjust,
            contents: Vec::new(),
            event: Some(Event::Proven { transactions: proven }),
            at: self.next_time(now),
        }))
    }
}
