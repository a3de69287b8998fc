//! The questions clients may ask. A wrong one is told what would be right.

use serde_json::Value;
use trellis_plugin::{Outpoint, Refusal};

/// Outpoints of one question: a wallet's certificates, many times over.
const OUTPOINTS_MOST: usize = 1000;

const FORMS: &str =
    "a query is {\"outpoint\": \"<txid>.<output index>\"} or {\"outpoints\": [\"<txid>.<output index>\", …]}";

/// The outpoints that are asked for.
pub(crate) fn parse(json: &str) -> Result<Vec<Outpoint>, Refusal> {
    let Ok(Value::Object(fields)) = serde_json::from_str(json) else { return Err(FORMS.into()) };
    let mut fields = fields.iter().filter(|(_, value)| !value.is_null());
    let (Some((name, asked)), None) = (fields.next(), fields.next()) else { return Err(FORMS.into()) };
    match (name.as_str(), asked) {
        ("outpoint", asked) => Ok(vec![outpoint(asked)?]),
        ("outpoints", Value::Array(asked)) if asked.len() > OUTPOINTS_MOST => {
            Err(format!("{} outpoints are asked for; at most {OUTPOINTS_MOST} are answered at once", asked.len())
                .into())
        }
        ("outpoints", Value::Array(asked)) => asked.iter().map(outpoint).collect(),
        _ => Err(FORMS.into()),
    }
}

fn outpoint(value: &Value) -> Result<Outpoint, Refusal> {
    Ok(value.as_str().ok_or(FORMS)?.parse()?)
}
