//! One chain, its transactions and their BEEFs: what targets judge by and seeds are made of. The same in every process, so
//! that a seed written by one is valid in another.

use std::sync::LazyLock;

use trellis_spv::beef::{Beef, BeefEntry, BeefVersion};
use trellis_spv::hash::Txid;
use trellis_spv::testing::{Build, Chain, LockPosition, Wallet, build, coin, push, push_drop_lock};
use trellis_spv::transaction::Transaction;
use trellis_spv::verify::Policy;

/// Work of the interpreter for one BEEF, a tenth of the default: an instrumented build is slower, and what is allowed must
/// not look like a hang.
const MAX_WORK: u64 = 10_000_000;

/// The chain and what was made on it.
pub struct Material {
    /// The headers and the mined transactions.
    pub chain: Chain,
    /// BEEFs that are accepted, of every version and shape.
    pub beefs: Vec<Beef>,
    /// The transactions in them.
    pub transactions: Vec<Transaction>,
}

/// The one there is.
#[must_use]
pub fn material() -> &'static Material {
    static MATERIAL: LazyLock<Material> = LazyLock::new(make);
    &MATERIAL
}

/// The default policy, with less work.
#[must_use]
pub fn policy() -> Policy {
    Policy { max_work: MAX_WORK, ..Policy::default() }
}

/// The wallet that owns the coins, and those it shares multisigs with.
#[must_use]
pub fn wallets() -> &'static [Wallet; 3] {
    static WALLETS: LazyLock<[Wallet; 3]> = LazyLock::new(|| [1, 2, 3].map(Wallet::from_seed));
    &WALLETS
}

/// Locking scripts of every kind that the way through the templates or the interpreter tells apart.
#[must_use]
pub fn locks() -> Vec<Vec<u8>> {
    let [alice, bob, carol] = wallets();
    let key = alice.public_key();
    let keys = [alice, bob, carol].map(|wallet| push(&wallet.public_key())).concat();
    vec![
        alice.p2pkh(),
        alice.p2pk(),
        alice.push_drop(&[b"some", &[1], &[7; 80]]),
        alice.signed_push_drop(&[b"hello world"]),
        push_drop_lock(&key, &[b"after", &[7; 300]], LockPosition::After),
        [&[0x52][..], &keys, &[0x53, 0xae]].concat(),
        // OP_NOP keeps it from the templates.
        [alice.p2pk(), vec![0x61]].concat(),
        // OP_IF <key> OP_CHECKSIG OP_ELSE OP_0 OP_ENDIF
        [&[0x51, 0x63], &alice.p2pk()[..], &[0x67, 0x00, 0x68]].concat(),
        // A nest of OP_IFs, sums, shifts and a hash.
        vec![0x51, 0x63, 0x51, 0x64, 0x6a, 0x67, 0x52, 0x53, 0x93, 0x55, 0x87, 0x68, 0x68],
        vec![0x01, 0x05, 0x52, 0x98, 0x01, 0x14, 0x88, 0x51, 0xaa, 0x82, 0x01, 0x20, 0x9d, 0x75, 0x51],
        // OP_SPLIT, OP_CAT, OP_NUM2BIN, OP_BIN2NUM, OP_2MUL, OP_SUBSTR
        vec![0x03, 1, 2, 3, 0x51, 0x7f, 0x7e, 0x54, 0x80, 0x81, 0x8d, 0x75, 0x51],
        vec![0x51],
    ]
}

fn make() -> Material {
    let [alice, bob, _] = wallets();
    let mut chain = Chain::new();
    let funds = chain.coin(alice, 50_000);
    let more = [chain.coin(alice, 600), chain.coin(alice, 700)];
    let anyone = chain.coin_with(&[0x51], 10_000);
    let coinbase = chain.coinbase(alice, 5_000);
    chain.mine_empty(100);

    // A chain of unproven ancestors: a token, its spend, and a split into everything else there is.
    let token = alice.pay(&[funds], &bob.signed_push_drop(&[b"hello"]), 49_000);
    let spent = bob.pay(&[coin(&token, 0)], &alice.p2pkh(), 48_000);
    let outputs: Vec<_> = locks().into_iter().map(|lock| (3_000, lock)).collect();
    let split = build(&[coin(&spent, 0).by(alice)], &outputs);
    let joined = build(&[more[0].by(alice), more[1].by(alice), coinbase.by(alice)], &[(6_000, bob.p2pkh())]);
    let two = build(
        &[coin(&split, 0).by(alice), coin(&split, 1).by(alice), coin(&joined, 0).by(bob)],
        &[(11_000, vec![0x51])],
    );
    let late = Build {
        version: 2,
        inputs: vec![anyone.with(&[]).sequence(7)],
        outputs: vec![(9_000, alice.p2pkh()), (0, [&[0x00, 0x6a][..], &push(b"data")].concat())],
        lock_time: 1_000_000,
    }
    .sign();
    chain.mine(&[&joined]);

    let v1 = |transactions: &[&Transaction]| chain.beef(transactions);
    let mut beefs = vec![
        v1(&[&token]),
        v1(&[&token, &spent]),
        v1(&[&token, &spent, &split]),
        v1(&[&joined]),
        v1(&[&late]),
        v1(&[&token, &spent, &split, &joined, &two]),
    ];
    let v2: Vec<Beef> = beefs.iter().map(|beef| Beef { version: BeefVersion::V2, ..beef.clone() }).collect();
    let atomic: Vec<Beef> = v2.iter().chain(&beefs).map(|beef| Beef { atomic: true, ..beef.clone() }).collect();
    let mut known = v2[0].clone();
    known.transactions.insert(0, BeefEntry::TxidOnly(Txid::from_internal([5; 32])));
    beefs.extend(v2.into_iter().chain(atomic).chain([known]));
    let transactions = vec![token, spent, split, joined, two, late];
    Material { chain, beefs, transactions }
}
