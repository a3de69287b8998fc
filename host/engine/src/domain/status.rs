//! Where a submission stands with the network (the life of a submission), and what the network said.

use super::time::Timestamp;

/// The state of an applied transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// Durable here; the network has not been told, or has not answered.
    Admitted,
    /// A broadcaster took it.
    Broadcast,
    /// The network's nodes have it in their mempools.
    Seen,
    /// In a block of the best chain, by a proof checked against headers.
    Mined(u32),
    /// The network refused it for good.
    Rejected,
    /// The network's answers disagree, or a double spend is undecided.
    Contested,
}

/// The last thing the network said about a transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NetworkWord {
    /// Which broadcaster.
    pub broadcaster: String,
    /// Its HTTP status or status code, 0 where none came.
    pub code: u16,
    /// Its words, cut to [`MAX_NETWORK_WORDS`] bytes.
    pub text: String,
    /// When.
    pub at: Timestamp,
}

/// Who is named in place of a broadcaster where the chain of blocks itself speaks.
pub const BLOCK_CHAIN: &str = "block chain";

/// Longest stored answer of a broadcaster, in bytes: enough for ARC's `title`, `detail` and `extraInfo` together.
pub const MAX_NETWORK_WORDS: usize = 1024;
