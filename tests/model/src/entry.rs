//! One entry of the list of what was applied.

use std::collections::{BTreeMap, BTreeSet};

use crate::derived::{Namespace, Read, Topic};
use crate::manager::Manager;
use crate::rule::Rule;
use crate::token::{Placed, Token};
use crate::transaction::{Id, Outpoint};

/// What was applied, and its place in the model's log.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Index of its event in the log.
    pub place: usize,
    /// What it was.
    pub what: What,
}

/// What can be applied.
#[derive(Clone, Debug)]
pub enum What {
    /// A submission.
    Submission(Submission),
    /// An eviction.
    Eviction(Eviction),
    /// From here on the service or manager has what a rebuild made of it.
    Built(Built),
    /// From here on it knows nothing and is told nothing.
    GivenUp(Namespace),
}

/// A submission, as it was judged last.
#[derive(Clone, Debug)]
pub struct Submission {
    /// Its transaction.
    pub subject: Id,
    /// The transactions it brought in, parents first.
    pub stored: Vec<Id>,
    /// The topics that judge it here.
    pub judgements: Vec<Judgement>,
    /// The off-chain values that came along.
    pub values: Option<Vec<u8>>,
    /// Whether its spends stand whatever topics say.
    pub stands: bool,
    /// Whether the service broke on it.
    pub service_broke: bool,
    /// The manager that organises it; `None` where it breaks.
    pub manager: Option<Manager>,
    /// What the manager was shown.
    pub organised: Vec<Organised>,
    /// The topics whose verdict came with it.
    pub verdicts: BTreeSet<Topic>,
    /// What entered topics with it.
    pub admitted: Vec<(Topic, Outpoint)>,
    /// Whether it was judged again.
    pub again: bool,
    /// What transactions spend whose bytes had been evicted by then: it is spent from the beginning, and the service cannot be
    /// told by whom.
    pub dead: BTreeMap<Outpoint, Id>,
    /// Outputs it spends that had been evicted themselves by then: the service is to hear of them when their eviction comes.
    pub evicted: BTreeSet<Outpoint>,
}

/// How a topic judges a submission.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// The topic.
    pub topic: Topic,
    /// By which rule, if any.
    pub how: How,
    /// Outputs that had been evicted by then: the topic does not get them.
    pub without: BTreeSet<u32>,
    /// What the verdict rested on; `None` where the topic had judged before.
    pub saw: Option<Saw>,
}

/// How a topic judges.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum How {
    /// By a rule.
    By(Rule),
    /// Its plugin broke.
    Broke {
        /// Whether it was asked again since, and gave an answer.
        answered: bool,
        /// Whether it broke when it was asked first: then its turn comes later, whatever is judged again.
        at_first: bool,
    },
    /// Nobody can: the transaction's bytes were evicted.
    Cannot,
}

/// What a verdict rested on.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Saw {
    /// Inputs that spent coins of the topic.
    pub previous_coins: Vec<u32>,
    /// Rows of the topic's state.
    pub reads: Vec<Read>,
}

/// What a manager was shown of a transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Organised {
    /// The transaction.
    pub id: Id,
    /// Tokens that it spends, by input.
    pub held: Vec<(u32, Token)>,
    /// Unspent outputs that entered its topics.
    pub admitted: Vec<(Topic, u32)>,
}

/// What a rebuild made of a service or manager.
#[derive(Clone, Debug)]
pub struct Built {
    /// Of which.
    pub who: Namespace,
    /// A service's rows.
    pub state: BTreeMap<Vec<u8>, Vec<u8>>,
    /// A manager's tokens.
    pub tokens: BTreeMap<Outpoint, Placed>,
    /// Transactions it refused.
    pub unjudged: BTreeSet<Id>,
}

/// An eviction.
#[derive(Clone, Debug)]
pub struct Eviction {
    /// The outputs that leave their topics, by transaction.
    pub outputs: Vec<(Id, BTreeSet<u32>)>,
    /// Whether the service broke on it.
    pub service_broke: bool,
}
