//! Known answers and laws the host's functions must keep; whichever is broken panics with its name.

use trellis_plugin::state::{self, Range};
use trellis_plugin::{crypto, push_drop};

/// A call sees its own writes, in `get` and in scans both ways, and nothing of what it removed.
pub(crate) fn state() {
    let key = |n: u8| [b"check ".as_slice(), &[n]].concat();
    let keys = |rows: state::Rows| rows.page_size(2).map(|row| row.key[6]).collect::<Vec<u8>>();
    for n in [5, 1, 3, 255, 0] {
        state::set(&key(n), &[n]);
    }
    state::set(&key(3), b"again");
    state::remove(&key(5));
    state::remove(&key(77));
    assert_eq!(state::get(&key(3)).as_deref(), Some(b"again".as_slice()), "get after set");
    assert_eq!(state::get(&key(5)), None, "get after remove");
    let all = || Range::prefix("check ");
    assert_eq!(keys(state::scan(all())), [0, 1, 3, 255], "scan");
    assert_eq!(keys(state::scan_reverse(all())), [255, 3, 1, 0], "scan in reverse");
    assert_eq!(keys(state::scan(Range::between(key(1), key(255)))), [1, 3], "the end of a range is outside it");
    assert_eq!(
        keys(state::scan(Range::between(key(3), key(1)))),
        [0u8; 0],
        "a range that ends before it starts is empty"
    );
    let full = [vec![b'~'; 127], vec![0]].concat();
    state::set(&full, &[7; 6144]);
    assert_eq!(state::get(&full).map(|value| value.len()), Some(6144), "the longest key and value");
    assert_eq!(state::scan(Range::prefix(vec![b'~'; 127])).page_size(1).count(), 1, "paging on behind the longest key");
    for n in [0, 1, 3, 255] {
        state::remove(&key(n));
    }
    state::remove(&full);
    assert_eq!(keys(state::scan(all())), [0u8; 0], "everything removed");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |byte: u8| (byte as char).to_digit(16).unwrap() as u8;
    hex.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

/// Known answers for every function of `crypto`.
pub(crate) fn crypto() {
    let abc = b"abc";
    assert_eq!(hex(&crypto::sha256(abc)), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "sha256");
    assert_eq!(
        hex(&crypto::hash256(abc)),
        "4f8b42c22dd3729b519ba6f68d2da7cc5b2d606d05daed5ad5128cc03e6c6358",
        "hash256"
    );
    assert_eq!(hex(&crypto::ripemd160(abc)), "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc", "ripemd160");
    assert_eq!(hex(&crypto::hash160(abc)), "bb1be98c142444d7a56aa3981c3942a978e4dc33", "hash160");
    assert_eq!(
        hex(&crypto::hmac_sha256(b"Jefe", b"what do ya want for nothing?")),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        "hmac-sha256"
    );

    let token = bytes(TOKEN);
    let token = push_drop::decode(&token).expect("the token decodes");
    assert!(token.is_signed(), "verify-ecdsa of a good signature");
    let digest = crypto::sha256(token.fields[0]);
    let (signature, key) = (token.fields[1], token.locking_public_key);
    assert!(!crypto::verify_ecdsa(&[1; 32], signature, key), "verify-ecdsa of another digest");
    assert!(!crypto::verify_ecdsa(&digest, b"no signature", key), "verify-ecdsa of a malformed signature");
    assert!(!crypto::verify_ecdsa(&digest, signature, b"no key"), "verify-ecdsa with a malformed key");
    assert!(!crypto::verify_ecdsa(&digest, b"", b""), "verify-ecdsa of nothing");
    assert!(crypto::verify_ecdsa(&digest, &bytes(HIGH), key), "verify-ecdsa of a signature in its higher form");

    let child = crypto::derive_public_key(key, INVOICE).expect("a key derives a child");
    assert_eq!(hex(&child), CHILD, "derive-public-key");
    assert_eq!(crypto::derive_public_key(b"no key", INVOICE), None, "derive-public-key of a malformed key");
    assert!(crypto::verify_signature(abc, &bytes(CHILD_SIGNATURE), key, INVOICE), "verify-signature");
    assert!(!crypto::verify_signature(b"abd", &bytes(CHILD_SIGNATURE), key, INVOICE), "verify-signature of other data");
    assert!(
        !crypto::verify_signature(abc, &bytes(CHILD_SIGNATURE), key, "2-tests-2"),
        "verify-signature, other invoice"
    );
}

/// The key whose private key is 32 bytes of 7, the message "hello world" and its signature, as a PushDrop token.
const TOKEN: &str = "2102989c0b76cb563971fdc9bef31ec06c3560f3249d6ee9e5d83c57625596e05f6fac0b68656c6c6f20776f726c64473045022100f828344e614beb358d1e3be9db05116a0236a9c6af79eec104d0bb8e63c23f1c022073c5ec4f12e8cbc26737919f5546dbe66b07eb3a80d6a488d379c2b50cf269e46d";
/// The same signature with the other value of `s`.
const HIGH: &str = "3046022100f828344e614beb358d1e3be9db05116a0236a9c6af79eec104d0bb8e63c23f1c0221008c3a13b0ed17343d98c86e60aab924184fa6f1ac2e71fbb2ec589bd7c343d75d";
const INVOICE: &str = "2-tests-1";
/// That key's child for the invoice number, and its signature over "abc".
const CHILD: &str = "020c7b94980d0633bc50ef94e05c5b44b65eb84537536515a6ab9794b2281050c1";
const CHILD_SIGNATURE: &str = "3045022100e2357211e527e207112ebfc1e178cb543edf613d05a6643c9881db7753da9a2e022078ffb12f13570b3992661554acba53b9984632aa9f9283c2ca325f231c52478a";

#[cfg(test)]
mod tests {
    #[test]
    fn the_stand_in_keeps_what_the_host_must_keep() {
        trellis_plugin::stand_in::reset();
        super::state();
        super::crypto();
        assert_eq!(trellis_plugin::stand_in::state_rows(), 0);
    }
}
