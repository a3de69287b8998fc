//! Bodies of the routes that relay: `/v1/ef` and `/v1/broadcast`.

use std::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use trellis_engine::submit::MAX_RELAYED;
use utoipa::ToSchema;

/// A transaction in Extended Format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConvertedBody {
    /// Display order.
    pub txid: String,
    /// Extended Format (BRC-30), hexadecimal.
    pub extended_format: String,
    /// The outputs it spends, by input.
    pub sources: Vec<SourceBody>,
}

/// An output that a transaction spends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SourceBody {
    /// The transaction that made it.
    pub txid: String,
    /// Its index there.
    pub output_index: u32,
    /// Its value.
    pub satoshis: u64,
    /// Its locking script, hexadecimal.
    pub locking_script: String,
}

/// A transaction that the network is told of, or that is in a block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RelayedBody {
    /// Display order.
    pub txid: String,
    /// `admitted` (durable here, the network is told next), `broadcast`, `seen`, `mined` or `contested`.
    pub status: String,
    /// Height of the block that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block_height: Option<u32>,
    /// Extended Format (BRC-30), hexadecimal; left out where a proven transaction came without what it spends, and where the
    /// answer would be too large with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extended_format: Option<String>,
}

/// What `POST /v1/broadcast/batch` brings as JSON.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BroadcastBatchBody<'a> {
    /// BEEFs, hexadecimal, 1 to 64. They may rest on one another, in any order.
    #[serde(borrow)]
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 64)]
    pub transactions: BroadcastMembers<'a>,
}

/// Texts, no more than a batch may have: who sends a million empty ones is stopped at the first too many.
#[derive(Debug)]
pub struct BroadcastMembers<'a>(pub Vec<&'a str>);

impl<'de: 'a, 'a> Deserialize<'de> for BroadcastMembers<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = BroadcastMembers<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a list of 1 to {MAX_RELAYED} BEEFs in hexadecimal")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<BroadcastMembers<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = list.next_element()? {
                    if members.len() == MAX_RELAYED {
                        return Err(A::Error::custom(format!("more than {MAX_RELAYED} transactions")));
                    }
                    members.push(member);
                }
                Ok(BroadcastMembers(members))
            }
        }
        deserializer.deserialize_seq(Members)
    }
}

/// The answers for a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BroadcastAnswersBody {
    /// One for each transaction, in the order they were sent.
    pub transactions: Vec<BroadcastAnswerBody>,
}

/// The answer for one transaction of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum BroadcastAnswerBody {
    /// It came to nothing.
    Refused(RefusedMemberBody),
    /// It is relayed.
    Relayed(RelayedBody),
}

/// Why one transaction of a batch came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefusedMemberBody {
    /// Its place in the batch, from 0.
    pub index: usize,
    /// Always `error`.
    pub status: String,
    /// The HTTP status it would have had by itself.
    pub http_status: u16,
    /// For programs: `ERR_…`.
    pub code: String,
    /// For people.
    pub message: String,
}
