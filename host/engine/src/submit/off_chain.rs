//! Off-chain values: what came with a BEEF and is kept with the applied record.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use super::answer::SubmitError;
use crate::domain::row::{AppliedRow, ContentId, OffChainValues};
use crate::ports::store::StoreError;
use crate::view::View;

/// The off-chain values of a transaction: the first that came, whatever comes later.
#[derive(Default)]
pub(super) struct OffChain<'o> {
    pub(super) row: Option<OffChainValues>,
    pub(super) bytes: Option<Cow<'o, [u8]>>,
    /// Whether the bytes are still to be stored.
    pub(super) new: bool,
}

impl<'o> OffChain<'o> {
    pub(super) fn resolve(
        view: &View<'_>,
        applied: Option<&AppliedRow>,
        submitted: Option<&'o [u8]>,
    ) -> Result<Self, SubmitError> {
        let kept = Self::of_stored(view, applied)?;
        if kept.row.is_some() {
            return Ok(kept);
        }
        let Some(bytes) = submitted else { return Ok(Self::default()) };
        let length = u32::try_from(bytes.len())
            .map_err(|_| SubmitError::Topics("off-chain values above 4 GiB cannot be kept".to_owned()))?;
        let row = OffChainValues { sha256: Sha256::digest(bytes).into(), length };
        Ok(Self { row: Some(row), bytes: Some(Cow::Borrowed(bytes)), new: true })
    }

    /// Those of a transaction that is held here.
    pub(super) fn of_stored(view: &View<'_>, applied: Option<&AppliedRow>) -> Result<Self, StoreError> {
        let Some(row) = applied.and_then(|applied| applied.off_chain_values) else { return Ok(Self::default()) };
        let bytes = view.store().content(&ContentId::OffChainValues(row.sha256))?;
        Ok(Self { row: Some(row), bytes: bytes.map(Cow::Owned), new: false })
    }

    pub(super) fn bytes(&self) -> Option<&[u8]> {
        self.bytes.as_deref()
    }
}
