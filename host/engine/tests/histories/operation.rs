//! What can happen to a host, as data. Transactions are named by number; one that was never made is nobody's.

use trellis_model::derived::{Namespace, Topic};
use trellis_model::evict::Dependents;
use trellis_model::reserve::Need;

/// The number of a transaction.
pub type Name = usize;

/// What a payment spends.
#[derive(Clone, Debug)]
pub enum Source {
    /// One of the coins there are from the beginning.
    Coin(usize),
    /// An output of a payment, or of a coinbase.
    Output(Name, u32),
    /// What this payment spends as well.
    SpentBy(Name, usize),
}

/// How a transaction is submitted.
#[derive(Clone, Debug)]
pub struct Offered {
    pub topics: Vec<Topic>,
    pub values: Option<u8>,
    /// Without anything it rests on.
    pub bare: bool,
}

/// What somebody takes: kinds by their number.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub number: usize,
    pub basket: usize,
    pub asset: Option<usize>,
    pub tag: Option<usize>,
    pub need: Need,
    /// For so many seconds, if it is kept.
    pub seconds: Option<u64>,
    pub client: u8,
}

/// A member of a batch.
#[derive(Clone, Debug)]
pub struct Member {
    pub operation: Operation,
    /// Its place among the members; nothing where it is left out.
    pub place: Option<usize>,
}

/// Whose plugin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Who {
    Topic(Topic),
    Service,
    Manager,
}

#[derive(Clone, Debug)]
pub enum Operation {
    Pay {
        name: Name,
        inputs: Vec<Source>,
        outputs: u32,
        offered: Offered,
    },
    Again {
        name: Name,
        offered: Offered,
    },
    /// Submissions all at once; those that are left out are only what others of them rest on.
    Batch {
        members: Vec<Member>,
    },
    /// A block holds it, with all it rests on.
    Mine {
        name: Name,
    },
    /// The proof comes by itself.
    Prove {
        name: Name,
    },
    /// The network's refusal comes by itself.
    Refuse {
        name: Name,
    },
    /// The outbox is told of the refusal.
    NetworkRefuses {
        name: Name,
    },
    NetworkTakesAll,
    /// Somebody takes tokens, and keeps them under this number.
    Take(Wanted),
    /// The second takes some while those of the first are being kept.
    TakeBoth {
        first: Wanted,
        second: Wanted,
    },
    /// The reservation of this number is ended.
    Release {
        number: usize,
    },
    /// Those whose time is over are let go of.
    Sweep,
    /// The service or the manager is to be rebuilt.
    AskForRebuild {
        who: Namespace,
    },
    /// What is to be rebuilt gets so many steps further.
    Rebuild {
        steps: usize,
    },
    /// Time goes by.
    Wait {
        seconds: u64,
    },
    /// As many blocks are replaced by others.
    Reorganise {
        depth: u32,
    },
    Follow,
    Coinbase {
        name: Name,
    },
    Evict {
        name: Name,
        output: u32,
        dependents: Dependents,
    },
    /// The host is started again with another plugin.
    Upgrade {
        who: Who,
    },
    /// From now on the plugin breaks.
    Break {
        who: Who,
    },
    Mend {
        who: Who,
    },
    Retry,
    Restart,
    /// The host ends in the middle: after so many commits. Whether the next one is applied although nobody hears of it.
    Cut {
        commits: usize,
        unheard: bool,
        operation: Box<Operation>,
    },
    /// The power fails before the first commit is on the disk.
    PowerCut {
        operation: Box<Operation>,
    },
    /// The second happens while topics judge the first.
    Race {
        first: Box<Operation>,
        second: Box<Operation>,
    },
}
