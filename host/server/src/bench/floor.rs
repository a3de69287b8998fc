//! The floor: what no host can avoid doing for a simple submission.
//!
//! Two ECDSA verifications on libsecp256k1, keys and signatures parsed, and the hashing they and the transaction ids need.

use std::hint::black_box;
use std::time::Duration;

use secp256k1::ecdsa::Signature;
use secp256k1::{Message, PublicKey, SECP256K1};
use sha2::{Digest, Sha256};
use trellis_spv::hash::double_sha256;
use trellis_spv::script::{SIGHASH_ALL, SIGHASH_FORKID, Sighash};
use trellis_spv::transaction::Transaction;

use super::material::Simple;
use crate::clock;

/// CPU time of these submissions' floor.
pub(super) fn of(submissions: &[Simple]) -> Duration {
    let began = clock::thread_cpu();
    let verified = submissions.iter().filter(|simple| verify(simple)).count();
    let spent = clock::thread_cpu().saturating_sub(began);
    debug_assert_eq!(verified, submissions.len(), "every signature of the material is valid");
    spent
}

/// CPU time of what the verdicts on these submissions come to as native functions: the message's signature.
pub(super) fn of_verdicts(submissions: &[Simple]) -> Duration {
    let began = clock::thread_cpu();
    let signed = submissions.iter().filter(|simple| is_signed(&simple.transaction) == Some(true)).count();
    let spent = clock::thread_cpu().saturating_sub(began);
    debug_assert_eq!(signed, submissions.len(), "every message of the material is signed");
    spent
}

fn verify(simple: &Simple) -> bool {
    black_box(double_sha256(simple.transaction.raw()));
    spends(simple) == Some(true) && is_signed(&simple.transaction) == Some(true)
}

/// The input's signature, which follows one push, over the usual digest.
fn spends(simple: &Simple) -> Option<bool> {
    let script = simple.transaction.unlocking_script(0)?;
    let (length, rest) = script.split_first()?;
    let (signature, rest) = rest.split_at_checked(usize::from(*length))?;
    let signature = signature.get(..signature.len().checked_sub(1)?)?;
    let key = rest.get(1..)?;
    let hash_type = SIGHASH_ALL | SIGHASH_FORKID;
    let sighash = Sighash::new(&simple.transaction);
    let digest = sighash.digest(0, &simple.coin.locking_script, simple.coin.satoshis, hash_type)?;
    Some(is_valid(digest, signature, key))
}

/// The message's signature: `<33 key> OP_CHECKSIG <message> <signature> OP_2DROP`.
fn is_signed(transaction: &Transaction) -> Option<bool> {
    let script = transaction.locking_script(0)?;
    let key = script.get(1..34)?;
    let (length, rest) = script.get(35..)?.split_first()?;
    let (message, rest) = rest.split_at_checked(usize::from(*length))?;
    let (length, rest) = rest.split_first()?;
    let signature = rest.get(..usize::from(*length))?;
    Some(is_valid(Sha256::digest(message).into(), signature, key))
}

fn is_valid(digest: [u8; 32], signature: &[u8], key: &[u8]) -> bool {
    let (Ok(signature), Ok(key)) = (Signature::from_der(signature), PublicKey::from_slice(key)) else { return false };
    SECP256K1.verify_ecdsa(Message::from_digest(digest), &signature, &key).is_ok()
}

#[cfg(test)]
mod tests {
    use super::super::material::Material;
    use super::*;
    use crate::wallet::key::Key;

    #[test]
    fn the_floor_verifies_both_signatures_of_every_submission() {
        let key = Key::from_bytes([9; 32]).unwrap();
        let material = Material::make(&key, 3).unwrap();
        assert!(material.submissions.iter().all(verify));
        let mut raw = material.submissions[0].transaction.raw().to_vec();
        let last = raw.len() - 10;
        raw[last] ^= 1;
        let broken = Transaction::parse(raw).unwrap();
        assert_ne!(is_signed(&broken), Some(true));
    }
}
