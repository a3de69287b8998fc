//! Request and reply bodies. A set of types of their own: what the host keeps inside may change without the wire noticing.

pub mod auth;
pub mod baskets;
pub mod batch;
pub mod events;
pub mod evidence;
pub mod identity;
pub mod net;
pub mod operator;
pub mod plugins;
pub mod rebuild;
pub mod relay;
pub mod topics;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// The error reply.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody<'a> {
    /// Always `error`.
    pub status: &'static str,
    /// For people.
    pub message: &'a str,
    /// For programs: `ERR_…`.
    pub code: &'a str,
}

/// The STEAK: topic to entry.
pub type SteakBody = BTreeMap<String, AdmittanceBody>;

/// A topic's entry in the STEAK. `@bsv/sdk` counts it as an acknowledgement if one list is not empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdmittanceBody {
    /// Output indices.
    pub outputs_to_admit: Vec<u32>,
    /// Input indices.
    pub coins_to_retain: Vec<u32>,
    /// Input indices.
    // Always sent; other hosts leave it out.
    #[serde(default)]
    #[schema(required = true)]
    pub coins_removed: Vec<u32>,
}

/// All that came of a submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptBody {
    /// Display order.
    pub txid: String,
    /// The commit that applied it; absent where no topic wanted it, so that nothing was stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// Whether nothing new happened: the answer is that of an earlier submission.
    pub repeated: bool,
    /// What each topic decided.
    pub topics: BTreeMap<String, TopicReceiptBody>,
    /// What it did to those baskets that whoever asks may read events of, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<events::OperationBody>,
    /// The topics named that this host does not have.
    pub not_hosted: Vec<String>,
    /// Topics whose plugin broke on a proven transaction, with the fault. They judge it when it works again.
    pub unjudged: BTreeMap<String, String>,
    /// Where the host finds the topics: those left out, because their plugin broke or would not say; with its words.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub left_out: BTreeMap<String, String>,
}

/// What a topic decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TopicReceiptBody {
    /// As in the STEAK.
    #[serde(flatten)]
    pub admittance: AdmittanceBody,
    /// Why it refused, in its plugin's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
}

/// What `POST /lookup` brings. The query stays text: it is the plugin's to read.
#[derive(Debug, Deserialize, ToSchema)]
pub struct LookupBody<'a> {
    /// The service's name.
    pub service: String,
    /// Any JSON.
    #[serde(borrow)]
    #[schema(value_type = Value)]
    pub query: &'a RawValue,
}

/// The JSON answer of a lookup with outputs.
#[derive(Debug, Serialize, ToSchema)]
pub struct OutputListBody {
    /// Always `output-list`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The outputs.
    pub outputs: Vec<OutputBody>,
}

/// One output of a lookup's JSON answer. Bytes are arrays of numbers: that is how `@bsv/sdk` reads them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutputBody {
    /// Its BEEF.
    pub beef: Vec<u8>,
    /// Its index in the BEEF's subject.
    pub output_index: u32,
    /// Bytes from the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<Vec<u8>>,
}

/// The JSON answer of a lookup that is no list of outputs.
#[derive(Debug, Serialize, ToSchema)]
pub struct FreeformBody {
    /// Always `freeform`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Whatever the service says.
    #[schema(value_type = Value)]
    pub result: Box<RawValue>,
}

/// The JSON answer of a lookup.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum LookupAnswerBody {
    /// Outputs.
    Outputs(OutputListBody),
    /// Whatever the service says.
    Freeform(FreeformBody),
}

/// Bytes.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, format = Binary)]
pub struct BytesBody(pub Vec<u8>);

/// Bytes in JSON.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum BytesInJsonBody {
    /// One number for each.
    Numbers(Vec<u8>),
    /// Hexadecimal.
    Text(String),
}

