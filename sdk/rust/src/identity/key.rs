//! Identity keys: the public keys people and organisations are known by.

use std::fmt;
use std::str::FromStr;

/// A compressed public key of secp256k1: 33 bytes, of which the first is 2 or 3; 66 hexadecimal digits as text. Its form
/// is checked, not that it is on the curve; a key that is not verifies no signature.
///
/// ```
/// use trellis_plugin::identity::IdentityKey;
///
/// let text = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
/// let alice: IdentityKey = text.parse()?;
/// assert_eq!(alice.as_bytes()[..2], [0x02, 0x79]);
/// assert_eq!(alice.to_string(), text);
/// // As it stands in a token's field.
/// assert_eq!(IdentityKey::try_from(&alice.0[..]), Ok(alice));
/// # Ok::<(), trellis_plugin::identity::MalformedKey>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdentityKey(pub [u8; 33]);

impl IdentityKey {
    /// The 33 bytes.
    pub fn as_bytes(&self) -> &[u8; 33] {
        &self.0
    }
}

impl fmt::Display for IdentityKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for IdentityKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// Text or bytes that are no identity key.
///
/// ```
/// use trellis_plugin::Refusal;
/// use trellis_plugin::identity::{IdentityKey, MalformedKey};
///
/// /// The owner that a token's field names.
/// fn owner(field: &[u8]) -> Result<IdentityKey, Refusal> {
///     Ok(field.try_into()?)
/// }
/// assert_eq!(owner(b"alice").unwrap_err().text(), MalformedKey.to_string());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MalformedKey;

impl fmt::Display for MalformedKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an identity key is 66 hexadecimal digits (33 bytes) that begin with 02 or 03")
    }
}

impl std::error::Error for MalformedKey {}

impl From<MalformedKey> for crate::Refusal {
    fn from(error: MalformedKey) -> Self {
        error.to_string().into()
    }
}

impl TryFrom<&[u8]> for IdentityKey {
    type Error = MalformedKey;

    fn try_from(bytes: &[u8]) -> Result<Self, Self::Error> {
        match <[u8; 33]>::try_from(bytes) {
            Ok(key @ [2 | 3, ..]) => Ok(Self(key)),
            _ => Err(MalformedKey),
        }
    }
}

impl FromStr for IdentityKey {
    type Err = MalformedKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digit = |byte: u8| (byte as char).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let byte = |&[high, low]: &[u8; 2]| Some(digit(high)? << 4 | digit(low)?);
        let bytes: Option<Vec<u8>> = pairs.iter().map(byte).collect();
        bytes.filter(|_| rest.is_empty()).ok_or(MalformedKey)?.as_slice().try_into()
    }
}
