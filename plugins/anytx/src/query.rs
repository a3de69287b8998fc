//! The questions the lookup service understands.

use serde_json::{Map, Value};
use trellis_plugin::{Outpoint, Refusal, Txid};

/// What a client wants to see when it does not say how many.
const LIMIT: usize = 50;
/// The most outputs of one answer.
const LIMIT_MOST: usize = 1000;
/// Skipped outputs are read all the same, and a call's reads are bounded.
const SKIP_MOST: usize = 10_000;
/// The most generations of ancestors an answer carries along.
const HISTORY_DEPTH_MOST: usize = 32;

/// A question, understood.
#[derive(Debug, PartialEq)]
pub(crate) struct Query {
    pub(crate) what: What,
    pub(crate) history_depth: u32,
    pub(crate) context: Option<String>,
}

/// What is asked for.
#[derive(Debug, PartialEq)]
pub(crate) enum What {
    Outpoint(Outpoint),
    Transaction(Txid),
    All { limit: usize, skip: usize },
    Count,
}

const FORMS: &str = "a query is {\"outpoint\": \"<txid>.<output index>\"}, {\"txid\": \"<txid>\"}, {\"findAll\": true, \"limit\": 50, \
     \"skip\": 0} or {\"count\": true}; the first three also take \"historyDepth\" (0 to 32) and \"context\" (a text)";

/// Understands a query, or says what would be understood.
pub(crate) fn parse(json: &str) -> Result<Query, Refusal> {
    let Ok(Value::Object(fields)) = serde_json::from_str(json) else { return Err(FORMS.into()) };
    let text = |name: &str| fields.get(name).map(|value| value.as_str().ok_or(Refusal::from(FORMS))).transpose();
    let asks = |name: &str| fields.get(name) == Some(&Value::Bool(true));
    let what = match (text("outpoint")?, text("txid")?, asks("findAll"), asks("count")) {
        (Some(outpoint), None, false, false) => What::Outpoint(outpoint.parse()?),
        (None, Some(txid), false, false) => What::Transaction(txid.parse()?),
        (None, None, true, false) => What::All {
            limit: whole_number(&fields, "limit", LIMIT, 1, LIMIT_MOST)?,
            skip: whole_number(&fields, "skip", 0, 0, SKIP_MOST)?,
        },
        (None, None, false, true) => What::Count,
        _ => return Err(FORMS.into()),
    };
    let history_depth = whole_number(&fields, "historyDepth", 0, 0, HISTORY_DEPTH_MOST)?;
    let context = text("context")?.map(str::to_owned);
    Ok(Query { what, history_depth: u32::try_from(history_depth).unwrap_or(0), context })
}

fn whole_number(
    fields: &Map<String, Value>,
    name: &str,
    otherwise: usize,
    least: usize,
    most: usize,
) -> Result<usize, Refusal> {
    let Some(value) = fields.get(name) else { return Ok(otherwise) };
    let number = value.as_u64().and_then(|number| usize::try_from(number).ok());
    number
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| format!("\"{name}\" is a whole number from {least} to {most}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(json: &str) -> What {
        parse(json).unwrap().what
    }

    #[test]
    fn every_form_of_the_documentation_is_understood() {
        let txid = Txid([0xab; 32]);
        assert_eq!(
            what(&format!("{{\"outpoint\": \"{txid}.3\"}}")),
            What::Outpoint(Outpoint { txid, output_index: 3 })
        );
        assert_eq!(what(&format!("{{\"txid\": \"{txid}\"}}")), What::Transaction(txid));
        assert_eq!(what("{\"findAll\": true}"), What::All { limit: 50, skip: 0 });
        assert_eq!(what("{\"findAll\": true, \"limit\": 7, \"skip\": 2}"), What::All { limit: 7, skip: 2 });
        assert_eq!(what("{\"count\": true}"), What::Count);
        let query = parse("{\"findAll\": true, \"historyDepth\": 4, \"context\": \"back\"}").unwrap();
        assert_eq!((query.history_depth, query.context.as_deref()), (4, Some("back")));
    }

    #[test]
    fn anything_else_is_refused_with_what_is_accepted() {
        for json in [
            "",
            "null",
            "[]",
            "{}",
            "\"findAll\"",
            "{\"findAll\": false}",
            "{\"txid\": 1}",
            "{\"findAll\": true, \"count\": true}",
        ] {
            assert_eq!(parse(json), Err(FORMS.into()), "{json}");
        }
        for (json, names) in [
            ("{\"txid\": \"ab\"}", "64 hexadecimal digits"),
            ("{\"outpoint\": \"ab\"}", "<output index>"),
            ("{\"findAll\": true, \"limit\": 0}", "\"limit\" is a whole number from 1 to 1000"),
            ("{\"findAll\": true, \"skip\": -1}", "\"skip\" is a whole number from 0 to 10000"),
            ("{\"findAll\": true, \"historyDepth\": 33}", "\"historyDepth\" is a whole number from 0 to 32"),
        ] {
            let refusal = parse(json).unwrap_err();
            assert!(refusal.text().contains(names), "{json}: {refusal}");
        }
    }
}
