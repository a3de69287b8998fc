//! Hashes, signatures and keys, computed by the host at native speed.
//!
//! Public keys are 33 bytes compressed (65 uncompressed are accepted), signatures DER. A malformed key or signature
//! verifies as `false`; nothing here panics over foreign bytes.
//!
//! A call may hash 16 MiB and take 2,000 curve operations (a signature verified or a key derived, about 40 µs each), unless
//! the operator says otherwise; more is a fault. Each function here is one of the 10,000 calls into the host that it may take.

use crate::host;

/// SHA-256: 32 bytes.
///
/// ```
/// use trellis_plugin::crypto::sha256;
///
/// assert_eq!(sha256(b"abc")[..4], [0xba, 0x78, 0x16, 0xbf]);
/// ```
pub fn sha256(data: &[u8]) -> [u8; 32] {
    digest(&host::sha256(data))
}

/// SHA-256 twice: 32 bytes, in the order in which they are computed, which is the reverse of the one transaction ids are
/// shown in.
///
/// ```
/// use trellis_plugin::{Txid, crypto::hash256};
///
/// /// The id of a raw transaction.
/// fn txid_of(raw: &[u8]) -> Txid {
///     let mut id = hash256(raw);
///     id.reverse();
///     Txid(id)
/// }
/// assert_eq!(hash256(b"hello")[..2], [0x95, 0x95]);
/// assert_eq!(txid_of(b"hello").as_bytes()[30..], [0x95, 0x95]);
/// ```
pub fn hash256(data: &[u8]) -> [u8; 32] {
    digest(&host::hash256(data))
}

/// RIPEMD-160: 20 bytes.
///
/// ```
/// use trellis_plugin::crypto::ripemd160;
///
/// assert_eq!(ripemd160(b"abc")[..4], [0x8e, 0xb2, 0x08, 0xf7]);
/// ```
pub fn ripemd160(data: &[u8]) -> [u8; 20] {
    digest(&host::ripemd160(data))
}

/// RIPEMD-160 of SHA-256: 20 bytes. What P2PKH scripts and addresses have of a public key.
///
/// ```
/// use trellis_plugin::crypto::{hash160, ripemd160, sha256};
///
/// assert_eq!(hash160(b"a public key"), ripemd160(&sha256(b"a public key")));
/// ```
pub fn hash160(data: &[u8]) -> [u8; 20] {
    digest(&host::hash160(data))
}

/// HMAC with SHA-256 (RFC 2104): 32 bytes.
///
/// ```
/// use trellis_plugin::crypto::hmac_sha256;
///
/// let code = hmac_sha256(b"key", b"The quick brown fox jumps over the lazy dog");
/// assert_eq!(code[..4], [0xf7, 0xbc, 0x83, 0xf4]);
/// ```
pub fn hmac_sha256(key: &[u8], data: &[u8]) -> [u8; 32] {
    digest(&host::hmac_sha256(key, data))
}

/// ECDSA over secp256k1: whether `public_key` signed this digest. Hash the data first, see [`sha256`]. The signature is
/// strict DER, with either of the two equivalent values of `s`. One curve operation.
///
/// ```
/// use trellis_plugin::crypto::{sha256, verify_ecdsa};
/// # use secp256k1::{Message, PublicKey, SECP256K1, SecretKey};
/// # let secret = SecretKey::from_byte_array([7; 32]).unwrap();
/// # let holder = PublicKey::from_secret_key(SECP256K1, &secret).serialize();
/// # let signature = SECP256K1.sign_ecdsa(Message::from_digest(sha256(b"transfer 5")), &secret).serialize_der();
///
/// // `signature` is what the holder's wallet made over "transfer 5".
/// assert!(verify_ecdsa(&sha256(b"transfer 5"), &signature, &holder));
/// assert!(!verify_ecdsa(&sha256(b"transfer 500"), &signature, &holder));
/// assert!(!verify_ecdsa(&sha256(b"transfer 5"), b"no signature", &holder));
/// ```
pub fn verify_ecdsa(digest: &[u8; 32], signature: &[u8], public_key: &[u8]) -> bool {
    host::verify_ecdsa(digest, signature, public_key)
}

/// BRC-42: the child of `public_key` for an invoice number (BRC-43: `<security level>-<protocol>-<key id>`), derived by
/// the counterparty `anyone` (private key 1): 33 bytes. `None` where the key is malformed. One curve operation.
///
/// [`identity::locking_key`](crate::identity::locking_key) makes the invoice number as wallets do.
///
/// ```
/// use trellis_plugin::crypto::derive_public_key;
/// use trellis_plugin::identity::IdentityKey;
///
/// let alice: IdentityKey = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798".parse()?;
/// let child = derive_public_key(alice.as_bytes(), "1-tickets-42").unwrap();
/// assert_eq!(child.len(), 33);
/// assert_ne!(Some(child), derive_public_key(alice.as_bytes(), "1-tickets-43"));
/// assert_eq!(derive_public_key(b"no key", "1-tickets-42"), None);
/// # Ok::<(), trellis_plugin::identity::MalformedKey>(())
/// ```
pub fn derive_public_key(public_key: &[u8], invoice_number: &str) -> Option<Vec<u8>> {
    host::derive_public_key(public_key, invoice_number)
}

/// BRC-3: whether `signer` signed SHA-256 of `data` for counterparty `anyone` under that invoice number (BRC-43). Two
/// curve operations.
///
/// ```
/// use trellis_plugin::crypto::verify_signature;
/// # use secp256k1::{Message, PublicKey, SECP256K1, Scalar, SecretKey};
/// # use trellis_plugin::crypto::{hmac_sha256, sha256};
/// # let secret = SecretKey::from_byte_array([7; 32]).unwrap();
/// # let alice = PublicKey::from_secret_key(SECP256K1, &secret).serialize();
/// # let tweak = Scalar::from_be_bytes(hmac_sha256(&alice, b"1-tickets-42")).unwrap();
/// # let digest = Message::from_digest(sha256(b"seat 12A"));
/// # let signature = SECP256K1.sign_ecdsa(digest, &secret.add_tweak(&tweak).unwrap()).serialize_der();
///
/// // `signature` is what Alice's wallet made over "seat 12A" for anyone.
/// assert!(verify_signature(b"seat 12A", &signature, &alice, "1-tickets-42"));
/// assert!(!verify_signature(b"seat 12A", &signature, &alice, "1-tickets-43"));
/// assert!(!verify_signature(b"seat 12B", &signature, &alice, "1-tickets-42"));
/// ```
pub fn verify_signature(data: &[u8], signature: &[u8], signer: &[u8], invoice_number: &str) -> bool {
    host::verify_signature(data, signature, signer, invoice_number)
}

/// The host's digest as an array. The interface promises the length; the array stays zero behind a shorter answer.
fn digest<const LENGTH: usize>(bytes: &[u8]) -> [u8; LENGTH] {
    bytes.first_chunk().copied().unwrap_or([0; LENGTH])
}
