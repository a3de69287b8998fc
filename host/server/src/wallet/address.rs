//! P2PKH addresses: Base58Check of a version byte and a public key hash.

use trellis_spv::hash::double_sha256;

const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// Version bytes of P2PKH addresses: main network, test networks.
const VERSIONS: [u8; 2] = [0x00, 0x6f];

/// Version byte, public key hash, four bytes of checksum.
const LENGTH: usize = 25;

/// Longest address, in characters: 25 bytes in Base58.
const MAX_CHARACTERS: usize = 35;

/// Why a text is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not Base58, or of the wrong length.
    #[error("address is no Base58 text of 25 bytes")]
    Form,
    /// Mistyped.
    #[error("address has a wrong checksum: it is mistyped")]
    Checksum,
    /// Of another kind.
    #[error("address is not of the P2PKH kind (version 0x00 or 0x6f)")]
    Version,
}

/// The public key hash of an address.
///
/// # Errors
/// [`AddressError`].
pub fn decode(text: &str) -> Result<[u8; 20], AddressError> {
    if text.len() > MAX_CHARACTERS {
        return Err(AddressError::Form);
    }
    let mut bytes = [0u8; LENGTH];
    for character in text.bytes() {
        let digit = ALPHABET.iter().position(|known| *known == character).ok_or(AddressError::Form)?;
        let mut carry = digit;
        for byte in bytes.iter_mut().rev() {
            carry += usize::from(*byte) * 58;
            *byte = (carry & 0xff) as u8;
            carry >>= 8;
        }
        if carry > 0 {
            return Err(AddressError::Form);
        }
    }
    // Leading zero bytes are written as leading ones; as many, or the text is another's.
    let ones = text.bytes().take_while(|character| *character == b'1').count();
    if ones != bytes.iter().take_while(|byte| **byte == 0).count() {
        return Err(AddressError::Form);
    }
    let (payload, checksum) = bytes.split_at(LENGTH - 4);
    if !double_sha256(payload).starts_with(checksum) {
        return Err(AddressError::Checksum);
    }
    match payload.split_first() {
        Some((version, hash)) if VERSIONS.contains(version) => hash.try_into().map_err(|_| AddressError::Form),
        _ => Err(AddressError::Version),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_both_networks_hold_their_hash() {
        let hash = hex::decode("751e76e8199196d454941c45d1b3a323f1433bd6").unwrap();
        assert_eq!(decode("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH").unwrap()[..], hash);
        assert_eq!(decode("mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r").unwrap()[..], hash);
    }

    #[test]
    fn mistyped_and_foreign_addresses_are_refused() {
        for (text, error) in [
            ("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMh", AddressError::Checksum),
            ("", AddressError::Form),
            ("0OIl", AddressError::Form),
            ("BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH", AddressError::Form),
            ("3P14159f73E4gFr7JterCCQh9QjiTjiZrG", AddressError::Version),
            (&"1".repeat(40), AddressError::Form),
            (&"z".repeat(35), AddressError::Form),
        ] {
            assert_eq!(decode(text).unwrap_err(), error, "{text}");
        }
    }
}
