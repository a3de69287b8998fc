//! What steps came to, as cases write it down.

use serde_json::{Map, Value, json};
use trellis_engine::domain::admittance::Admittance;
use trellis_engine::lookup::LookupError;
use trellis_spv::hash::Outpoint;

use super::names::Names;
use crate::host::{Answer, Basket, Found, Rows};

/// What a submission came to.
pub(super) fn of_answer(answer: &Answer, names: &Names) -> Value {
    if let (Err(_), Some(fault)) = (answer.outcome(), answer.fault()) {
        return json!({ "faults": fault.kind.label(), "text": names.name(&placeless(&fault.text)) });
    }
    let submitted = match answer.outcome() {
        Ok(submitted) => submitted,
        Err(error) => return json!({ "fails": names.name(&error.to_string()) }),
    };
    let entry = |(topic, admittance): (_, &Admittance)| {
        if let Some(refusal) = submitted.refusals.get(topic) {
            return (topic.to_string(), json!({ "refuses": names.name(refusal) }));
        }
        let mut entry = Map::new();
        entry.insert("admits".into(), json!(admittance.outputs_to_admit));
        let rest = [("retains", &admittance.coins_to_retain), ("removes", &admittance.coins_removed)];
        for (name, indices) in rest.into_iter().filter(|(_, indices)| !indices.is_empty()) {
            entry.insert(name.into(), json!(indices));
        }
        (topic.to_string(), Value::Object(entry))
    };
    submitted.steak.iter().map(entry).collect()
}

/// A panic's text without its place, which belongs to one language and one version of the plugin.
fn placeless(text: &str) -> String {
    let panic = text.strip_prefix("panicked at ").and_then(|rest| rest.split_once(":\\n"));
    panic.map_or_else(|| text.to_owned(), |(_, message)| format!("panicked: {message}"))
}

/// What a lookup came to.
pub(super) fn of_found(found: &Found, names: &Names) -> Value {
    if let Some(list) = found.list() {
        let output = |outpoint: &Outpoint, context: Option<&[u8]>| {
            let output = names.output_in_words(outpoint);
            match context {
                None => json!(output),
                Some(context) => json!({ "output": output, "context": names.bytes_in_words(context) }),
            }
        };
        let outputs: Vec<Value> = list.iter().map(|found| output(&found.outpoint, found.context.as_deref())).collect();
        return json!({ "outputs": outputs });
    }
    match (found.freeform(), found.outcome()) {
        (Some(json), _) => json!({ "json": names.name_value(&json) }),
        (None, Err(LookupError::Refused { text, .. })) => json!({ "refuses": names.name(text) }),
        (None, Err(error)) => json!({ "fails": names.name(&error.to_string()) }),
        (None, Ok(_)) => Value::Null,
    }
}

/// The rows of a state.
pub(super) fn of_rows(rows: &Rows, names: &Names) -> Value {
    let row = |(key, value): &(Vec<u8>, Vec<u8>)| json!({ "key": names.bytes_in_words(key), "value": names.bytes_in_words(value) });
    rows.rows().iter().map(row).collect()
}

/// The tokens of a basket.
pub(super) fn of_basket(basket: &Basket, names: &Names) -> Value {
    let token = |token: &crate::host::TokenHeld| {
        let mut members = Map::new();
        members.insert("output".into(), json!(names.output_in_words(&token.outpoint)));
        members.insert("asset".into(), json!(names.name(&token.asset)));
        members.insert("amount".into(), json!(token.amount));
        if let Some(owner) = &token.owner {
            members.insert("owner".into(), json!(names.name(owner)));
        }
        if !token.tags.is_empty() {
            members.insert("tags".into(), json!(token.tags));
        }
        if !token.data.is_empty() {
            members.insert("data".into(), json!(names.bytes_in_words(&token.data)));
        }
        Value::Object(members)
    };
    basket.tokens().iter().map(token).collect()
}
