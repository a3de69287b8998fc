//! Protocols and the invoice numbers they make with key ids (BRC-43), with the normalisation and limits of `@bsv/sdk`: two sides
//! that normalise differently derive different keys.

use std::fmt;

/// Characters of a protocol's name, least and most.
const NAME_LEAST: usize = 5;
const NAME_MOST: usize = 400;
/// Most characters of a name that begins with [`LINKAGE_PREFIX`].
const LINKAGE_NAME_MOST: usize = 430;
const LINKAGE_PREFIX: &str = "specific linkage revelation ";
/// Most characters of a key id.
const KEY_ID_MOST: usize = 800;

/// How far a permission to use a protocol reaches in a wallet (BRC-43). The number begins the invoice number.
///
/// ```
/// use trellis_plugin::identity::{Protocol, SecurityLevel};
///
/// let asked_each_time = Protocol::new(SecurityLevel::Counterparty, "tickets")?;
/// assert_eq!(asked_each_time.invoice_number("42")?, "2-tickets-42");
/// # Ok::<(), trellis_plugin::identity::InvalidProtocol>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecurityLevel {
    /// 0: nobody is asked.
    Silent,
    /// 1: once for each application.
    App,
    /// 2: once for each application and counterparty.
    Counterparty,
}

/// A protocol: `[level, "name"]` in applications (BRC-43).
///
/// ```
/// use trellis_plugin::identity::{InvalidProtocol, Protocol, SecurityLevel};
///
/// let protocol = Protocol::new(SecurityLevel::App, " Event Tickets ")?;
/// assert_eq!(protocol.invoice_number("42")?, "1-event tickets-42");
/// assert_eq!(protocol.invoice_number(""), Err(InvalidProtocol::KeyId));
/// assert_eq!(Protocol::new(SecurityLevel::App, "tix"), Err(InvalidProtocol::Name));
/// # Ok::<(), InvalidProtocol>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protocol {
    level: SecurityLevel,
    name: String,
}

/// A protocol's name or a key id that no wallet accepts.
///
/// ```
/// use trellis_plugin::identity::{InvalidProtocol, Protocol, SecurityLevel};
///
/// let error = Protocol::new(SecurityLevel::App, "tickets protocol").unwrap_err();
/// assert_eq!(error, InvalidProtocol::Name);
/// assert!(error.to_string().contains("5 to 400"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidProtocol {
    /// The name: not 5 to 400 letters a to z, digits and single spaces, or it ends in ` protocol`.
    Name,
    /// The key id: not 1 to 800 characters, counted as JavaScript counts (UTF-16 units).
    KeyId,
}

impl fmt::Display for InvalidProtocol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => write!(
                formatter,
                "a protocol's name has {NAME_LEAST} to {NAME_MOST} letters a to z, digits and single spaces, and does not \
                 end in \" protocol\""
            ),
            Self::KeyId => write!(formatter, "a key id has 1 to {KEY_ID_MOST} characters"),
        }
    }
}

impl std::error::Error for InvalidProtocol {}

impl From<InvalidProtocol> for crate::Refusal {
    fn from(error: InvalidProtocol) -> Self {
        error.to_string().into()
    }
}

impl Protocol {
    /// A protocol by its name, which is put into lower case and trimmed: then 5 to 400 letters a to z, digits and single
    /// spaces. (430 where it begins with `specific linkage revelation `.)
    ///
    /// # Errors
    /// [`InvalidProtocol::Name`].
    pub fn new(level: SecurityLevel, name: &str) -> Result<Self, InvalidProtocol> {
        let name = name.to_lowercase().trim_matches(is_script_space).to_owned();
        let most = if name.starts_with(LINKAGE_PREFIX) { LINKAGE_NAME_MOST } else { NAME_MOST };
        let valid = (NAME_LEAST..=most).contains(&name.len())
            && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b' '))
            && !name.contains("  ")
            && !name.ends_with(" protocol");
        if valid { Ok(Self { level, name }) } else { Err(InvalidProtocol::Name) }
    }

    /// `<level>-<name>-<key id>`, what keys are derived from (BRC-42). A key id has 1 to 800 characters, counted in
    /// UTF-16 units.
    ///
    /// # Errors
    /// [`InvalidProtocol::KeyId`].
    pub fn invoice_number(&self, key_id: &str) -> Result<String, InvalidProtocol> {
        // As JavaScript counts.
        if !(1..=KEY_ID_MOST).contains(&key_id.encode_utf16().count()) {
            return Err(InvalidProtocol::KeyId);
        }
        Ok(format!("{}-{}-{key_id}", self.level as u8, self.name))
    }
}

/// What JavaScript trims: Unicode's white space without "next line", and the byte order mark.
fn is_script_space(character: char) -> bool {
    (character.is_whitespace() && character != '\u{85}') || character == '\u{feff}'
}
