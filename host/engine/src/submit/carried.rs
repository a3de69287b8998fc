//! What comes along with a BEEF and is kept with the applied record: off-chain values and evidence.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use super::answer::SubmitError;
use crate::domain::row::{Carried, CarriedBytes, ContentId};
use crate::domain::time::Timestamp;
use crate::evidence::{EvidenceError, KeptEvidence, MAX_KEPT, kept_evidence};
use crate::ports::store::StoreError;
use crate::view::View;

/// What came along with a transaction, in this submission of it and in earlier ones.
#[derive(Default)]
pub(super) struct Along<'o> {
    /// As the applied record is to name it.
    pub(super) row: Carried,
    /// The off-chain values: the first that came, whatever comes later.
    values: Option<Cow<'o, [u8]>>,
    /// All evidence: what came first, first.
    pub(super) evidence: Vec<KeptEvidence>,
    /// What is still to be stored.
    pub(super) new: Vec<(ContentId, Cow<'o, [u8]>)>,
}

/// What a submission brings along.
#[derive(Clone, Copy, Default)]
pub(super) struct Brought<'b> {
    pub(super) off_chain_values: Option<&'b [u8]>,
    pub(super) evidence: Option<&'b KeptEvidence>,
    /// When.
    pub(super) now: Timestamp,
    /// What came along before it was taken back.
    pub(super) kept: Option<&'b Carried>,
}

impl<'o> Along<'o> {
    /// What was kept, and what comes now.
    pub(super) fn resolve(view: &View<'_>, kept: Option<&Carried>, brought: Brought<'o>) -> Result<Self, SubmitError> {
        let mut along = Self::of_stored(view, kept.or(brought.kept))?;
        if let (None, Some(bytes)) = (along.row.off_chain_values, brought.off_chain_values) {
            along.row.off_chain_values = Some(along.add(Cow::Borrowed(bytes))?);
            along.values = Some(Cow::Borrowed(bytes));
        }
        if let Some(evidence) = brought.evidence.filter(|evidence| !along.evidence.contains(evidence)) {
            if along.row.evidence.len() >= MAX_KEPT {
                return Err(EvidenceError::TooOften.into());
            }
            let kept = along.add(Cow::Owned(evidence.to_bytes()))?;
            along.row.evidence.push(kept);
            along.evidence.push(evidence.clone());
        }
        Ok(along)
    }

    /// What was kept.
    pub(super) fn of_stored(view: &View<'_>, kept: Option<&Carried>) -> Result<Self, StoreError> {
        let Some(row) = kept else { return Ok(Self::default()) };
        let content = |carried: &CarriedBytes| view.store().content(&ContentId::Carried(carried.sha256));
        let values = row.off_chain_values.as_ref().map(content).transpose()?.flatten();
        let evidence = kept_evidence(view, row)?;
        Ok(Self { row: row.clone(), values: values.map(Cow::Owned), evidence, new: Vec::new() })
    }

    /// The off-chain values.
    pub(super) fn off_chain_values(&self) -> Option<&[u8]> {
        self.values.as_deref()
    }

    fn add(&mut self, bytes: Cow<'o, [u8]>) -> Result<CarriedBytes, SubmitError> {
        let length = u32::try_from(bytes.len())
            .map_err(|_| SubmitError::Topics("off-chain values above 4 GiB cannot be kept".to_owned()))?;
        let sha256 = Sha256::digest(&bytes).into();
        self.new.push((ContentId::Carried(sha256), bytes));
        Ok(CarriedBytes { sha256, length })
    }
}
