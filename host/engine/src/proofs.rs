//! Proofs of transactions held here: the one way in, whatever route they came by.
//!
//! A proof is true whatever becomes of the submission that carried it, so it has a commit of its own. It is stitched to the
//! very transaction it proves and to no other.

use std::borrow::Cow;
use std::sync::Arc;

use trellis_spv::beef::{Beef, BeefEntry, BeefVersion};
use trellis_spv::bump::{Bump, BumpError};
use trellis_spv::hash::Txid;
use trellis_spv::merkle::MerkleProof;
use trellis_spv::reader::Reader;
use trellis_spv::transaction::Transaction;
use trellis_spv::verify::{ProofError, Verified, check_proof};

use crate::domain::event::Event;
use crate::domain::plan::{Adjust, Cause, Plan};
use crate::domain::row::{ContentId, NumberKey, OutboxState, Row, RowKey, StatusRow, TransactionRow};
use crate::domain::status::Status;
use crate::domain::time::{Stamp, Timestamp};
use crate::engine::Engine;
use crate::ports::store::{CommitError, StoreError};
use crate::submit::{Submission, SubmitError};
use crate::view::View;

/// Attempts at stitching before giving up; only other proofs and network answers for the same transaction can interfere.
const MAX_ATTEMPTS: u32 = 16;

/// Proofs stitched by one commit. With 64 levels, the most there are, they take a quarter of what a commit may write.
const MAX_PROOFS_OF_A_COMMIT: usize = 512;

/// What became of a proof.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Proven {
    /// Its transaction is proven now.
    Stitched,
    /// Its transaction had been taken back, and is here again.
    BroughtBack,
    /// Its transaction is not known here, or proven already.
    NotWanted,
}

