//! What verification costs, against bare signature checks on libsecp256k1 of the same run:
//! `cargo run --release -p trellis-spv --features testing --example speed`
//!
//! Only the ratios mean something; absolute times depend on the machine and its load.

use std::hint::black_box;
use std::time::{Duration, Instant};

use secp256k1::{Message, PublicKey, SECP256K1, ecdsa::Signature};
use trellis_spv::beef::parse;
use trellis_spv::testing::{Build, Chain, Wallet, coin};
use trellis_spv::verify::{Policy, verify};

/// The fastest of several runs, the one least disturbed.
fn fastest(rounds: u32, mut work: impl FnMut()) -> Duration {
    (0..rounds)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .min()
        .unwrap_or_default()
}

/// `count` signatures parsed and checked, as any verifier must.
fn bare_checks(count: usize) -> Duration {
    let wallet = Wallet::from_seed(1);
    let (digest, key) = ([7; 32], wallet.public_key());
    let der = wallet.sign_digest(digest);
    fastest(200, || {
        for _ in 0..count {
            let signature = Signature::from_der(black_box(&der));
            let key = PublicKey::from_slice(black_box(&key));
            if let (Ok(signature), Ok(key)) = (signature, key) {
                let _ = black_box(SECP256K1.verify_ecdsa(Message::from_digest(digest), &signature, &key));
            }
        }
    })
}

fn report(name: &str, checks: usize, bytes: &[u8], chain: &Chain) {
    let policy = Policy::default();
    let parsing = fastest(200, || {
        let _ = black_box(parse(black_box(bytes)));
    });
    let whole = fastest(200, || {
        let verdict = parse(black_box(bytes)).map(|beef| verify(&beef, chain, &(), &policy).map(|_| ()));
        assert!(matches!(verdict, Ok(Ok(()))), "{verdict:?}");
    });
    let floor = bare_checks(checks);
    println!(
        "{name:28} {whole:>12.1?} = {:.2} x {checks} bare checks ({floor:.1?}); parsing alone {parsing:.1?}",
        whole.as_secs_f64() / floor.as_secs_f64()
    );
}

/// How long the costliest scripts the policy lets through take.
fn worst(name: &str, opcode: &[u8], repeat: usize) {
    let mut chain = Chain::new();
    let number = [&[0x4d][..], &4_000u16.to_le_bytes(), &[0x7f; 4_000]].concat();
    let lock = [number, opcode.repeat(repeat), vec![0x51]].concat();
    let count = 3;
    let inputs: Vec<_> = (0..count).map(|_| chain.coin_with(&lock, 10_000).with(&[])).collect();
    let spend = Build { version: 2, inputs, outputs: vec![(9, vec![0x51])], lock_time: 0 }.sign();
    let beef = chain.beef(&[&spend]);
    let start = Instant::now();
    let verdict = verify(&beef, &chain, &(), &Policy::default()).map(|_| ()).map_err(|error| error.to_string());
    println!("{name:28} {:>12.1?} for {} opcodes: {verdict:?}", start.elapsed(), repeat * count);
}

fn main() {
    let mut chain = Chain::new();
    let wallet = Wallet::from_seed(1);
    let mut last = chain.coin(&wallet, 100_000);
    let one = wallet.pay(std::slice::from_ref(&last), &wallet.push_drop(&[b"hello"]), 90_000);
    report("one P2PKH input", 1, &chain.beef(&[&one]).to_bytes(), &chain);

    let mut line = Vec::new();
    for _ in 0..10 {
        let next = wallet.pay(&[last.clone()], &wallet.p2pkh(), last.satoshis - 10);
        last = coin(&next, 0);
        line.push(next);
    }
    report("chain of ten", 10, &chain.beef(&line.iter().collect::<Vec<_>>()).to_bytes(), &chain);

    let funding = chain.funding(&vec![(10, wallet.p2pkh()); 100]);
    let coins: Vec<_> = (0..100).map(|vout| coin(&funding, vout)).collect();
    let wide = wallet.pay(&coins, &wallet.p2pkh(), 900);
    report("a hundred inputs", 100, &chain.beef(&[&wide]).to_bytes(), &chain);

    // DUP MUL DROP, DUP DIV DROP, DUP MOD DROP on 4,000 bytes; DUP DROP; DUP SHA256 DROP.
    worst("multiplications", &[0x76, 0x76, 0x95, 0x75], 300);
    worst("divisions", &[0x76, 0x76, 0x96, 0x75], 300);
    worst("remainders", &[0x76, 0x76, 0x8b, 0x97, 0x75], 300);
    worst("copies", &[0x76, 0x75], 2_900);
    worst("hashes", &[0x76, 0xa8, 0x75], 1_900);
    // The number is replaced by a key, then 0 OVER CHECKSIG DROP: each check takes the whole script apart again.
    let key = [&[0x75, 33][..], &wallet.public_key()].concat();
    worst("signature checks", &[&key[..], &[0, 0x78, 0xac, 0x75].repeat(660)].concat(), 1);
}
