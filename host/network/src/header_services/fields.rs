//! A header put together from the fields a service writes, and held against the hash it says they have.

use bsv_rs::block::BlockHeader;

use super::service::ServiceError;
use crate::header_chain::{BlockHash, Header};

/// The fields of a header as JSON has them: hashes as text in display order.
pub(super) struct Fields<'a> {
    /// What the service says the header's hash is.
    pub(super) hash: &'a str,
    pub(super) version: i64,
    /// Absent for a chain's first block.
    pub(super) previous: Option<&'a str>,
    pub(super) root: &'a str,
    pub(super) time: u32,
    pub(super) bits: u32,
    pub(super) nonce: u32,
}

impl Fields<'_> {
    /// The header.
    ///
    /// # Errors
    /// A lie: the fields do not hash to what the service says. Or a text that should be a hash is none.
    pub(super) fn header(&self) -> Result<Header, FieldsError> {
        let bytes = |text: &str| text.parse().map(|hash: BlockHash| *hash.internal()).map_err(|_| wrong(text));
        let claimed: BlockHash = self.hash.parse().map_err(|_| wrong(self.hash))?;
        let previous = self.previous.filter(|previous| !previous.is_empty());
        // Services write the version with and without its sign.
        let version = i32::try_from(self.version).or_else(|_| u32::try_from(self.version).map(u32::cast_signed));
        let header = Header::new(BlockHeader {
            version: version.map_err(|_| FieldsError::Wrong(format!("{} is no block version", self.version)))?,
            prev_hash: previous.map_or(Ok([0; 32]), bytes)?,
            merkle_root: bytes(self.root)?,
            time: self.time,
            bits: self.bits,
            nonce: self.nonce,
        });
        if header.hash() == claimed { Ok(header) } else { Err(FieldsError::Mismatch { claimed, found: header.hash() }) }
    }
}

/// Why fields are no header.
pub(super) enum FieldsError {
    /// A field is not what it should be.
    Wrong(String),
    /// They are the fields of another header.
    Mismatch { claimed: BlockHash, found: BlockHash },
}

impl FieldsError {
    /// As the service's error; `not_understood` puts in what was asked.
    pub(super) fn into_service_error(self, not_understood: impl FnOnce(&str) -> ServiceError) -> ServiceError {
        match self {
            Self::Wrong(text) => not_understood(&text),
            Self::Mismatch { claimed, found } => {
                ServiceError::Lie(format!("the fields it gives for block header {claimed} are those of {found}"))
            }
        }
    }
}

fn wrong(text: &str) -> FieldsError {
    FieldsError::Wrong(format!("`{}` is no hash", text.chars().take(80).collect::<String>()))
}
