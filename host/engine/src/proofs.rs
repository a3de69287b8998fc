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
use crate::domain::plan::Cause;
use crate::domain::row::{ContentId, Row, RowKey, StatusRow, TransactionRow};
use crate::domain::status::Status;
use crate::domain::time::{Stamp, Timestamp};
use crate::engine::Engine;
use crate::note::Note;
use crate::ports::store::StoreError;
use crate::submit::{Door, Meter, Submission, SubmitError, Submitted, TopicChoice};
use crate::view::View;

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
        proofs.extend(self.proofs_beyond(view, beef, Some(verified))?);
        self.stitch_all(&proofs, now)?;
        Ok(!proofs.is_empty())
    }

    /// Stitches the proofs of a BEEF that nobody has verified to transactions held here without one that holds.
    pub(crate) fn stitch_unverified(&self, view: &View<'_>, beef: &Beef, now: Timestamp) -> Result<(), SubmitError> {
        Ok(self.stitch_all(&self.proofs_beyond(view, beef, None)?, now)?)
    }

    fn stitch_all(&self, proofs: &[(Txid, Cow<'_, MerkleProof>)], now: Timestamp) -> Result<(), StoreError> {
        proofs.chunks(MAX_PROOFS_OF_A_COMMIT).try_for_each(|some| self.stitch(some, now))
    }

    /// Proofs of transactions held here that verification had no need to look at, because what rests on them is held here
    /// too. One that does not hold is of no consequence.
    fn proofs_beyond(
        &self,
        view: &View<'_>,
        beef: &Beef,
        verified: Option<&Verified>,
    ) -> Result<Vec<(Txid, Cow<'static, MerkleProof>)>, SubmitError> {
        let mut proofs = Vec::new();
        for entry in &beef.transactions {
            let BeefEntry::Raw { transaction, bump: Some(bump) } = entry else { continue };
            let txid = transaction.txid();
            if verified.is_some_and(|verified| verified.get(&txid).is_some()) || !self.wants_proof(view, &txid)? {
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
        drop(view);
        let brought_back = self.bring_back(txid, Some(bump), Door::Public, now)?;
        Ok(brought_back.map_or(Proven::NotWanted, |_| Proven::BroughtBack))
    }

    /// Submits a transaction again that was taken back, for an operator who knows that the network has changed its mind. `None`
    /// where it was not taken back, or is not kept any more.
    ///
    /// # Errors
    /// As [`Engine::submit`].
    pub fn try_again(&self, txid: &Txid, now: Timestamp) -> Result<Option<Submitted>, SubmitError> {
        self.bring_back(txid, None, Door::Operator, now)
    }

    /// Submits what was taken back, as it came first.
    fn bring_back(
        &self,
        txid: &Txid,
        bump: Option<Bump>,
        door: Door,
        now: Timestamp,
    ) -> Result<Option<Submitted>, SubmitError> {
        let view = View::new(self.store());
        let Some(reverted) = view.reverted(txid)?.map(|reverted| reverted.row) else { return Ok(None) };
        drop(view);
        let raw = self.store().content(&ContentId::Transaction(*txid))?;
        let raw = raw.ok_or_else(|| StoreError::Corrupt(format!("the bytes of transaction {txid} are missing")))?;
        let transaction =
            Transaction::parse(raw).map_err(|error| StoreError::Corrupt(format!("transaction {txid}: {error}")))?;
        let topics: Vec<_> =
            reverted.topics.iter().filter_map(|id| Some(self.hosting.topic_by_id(*id)?.name.clone())).collect();
        if topics.is_empty() {
            return Ok(None);
        }
        // What it spends is held here, or was taken back as well and has to come back first.
        let bump_index = bump.as_ref().map(|_| 0);
        let beef = Beef {
            version: BeefVersion::V2,
            bumps: bump.into_iter().collect(),
            transactions: vec![BeefEntry::Raw { transaction, bump: bump_index }],
            subject: *txid,
            atomic: false,
        };
        let submission = Submission {
            beef: &beef.to_bytes(),
            off_chain_values: None,
            topics: TopicChoice::Named(&topics),
            require_all: false,
            evidence: None,
        };
        self.submit_at(door, &submission, &reverted.carried, now, &Meter::default()).map(Some)
    }

    /// Whether a transaction is held here, and nothing proves it: no proof, or one of a block that is no longer in the chain.
    pub(crate) fn wants_proof(&self, view: &View<'_>, txid: &Txid) -> Result<bool, StoreError> {
        let Some(held) = view.transaction(txid)? else { return Ok(false) };
        let holds = |proof: &MerkleProof| check_proof(txid, proof, self.parts.headers.as_ref()).is_ok();
        let is_proven = held.row.proof.as_deref().is_some_and(holds);
        Ok(instead!(ReorganisationIgnored, !is_proven => held.row.proof.is_none()))
    }

    fn stitch(&self, proofs: &[(Txid, Cow<'_, MerkleProof>)], now: Timestamp) -> Result<(), StoreError> {
        let Some((first, _)) = proofs.first() else { return Ok(()) };
        self.note(Cause::Proof(*first), now, |view| {
            let mut note = Note::default();
            let mut proven = Vec::new();
            for (txid, proof) in proofs {
                if !self.wants_proof(view, txid)? {
                    continue;
                }
                let Some(held) = view.transaction(txid)? else { continue };
                let own = instead!(SiblingsProof, proof => proofs.first().map_or(proof, |(_, first)| first));
                let proof_row = Some(Arc::new(own.as_ref().clone()));
                let row =
                    TransactionRow { proof: proof_row, stored: held.row.stored.carried(held.version), ..held.row };
                note.writes.push((RowKey::Transaction(*txid), Some(Row::Transaction(row))));
                let word = view.status(txid)?.and_then(|status| status.row.word);
                let status = StatusRow { status: Status::Mined(proof.height), since: Stamp::ThisCommit, word };
                note.writes.push((RowKey::Status(*txid), Some(Row::Status(status))));
                if view.unproven(txid)?.is_some() {
                    note.writes.push((RowKey::Unproven(*txid), None));
                }
                if view.outbox(txid)?.is_some() {
                    note.writes.push((RowKey::Outbox(*txid), None));
                }
                proven.push((*txid, proof.height));
            }
            if proven.is_empty() {
                return Ok(None);
            }
            note.event = Some(Event::Proven { transactions: proven });
            Ok(Some(note))
        })?;
        Ok(())
    }
}
