//! What a transaction is here: an id, what it spends, and how many satoshis its outputs have.

use std::fmt;

/// A transaction's id, in the order a host keeps rows in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id(pub [u8; 32]);

impl fmt::Debug for Id {
    /// The beginning of what people know it by.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().rev().take(4).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// One output of a transaction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Outpoint {
    /// The transaction.
    pub id: Id,
    /// Which of its outputs.
    pub output: u32,
}

impl fmt::Debug for Outpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}.{}", self.id, self.output)
    }
}

/// A transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transaction {
    /// Its id.
    pub id: Id,
    /// What it spends; nothing for a coinbase.
    pub inputs: Vec<Outpoint>,
    /// Satoshis of its outputs.
    pub outputs: Vec<u64>,
    /// Whether it is of its block and of no other.
    pub coinbase: bool,
}

impl Transaction {
    /// Its outputs.
    pub fn outpoints(&self) -> impl Iterator<Item = Outpoint> + '_ {
        (0..self.outputs.len() as u32).map(|output| Outpoint { id: self.id, output })
    }
}

/// That a transaction is in a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Proof {
    /// Height of the block.
    pub height: u32,
    /// Which of the blocks that had this height.
    pub block: u64,
}
