//! What a submission brings and what it can come to.

use std::collections::BTreeMap;

use trellis_spv::beef::BeefError;
use trellis_spv::hash::{Outpoint, Txid};
use trellis_spv::verify::VerifyError;

use crate::domain::admittance::Steak;
use crate::domain::name::TopicName;
use crate::domain::status::NetworkWord;
use crate::domain::time::Sequence;
use crate::evidence::{Evidence, EvidenceError};
use crate::ports::plugins::{PluginFault, PluginId};

/// Most topics of one submission (the door's policy).
pub const MAX_TOPICS: usize = 64;

/// A BEEF on its way in.
#[derive(Clone, Copy, Debug)]
pub struct Submission<'a> {
    /// BEEF V1, V2 or Atomic (BRC-62, 96, 95).
    pub beef: &'a [u8],
    /// What the submitter sent along.
    pub off_chain_values: Option<&'a [u8]>,
    /// The topics it is for.
    pub topics: TopicChoice<'a>,
    /// Every topic named must be hosted and accept, or nothing is stored; so must every topic found.
    pub require_all: bool,
    /// Who stands behind it.
    pub evidence: Option<&'a Evidence>,
}

impl<'a> Submission<'a> {
    /// The same, for a submitter who may not submit to these; as it is where there are none to say.
    pub(crate) fn closed_to<'b>(&self, closed: Option<&'b [TopicName]>) -> Submission<'b>
    where
        'a: 'b,
    {
        Submission { topics: closed.map_or(self.topics, TopicChoice::AutoExcept), ..*self }
    }
}

/// Which topics a submission is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TopicChoice<'a> {
    /// These: 1 to [`MAX_TOPICS`], no repeats.
    Named(&'a [TopicName]),
    /// Those the host finds: that hold a coin it spends, or whose plugin says that it concerns them.
    Auto,
    /// As [`Self::Auto`], for a submitter who may not submit to these: where one of them is among those found, nothing is stored.
    AutoExcept(&'a [TopicName]),
}

/// A submission that was heard.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Submitted {
    /// The subject.
    pub txid: Txid,
    /// Each hosted topic's entry.
    pub steak: Steak,
    /// Why topics refused, in their plugins' words.
    pub refusals: BTreeMap<TopicName, String>,
    /// Topics whose plugin broke on a proven transaction, with the fault. Its spends are committed all the same, the topic's
    /// verdict follows when the plugin works again; meanwhile it has no entry in the STEAK.
    pub unjudged: BTreeMap<TopicName, PluginFault>,
    /// Where the host found the topics: those left out because their plugin could not, or would not, say whether it concerns them,
    /// with its words.
    pub left_out: BTreeMap<TopicName, String>,
    /// The commit that applied it; `None` where no topic wanted it, so that nothing was stored. For a resubmission the
    /// commit that first applied it.
    pub sequence: Option<Sequence>,
    /// Nothing new happened: the answer is that of an earlier submission.
    pub repeated: bool,
}

