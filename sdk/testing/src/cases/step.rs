//! The steps of a case, as files have them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::names::Wrong;

/// A step.
pub(super) enum Step {
    Transaction(Transaction),
    Certificate(Certificate),
    Submit(Submit),
    Lookup(Lookup),
    State(String),
    Basket(String),
    Mine(String),
    Evict(String),
    NetworkRefuses(String),
    Wait(u64),
}

/// A transaction to be made.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Transaction {
    pub(super) transaction: String,
    #[serde(default)]
    pub(super) spends: Vec<Spend>,
    #[serde(default)]
    pub(super) outputs: Vec<Output>,
    #[serde(default)]
    pub(super) lock_time: u32,
}

/// What a transaction spends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Spend {
    pub(super) output: Option<String>,
    pub(super) fund: Option<u64>,
    pub(super) by: Option<String>,
    pub(super) script: Option<String>,
}

/// An output of a transaction.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Output {
    pub(super) token: Option<Vec<String>>,
    pub(super) of: Option<String>,
    #[serde(default)]
    pub(super) signed: bool,
    pub(super) lock: Option<Lock>,
    pub(super) pay: Option<String>,
    pub(super) data: Option<Vec<String>>,
    pub(super) script: Option<String>,
    pub(super) satoshis: Option<u64>,
}

/// Where a token's lock stands.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Lock {
    Before,
    After,
}

/// A certificate to be issued.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Certificate {
    pub(super) certificate: String,
    pub(super) certifier: String,
    pub(super) subject: String,
    #[serde(rename = "type")]
    pub(super) certificate_type: String,
    #[serde(default)]
    pub(super) fields: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) kept_fields: BTreeMap<String, String>,
    pub(super) serial: Option<u8>,
    pub(super) revoked_by: Option<String>,
}

/// A submission.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Submit {
    pub(super) submit: String,
    pub(super) to: Option<Vec<String>>,
    pub(super) off_chain_values: Option<String>,
    #[serde(default)]
    pub(super) signed_by: Vec<String>,
    #[serde(default)]
    pub(super) certificates: Vec<String>,
    #[serde(default)]
    pub(super) require_all: bool,
}

/// A question to a service.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lookup {
    pub(super) lookup: String,
    pub(super) query: Value,
}

/// The member that holds what is expected.
pub(super) const EXPECT: &str = "expect";

const KINDS: [&str; 10] =
    ["transaction", "certificate", "submit", "lookup", "state", "basket", "mine", "evict", "networkRefuses", "wait"];

impl Step {
    /// Reads a step; what it is expected to come to is left to others.
    pub(super) fn read(value: &Value) -> Result<Self, Wrong> {
        let mut members = value.as_object().ok_or("a step is an object")?.clone();
        members.remove(EXPECT);
        let mut kinds = KINDS.iter().filter(|kind| members.contains_key(**kind));
        let (Some(kind), None) = (kinds.next(), kinds.next()) else {
            return Err(format!("a step has one of {}", KINDS.join(", ")));
        };
        let members = Value::Object(members);
        Ok(match *kind {
            "transaction" => Self::Transaction(of(members)?),
            "certificate" => Self::Certificate(of(members)?),
            "submit" => Self::Submit(of(members)?),
            "lookup" => Self::Lookup(of(members)?),
            "state" => Self::State(only(members)?),
            "basket" => Self::Basket(only(members)?),
            "mine" => Self::Mine(only(members)?),
            "evict" => Self::Evict(only(members)?),
            "networkRefuses" => Self::NetworkRefuses(only(members)?),
            _ => Self::Wait(only(members)?),
        })
    }
}

fn of<T: DeserializeOwned>(members: Value) -> Result<T, Wrong> {
    serde_json::from_value(members).map_err(|error| error.to_string())
}

/// The value of a step that has one member.
fn only<T: DeserializeOwned>(members: Value) -> Result<T, Wrong> {
    let members: BTreeMap<String, Value> = of(members)?;
    let names = members.keys().cloned().collect::<Vec<_>>().join(", ");
    match members.into_values().collect::<Vec<_>>().as_slice() {
        [value] => of(value.clone()),
        _ => Err(format!("this step has one member and \"expect\", not {names}")),
    }
}
