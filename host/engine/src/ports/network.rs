//! The network port: who is told of transactions, and what they answer.

use trellis_spv::hash::Txid;

/// Takes transactions to the network. Calls block.
pub trait Broadcaster: Send + Sync {
    /// A name for logs, metrics and [`crate::domain::status::NetworkWord`].
    fn name(&self) -> &str;

    /// Hands over one transaction in Extended Format (BRC-30).
    fn broadcast(&self, transaction: &Outgoing) -> BroadcastAnswer;

    /// Hands over several, none of which spends another's outputs; answers in the same order.
    fn broadcast_all(&self, transactions: &[Outgoing]) -> Vec<BroadcastAnswer> {
        transactions.iter().map(|transaction| self.broadcast(transaction)).collect()
    }
    /// Asks what became of a transaction it may have been told of.
    fn inquire(&self, txid: &Txid) -> Inquiry;
}

/// What a broadcaster knows of a transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inquiry {
    /// Where it stands; `None` if the broadcaster does not know it.
    pub answer: Option<BroadcastAnswer>,
    /// The merkle path it gave (BRC-74 BUMP, binary). To be checked by whoever believes it.
    pub merkle_path: Option<Vec<u8>>,
}

/// A transaction on its way out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outgoing {
    /// Its id.
    pub txid: Txid,
    /// Its Extended Format (BRC-30).
    pub extended_format: Vec<u8>,
}

/// What a broadcaster answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BroadcastAnswer {
    /// What it means for the transaction.
    pub meaning: AnswerMeaning,
    /// HTTP status or status code, 0 where none came.
    pub code: u16,
    /// Its own words.
    pub text: String,
}

/// What an answer means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AnswerMeaning {
    /// Taken, on its way.
    Taken,
    /// Nodes of the network have it.
    Seen,
    /// In a block at this height, the broadcaster says; no proof yet.
    Mined(u32),
    /// Nobody is at fault: try again later.
    Transient,
    /// This broadcaster's own policy refuses it (fee, size, its limits, our key): another may take it.
    Policy,
    /// The network will never take it.
    Terminal,
    /// A competing spend is around and undecided.
    Contested,
    /// It does not know the parents: send them first.
    ParentsUnknown,
    /// We sent something malformed: a bug of ours, not the network's verdict.
    OurMistake,
}
