//! A plugin's considered "no".

use std::fmt;

/// Why a plugin says no, in words for the person who asked. Not a fault: nothing is wrong with the plugin.
///
/// The host escapes control characters and cuts the text to 1,024 bytes before it shows it. Texts turn into refusals by
/// `?` and `into()`; [`refuse!`](crate::refuse) formats one and returns it.
///
/// ```
/// use trellis_plugin::Refusal;
///
/// fn amount_of(field: &[u8]) -> Result<u64, Refusal> {
///     let bytes = field.try_into().map_err(|_| "an amount has 8 bytes, big-endian")?;
///     Ok(u64::from_be_bytes(bytes))
/// }
/// assert_eq!(amount_of(&[0, 0, 0, 0, 0, 0, 1, 0]), Ok(256));
/// assert_eq!(amount_of(b"5"), Err(Refusal::new("an amount has 8 bytes, big-endian")));
/// assert_eq!(amount_of(b"5").unwrap_err().text(), "an amount has 8 bytes, big-endian");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(String);

impl Refusal {
    /// A refusal with this text, of which clients see the first 1,024 bytes.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Refusal {}

impl From<&str> for Refusal {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Refusal {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<fmt::Arguments<'_>> for Refusal {
    fn from(text: fmt::Arguments<'_>) -> Self {
        Self(text.to_string())
    }
}

impl From<Refusal> for String {
    fn from(refusal: Refusal) -> Self {
        refusal.0
    }
}