/// Why a proof is not believed.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// Its bytes are no BUMP.
    #[error("the merkle path cannot be read: {0}")]
    Bump(#[from] BumpError),
    /// It does not hold against the headers this host knows.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// It holds, but could not be stored, or its transaction could not be brought back.
    #[error(transparent)]
    Submit(#[from] SubmitError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Stitches the proofs of a verified BEEF to transactions that `view` saw without one that holds. Answers whether there were any.
    pub(crate) fn stitch_proofs(
        &self,
        view: &View<'_>,
        beef: &Beef,
        verified: &Verified,
        now: Timestamp,
    ) -> Result<bool, SubmitError> {
        let mut proofs = Vec::new();
        for known in verified.transactions.iter().filter(|known| known.stored) {
            // Verification has checked it against its header.
            let Some(proof) = &known.proof else { continue };
            let txid = known.transaction.txid();
            // Where the BEEF brought none, this is the one that is held.
            let is_news = view.transaction(&txid)?.is_some_and(|held| held.row.proof.as_deref() != Some(proof));
            if is_news && self.wants_proof(view, &txid)? {
                proofs.push((txid, Cow::Borrowed(proof)));
            }
        }
        proofs.extend(self.proofs_beyond(view, beef, verified)?);
        for some in proofs.chunks(MAX_PROOFS_OF_A_COMMIT) {
            self.stitch(some, now)?;
        }
        Ok(!proofs.is_empty())
    }

    /// Proofs of transactions held here that verification had no need to look at, because what rests on them is held here
    /// too. One that does not hold is of no consequence.
    fn proofs_beyond(
        &self,
        view: &View<'_>,
        beef: &Beef,
        verified: &Verified,
    ) -> Result<Vec<(Txid, Cow<'static, MerkleProof>)>, SubmitError> {
        let mut proofs = Vec::new();
        for entry in &beef.transactions {
            let BeefEntry::Raw { transaction, bump: Some(bump) } = entry else { continue };
            let txid = transaction.txid();
            if verified.get(&txid).is_some() || !self.wants_proof(view, &txid)? {
                continue;
            }
            let proof = beef.bumps.get(*bump).and_then(|bump| bump.proof(&txid).ok());
            let checked = proof.filter(|proof| check_proof(&txid, proof, self.parts.headers.as_ref()).is_ok());
            proofs.extend(checked.map(|proof| (txid, Cow::Owned(proof))));
        }
        Ok(proofs)
    }

    /// Takes a proof that came by itself: stitches it to the transaction, or brings the transaction back if it was refused
    /// before. One for a transaction that is not known, or proven already, is of no consequence.
    ///
    /// # Errors
    /// [`ProveError`].
    pub fn prove(&self, txid: &Txid, bump: &[u8], now: Timestamp) -> Result<Proven, ProveError> {
        let mut reader = Reader::new(bump);
        let bump = Bump::read(&mut reader)?;
        let view = View::new(self.store());
        if self.wants_proof(&view, txid)? {
            let proof = bump.proof(txid)?;
            check_proof(txid, &proof, self.parts.headers.as_ref())?;
            self.stitch(&[(*txid, Cow::Owned(proof))], now)?;
            return Ok(Proven::Stitched);
        }
        let Some(reverted) = view.reverted(txid)?.map(|reverted| reverted.row) else { return Ok(Proven::NotWanted) };
        let raw = self.store().content(&ContentId::Transaction(*txid))?;
        let raw = raw.ok_or_else(|| StoreError::Corrupt(format!("the bytes of transaction {txid} are missing")))?;
        let transaction =
            Transaction::parse(raw).map_err(|error| StoreError::Corrupt(format!("transaction {txid}: {error}")))?;
        let values = match reverted.off_chain_values {
            Some(values) => self.store().content(&ContentId::OffChainValues(values.sha256))?,
            None => None,
        };
        let topics: Vec<_> =
            reverted.topics.iter().filter_map(|id| Some(self.hosting.topic_by_id(*id)?.name.clone())).collect();
        if topics.is_empty() {
            return Ok(Proven::NotWanted);
        }
        let beef = Beef {
            version: BeefVersion::V2,
            bumps: vec![bump],
            transactions: vec![BeefEntry::Raw { transaction, bump: Some(0) }],
            subject: *txid,
            atomic: false,
        };
        let submission = Submission {
            beef: &beef.to_bytes(),
            off_chain_values: values.as_deref(),
            topics: &topics,
            require_all: false,
        };
        self.submit(&submission, now)?;
        Ok(Proven::BroughtBack)
    }

    /// Whether a transaction is held here, and nothing proves it: no proof, or one of a block that is no longer in the chain.
    pub(crate) fn wants_proof(&self, view: &View<'_>, txid: &Txid) -> Result<bool, StoreError> {
        let Some(held) = view.transaction(txid)? else { return Ok(false) };
        let holds = |proof: &MerkleProof| check_proof(txid, proof, self.parts.headers.as_ref()).is_ok();
        Ok(!held.row.proof.as_deref().is_some_and(holds))
    }

    fn stitch(&self, proofs: &[(Txid, Cow<'_, MerkleProof>)], now: Timestamp) -> Result<(), SubmitError> {
        for _ in 0..MAX_ATTEMPTS {
            let Some(plan) = self.plan_stitching(proofs, now)? else { return Ok(()) };
            match self.store().commit(plan) {
                Ok(_) => return Ok(()),
                Err(CommitError::Conflict { changed_by, .. }) => self.store().wait_durable(changed_by)?,
                Err(error) => return Err(SubmitError::Unavailable(error.to_string())),
            }
        }
        Err(SubmitError::Unavailable("proofs could not be stored: others kept changing the same rows".to_owned()))
    }

    fn plan_stitching(
        &self,
        proofs: &[(Txid, Cow<'_, MerkleProof>)],
        now: Timestamp,
    ) -> Result<Option<Plan>, SubmitError> {
        let view = View::new(self.store());
        let mut writes = Vec::new();
        let mut proven = Vec::new();
        let mut no_longer_pending: i128 = 0;
        for (txid, proof) in proofs {
            if !self.wants_proof(&view, txid)? {
                continue;
            }
            let Some(held) = view.transaction(txid)? else { continue };
            let row = TransactionRow { proof: Some(Arc::new(proof.as_ref().clone())), ..held.row };
            writes.push((RowKey::Transaction(*txid), Some(Row::Transaction(row))));
            let word = view.status(txid)?.and_then(|status| status.row.word);
            let status = StatusRow { status: Status::Mined(proof.height), since: Stamp::ThisCommit, word };
            writes.push((RowKey::Status(*txid), Some(Row::Status(status))));
            if view.unproven(txid)?.is_some() {
                writes.push((RowKey::Unproven(*txid), None));
            }
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
