//! Bodies of `/dev/net`: what the network of a development host is to do wrong, and what it does.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What `POST /dev/net/reject` brings: one of `next` and `txid`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RejectBody {
    /// So many new transactions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u32>,
    /// This one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub txid: Option<String>,
    /// The node's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
}

/// What `POST /dev/net/delay` brings: `milliseconds`, `fail`, or both.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DelayBody {
    /// Before every answer to a broadcast; 0 ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub milliseconds: Option<u64>,
    /// So many broadcasts fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fail: Option<u32>,
    /// With this HTTP status, and not taken; without one they are taken and answered too late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}

/// What `POST /dev/net/double-spend` brings.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DoubleSpendBody {
    /// This transaction; without one, the next new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub txid: Option<String>,
    /// Its rival; without one, a transaction nobody has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub competing: Option<String>,
}

/// How a double spend is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum OutcomeBody {
    /// The next block takes it
    Seen,
    /// Its rival was mined
    Rejected,
}

/// What `POST /dev/net/settle` brings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettleBody {
    /// A transaction contested on demand.
    pub txid: String,
    /// How it is decided.
    pub outcome: OutcomeBody,
}

/// What `POST /dev/net/drop-callbacks` brings.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DropCallbacksBody {
    /// Whether they are dropped from here on.
    pub on: bool,
}

/// What `POST /dev/net/reorg` brings.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ReorgBody {
    /// Blocks that make way.
    pub depth: u32,
    /// Whether the new blocks have the transactions of the old ones; else those wait for the next block.
    #[serde(default)]
    pub mine_again: bool,
    /// With `mineAgain`: these wait all the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<String>,
    /// A raw transaction, hexadecimal, that is mined in place of whatever spends the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rival: Option<String>,
}

/// A block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockBody {
    /// Its height.
    pub height: u32,
    /// Its hash.
    pub hash: String,
    /// Its transactions without the coinbase.
    pub transactions: Vec<String>,
}

/// What a reorganisation did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReorganisedBody {
    /// The blocks that made way.
    pub gone: Vec<BlockBody>,
    /// The new ones.
    pub blocks: Vec<BlockBody>,
    /// Transactions of the old blocks that wait.
    pub waiting: Vec<String>,
    /// Transactions the chain no longer has.
    pub lost: Vec<String>,
}

/// `GET /dev/net`: what the network does wrong. Every route but the reorganisation answers it too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NetBody {
    /// Height of the newest block.
    pub height: u32,
    /// Blocks that can make way.
    pub replaceable_blocks: u32,
    /// Transactions that wait for a block.
    pub waiting: usize,
    /// What is refused.
    pub reject: RejectPlanBody,
    /// Milliseconds before a broadcast is answered.
    pub delay_milliseconds: u64,
    /// What fails.
    pub fail: FailPlanBody,
    /// What is contested.
    pub double_spend: DoubleSpendPlanBody,
    /// What becomes of callbacks.
    pub callbacks: CallbacksBody,
}

/// What is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectPlanBody {
    /// So many new transactions,
    pub next: u32,
    /// in these words.
    pub words: String,
    /// These when they come, with the words.
    pub txids: BTreeMap<String, String>,
}

/// What fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailPlanBody {
    /// So many broadcasts.
    pub next: u32,
    /// With this HTTP status; none where the answer comes too late.
    pub status: Option<u16>,
}

/// What is contested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoubleSpendPlanBody {
    /// Whether the next new transaction will be.
    pub next: bool,
    /// These will be when they come.
    pub planned: Vec<String>,
    /// These are, each with its rival, until settled.
    pub contested: BTreeMap<String, String>,
}

/// What becomes of callbacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallbacksBody {
    /// Whether they are dropped.
    pub drop: bool,
    /// Still to be sent.
    pub waiting: usize,
    /// Taken.
    pub taken: u64,
    /// Given up.
    pub lost: u64,
    /// Dropped on demand.
    pub dropped: u64,
}
