//! Topic, service and plugin names, and the small numbers they are interned to.

use std::fmt;

/// Longest topic or service name, in bytes. SHIP and SLAP tokens (BRC-88) allow 50 characters; a name beyond that could
/// never be advertised.
pub const MAX_NAME_BYTES: usize = 50;

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Wrong prefix.
    #[error("`{name}` is not a {kind} name: it must start with `{prefix}`")]
    Prefix {
        /// The text.
        name: String,
        /// `topic` or `lookup service`.
        kind: &'static str,
        /// `tm_` or `ls_`.
        prefix: &'static str,
    },
    /// Empty behind the prefix, too long, or a character outside `a-z`, `0-9` and `_`.
    #[error(
        "`{name}` is not a {kind} name: after `{prefix}` come lower-case letters, digits and `_`, {MAX_NAME_BYTES} characters in all at most"
    )]
    Characters {
        /// The text, cut to a sensible length.
        name: String,
        /// `topic` or `lookup service`.
        kind: &'static str,
        /// `tm_` or `ls_`.
        prefix: &'static str,
    },
}

fn check(name: &str, kind: &'static str, prefix: &'static str) -> Result<(), NameError> {
    let shown = || name.chars().take(MAX_NAME_BYTES + 10).collect();
    let rest = name.strip_prefix(prefix).ok_or_else(|| NameError::Prefix { name: shown(), kind, prefix })?;
    let fits = !rest.is_empty()
        && name.len() <= MAX_NAME_BYTES
        && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if fits { Ok(()) } else { Err(NameError::Characters { name: shown(), kind, prefix }) }
}

macro_rules! name_type {
    ($(#[$doc:meta])* $type:ident, $kind:literal, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(std::sync::Arc<str>);

        impl $type {
            /// Checks the text.
            ///
            /// # Errors
            /// [`NameError`] says what a name looks like.
            pub fn new(name: &str) -> Result<Self, NameError> {
                check(name, $kind, $prefix)?;
                Ok(Self(name.into()))
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name_type! {
    /// The name of a topic (BRC-22, BRC-87): `tm_…`.
    TopicName, "topic", "tm_"
}
name_type! {
    /// The name of a lookup service (BRC-24, BRC-87): `ls_…`.
    ServiceName, "lookup service", "ls_"
}

/// What kind of name was interned. The same text under two kinds has two numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum NameKind {
    /// A topic.
    Topic,
    /// A lookup service.
    Service,
    /// A basket manager.
    Manager,
}

/// The number a name is interned to; stable for the life of a store, never reused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NameId(pub u32);

/// An interned topic name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TopicId(pub NameId);

/// An interned lookup service name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ServiceId(pub NameId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_data_never_keys_of_a_language_object() {
        assert_eq!(TopicName::new("tm___proto__").unwrap().as_str(), "tm___proto__");
        assert!(matches!(TopicName::new("ls_helloworld"), Err(NameError::Prefix { .. })));
        for wrong in ["tm_", "tm_Hello", "tm_a b", &format!("tm_{}", "a".repeat(48))] {
            assert!(matches!(TopicName::new(wrong), Err(NameError::Characters { .. })), "{wrong}");
        }
        assert!(TopicName::new(&format!("tm_{}", "a".repeat(47))).is_ok());
    }
}
