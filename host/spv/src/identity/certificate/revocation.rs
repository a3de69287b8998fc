//! The output that is spent to revoke a certificate.

use std::fmt;
use std::str::FromStr;

use super::error::{FormError, shown};
use crate::hash::{Outpoint, Txid};
use crate::reader::{ReadError, Reader};
use crate::writer::write_var_int;

/// An index `@bsv/sdk` could not read, as it signs it: zero, in nine bytes.
const NO_INDEX: [u8; 9] = [0xff, 0, 0, 0, 0, 0, 0, 0, 0];
const NO_TXID: Txid = Txid::from_internal([0; 32]);

/// The output that is spent to revoke a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    /// Spending this output revokes the certificate. The outpoint of zeros, which is none, says that nothing does.
    Outpoint(Outpoint),
    /// 64 zeros without an index: what `@bsv/sdk` writes for a certifier that names no output.
    Unnamed,
}

impl Revocation {
    /// The output to watch.
    #[must_use]
    pub fn outpoint(&self) -> Option<Outpoint> {
        match self {
            Self::Outpoint(outpoint) if *outpoint != Outpoint::new(NO_TXID, 0) => Some(*outpoint),
            Self::Outpoint(_) | Self::Unnamed => None,
        }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Outpoint(outpoint) => {
                out.extend_from_slice(&outpoint.txid.display_bytes());
                write_var_int(out, outpoint.vout.into());
            }
            Self::Unnamed => {
                out.extend_from_slice(NO_TXID.internal());
                out.extend_from_slice(&NO_INDEX);
            }
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, FormError> {
        let mut txid: [u8; 32] = reader.array("revocation outpoint's txid")?;
        txid.reverse();
        let txid = Txid::from_internal(txid);
        let after = reader.clone();
        match reader.var_int("revocation outpoint's index") {
            Ok(index) => {
                let vout = u32::try_from(index).map_err(|_| FormError::Revocation(format!("{txid}.{index}")))?;
                Ok(Self::Outpoint(Outpoint::new(txid, vout)))
            }
            Err(ReadError::NonCanonicalVarInt { .. }) if txid == NO_TXID && after.rest().starts_with(&NO_INDEX) => {
                Ok(Self::Unnamed)
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl fmt::Display for Revocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outpoint(outpoint) => outpoint.fmt(f),
            Self::Unnamed => NO_TXID.fmt(f),
        }
    }
}

impl FromStr for Revocation {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == NO_TXID.to_string() {
            return Ok(Self::Unnamed);
        }
        text.parse().map(Self::Outpoint).map_err(|_| FormError::Revocation(shown(text)))
    }
}
