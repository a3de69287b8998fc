//! The questions clients may ask. A wrong one is told what would be right.

use serde_json::{Map, Value};
use trellis_plugin::{Refusal, refuse};

use crate::date;
use crate::index::Search;

/// What a client wants to see when it does not say how many.
const LIMIT: usize = 50;
/// The most outputs of one answer.
const LIMIT_MOST: usize = 1000;
/// Skipped rows are read all the same, and a call's reads are bounded.
const SKIP_MOST: usize = 10_000;
/// Dates are in milliseconds, as in the reference service; the index is in microseconds.
const MILLISECOND: u64 = 1000;

const FORMS: &str = "a query is {\"findAll\": true}, {\"message\": \"<exact text>\"} or the text \"findAll\"; an object also takes \
     \"limit\", \"skip\", \"startDate\", \"endDate\" and \"sortOrder\"";
const FIELDS: [&str; 7] = ["message", "findAll", "limit", "skip", "startDate", "endDate", "sortOrder"];

/// Understands a query, or says what would be understood.
pub(crate) fn parse(json: &str) -> Result<Search, Refusal> {
    let fields = match serde_json::from_str(json) {
        Ok(Value::Object(fields)) => fields,
        Ok(Value::String(text)) if text == "findAll" => Map::new(),
        _ => return Err(FORMS.into()),
    };
    if let Some(unknown) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        refuse!("the field {unknown:?} means nothing here; {FORMS}");
    }
    let message = match present(&fields, "message") {
        // An empty search box asks for everything, as in the reference service.
        None => None,
        Some(Value::String(text)) if text.is_empty() => None,
        Some(Value::String(text)) => Some(text.clone()),
        Some(_) => return Err("\"message\" is the exact text of the messages wanted".into()),
    };
    match present(&fields, "findAll") {
        None | Some(Value::Bool(true)) => {}
        Some(Value::Bool(false)) if message.is_some() => {}
        Some(_) => return Err("\"findAll\" is true, or left out where \"message\" says what is wanted".into()),
    }
    let until = moment(&fields, "endDate")?;
    Ok(Search {
        message,
        from: moment(&fields, "startDate")?.unwrap_or(0).saturating_mul(MILLISECOND),
        // The last millisecond belongs to it, down to its last microsecond.
        until: until.map(|milliseconds| milliseconds.saturating_add(1).saturating_mul(MILLISECOND)),
        newest_first: match present(&fields, "sortOrder").map(Value::as_str) {
            None | Some(Some("desc")) => true,
            Some(Some("asc")) => false,
            Some(_) => return Err("\"sortOrder\" is \"desc\" (newest first) or \"asc\"".into()),
        },
        skip: whole_number(&fields, "skip", 0, 0, SKIP_MOST)?,
        limit: whole_number(&fields, "limit", LIMIT, 1, LIMIT_MOST)?,
    })
}

/// A field that is there; JavaScript writes `null` for one that is not.
fn present<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    fields.get(name).filter(|value| !value.is_null())
}

/// A moment in milliseconds since 1970; everything before is the same to an index that has nothing from then.
fn moment(fields: &Map<String, Value>, name: &str) -> Result<Option<u64>, Refusal> {
    let Some(value) = present(fields, name) else { return Ok(None) };
    let milliseconds = match value {
        Value::String(text) => date::parse(text),
        Value::Number(number) => number.as_i64(),
        _ => None,
    };
    match milliseconds {
        Some(milliseconds) => Ok(Some(u64::try_from(milliseconds).unwrap_or(0))),
        None => Err(format!(
            "\"{name}\" is a date in ISO 8601 (\"2026-01-31\", \"2026-01-31T12:00:00Z\") or milliseconds since 1970"
        )
        .into()),
    }
}

fn whole_number(
    fields: &Map<String, Value>,
    name: &str,
    otherwise: usize,
    least: usize,
    most: usize,
) -> Result<usize, Refusal> {
    let Some(value) = present(fields, name) else { return Ok(otherwise) };
    let number = value.as_u64().and_then(|number| usize::try_from(number).ok());
    number
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| format!("\"{name}\" is a whole number from {least} to {most}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn everything() -> Search {
        Search { message: None, from: 0, until: None, newest_first: true, skip: 0, limit: 50 }
    }

    #[test]
    fn every_way_to_ask_for_everything_is_understood() {
        for json in
            ["\"findAll\"", "{\"findAll\": true}", "{}", "{\"message\": \"\"}", "{\"message\": null, \"limit\": null}"]
        {
            assert_eq!(parse(json), Ok(everything()), "{json}");
        }
    }

    #[test]
    fn every_field_is_understood() {
        let json = "{\"message\": \"hi\", \"limit\": 3, \"skip\": 4, \"startDate\": 5, \"endDate\": \"1970-01-01T00:00:01Z\", \
                    \"sortOrder\": \"asc\"}";
        let wanted = Search {
            message: Some("hi".into()),
            from: 5000,
            until: Some(1_001_000),
            newest_first: false,
            skip: 4,
            limit: 3,
        };
        assert_eq!(parse(json), Ok(wanted));
    }

    #[test]
    fn dates_before_1970_mean_its_beginning() {
        let search = parse("{\"startDate\": -1, \"endDate\": \"1960-01-01\"}").unwrap();
        assert_eq!((search.from, search.until), (0, Some(1000)));
    }

    #[test]
    fn anything_else_is_refused_with_what_is_accepted() {
        for (json, names) in [
            ("", "a query is"),
            ("null", "a query is"),
            ("[]", "a query is"),
            ("\"everything\"", "a query is"),
            ("{\"messages\": 1}", "the field \"messages\" means nothing here"),
            ("{\"message\": 1}", "\"message\" is the exact text"),
            ("{\"findAll\": false}", "\"findAll\" is true"),
            ("{\"findAll\": 1}", "\"findAll\" is true"),
            ("{\"limit\": 0}", "\"limit\" is a whole number from 1 to 1000"),
            ("{\"limit\": 1.5}", "\"limit\" is a whole number"),
            ("{\"skip\": -1}", "\"skip\" is a whole number from 0 to 10000"),
            ("{\"skip\": 18446744073709551616}", "\"skip\" is a whole number"),
            ("{\"sortOrder\": \"up\"}", "\"sortOrder\" is \"desc\""),
            ("{\"startDate\": \"yesterday\"}", "\"startDate\" is a date"),
            ("{\"endDate\": true}", "\"endDate\" is a date"),
        ] {
            let refusal = parse(json).unwrap_err();
            assert!(refusal.text().contains(names), "{json}: {refusal}");
        }
    }
}