/// A topic manager or lookup service in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ManagerBody {
    /// The plugin's name.
    pub name: String,
    /// One sentence.
    pub short_description: String,
    /// Where an icon is.
    #[serde(rename = "iconURL", default, skip_serializing_if = "Option::is_none")]
    pub icon_url: Option<String>,
    /// The author's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Where more is said.
    #[serde(rename = "informationURL", default, skip_serializing_if = "Option::is_none")]
    pub information_url: Option<String>,
}

/// What is known of a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransactionBody {
    /// Display order.
    pub txid: String,
    /// `admitted`, `broadcast`, `seen`, `mined`, `rejected` or `contested`.
    pub status: String,
    /// Height of the block it is proven in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block_height: Option<u32>,
    /// Length of the raw transaction in bytes.
    pub bytes: u32,
    /// The topics that judged it, also where it was taken back since; none for mere ancestors.
    pub topics: Vec<String>,
    /// Whether it was taken back, with all its effects, because the network refused it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub taken_back: bool,
    /// The commit that applied it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// Its place in the outbox, while it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outbox: Option<OutboxBody>,
    /// The network's last words about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<NetworkWordBody>,
}

/// A transaction that waits to be told to the network, or was refused by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutboxBody {
    /// `pending` or `refused`.
    pub state: String,
    /// Attempts so far.
    pub attempts: u32,
    /// RFC 3339.
    pub next_attempt: String,
}

/// What a broadcaster said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NetworkWordBody {
    /// Which one.
    pub broadcaster: String,
    /// Its HTTP status or status code, 0 where none came.
    pub code: u16,
    /// Its words.
    pub message: String,
    /// RFC 3339.
    pub at: String,
}

/// `/health` and its kin.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HealthBody {
    /// `ok`, `degraded` or `error`.
    pub status: String,
    /// The process does its work.
    pub live: bool,
    /// It takes submissions and lookups.
    pub ready: bool,
    /// Who this is.
    pub service: ServiceBody,
    /// What was looked at.
    pub checks: Vec<CheckBody>,
}

/// Who a host is.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceBody {
    /// Its name.
    pub name: String,
    /// Where others reach it; null where it is not told.
    #[serde(rename = "advertisableFQDN")]
    pub advertisable_fqdn: Option<String>,
    /// Port of the public listener.
    pub port: u16,
    /// `main`, `test` or `local`.
    pub network: String,
    /// RFC 3339.
    pub started_at: String,
    /// Milliseconds since then.
    pub uptime_ms: u64,
    /// Topics.
    pub topic_manager_count: usize,
    /// Lookup services.
    pub lookup_service_count: usize,
}

/// One thing health looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckBody {
    /// What.
    pub name: String,
    /// `live` or `ready`.
    pub scope: String,
    /// Whether the host is of no use without it.
    pub critical: bool,
    /// `ok`, `degraded` or `error`.
    pub status: String,
    /// What is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// How long looking took.
    pub duration_ms: u64,
}

/// Public part of `/admin/config`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminConfigBody<'a> {
    /// The host's name.
    pub node_name: &'a str,
}

/// What `POST /dev/faucet` brings: one of `publicKey` and `address`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct FaucetBody {
    /// Compressed public key, 66 hexadecimal digits.
    #[serde(default)]
    pub public_key: Option<String>,
    /// P2PKH address, of the main or a test network.
    #[serde(default)]
    pub address: Option<String>,
    /// How much.
    pub satoshis: u64,
}

/// A coin from the faucet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CoinBody {
    /// The transaction that pays it, display order.
    pub txid: String,
    /// The output that is the coin.
    pub output_index: u32,
    /// Its value.
    pub satoshis: u64,
    /// Its locking script, hexadecimal.
    pub locking_script: String,
    /// Height of the block the transaction is proven in.
    pub block_height: u32,
    /// BEEF of the transaction, hexadecimal: `Transaction.fromHexBEEF` reads it.
    pub beef: String,
}

/// What `POST /dev/mine` did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MinedBody {
    /// Height of the new block.
    pub height: u32,
    /// Transactions in it, without the coinbase.
    pub transactions: usize,
}