/// Why a submission came to nothing. Nothing of it is stored.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// No named topic is hosted here.
    #[error("none of the topics named is hosted here ({}); GET /listTopicManagers lists those that are", list(named))]
    NotHosted {
        /// The topics named.
        named: Vec<TopicName>,
    },
    /// The topics were to be found, and there is none.
    #[error(
        "no topic hosted here holds a coin that transaction {0} spends, and no plugin that was asked says that it concerns its topic; name the topics it is for (GET /listTopicManagers lists those hosted here)"
    )]
    NoTopicFound(Txid),
    /// A topic that was found to be concerned is not open to the submitter.
    #[error("transaction {txid} concerns topic `{topic}`, which is not open to everybody")]
    NotOpen {
        /// The topic.
        topic: TopicName,
        /// The transaction.
        txid: Txid,
    },
    /// A plugin would not say whether a transaction concerns its topic.
    #[error("plugin `{plugin}` refused to say whether transaction {txid} concerns topic `{topic}`: {text}")]
    RelevanceRefused {
        /// The plugin.
        plugin: PluginId,
        /// The topic.
        topic: TopicName,
        /// The transaction.
        txid: Txid,
        /// Its words.
        text: String,
    },
    /// Too many topics, none, or one twice.
    #[error("{0}")]
    Topics(String),
    /// What came as evidence proves nothing.
    #[error("the evidence was not accepted: {0}")]
    Evidence(#[from] EvidenceError),
    /// The bytes are not a BEEF.
    #[error("the BEEF cannot be read: {0}")]
    Beef(#[from] BeefError),
    /// The BEEF does not prove its transaction.
    #[error("the transaction was not accepted: {0}")]
    Verify(#[from] VerifyError),
    /// An input is already spent by another transaction held here.
    #[error(
        "output {outpoint} is already spent by transaction {winner}, which was here first; {spender} cannot spend it again"
    )]
    Conflict {
        /// The output both spend.
        outpoint: Outpoint,
        /// Who spends it here.
        winner: Txid,
        /// Who wants to: the subject, or the ancestor of it that does.
        spender: Txid,
    },
    /// A proven transaction contradicts one held here that cannot give way, because what spends it is in a block as well: one
    /// of the two proofs is of a block that left the chain.
    #[error(
        "proven transaction {spender} spends output {outpoint}, which transaction {rival} spends here; that one cannot give way, because something proven spends from it. Submit again once the chain has settled which of the two is in it"
    )]
    ProvenRival {
        /// The output both spend.
        outpoint: Outpoint,
        /// The transaction held here.
        rival: Txid,
        /// The proven one.
        spender: Txid,
    },
    /// The network has refused this transaction for good: the subject, or one it or an ancestor spends from.
    #[error("the network refused transaction {txid}: {words}. Submit it with a merkle proof if it was mined after all")]
    RejectedByNetwork {
        /// The transaction.
        txid: Txid,
        /// The network's words.
        words: String,
    },
    /// An operator had the transaction, or one it rests on, evicted.
    #[error("transaction {txid} was evicted from this host and is not taken again: {reason}")]
    Evicted {
        /// The transaction: the subject or an ancestor.
        txid: Txid,
        /// The operator's words.
        reason: String,
    },
    /// Under `require_all`: at least one named topic is not hosted or does not want it.
    #[error("not every topic named takes transaction {txid}: {}", reasons(reasons_by_topic))]
    NotTakenByAll {
        /// The transaction.
        txid: Txid,
        /// Each topic that does not, with why.
        reasons_by_topic: BTreeMap<TopicName, String>,
    },
    /// A plugin broke on an unproven transaction.
    #[error(transparent)]
    Fault(Box<PluginFault>),
    /// A lookup service refused to index what its topic admitted, or lost, to an unproven transaction.
    #[error("lookup service `{service}` refused to index transaction {txid}: {text}")]
    IndexRefused {
        /// The service.
        service: String,
        /// The transaction.
        txid: Txid,
        /// Its words.
        text: String,
    },
    /// A basket manager refused to organise what its topics admitted, or lost, to an unproven transaction.
    #[error("basket manager `{manager}` refused transaction {txid}: {text}")]
    OrganiseRefused {
        /// The manager's plugin.
        manager: String,
        /// The transaction.
        txid: Txid,
        /// Its words.
        text: String,
    },
    /// Nobody is told from here.
    #[error(
        "this host only follows: its [broadcast] policy is \"none\", so it tells the network of nothing. Send the transaction to a host that broadcasts"
    )]
    TellsNobody,
    /// There is no Extended Format of the transaction to hand out.
    #[error("the transaction cannot be handed out in Extended Format: {0}")]
    NotConvertible(String),
    /// The submission's effects exceed what one commit may do.
    #[error("the transaction's effects are too many for one commit ({actual} {what}, {limit} allowed); split it")]
    TooLarge {
        /// `writes` or `bytes`.
        what: &'static str,
        /// The limit.
        limit: usize,
        /// The plan's.
        actual: usize,
    },
    /// The host cannot serve it right now: try again.
    #[error("{0}")]
    Unavailable(String),
    /// The host failed.
    #[error("{0}")]
    Internal(String),
}

/// Submissions that take effect together or not at all.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// The members, in any order, 1 to [`MAX_BATCH`]. They may spend each other.
    pub members: &'a [Submission<'a>],
}

/// Most members of an atomic batch: with the usual size of their effects a tenth of what one commit may do, and about as many
/// as one request to an ARC carries.
pub const MAX_BATCH: usize = 100;

/// A batch that was applied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SubmittedBatch {
    /// Each member's answer, in the order of the members.
    pub members: Vec<Submitted>,
    /// The one commit that applied what was new of it; `None` where nothing was.
    pub sequence: Option<Sequence>,
}

/// Why nothing of a batch was stored.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// It has no members, or too many.
    #[error("an atomic batch has 1 to {MAX_BATCH} members, this one {0}")]
    Members(usize),
    /// Two members are the same transaction.
    #[error(
        "members {first} and {second} of the batch are the same transaction {txid}; name all its topics in one of them"
    )]
    Twice {
        /// The transaction.
        txid: Txid,
        /// The first member that has it, counted from 0.
        first: usize,
        /// The second.
        second: usize,
    },
    /// One member cannot be applied, so none is.
    #[error("nothing of the batch was stored, because of member {member}{}: {error}", txid.map(|txid| format!(" (transaction {txid})")).unwrap_or_default())]
    Member {
        /// Which one, counted from 0.
        member: usize,
        /// Its transaction, if its BEEF could be read.
        txid: Option<Txid>,
        /// What is wrong with it.
        error: Box<SubmitError>,
    },
    /// No topic takes one of the members.
    #[error("nothing of the batch was stored, because no topic takes member {member} (transaction {txid}): {reasons}")]
    NotWanted {
        /// Which one, counted from 0.
        member: usize,
        /// Its transaction.
        txid: Txid,
        /// Each topic's reason.
        reasons: String,
    },
    /// The batch as a whole cannot be applied now.
    #[error(transparent)]
    Whole(Box<SubmitError>),
}

pub(super) fn refused_by_network(txid: Txid, word: Option<NetworkWord>) -> SubmitError {
    let words = word.map_or_else(|| "no words given".to_owned(), |word| word.text);
    SubmitError::RejectedByNetwork { txid, words }
}

fn list(names: &[TopicName]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

pub(super) fn reasons(reasons: &BTreeMap<TopicName, String>) -> String {
    reasons.iter().map(|(topic, reason)| format!("`{topic}`: {reason}")).collect::<Vec<_>>().join("; ")
}
