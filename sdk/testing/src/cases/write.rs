//! Cases as people read them: what fits into a line stands in one, and members stand in the order in which they are thought.

use serde_json::Value;

/// Longest line, in characters.
const LINE: usize = 120;

/// Members in their order; others come before what is expected, by name.
const ORDER: [&str; 35] = [
    "transaction",
    "certificate",
    "submit",
    "lookup",
    "state",
    "basket",
    "mine",
    "evict",
    "networkRefuses",
    "wait",
    "spends",
    "outputs",
    "output",
    "fund",
    "by",
    "token",
    "pay",
    "data",
    "script",
    "of",
    "signed",
    "lock",
    "satoshis",
    "to",
    "query",
    "offChainValues",
    "signedBy",
    "certificates",
    "key",
    "value",
    "admits",
    "retains",
    "removes",
    "faults",
    "text",
];

/// The text of a case: one step begins a line, however short they are.
#[cfg_attr(not(feature = "component"), allow(dead_code, reason = "only what runs against a component is refreshed"))]
pub(super) fn case(about: &str, steps: &[Value]) -> String {
    let steps: Vec<String> = steps.iter().map(|step| format!("    {}", broken(step, 4, 0))).collect();
    format!("{{\n  \"about\": {},\n  \"steps\": [\n{}\n  ]\n}}\n", Value::from(about), steps.join(",\n"))
}

/// The text of a value.
pub(super) fn pretty(value: &Value) -> String {
    broken(value, 0, 0)
}

/// The text of a value at an indentation, where `before` characters of its line are used already.
fn broken(value: &Value, indentation: usize, before: usize) -> String {
    let line = in_a_line(value);
    if indentation + before + line.chars().count() < LINE {
        return line;
    }
    let inner = indentation + 2;
    let (open, entries, close) = match value {
        Value::Array(values) => ('[', values.iter().map(|value| broken(value, inner, 1)).collect::<Vec<_>>(), ']'),
        Value::Object(_) => {
            let entry = |(name, value): (&str, &Value)| {
                let name = Value::from(name).to_string();
                format!("{name}: {}", broken(value, inner, name.chars().count() + 2))
            };
            ('{', members(value).into_iter().map(entry).collect(), '}')
        }
        _ => return line,
    };
    let indent = |width| format!("\n{}", " ".repeat(width));
    format!("{open}{}{}{}{close}", indent(inner), entries.join(&format!(",{}", indent(inner))), indent(indentation))
}

fn in_a_line(value: &Value) -> String {
    match value {
        Value::Array(values) => format!("[{}]", values.iter().map(in_a_line).collect::<Vec<_>>().join(", ")),
        Value::Object(entries) if entries.is_empty() => "{}".to_owned(),
        Value::Object(_) => {
            let entry = |(name, value)| format!("{}: {}", Value::from(name), in_a_line(value));
            format!("{{ {} }}", members(value).into_iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// The members of an object in their order.
fn members(value: &Value) -> Vec<(&str, &Value)> {
    let mut members: Vec<(&str, &Value)> =
        value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value)).collect();
    let place = |name: &str| match ORDER.iter().position(|known| *known == name) {
        Some(place) => place,
        None if name == super::step::EXPECT => ORDER.len() + 1,
        None => ORDER.len(),
    };
    members.sort_by_key(|(name, _)| place(name));
    members
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_step_that_fits_stands_in_a_line_and_members_in_their_order() {
        let steps = [
            json!({ "expect": { "outputs": ["hello.0"] }, "query": { "limit": 1 }, "lookup": "ls_x" }),
            json!({ "wait": 5 }),
        ];
        let text = "{\n  \"about\": \"A case.\",\n  \"steps\": [\n    { \"lookup\": \"ls_x\", \"query\": { \"limit\": 1 }, \
                    \"expect\": { \"outputs\": [\"hello.0\"] } },\n    { \"wait\": 5 }\n  ]\n}\n";
        assert_eq!(case("A case.", &steps), text);
        assert_eq!(serde_json::from_str::<Value>(text).unwrap()["steps"], json!(steps));
    }

    #[test]
    fn a_long_value_is_broken_where_it_must_be() {
        let long = json!({ "fails": "x".repeat(200), "text": ["a", "b"] });
        assert_eq!(pretty(&long), format!("{{\n  \"text\": [\"a\", \"b\"],\n  \"fails\": \"{}\"\n}}", "x".repeat(200)));
    }
}
