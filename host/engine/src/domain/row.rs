//! The versioned rows of the store: what is keyed by what.
//!
//! Every row carries the sequence of the commit that wrote it (its *version*). The store encodes keys and rows; the engine
//! only ever sees these types.

use std::sync::Arc;

use trellis_spv::hash::{Outpoint, Txid};
use trellis_spv::merkle::MerkleProof;

use super::admittance::Admittance;
use super::basket::{ManagerId, NameDigest, Part, TokenRow};
use super::name::{NameId, ServiceId, TopicId};
use super::status::{NetworkWord, Status};
use super::time::{Sequence, Stamp, Timestamp};

/// Longest key of a plugin's state, in bytes (documented in `wit/0.1.0/imports.wit`). Keeps a whole store key below the
/// 256 bytes that one sled index node carries well.
pub const MAX_STATE_KEY_BYTES: usize = 128;

/// Longest value of a plugin's state, in bytes. Below the 7 KB that sled keeps out of its unsynced blob files.
pub const MAX_STATE_VALUE_BYTES: usize = 6144;

/// Whose state a row belongs to. Survives plugin upgrades: it is the configured name's, not the plugin's. A service or manager that
/// was rebuilt has its rows under another name, see [`GenerationRow`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Namespace {
    /// A topic's, written by its topic manager.
    Topic(TopicId),
    /// A lookup service's.
    Service(ServiceId),
    /// A basket manager's. It keeps no state rows: its tokens are all it has.
    Manager(ManagerId),
}

/// A content-addressed, immutable, unversioned byte string.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ContentId {
    /// A raw transaction, by its id.
    Transaction(Txid),
    /// What came along with a BEEF, off-chain values or evidence, by SHA-256.
    Carried([u8; 32]),
}

/// The key of a row.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum RowKey {
    /// A transaction this host holds verified: → [`TransactionRow`].
    Transaction(Txid),
    /// Who spends an output, whatever the topic: → [`SpendRow`]. One for every input of every [`RowKey::Transaction`].
    Spend(Outpoint),
    /// An output of a topic: → [`OutputRow`].
    Output(TopicId, Outpoint),
    /// Which topics hold an [`RowKey::Output`] of this outpoint: → [`Row::Holders`].
    Holders(Outpoint),
    /// A submission that at least one topic accepted, or will judge when its plugin works: → [`AppliedRow`].
    Applied(Txid),
    /// A topic's verdict on a transaction: → [`VerdictRow`].
    Verdict(Txid, TopicId),
    /// A plugin's own row: → [`Row::State`]. The key has 1 to [`MAX_STATE_KEY_BYTES`] bytes.
    State(Namespace, Vec<u8>),
    /// Written by every commit that adds or removes a state row of the namespace, so that who scanned can expect it
    /// unchanged: → [`Row::Fence`].
    StateFence(Namespace),
    /// A number that commits adjust: → [`Row::Number`].
    Number(NumberKey),
    /// The running hash of a topic's outputs, spends and state: → [`Row::TopicHash`].
    TopicHash(TopicId),
    /// A transaction the network is to be told of: → [`OutboxRow`].
    Outbox(Txid),
    /// Where a transaction stands with the network: → [`StatusRow`].
    Status(Txid),
    /// A transaction whose spends stand, being proven or judged again after a revert, and that a plugin could not judge or
    /// index because it broke, or that a service refused to index: → [`UnjudgedRow`]. Topics are asked again.
    Unjudged(Namespace, Txid),
    /// A [`RowKey::Transaction`] that nothing proves yet: → [`UnprovenRow`]. What the network may still take back.
    Unproven(Txid),
    /// A submission that was taken back because the network refused it: → [`RevertedRow`].
    Reverted(Txid),
    /// A transaction of which outputs were evicted: → [`EvictedRow`].
    Evicted(Txid),
    /// An unspent output that a manager placed in a basket: → [`TokenRow`].
    Token(ManagerId, Outpoint),
    /// That a token belongs to a part of a basket: → [`Row::Place`]. One for each of its [`super::basket::Token::parts`].
    Place(Part, Outpoint),
    /// The text behind a digest: → [`Row::Name`]. Written with the first token that has it, and kept.
    Name(NameDigest),
    /// Tokens that are kept for somebody: → [`ReservationRow`].
    Reservation(ReservationId),
    /// That a token is kept for somebody: → [`ReservedRow`].
    Reserved(ManagerId, Outpoint),
    /// Which generation of a configured service's or manager's rows serves: → [`GenerationRow`]. Where there is no row, the
    /// rows under the configured name itself do.
    Generation(Namespace),
}

