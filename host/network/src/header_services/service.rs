//! What a service of block headers is asked, and what can come of it.

use crate::header_chain::{BlockHash, Header};

/// A service that knows the best chain's headers. Calls block, for bounded time.
pub trait HeaderService: Send + Sync {
    /// Its name, for operators.
    fn name(&self) -> &str;

    /// The last block of the chain it holds for the best.
    ///
    /// # Errors
    /// [`ServiceError`].
    fn tip(&self) -> Result<ServiceTip, ServiceError>;

    /// The headers at `first` and above, as many as it gives at once, given the tip it named.
    ///
    /// # Errors
    /// [`ServiceError`].
    fn headers(&self, first: u32, tip: &ServiceTip) -> Result<HeaderPage, ServiceError>;
}

/// The last block of a service's best chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceTip {
    /// Its height, as the service says.
    pub height: u32,
    /// Its hash.
    pub hash: BlockHash,
}

/// Headers a service gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderPage {
    /// In any order; headers of side branches may be among them. Their heights are found by how they link.
    pub headers: Vec<Header>,
    /// The height up to which the service's best chain must be complete in them.
    pub through: u32,
}

/// Why a service gave no headers that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    /// No answer, or one that says no.
    #[error("no answer that can be used from {url}: {text}")]
    Unanswered {
        /// What was asked.
        url: String,
        /// What came instead.
        text: String,
    },
    /// An answer, but not what it should be.
    #[error("the answer of {url} is not understood: {text}")]
    NotUnderstood {
        /// What was asked.
        url: String,
        /// What is wrong with it.
        text: String,
    },
    /// Headers are missing.
    #[error("it names block {tip} as its best, but gives no header {missing}")]
    Incomplete {
        /// Height of the tip it names.
        tip: u32,
        /// The first height missing.
        missing: u32,
    },
    /// What it says cannot be true: nothing of it is worth asking for.
    #[error("{0}")]
    Lie(String),
}
