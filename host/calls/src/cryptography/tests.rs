//! Vectors of BRC-42 and BRC-3, and what the interface promises about malformed input.

use secp256k1::SecretKey;
use secp256k1::ecdsa::Signature;
use trellis_spv::identity::key::{Counterparty, PrivateKey};

use super::*;

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

/// BRC-42, "For Testing Public Key Derivation": sender's private key, recipient's public key, invoice number, child.
const BRC_42: [[&str; 4]; 5] = [
    [
        "583755110a8c059de5cd81b8a04e1be884c46083ade3f779c1e022f6f89da94c",
        "02c0c1e1a1f7d247827d1bcf399f0ef2deef7695c322fd91a01a91378f101b6ffc",
        "IBioA4D/OaE=",
        "03c1bf5baadee39721ae8c9882b3cf324f0bf3b9eb3fc1b8af8089ca7a7c2e669f",
    ],
    [
        "2c378b43d887d72200639890c11d79e8f22728d032a5733ba3d7be623d1bb118",
        "039a9da906ecb8ced5c87971e9c2e7c921e66ad450fd4fc0a7d569fdb5bede8e0f",
        "PWYuo9PDKvI=",
        "0398cdf4b56a3b2e106224ff3be5253afd5b72de735d647831be51c713c9077848",
    ],
    [
        "d5a5f70b373ce164998dff7ecd93260d7e80356d3d10abf928fb267f0a6c7be6",
        "02745623f4e5de046b6ab59ce837efa1a959a8f28286ce9154a4781ec033b85029",
        "X9pnS+bByrM=",
        "0273eec9380c1a11c5a905e86c2d036e70cbefd8991d9a0cfca671f5e0bbea4a3c",
    ],
    [
        "46cd68165fd5d12d2d6519b02feb3f4d9c083109de1bfaa2b5c4836ba717523c",
        "031e18bb0bbd3162b886007c55214c3c952bb2ae6c33dd06f57d891a60976003b1",
        "+ktmYRHv3uQ=",
        "034c5c6bf2e52e8de8b2eb75883090ed7d1db234270907f1b0d1c2de1ddee5005d",
    ],
    [
        "7c98b8abd7967485cfb7437f9c56dd1e48ceb21a4085b8cdeb2a647f62012db4",
        "03c8885f1e1ab4facd0f3272bb7a48b003d2e608e1619fb38b8be69336ab828f37",
        "PPfDTTcl1ao=",
        "03304b41cfa726096ffd9d8907fe0835f888869eda9653bca34eb7bcab870d3779",
    ],
];

#[test]
fn children_are_those_of_brc_42() {
    for [sender, recipient, invoice_number, child] in BRC_42 {
        let sender = PrivateKey::from_bytes(bytes(sender).try_into().unwrap()).unwrap();
        let recipient = Counterparty::Key(parse_key(&bytes(recipient)).unwrap());
        let derived = sender.child_public_key(&recipient, invoice_number).unwrap();
        assert_eq!(derived.serialize().to_vec(), bytes(child));
    }
}

/// With private key 1, the shared secret of `anyone` is the other key itself.
#[test]
fn anyone_is_private_key_one() {
    let mut one = [0; 32];
    one[31] = 1;
    let key = parse_key(&bytes(BRC_42[0][1])).unwrap();
    let anyone = PrivateKey::from_bytes(one).unwrap();
    let derived = derive_public_key(&key.serialize(), "2-tests-1").unwrap();
    assert_eq!(derived, anyone.child_public_key(&Counterparty::Key(key), "2-tests-1").unwrap());
}

/// The vector of BRC-3. BRC-43 writes protocol names in lower case.
const BRC_3_SIGNER: &str = "0294c479f762f6baa97fbcd4393564c1d7bd8336ebd15928135bbcf575cd1a71a1";
const BRC_3_INVOICE_NUMBER: &str = "2-brc3 test-42";
const BRC_3_DATA: &[u8] = b"BRC-3 Compliance Validated!";
const BRC_3_SIGNATURE: &str = "304402202b223a9cdb2032461df09b89583cc85ff3c6c91538528d7045c4aa499c062c300220767dfec92c57b1aa5d0bc1861246091fea1baab13660b58ca6c4900ee6766a69";

#[test]
fn the_signature_of_brc_3_verifies_and_no_other() {
    let signature = bytes(BRC_3_SIGNATURE);
    let signer = bytes(BRC_3_SIGNER);
    assert!(verify_signature(BRC_3_DATA, &signature, &signer, BRC_3_INVOICE_NUMBER));
    assert!(!verify_signature(BRC_3_DATA, &signature, &signer, "2-brc3 test-43"));
    assert!(!verify_signature(b"BRC-3 Compliance Validated?", &signature, &signer, BRC_3_INVOICE_NUMBER));
}

#[test]
fn both_values_of_s_are_accepted() {
    let child = derive_public_key(&bytes(BRC_3_SIGNER), BRC_3_INVOICE_NUMBER).unwrap().serialize();
    let low = bytes(BRC_3_SIGNATURE);
    let mut compact = Signature::from_der(&low).unwrap().serialize_compact();
    let s = SecretKey::from_byte_array(compact[32..].try_into().unwrap()).unwrap().negate();
    compact[32..].copy_from_slice(&s.secret_bytes());
    let high = Signature::from_compact(&compact).unwrap().serialize_der();
    assert_ne!(high.as_ref(), low.as_slice());
    assert!(verify_ecdsa(&sha256(BRC_3_DATA), &low, &child));
    assert!(verify_ecdsa(&sha256(BRC_3_DATA), &high, &child));
}

#[test]
fn keys_may_be_compressed_or_uncompressed_and_nothing_else() {
    let key = parse_key(&bytes(BRC_3_SIGNER)).unwrap();
    let uncompressed = key.serialize_uncompressed();
    assert_eq!(parse_key(&uncompressed), Ok(key));
    let mut hybrid = uncompressed;
    hybrid[0] = 6 | (uncompressed[64] & 1);
    for malformed in [&hybrid[..], &uncompressed[..64], &[], &[2; 32], &[4; 33], &[2; 65], &[0; 33], &[0xff; 33]] {
        assert!(parse_key(malformed).is_err(), "{}", hex::encode(malformed));
        assert_eq!(derive_public_key(malformed, "1-a-1"), None);
    }
}

#[test]
fn malformed_signatures_and_digests_are_false() {
    let signer = bytes(BRC_3_SIGNER);
    let signature = bytes(BRC_3_SIGNATURE);
    for malformed in [&signature[1..], &signature[..70], &[], &[0x30, 0], &[0; 64]] {
        assert!(!verify_ecdsa(&[1; 32], malformed, &signer));
    }
    assert!(!verify_ecdsa(&[1; 31], &signature, &signer));
    assert!(!verify_ecdsa(&[], &signature, &signer));
}

#[test]
fn hashes_are_the_known_ones() {
    assert_eq!(hex::encode(sha256(b"abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(hex::encode(ripemd160(b"abc")), "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc");
    let mac = hmac_sha256(b"Jefe", b"what do ya want for nothing?");
    assert_eq!(hex::encode(mac), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert_eq!(hmac_sha256(b"", b"").len(), 32);
}
