//! What a plugin can be called: one name that fits everything a project needs a name for, the package of each language, the
//! plugin's id and the names of its topic, service and basket.

use std::fmt;

/// Longest name: with `tm_` in front it is the longest name of a topic.
const MAX_CHARACTERS: usize = 47;

/// Names that mean something else to cargo, rustc or npm, or to the project itself.
const TAKEN: [&str; 61] = [
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "const",
    "continue",
    "core",
    "crate",
    "do",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "node",
    "override",
    "plugin",
    "priv",
    "proc-macro",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "tests",
    "trait",
    "trellis",
    "trellis-plugin",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
];

/// A name that was checked: `my-plugin`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Name(String);

/// Why a text is no name.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NameError {
    /// Of another form.
    #[error(
        "`{0}` cannot be a plugin's name: it has 1 to {MAX_CHARACTERS} lower-case letters, digits and single hyphens, begins with a letter and ends with a letter or digit, as in `my-tokens`"
    )]
    Form(String),
    /// It means something else.
    #[error(
        "`{0}` cannot be a plugin's name: it is a word of its own to the tools that build it; choose another, such as `{0}-rules`"
    )]
    Taken(String),
}

impl Name {
    /// Checks a text.
    ///
    /// # Errors
    /// [`NameError`] says what a name looks like.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let part_fits = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        let fits = text.len() <= MAX_CHARACTERS
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.split('-').all(part_fits);
        if !fits {
            return Err(NameError::Form(text.chars().take(MAX_CHARACTERS + 10).flat_map(char::escape_debug).collect()));
        }
        if TAKEN.contains(&text) {
            return Err(NameError::Taken(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }

    /// `my-plugin`, as packages are called.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `my_plugin`, as topics, services and modules are called.
    #[must_use]
    pub fn underscored(&self) -> String {
        self.0.replace('-', "_")
    }

    /// `My Plugin`, as people call it.
    #[must_use]
    pub fn title(&self) -> String {
        let capitalised = |word: &str| {
            let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
            first.to_ascii_uppercase() + rest
        };
        self.0.split('-').map(capitalised).collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_a_form_for_each_use() {
        let name = Name::new("event-tickets-2").unwrap();
        assert_eq!(
            (name.as_str(), name.underscored(), name.title()),
            ("event-tickets-2", "event_tickets_2".into(), "Event Tickets 2".into())
        );
    }

    #[test]
    fn what_some_tool_would_not_take_is_refused_with_what_it_would() {
        let long = "a".repeat(MAX_CHARACTERS + 1);
        for text in [
            "",
            "Tickets",
            "my_tickets",
            "-tickets",
            "tickets-",
            "my--tickets",
            "2tickets",
            "tïckets",
            "a/b",
            "..",
            "a b",
            &long,
        ] {
            let error = Name::new(text).unwrap_err();
            assert!(matches!(error, NameError::Form(_)) && error.to_string().contains("`my-tokens`"), "{error}");
        }
        for text in TAKEN {
            assert_eq!(Name::new(text), Err(NameError::Taken(text.to_owned())));
        }
        assert!(Name::new(&"a".repeat(MAX_CHARACTERS)).is_ok());
    }
}
