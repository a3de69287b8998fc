//! The questions clients may ask. A wrong one is told what would be right.

use serde_json::{Map, Value};
use trellis_plugin::{Refusal, refuse};

use crate::heading::Heading;
use crate::index::Search;

/// What a client wants to see when it does not say how many.
const LIMIT: usize = 50;
/// The most outputs of one answer.
const LIMIT_MOST: usize = 1000;
/// Skipped rows are read all the same, and a call's reads are bounded.
const SKIP_MOST: usize = 4000;
/// Headings that one question may ask for: certifiers, times types where it names some. Their lists are read side by side.
const HEADINGS_MOST: usize = 64;

/// The attribute that means every field.
const ANY: &str = "any";

const FORMS: &str = "a query has \"serialNumber\", \"attributes\", \"identityKey\" or \"certifiers\"; \"attributes\" and \"identityKey\" \
     also take \"certifiers\", \"identityKey\" also \"certificateTypes\", and all of them \"limit\" and \"skip\"";
const FIELDS: [&str; 8] =
    ["serialNumber", "attributes", "identityKey", "certificateTypes", "certifiers", "limit", "skip", "offset"];

/// Understands a query, or says what would be understood.
pub(crate) fn parse(json: &str) -> Result<Search, Refusal> {
    let Ok(Value::Object(fields)) = serde_json::from_str(json) else { return Err(FORMS.into()) };
    if let Some(unknown) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        refuse!("the field {unknown:?} means nothing here; {FORMS}");
    }
    let certifiers = texts(&fields, "certifiers")?;
    let (any_of, all_of) = wanted(&fields, &certifiers)?;
    if any_of.len() > HEADINGS_MOST {
        let asked = any_of.len();
        let text =
            format!("certifiers times certificate types are {asked}; at most {HEADINGS_MOST} can be asked for at once");
        return Err(text.into());
    }
    // The reference service says "offset", other services of overlays "skip".
    let skip = if present(&fields, "skip").is_some() { "skip" } else { "offset" };
    Ok(Search {
        any_of,
        all_of,
        skip: whole_number(&fields, skip, 0, 0, SKIP_MOST)?,
        limit: whole_number(&fields, "limit", LIMIT, 1, LIMIT_MOST)?,
    })
}

/// Any of the first headings, and all of the others. Where a query says several things, the most precise counts, as in the
/// reference service.
fn wanted(fields: &Map<String, Value>, certifiers: &[&str]) -> Result<(Vec<Heading>, Vec<Heading>), Refusal> {
    let by_certifiers = |heading: Heading| {
        if certifiers.is_empty() {
            return vec![heading];
        }
        certifiers.iter().map(|certifier| heading.by(certifier)).collect()
    };
    if let Some(serial_number) = text(fields, "serialNumber")? {
        return Ok((vec![Heading::serial_number(serial_number)], Vec::new()));
    }
    if let Some(attributes) = present(fields, "attributes") {
        let mut words = words(attributes)?.into_iter();
        return Ok((words.next().map(by_certifiers).unwrap_or_default(), words.collect()));
    }
    if let Some(subject) = text(fields, "identityKey")? {
        let types = texts(fields, "certificateTypes")?;
        let headings = match types.as_slice() {
            [] => vec![Heading::subject(subject)],
            types => types.iter().map(|base64| Heading::subject_and_type(subject, base64)).collect(),
        };
        return Ok((headings.into_iter().flat_map(by_certifiers).collect(), Vec::new()));
    }
    if present(fields, "certifiers").is_some() {
        return Ok((certifiers.iter().map(|certifier| Heading::everything().by(certifier)).collect(), Vec::new()));
    }
    Err(FORMS.into())
}

/// The headings that certificates with these attributes stand under. Blank values ask for nothing.
fn words(attributes: &Value) -> Result<Vec<Heading>, Refusal> {
    const FORM: &str = "\"attributes\" is an object of texts: {\"<field>\": \"<words>\"} or {\"any\": \"<words>\"}";
    let Value::Object(attributes) = attributes else { return Err(FORM.into()) };
    let mut headings = Vec::new();
    for (field, value) in attributes {
        let Value::String(text) = value else { return Err(FORM.into()) };
        headings.extend(if field == ANY { Heading::in_any_field(text) } else { Heading::in_field(field, text) });
    }
    Ok(headings)
}

/// A field that is there; JavaScript writes `null` for one that is not.
fn present<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    fields.get(name).filter(|value| !value.is_null())
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Refusal> {
    match present(fields, name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("\"{name}\" is a text").into()),
    }
}

/// A list of texts; an empty one and none at all are the same.
fn texts<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<Vec<&'a str>, Refusal> {
    let wrong = || Refusal::from(format!("\"{name}\" is a list of texts"));
    match present(fields, name) {
        None => Ok(Vec::new()),
        Some(Value::Array(texts)) => texts.iter().map(|text| text.as_str().ok_or_else(wrong)).collect(),
        Some(_) => Err(wrong()),
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

    #[test]
    fn anything_else_is_refused_with_what_is_accepted() {
        let many: Vec<String> = (0..65).map(|n| n.to_string()).collect();
        let many = serde_json::json!({ "certifiers": many }).to_string();
        for (json, names) in [
            ("", "a query has"),
            ("null", "a query has"),
            ("{}", "a query has"),
            ("{\"limit\": 1}", "a query has"),
            ("{\"certificateTypes\": [\"x\"]}", "a query has"),
            ("{\"name\": \"x\"}", "the field \"name\" means nothing here"),
            ("{\"serialNumber\": 1}", "\"serialNumber\" is a text"),
            ("{\"attributes\": \"x\"}", "\"attributes\" is an object of texts"),
            ("{\"attributes\": {\"name\": 1}}", "\"attributes\" is an object of texts"),
            ("{\"identityKey\": []}", "\"identityKey\" is a text"),
            ("{\"identityKey\": \"x\", \"certificateTypes\": \"y\"}", "\"certificateTypes\" is a list of texts"),
            ("{\"certifiers\": [1]}", "\"certifiers\" is a list of texts"),
            ("{\"serialNumber\": \"x\", \"limit\": 0}", "\"limit\" is a whole number from 1 to 1000"),
            ("{\"serialNumber\": \"x\", \"skip\": -1}", "\"skip\" is a whole number from 0 to 4000"),
            ("{\"serialNumber\": \"x\", \"offset\": 4001}", "\"offset\" is a whole number"),
            (&many, "at most 64 can be asked for at once"),
        ] {
            let refusal = parse(json).unwrap_err();
            assert!(refusal.text().contains(names), "{json}: {refusal}");
        }
    }

    #[test]
    fn pages_are_asked_for_in_either_of_two_words() {
        let page = |json| parse(json).map(|search| (search.skip, search.limit));
        assert_eq!(page("{\"serialNumber\": \"x\"}"), Ok((0, 50)));
        assert_eq!(page("{\"serialNumber\": \"x\", \"skip\": 2, \"limit\": 3}"), Ok((2, 3)));
        assert_eq!(page("{\"serialNumber\": \"x\", \"offset\": 2, \"skip\": null}"), Ok((2, 50)));
    }
}
