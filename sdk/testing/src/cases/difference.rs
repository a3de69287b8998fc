//! What was expected and what came, side by side, line by line.

use serde_json::Value;

use super::write::pretty;

/// In what a value differs from what was expected.
pub(super) fn difference(expected: Option<&Value>, came: &Value) -> Option<String> {
    let Some(expected) = expected else {
        let text =
            "  nothing says what it is expected to come to; refresh the case to have that filled in. It came to\n";
        return Some(format!("{text}{}", indented("    ", &pretty(came))));
    };
    if expected == came {
        return None;
    }
    let (expected, came) = (pretty(expected), pretty(came));
    let (expected, came): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), came.lines().collect());
    let same_before = expected.iter().zip(&came).take_while(|(one, two)| one == two).count();
    let rest = (&expected[same_before..], &came[same_before..]);
    let same_behind = rest.0.iter().rev().zip(rest.1.iter().rev()).take_while(|(one, two)| one == two).count();
    let mut text = String::from("  - expected, + came to");
    let mut add = |sign: &str, lines: &[&str]| {
        for line in lines {
            text.push_str(&format!("\n  {sign} {line}"));
        }
    };
    add(" ", &expected[..same_before]);
    add("-", &rest.0[..rest.0.len() - same_behind]);
    add("+", &rest.1[..rest.1.len() - same_behind]);
    add(" ", &rest.0[rest.0.len() - same_behind..]);
    Some(text)
}

fn indented(by: &str, text: &str) -> String {
    text.lines().map(|line| format!("{by}{line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_differs_is_marked_and_the_rest_stands_around_it() {
        let list = |middle: &str| json!(["x".repeat(60), middle, "y".repeat(60)]);
        assert_eq!(difference(Some(&list("a")), &list("a")), None);
        let text = difference(Some(&list("a")), &list("b")).unwrap();
        assert!(text.contains("\n  -   \"a\",\n  +   \"b\",\n"), "{text}");
        assert!(text.contains(&format!("\n      \"{}\"\n", "y".repeat(60))), "{text}");
        assert!(difference(None, &json!(7)).unwrap().contains("refresh"));
    }
}
