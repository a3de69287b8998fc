//! Why a host function ends the call.

use trellis_engine::ports::plugins::{HostFailure, NotGranted};

use crate::budget::Spent;

/// Why a host function ended the call. Travels through the plugin without its doing.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Stop {
    /// Not available in this call.
    #[error("{0}")]
    NotAllowed(&'static str),
    /// An argument the interface forbids.
    #[error("{0}")]
    BadArgument(String),
    /// More data in one row than the interface allows.
    #[error("{0}")]
    TooMuch(String),
    /// More of something than the call may have.
    #[error(transparent)]
    Spent(#[from] Spent),
    /// The operator did not grant it.
    #[error(transparent)]
    NotGranted(Box<NotGranted>),
    /// The host failed; not the plugin's doing.
    #[error(transparent)]
    Host(trellis_engine::ports::store::StoreError),
}

impl From<HostFailure> for Stop {
    fn from(failure: HostFailure) -> Self {
        match failure {
            HostFailure::NotGranted(what) => Self::NotGranted(what),
            HostFailure::NotAllowed(reason) => Self::NotAllowed(reason),
            failure @ HostFailure::OverQuota { .. } => Self::TooMuch(failure.to_string()),
            HostFailure::Store(error) => Self::Host(error),
        }
    }
}
