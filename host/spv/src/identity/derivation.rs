//! Protocols, key ids and the invoice numbers they make (BRC-43).
//!
//! Normalisation and limits are those of `@bsv/sdk`, which the text of BRC-43 gives other numbers for: two sides that
//! normalise differently derive different keys.

use std::fmt;

use crate::limits::{
    MAX_KEY_ID_LENGTH, MAX_LINKAGE_PROTOCOL_NAME_LENGTH, MAX_PROTOCOL_NAME_LENGTH, MIN_PROTOCOL_NAME_LENGTH,
};

const LINKAGE_PREFIX: &str = "specific linkage revelation ";

/// Why no key can be derived.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DerivationError {
    /// The security level is none.
    #[error("{0} is no security level of a protocol: use 0, 1 or 2")]
    SecurityLevel(u64),
    /// The protocol's name is too short.
    #[error("the protocol name `{0}` is too short: use at least {MIN_PROTOCOL_NAME_LENGTH} characters")]
    NameTooShort(String),
    /// The protocol's name is too long.
    #[error("the protocol name has {length} characters: use at most {limit}")]
    NameTooLong {
        /// Its characters.
        length: usize,
        /// How many it may have.
        limit: usize,
    },
    /// The protocol's name has two spaces in a row.
    #[error("the protocol name `{0}` has several spaces in a row: use one")]
    NameSpaces(String),
    /// The protocol's name has other characters than letters, digits and spaces.
    #[error("the protocol name `{0}` has other characters than a to z, 0 to 9 and the space: leave them out")]
    NameCharacters(String),
    /// The protocol's name says that it is one.
    #[error("the protocol name `{0}` ends in ` protocol`: leave that out")]
    NameSuffix(String),
    /// The key id is empty.
    #[error("the key id is empty: use at least one character")]
    KeyIdEmpty,
    /// The key id is too long.
    #[error("the key id has {0} characters: use at most {MAX_KEY_ID_LENGTH}")]
    KeyIdTooLong(usize),
    /// The derived key would be zero, or the number behind it beyond the curve's order: one in 2^127.
    #[error("this invoice number leads to no key of the curve: use another key id")]
    NoSuchChild,
}

/// How far a permission to use a protocol reaches in a wallet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecurityLevel {
    /// 0: nobody is asked.
    Silent,
    /// 1: once for each application.
    App,
    /// 2: once for each application and counterparty.
    Counterparty,
}

impl TryFrom<u64> for SecurityLevel {
    type Error = DerivationError;

    fn try_from(level: u64) -> Result<Self, Self::Error> {
        match level {
            0 => Ok(Self::Silent),
            1 => Ok(Self::App),
            2 => Ok(Self::Counterparty),
            other => Err(DerivationError::SecurityLevel(other)),
        }
    }
}

/// A protocol: security level and normalised name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProtocolId {
    level: SecurityLevel,
    name: String,
}

impl ProtocolId {
    /// A protocol by its name, which is put into lower case and trimmed.
    ///
    /// # Errors
    /// The name is none by the rules.
    pub fn new(level: SecurityLevel, name: &str) -> Result<Self, DerivationError> {
        let name = name.to_lowercase().trim_matches(is_script_space).to_owned();
        check_name(&name)?;
        Ok(Self { level, name })
    }

    /// `<level>-<name>-<key id>`.
    ///
    /// # Errors
    /// The key id is empty or too long.
    pub fn invoice_number(&self, key_id: &str) -> Result<String, DerivationError> {
        match length(key_id) {
            0 => Err(DerivationError::KeyIdEmpty),
            1..=MAX_KEY_ID_LENGTH => Ok(format!("{self}-{key_id}")),
            length => Err(DerivationError::KeyIdTooLong(length)),
        }
    }
}

impl fmt::Display for ProtocolId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.level as u8, self.name)
    }
}

fn check_name(name: &str) -> Result<(), DerivationError> {
    let shown = || name.chars().take(80).collect::<String>();
    let limit =
        if name.starts_with(LINKAGE_PREFIX) { MAX_LINKAGE_PROTOCOL_NAME_LENGTH } else { MAX_PROTOCOL_NAME_LENGTH };
    match length(name) {
        length if length > limit => return Err(DerivationError::NameTooLong { length, limit }),
        length if length < MIN_PROTOCOL_NAME_LENGTH => return Err(DerivationError::NameTooShort(shown())),
        _ => {}
    }
    if name.contains("  ") {
        return Err(DerivationError::NameSpaces(shown()));
    }
    if !name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b' ')) {
        return Err(DerivationError::NameCharacters(shown()));
    }
    if name.ends_with(" protocol") {
        return Err(DerivationError::NameSuffix(shown()));
    }
    Ok(())
}

/// What JavaScript trims: Unicode's white space without "next line", and the byte order mark.
fn is_script_space(character: char) -> bool {
    (character.is_whitespace() && character != '\u{85}') || character == '\u{feff}'
}

/// The length JavaScript counts, in UTF-16 units.
fn length(text: &str) -> usize {
    text.encode_utf16().count()
}