/// What a reservation is known by. Random, and told to nobody but who made it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ReservationId(pub [u8; 16]);

/// What a number counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum NumberKey {
    /// Unspent outputs of a topic.
    LiveOutputs(TopicId),
    /// All output rows of a topic, spent ones kept for history included.
    Outputs(TopicId),
    /// Satoshis in a topic's unspent outputs.
    LiveSatoshis(TopicId),
    /// State rows of a namespace.
    StateRows(Namespace),
    /// Bytes of their keys and values.
    StateBytes(Namespace),
    /// Outbox rows that still wait for the network.
    OutboxPending,
    /// Tokens of a part of a basket.
    Tokens(Part),
    /// The sum of their amounts.
    Amount(Part),
}

/// A row's content; which variant belongs to which key stands at [`RowKey`].
#[derive(Clone, PartialEq, Debug)]
pub enum Row {
    /// Of [`RowKey::Transaction`].
    Transaction(TransactionRow),
    /// Of [`RowKey::Spend`].
    Spend(SpendRow),
    /// Of [`RowKey::Output`].
    Output(OutputRow),
    /// Of [`RowKey::Holders`], ascending.
    Holders(Vec<TopicId>),
    /// Of [`RowKey::Applied`].
    Applied(AppliedRow),
    /// Of [`RowKey::Verdict`].
    Verdict(VerdictRow),
    /// Of [`RowKey::State`]: at most [`MAX_STATE_VALUE_BYTES`] bytes.
    State(Vec<u8>),
    /// Of [`RowKey::StateFence`]: its version is all there is to it.
    Fence,
    /// Of [`RowKey::Number`].
    Number(i128),
    /// Of [`RowKey::TopicHash`].
    TopicHash(Box<super::plan::TopicHash>),
    /// Of [`RowKey::Outbox`].
    Outbox(OutboxRow),
    /// Of [`RowKey::Status`].
    Status(StatusRow),
    /// Of [`RowKey::Unjudged`].
    Unjudged(UnjudgedRow),
    /// Of [`RowKey::Unproven`].
    Unproven(UnprovenRow),
    /// Of [`RowKey::Reverted`].
    Reverted(RevertedRow),
    /// Of [`RowKey::Evicted`].
    Evicted(EvictedRow),
    /// Of [`RowKey::Token`].
    Token(TokenRow),
    /// Of [`RowKey::Place`]: that it is there is all there is to it.
    Place,
    /// Of [`RowKey::Name`].
    Name(String),
    /// Of [`RowKey::Reservation`].
    Reservation(ReservationRow),
    /// Of [`RowKey::Reserved`].
    Reserved(ReservedRow),
    /// Of [`RowKey::Generation`].
    Generation(GenerationRow),
}

/// A transaction this host holds verified. Its bytes are the content [`ContentId::Transaction`].
#[derive(Clone, PartialEq, Debug)]
pub struct TransactionRow {
    /// Length of the raw transaction in bytes.
    pub size: u32,
    /// Number of inputs, so that the spend index can be checked from here.
    pub inputs: u32,
    /// Number of outputs.
    pub outputs: u32,
    /// The commit that stored it.
    pub stored: Stamp,
    /// [`AppliedRow::admitted_at`] of the submission that stored it: when what it spends was spent.
    pub stored_at: Timestamp,
    /// The proof of this very transaction, checked against a header; `None` while unmined, and again when its block left
    /// the chain.
    pub proof: Option<Arc<MerkleProof>>,
}

