//! The fields of a certificate, and the keys of a keyring: names and base64 values, in the order they are signed in.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::error::{FormError, shown};
use crate::limits::{MAX_CERTIFICATE_FIELD_NAME_BYTES, MAX_CERTIFICATE_FIELDS, MAX_CERTIFICATE_VALUE_BYTES};

/// The printable ASCII characters but the capitals, as Unicode's root collation orders them. A capital comes right after
/// its small letter.
const COLLATION: &[u8] = b" _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789abcdefghijklmnopqrstuvwxyz";

/// The name of a field: 1 to 50 printable ASCII characters.
///
/// BRC-52 recommends these; the order of others, and with it the signed bytes, depends on the language of the machine that
/// signs. Names are ordered as `@bsv/sdk` does with `localeCompare`: by their letters first, then small before capital.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct FieldName(String);

impl FieldName {
    /// A name.
    ///
    /// # Errors
    /// Its length or its characters are not those of a name.
    pub fn new(name: &str) -> Result<Self, FormError> {
        if !(1..=MAX_CERTIFICATE_FIELD_NAME_BYTES).contains(&name.len()) {
            return Err(FormError::FieldNameLength(name.len()));
        }
        if !name.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return Err(FormError::FieldNameCharacters(shown(name)));
        }
        Ok(Self(name.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn letters(&self) -> impl Iterator<Item = Option<usize>> {
        self.0.bytes().map(|byte| COLLATION.iter().position(|known| *known == byte.to_ascii_lowercase()))
    }

    fn capitals(&self) -> impl Iterator<Item = bool> {
        self.0.bytes().map(|byte| byte.is_ascii_uppercase())
    }
}

impl Ord for FieldName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.letters().cmp(other.letters()).then_with(|| self.capitals().cmp(other.capitals()))
    }
}

impl PartialOrd for FieldName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for FieldName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for FieldName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// An encrypted value, and its base64, which is what a certifier signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldValue {
    base64: String,
    bytes: Vec<u8>,
}

impl FieldValue {
    /// From the encrypted bytes.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self { base64: STANDARD.encode(&bytes), bytes }
    }

    /// The encrypted bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The base64.
    #[must_use]
    pub fn base64(&self) -> &str {
        &self.base64
    }
}

/// Names and values, each name once, in the order of `@bsv/sdk`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fields(BTreeMap<FieldName, FieldValue>);

impl Fields {
    /// From names and base64 values.
    ///
    /// # Errors
    /// Too many fields, or one of them is malformed, too long, or there twice.
    pub fn new<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, FormError> {
        let mut all = Self::default();
        for (name, base64) in fields {
            all.insert(name, base64)?;
        }
        Ok(all)
    }

    /// Adds a field.
    ///
    /// # Errors
    /// As [`Fields::new`].
    pub fn insert(&mut self, name: &str, base64: &str) -> Result<(), FormError> {
        let name = FieldName::new(name)?;
        if base64.len() > MAX_CERTIFICATE_VALUE_BYTES {
            return Err(FormError::FieldTooLong { field: name, bytes: base64.len() });
        }
        let Ok(bytes) = STANDARD.decode(base64) else { return Err(FormError::FieldNotBase64(name)) };
        if self.0.contains_key(&name) {
            return Err(FormError::FieldRepeated(name));
        }
        check_count(self.0.len() as u64 + 1)?;
        self.0.insert(name, FieldValue { base64: base64.to_owned(), bytes });
        Ok(())
    }

    /// The value of a field.
    #[must_use]
    pub fn get(&self, name: &FieldName) -> Option<&FieldValue> {
        self.0.get(name)
    }

    /// All of them, in the order of `@bsv/sdk`.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&FieldName, &FieldValue)> {
        self.0.iter()
    }

    /// All of them, in the order of their names' bytes.
    pub(super) fn in_order_of_bytes(&self) -> impl ExactSizeIterator<Item = (&FieldName, &FieldValue)> {
        let mut fields: Vec<_> = self.0.iter().collect();
        fields.sort_by_key(|(name, _)| name.as_str());
        fields.into_iter()
    }
}

/// Whether a certificate may have so many fields.
pub(super) fn check_count(count: u64) -> Result<(), FormError> {
    if count > MAX_CERTIFICATE_FIELDS {
        return Err(FormError::TooManyFields(count));
    }
    Ok(())
}
