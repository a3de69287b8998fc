//! Bodies of the routes about baskets. Sums are decimal texts, for they can pass what a JSON number keeps exactly; single amounts
//! cannot, and are numbers. Requests are read by hand (`http::baskets::fields`), so that what is wrong is named.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The baskets that are here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BasketListBody {
    /// The sequence it is true of.
    pub sequence: u64,
    /// The baskets.
    pub baskets: Vec<BasketEntryBody>,
    /// Baskets of this page that whoever asks may not see.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub withheld: u64,
    /// Where to go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
pub(super) const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// A basket among others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BasketEntryBody {
    /// Its name.
    pub name: String,
    /// The plugin that manages it.
    pub manager: String,
    /// Tokens in it.
    pub tokens: u64,
}

/// How many tokens, and how much is in them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FiguresBody {
    /// Tokens.
    pub tokens: u64,
    /// The sum of their amounts, decimal.
    pub amount: String,
}

/// A basket's numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BasketBody {
    /// Its name.
    pub name: String,
    /// The plugin that manages it.
    pub manager: String,
    /// The sequence they are true of.
    pub sequence: u64,
    /// All of it.
    #[serde(flatten)]
    pub whole: FiguresBody,
    /// By asset.
    pub assets: GroupsBody,
    /// By owner.
    pub owners: GroupsBody,
    /// By tag.
    pub tags: GroupsBody,
}

/// A basket's numbers by asset, owner or tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GroupsBody {
    /// The sequence they are true of.
    pub sequence: u64,
    /// The groups.
    pub groups: Vec<GroupBody>,
    /// Where to go on, with `by`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Tokens with something in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GroupBody {
    /// The asset, owner or tag.
    pub name: String,
    /// How many, how much.
    #[serde(flatten)]
    pub figures: FiguresBody,
}

/// Sums by asset and owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BalancesBody {
    /// The sequence they are true of.
    pub sequence: u64,
    /// The balances.
    pub balances: Vec<BalanceBody>,
    /// Where to go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// How much of an asset an owner has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BalanceBody {
    /// The asset.
    pub asset: String,
    /// The owner.
    pub owner: String,
    /// How many, how much.
    #[serde(flatten)]
    pub figures: FiguresBody,
}

/// A page of tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenListBody {
    /// The sequence it is true of.
    pub sequence: u64,
    /// The tokens.
    pub tokens: Vec<TokenBody>,
    /// Where to go on. There may be one although the page is short: so many rows are looked at for one page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenBody {
    /// The transaction of its output, display order.
    pub txid: String,
    /// The output.
    pub output_index: u32,
    /// The output's value.
    pub satoshis: u64,
    /// What it is.
    pub asset: String,
    /// How much of it.
    pub amount: u64,
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Whether the owner is only what the manager says, not who the locking script asks for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub claimed: bool,
    /// To be found by.
    pub tags: Vec<String>,
    /// The manager's own bytes, hexadecimal.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub data: String,
    /// The topic that admitted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// The commit that placed it.
    pub sequence: u64,
}

/// Which tokens of a basket are meant: those that fit everything it says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FilterBody {
    /// Of this asset.
    pub asset: Option<String>,
    /// Of this owner.
    pub owner: Option<String>,
    /// With every one of these tags.
    #[serde(default)]
    pub tags_all: Vec<String>,
    /// With at least one of these tags, if there are any.
    #[serde(default)]
    pub tags_any: Vec<String>,
    /// With at least this amount.
    pub min_amount: Option<u64>,
    /// With at most this amount.
    pub max_amount: Option<u64>,
}

/// What `POST /v1/baskets/organise` brings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrganiseBody {
    /// What is needed. No token serves two requirements.
    pub requirements: Vec<RequirementBody>,
}

/// One thing that is needed: `count` or `amount`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RequirementBody {
    /// Out of this basket.
    pub basket: String,
    /// Of these tokens.
    pub filter: Option<FilterBody>,
    /// So many tokens.
    pub count: Option<u64>,
    /// Tokens whose amounts come to at least this.
    pub amount: Option<u64>,
}

/// What `POST /v1/baskets/{basket}/take` brings: `count` or `amount`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TakeBody {
    /// Of these tokens.
    pub filter: Option<FilterBody>,
    /// So many tokens.
    pub count: Option<u64>,
    /// Tokens whose amounts come to at least this.
    pub amount: Option<u64>,
    /// Seconds for which nobody else is given them, at most 900.
    pub reserve_seconds: Option<u64>,
}

/// What meets all requirements of `POST /v1/baskets/organise`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrganisedBody {
    /// The sequence all of it is true of.
    pub sequence: u64,
    /// The tokens, by basket.
    pub baskets: BTreeMap<String, Vec<TokenBody>>,
    /// What each requirement comes to, in their order.
    pub requirements: Vec<MetBody>,
    /// The value of all outputs.
    pub satoshis: u64,
    /// One BEEF of all their transactions, hexadecimal.
    pub beef: String,
}

/// What meets a requirement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MetBody {
    /// Its basket.
    pub basket: String,
    /// How many, how much.
    #[serde(flatten)]
    pub figures: FiguresBody,
    /// The value of the outputs.
    pub satoshis: u64,
    /// The tokens, as `txid.outputIndex`.
    pub outpoints: Vec<String>,
}

/// What was taken out of one basket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TakenBody {
    /// The sequence it is true of.
    pub sequence: u64,
    /// The basket.
    pub basket: String,
    /// The tokens.
    pub tokens: Vec<TokenBody>,
    /// The sum of their amounts, decimal.
    pub amount: String,
    /// The value of the outputs.
    pub satoshis: u64,
    /// One BEEF of all their transactions, hexadecimal.
    pub beef: String,
    /// How they are kept, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reservation: Option<ReservationBody>,
}

/// How tokens are kept for whoever asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReservationBody {
    /// Whoever knows it can end it: `DELETE /v1/reservations/{id}`.
    pub id: String,
    /// RFC 3339.
    pub until: String,
}

/// That a reservation is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReleasedBody {
    /// Always `success`.
    pub status: String,
    /// The reservation.
    pub released: String,
}

/// The reply where there is not enough: an error reply with figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InsufficientBody {
    /// Always `error`.
    pub status: String,
    /// For people.
    pub message: String,
    /// Always `ERR_INSUFFICIENT_INVENTORY`.
    pub code: String,
    /// The requirements that cannot be met.
    pub requirements: Vec<ShortageBody>,
}

/// What a requirement asked for, and what there is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ShortageBody {
    /// Which one, from 0.
    pub requirement: usize,
    /// Its basket.
    pub basket: String,
    /// Tokens asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Amount asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<u64>,
    /// What could be had.
    pub available: FiguresBody,
    /// What fits as well, but is kept for somebody else.
    pub reserved: FiguresBody,
    /// What fits as well, but other requirements of the same call have.
    pub used: FiguresBody,
    /// What fits as well, but waits for a block.
    pub unproven: FiguresBody,
}
