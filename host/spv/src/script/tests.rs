//! The fast way and the interpreter agree, on good scripts and on thousands of damaged ones.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

use super::*;
use crate::hash::{Outpoint, Txid};
use crate::testing::{Build, Coin, LockPosition, Wallet, push, push_drop_lock};
use crate::verify::{Network, Policy};

/// Damaged scripts compared in a quick run; `TRELLIS_SOAK_CASES` asks for another number.
const QUICK_CASES: u64 = 2_000;

const HEIGHT: u32 = 1_000_000;

fn cases() -> u64 {
    std::env::var("TRELLIS_SOAK_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(QUICK_CASES)
}

fn some_coin(script: Vec<u8>) -> Coin {
    Coin { outpoint: Outpoint::new(Txid::from_internal([7; 32]), 3), satoshis: 5_000, script }
}

/// What both ways say about input 0; the fast way may leave it open.
fn judge(transaction: &Transaction, locking: &[u8], network: Network) -> (Option<bool>, bool, String) {
    let policy = Policy { network, ..Policy::default() };
    let mut rules = Rules::new(&policy, HEIGHT);
    let spent = SpentOutput { satoshis: 5_000, locking_script: locking, height: None };
    let inputs = Inputs::new(transaction);
    let fast = inputs.unlock_by_template(0, &spent, &rules);
    let unlocking = transaction.unlocking_script(0).unwrap();
    rules.charge(unlocking, locking).unwrap();
    let slow = inputs.interpret(0, &spent, &mut rules);
    let words = format!("{fast:?} against {slow:?}\n{}\n{}", hex::encode(locking), hex::encode(unlocking));
    (fast.map(|verdict| verdict.is_ok()), slow.is_ok(), words)
}

fn assert_agree(transaction: &Transaction, locking: &[u8], network: Network) -> (Option<bool>, bool) {
    let (fast, slow, words) = judge(transaction, locking, network);
    assert!(fast.is_none_or(|fast| fast == slow), "{words}");
    (fast, slow)
}

fn locks(wallet: &Wallet) -> Vec<Vec<u8>> {
    let key = wallet.public_key();
    let long = [9; 300];
    vec![
        wallet.p2pkh(),
        wallet.p2pk(),
        wallet.push_drop(&[b"one"]),
        wallet.push_drop(&[b"", &[5], &[0x81], &[0], &long]),
        push_drop_lock(&key, &[b"one", b"two"], LockPosition::After),
        push_drop_lock(&key, &[&long, &[1], b""], LockPosition::After),
    ]
}

const HASH_TYPES: [u8; 12] = [0x41, 0x42, 0x43, 0xc1, 0xc2, 0xc3, 0x01, 0x40, 0x44, 0x61, 0x21, 0x00];

/// Two inputs and one output, so that SINGLE has an input with and one without an output of its own.
fn spend(wallet: &Wallet, lock: &[u8], hash_type: u8, version: u32) -> Transaction {
    let coin = some_coin(lock.to_vec());
    let other = Coin { outpoint: Outpoint::new(Txid::from_internal([8; 32]), 0), ..coin.clone() };
    let inputs = vec![coin.by(wallet).hash_type(hash_type), other.with(&[0x51])];
    Build { version, inputs, outputs: vec![(4_000, wallet.p2pkh())], lock_time: 17 }.sign()
}

#[test]
fn every_hash_type_of_every_standard_script_is_judged_as_the_interpreter_does() {
    let wallet = Wallet::from_seed(1);
    let mut fast_accepts = 0;
    for network in [Network::Main, Network::Test, Network::Local] {
        for lock in locks(&wallet) {
            for hash_type in HASH_TYPES {
                for version in [1, 2, 0x8000_0001] {
                    let (fast, _) = assert_agree(&spend(&wallet, &lock, hash_type, version), &lock, network);
                    fast_accepts += u32::from(fast == Some(true));
                }
            }
        }
    }
    // Three networks, six locks, six hash types of the network, three versions: all on the fast way.
    assert_eq!(fast_accepts, 3 * 6 * 6 * 3);
}

#[test]
fn single_without_an_output_of_its_own_is_judged_as_the_interpreter_does() {
    let wallet = Wallet::from_seed(1);
    for hash_type in HASH_TYPES {
        let coin = some_coin(wallet.p2pkh());
        let other = Coin { outpoint: Outpoint::new(Txid::from_internal([8; 32]), 0), ..coin.clone() };
        let inputs = vec![other.with(&[]), coin.by(&wallet).hash_type(hash_type)];
        let spend = Build { inputs, outputs: vec![(4_000, wallet.p2pkh())], ..Build::default() }.sign();
        let policy = Policy::default();
        let mut rules = Rules::new(&policy, HEIGHT);
        let lock = wallet.p2pkh();
        let spent = SpentOutput { satoshis: 5_000, locking_script: &lock, height: None };
        let inputs = Inputs::new(&spend);
        let fast = inputs.unlock_by_template(1, &spent, &rules).map(|verdict| verdict.is_ok());
        let slow = inputs.interpret(1, &spent, &mut rules).is_ok();
        assert!(fast.is_none_or(|fast| fast == slow), "hash type {hash_type:#x}");
    }
}

/// The signature with S replaced by the curve's order minus S.
fn high_s(signature: &[u8]) -> Vec<u8> {
    let (hash_type, der) = signature.split_last().unwrap();
    let compact = secp256k1::ecdsa::Signature::from_der(der).unwrap().serialize_compact();
    let order = hex::decode("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141").unwrap();
    let (mut s, mut borrow) = ([0u8; 32], 0i16);
    for at in (0..32).rev() {
        let digit = i16::from(order[at]) - i16::from(compact[32 + at]) - borrow;
        borrow = i16::from(digit < 0);
        s[at] = digit.rem_euclid(256) as u8;
    }
    let high = secp256k1::ecdsa::Signature::from_compact(&[&compact[..32], &s].concat()).unwrap();
    let mut bytes = high.serialize_der().to_vec();
    bytes.push(*hash_type);
    bytes
}

fn with_unlocking(transaction: &Transaction, unlocking: &[u8]) -> Transaction {
    let old = transaction.unlocking_script(0).unwrap();
    let raw = transaction.raw();
    // Version, input count, outpoint; all scripts here are shorter than 253 bytes.
    let at = 4 + 1 + 36;
    assert_eq!(usize::from(raw[at]), old.len());
    let mut changed = raw[..at].to_vec();
    crate::writer::write_var_bytes(&mut changed, unlocking);
    changed.extend_from_slice(&raw[at + 1 + old.len()..]);
    Transaction::parse(changed).unwrap()
}

#[test]
fn a_high_s_is_refused_by_name_unless_chronicle_lifts_the_rule() {
    let wallet = Wallet::from_seed(1);
    for lock in locks(&wallet) {
        for version in [1, 2] {
            let signed = spend(&wallet, &lock, 0x41, version);
            let unlocking = signed.unlocking_script(0).unwrap();
            let length = usize::from(unlocking[0]);
            let high = high_s(&unlocking[1..=length]);
            let signed = with_unlocking(&signed, &[&push(&high), &unlocking[1 + length..]].concat());
            let (fast, slow) = assert_agree(&signed, &lock, Network::Main);
            assert_eq!((fast, slow), if version == 1 { (Some(false), false) } else { (None, true) });
        }
    }
}

#[test]
fn pushes_that_are_not_the_shortest_are_judged_as_the_interpreter_does() {
    let wallet = Wallet::from_seed(1);
    let lock = wallet.p2pkh();
    for version in [1, 2] {
        let signed = spend(&wallet, &lock, 0x41, version);
        let unlocking = signed.unlocking_script(0).unwrap().to_vec();
        let long = with_unlocking(&signed, &[&[0x4c], &unlocking[..]].concat());
        assert_eq!(assert_agree(&long, &lock, Network::Main), (None, version == 2));
        for extra in [&[0][..], &[0x51], &[0x61], &[0x00, 0x75]] {
            assert_agree(&with_unlocking(&signed, &[extra, &unlocking].concat()), &lock, Network::Main);
            assert_agree(&with_unlocking(&signed, &[&unlocking, extra].concat()), &lock, Network::Main);
        }
    }
}

fn damage(bytes: &mut Vec<u8>, random: &mut StdRng) {
    const INTERESTING: [u8; 24] = [
        0, 1, 2, 3, 4, 6, 9, 0x20, 0x21, 0x30, 0x41, 0x47, 0x48, 0x4c, 0x4d, 0x4f, 0x50, 0x51, 0x60, 0x6d, 0x75, 0x80,
        0xac, 0xff,
    ];
    let at = random.random_range(0..=bytes.len());
    let byte = if random.random() { *INTERESTING.choose(random).unwrap() } else { random.random() };
    match random.random_range(0..5) {
        0 => bytes.insert(at, byte),
        1 if at < bytes.len() => drop(bytes.remove(at)),
        2 => bytes.truncate(at),
        3 if at < bytes.len() => bytes[at] = bytes[at].wrapping_add(if random.random() { 1 } else { 255 }),
        _ if at < bytes.len() => bytes[at] = byte,
        _ => bytes.push(byte),
    }
}

#[test]
fn damaged_scripts_are_judged_as_the_interpreter_does() {
    let mut random = StdRng::seed_from_u64(0x7472_656c);
    let wallet = Wallet::from_seed(1);
    let locks = locks(&wallet);
    let (mut decided, mut left) = (0u64, 0u64);
    for case in 0..cases() {
        let mut lock = locks.choose(&mut random).unwrap().clone();
        // Damage the lock before signing, so that the signature is of the damaged one.
        if case % 2 == 0 {
            (0..random.random_range(1..=2)).for_each(|_| damage(&mut lock, &mut random));
        }
        let hash_type = *HASH_TYPES[..7].choose(&mut random).unwrap();
        let mut signed = spend(&wallet, &lock, hash_type, random.random_range(1..=2));
        if case % 3 == 0 {
            let mut unlocking = signed.unlocking_script(0).unwrap().to_vec();
            (0..random.random_range(1..=2)).for_each(|_| damage(&mut unlocking, &mut random));
            signed = with_unlocking(&signed, &unlocking);
        }
        let (fast, _) = assert_agree(&signed, &lock, Network::Main);
        if fast.is_some() { decided += 1 } else { left += 1 }
    }
    assert!(decided > 0 && left > 0, "{decided} decided, {left} left");
}
