//! One signature check of a standard script, on libsecp256k1.

use secp256k1::ecdsa::Signature;
use secp256k1::{Message, PublicKey, SECP256K1};

use super::error::ScriptError;
use super::sighash::{SIGHASH_ALL, SIGHASH_ANYONECANPAY, SIGHASH_FORKID, SIGHASH_SINGLE};

/// Chronicle's modifier, which selects the digest of before the fork; left to the interpreter.
const SIGHASH_CHRONICLE: u8 = 0x20;

/// Whether `signature`, hash type included, is of `key` over the digest `digest` answers for its hash type. `None`
/// where the interpreter has to decide. `strict`: a high S is refused.
pub(super) fn check(
    signature: &[u8],
    key: &[u8],
    strict: bool,
    digest: impl FnOnce(u8) -> Option<[u8; 32]>,
) -> Option<Result<(), ScriptError>> {
    let (&hash_type, der) = signature.split_last()?;
    if hash_type & SIGHASH_CHRONICLE != 0 {
        return None;
    }
    if !is_strict_der(der) {
        return Some(Err(ScriptError::SignatureEncoding));
    }
    let base = hash_type & !(SIGHASH_FORKID | SIGHASH_ANYONECANPAY);
    if !(SIGHASH_ALL..=SIGHASH_SINGLE).contains(&base) || hash_type & SIGHASH_FORKID == 0 {
        return Some(Err(ScriptError::HashType(hash_type)));
    }
    // The library also takes the hybrid prefixes 06 and 07, the network does not.
    let key = match key {
        [0x02 | 0x03, x @ ..] if x.len() == 32 => PublicKey::from_slice(key),
        [0x04, xy @ ..] if xy.len() == 64 => PublicKey::from_slice(key),
        _ => return None,
    };
    let Ok(key) = key else { return Some(Err(ScriptError::NoKey)) };
    let Ok(signature) = Signature::from_der(der) else { return Some(Err(ScriptError::WrongSignature)) };
    let mut low = signature;
    low.normalize_s();
    if low != signature {
        // Chronicle lifts the rule for some transactions; the interpreter knows.
        return strict.then_some(Err(ScriptError::HighS));
    }
    let message = Message::from_digest(digest(hash_type)?);
    Some(SECP256K1.verify_ecdsa(message, &signature, &key).map_err(|_| ScriptError::WrongSignature))
}

/// Whether bytes are a signature in the one DER form the network accepts (BIP-66): `30 length 02 length R 02 length S`,
/// both numbers positive and without needless zeros.
fn is_strict_der(der: &[u8]) -> bool {
    let [0x30, length, body @ ..] = der else { return false };
    if der.len() > 72 || usize::from(*length) != body.len() {
        return false;
    }
    let Some(after_r) = der_number(body) else { return false };
    der_number(after_r).is_some_and(<[u8]>::is_empty)
}

/// Takes one number off; answers what follows it.
fn der_number(bytes: &[u8]) -> Option<&[u8]> {
    let [0x02, length, rest @ ..] = bytes else { return None };
    let (number, after) = rest.split_at_checked(usize::from(*length))?;
    match number {
        [] | [0x80..=0xff, ..] | [0, 0..=0x7f, ..] => None,
        _ => Some(after),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_one_der_form_is_accepted() {
        let good = [0x30, 6, 2, 1, 1, 2, 1, 0x7f];
        assert!(is_strict_der(&good));
        assert!(is_strict_der(&[0x30, 7, 2, 2, 0, 0x80, 2, 1, 1]));
        assert!(is_strict_der(&[0x30, 6, 2, 1, 0, 2, 1, 0]), "zero is a number; it verifies nothing");
        for bad in [
            &[][..],
            &[0x31, 6, 2, 1, 1, 2, 1, 1],
            &[0x30, 5, 2, 1, 1, 2, 1, 1],
            &[0x30, 6, 3, 1, 1, 2, 1, 1],
            &[0x30, 6, 2, 1, 1, 3, 1, 1],
            &[0x30, 6, 2, 1, 0x80, 2, 1, 1],
            &[0x30, 6, 2, 1, 1, 2, 1, 0x80],
            &[0x30, 7, 2, 2, 0, 1, 2, 1, 1],
            &[0x30, 7, 2, 1, 1, 2, 2, 0, 1],
            &[0x30, 5, 2, 0, 2, 1, 1],
            &[0x30, 5, 2, 1, 1, 2, 0],
            &[0x30, 7, 2, 1, 1, 2, 1, 1, 0],
            &[0x30, 6, 2, 9, 1, 2, 1, 1],
        ] {
            assert!(!is_strict_der(bad), "{bad:02x?}");
        }
    }
}