/// Which input spends an output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SpendRow {
    /// The spending transaction.
    pub spender: Txid,
    /// Its input.
    pub input: u32,
}

/// An output of a topic.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutputRow {
    /// Its value.
    pub satoshis: u64,
    /// When it entered the topic.
    pub admitted: Stamp,
    /// [`AppliedRow::admitted_at`] of the submission that admitted it.
    pub admitted_at: Timestamp,
    /// Unspent, or how it was spent.
    pub state: OutputState,
}

/// Whether an output is still there to be spent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OutputState {
    /// Unspent.
    Live,
    /// Spent by a stored transaction; `retained` outputs stay in the topic's history.
    Spent {
        /// The spending transaction.
        by: Txid,
        /// Whether the topic manager asked to keep it.
        retained: bool,
    },
}

impl OutputState {
    /// Whether a stored transaction spends the output.
    #[must_use]
    pub const fn is_spent(self) -> bool {
        matches!(self, Self::Spent { .. })
    }
}

/// A submission that at least one topic accepted, or will judge when its plugin works.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AppliedRow {
    /// The commit that first applied it.
    pub first: Stamp,
    /// Unique and increasing over all submissions of this host; what plugins see as `admitted-at`.
    pub admitted_at: Timestamp,
    /// The topics with a [`RowKey::Verdict`], ascending.
    pub topics: Vec<TopicId>,
    /// What came along with it.
    pub carried: Carried,
}

/// What came along with a submission and is kept with it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Carried {
    /// The off-chain values of the first submission that carried some; later ones do not replace them.
    pub off_chain_values: Option<CarriedBytes>,
    /// The evidence of all its submissions that were applied ([`crate::evidence::KeptEvidence`]), at most 64: each of them had a topic
    /// judge that had not judged before.
    pub evidence: Vec<CarriedBytes>,
}

impl Carried {
    /// All of it.
    pub fn iter(&self) -> impl Iterator<Item = &CarriedBytes> {
        self.off_chain_values.iter().chain(&self.evidence)
    }

    /// This, and what of `other` is not there.
    #[must_use]
    pub fn joined(mut self, other: &Self) -> Self {
        self.off_chain_values = self.off_chain_values.or(other.off_chain_values);
        for evidence in &other.evidence {
            if !self.evidence.contains(evidence) {
                self.evidence.push(*evidence);
            }
        }
        self
    }
}

/// Where something is kept that came along with a BEEF.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CarriedBytes {
    /// SHA-256 of the bytes: the content [`ContentId::Carried`].
    pub sha256: [u8; 32],
    /// Their length in bytes.
    pub length: u32,
}

/// A topic's verdict on a transaction, with what is needed to replay it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerdictRow {
    /// The commit that applied it.
    pub sequence: Stamp,
    /// The time that went with that submission, also where another topic had taken the transaction before.
    pub judged_at: Timestamp,
    /// The decision.
    pub admittance: Admittance,
    /// SHA-256 of the plugin's component.
    pub plugin: [u8; 32],
    /// Digest over everything the verdict depended on: transaction, previous coins, off-chain values, configuration, and
    /// what was read, of its own state and of other topics.
    pub inputs_digest: [u8; 32],
    /// Fuel the judgement used.
    pub fuel: u64,
    /// What the judgement read, in order, with what it saw.
    pub reads: Vec<StateRead>,
}

/// Something a judgement read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StateRead {
    /// Whose, and which.
    pub row: ReadRow,
    /// What it saw; `None` where there was nothing. Of a state row its value. Of an output one byte, 1 where it was spent and
    /// retained, or, of a certificate's revocation outpoint, spent: its value and script follow from the outpoint.
    pub value: Option<Vec<u8>>,
}

/// Whose row a judgement read.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ReadRow {
    /// One of the topic's own state, under this key.
    Own(Vec<u8>),
    /// One of another topic's state, under this key.
    TopicState(TopicId, Vec<u8>),
    /// An output of another topic.
    TopicOutput(TopicId, Outpoint),
}

/// A transaction the network is to be told of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OutboxRow {
    /// Where it stands.
    pub state: OutboxState,
    /// The commit that queued it; ancestors carry the same or a lower number.
    pub queued: Stamp,
    /// Position among the transactions of that commit, parents first.
    pub position: u32,
    /// Attempts so far.
    pub attempts: u32,
    /// Not to be tried before.
    pub next_attempt: Timestamp,
    /// Unproven parents that must have been taken first.
    pub parents: Vec<Txid>,
}

/// Where an outbox row stands. A row goes when a broadcaster takes its transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OutboxState {
    /// Waits for its turn or its next attempt.
    Pending,
    /// The network refused it for good; its words are in [`RowKey::Status`].
    Refused,
}

/// A transaction whose spends are committed although a plugin broke on it, or a service refused it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnjudgedRow {
    /// The fault, or the service's refusal, cut to [`super::status::MAX_NETWORK_WORDS`] bytes.
    pub fault: String,
    /// Since when.
    pub since: Timestamp,
    /// Attempts so far.
    pub attempts: u32,
}

/// A transaction that nothing proves: not yet, or no more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnprovenRow {
    /// The commit that stored the transaction: taking it back needs the versions of rows from before.
    pub stored: Stamp,
    /// Height of the block that held it and left the chain. Its parents need not be held here then.
    pub orphaned: Option<u32>,
}

/// A transaction that was taken back. Its bytes stay the content [`ContentId::Transaction`], so that a proof can bring the
/// submission back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RevertedRow {
    /// Length of the raw transaction in bytes.
    pub size: u32,
    /// The topics it was applied to, ascending; none for an ancestor that no topic judged.
    pub topics: Vec<TopicId>,
    /// What came along with it.
    pub carried: Carried,
    /// Height of the best block when it was taken back; 0 where none was known. A thousand blocks later its bytes go.
    pub height: u32,
}

/// What was evicted of a transaction, so that nobody brings it back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EvictedRow {
    /// The outputs, ascending. No topic takes them again.
    pub outputs: Vec<u32>,
    /// Whether the transaction's bytes are gone too. It is not taken again, and spends what it spent.
    pub withheld: bool,
    /// Why, in the operator's words.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// Tokens kept for somebody. It steers what is handed out to spend from, never what is admitted; whoever spends a token ends
/// its reservation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReservationRow {
    /// Whose tokens.
    pub manager: ManagerId,
    /// The tokens.
    pub tokens: Vec<Outpoint>,
    /// Until when.
    pub until: Timestamp,
    /// Digest of who asked for it.
    pub client: [u8; 32],
}

/// By what, and until when, a token is kept for somebody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReservedRow {
    /// The reservation.
    pub reservation: ReservationId,
    /// [`ReservationRow::until`].
    pub until: Timestamp,
}

/// Which generation of rows serves a configured service or manager, and what it was built with. Its number is that of a name of
/// the same kind; whatever stands under other generations serves nobody and is removed in time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GenerationRow {
    /// Under what its rows stand; `None` where none is complete, and one is being built.
    pub serving: Option<NameId>,
    /// SHA-256 of the component it was built with.
    pub component: [u8; 32],
    /// SHA-256 over component and configuration.
    pub configuration: [u8; 32],
    /// The topics it was built from, ascending.
    pub topics: Vec<TopicId>,
    /// The commit with which it began to serve: what was stored up to there was told by the rebuild, what came later by its
    /// own submission.
    pub built: Stamp,
    /// Transactions that the rebuild could not tell it, because it broke or refused.
    pub unjudged: u64,
}

/// Where a transaction stands with the network.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatusRow {
    /// The state.
    pub status: Status,
    /// Since which commit.
    pub since: Stamp,
    /// The network's last words.
    pub word: Option<NetworkWord>,
}

/// A row with the commit that wrote it.
#[derive(Clone, PartialEq, Debug)]
pub struct Versioned {
    /// The row.
    pub row: Row,
    /// The commit that wrote it.
    pub version: Sequence,
}
