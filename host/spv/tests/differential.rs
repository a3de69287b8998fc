//! Thousands of generated and damaged BEEFs, judged here and by the oracle, bsv-rs's `StreamVerifier`.
//!
//! Both must agree, but for two things. Where this host is deliberately stricter, the refusal is one of
//! [`is_deliberately_stricter`]. And the oracle judges all a BEEF carries, this host only what its subject rests on; so
//! where the oracle refuses what is accepted here, it must accept the same BEEF without the rest.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeMap;

use bsv_rs::block::ChainParams;
use bsv_rs::transaction::beef_stream::{ChainTip, Hash32, StreamVerifier, Verdict};
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use trellis_spv::beef::{Beef, BeefEntry, BeefError, BeefVersion, parse};
use trellis_spv::bump::BumpError;
use trellis_spv::script::ScriptError;
use trellis_spv::testing::{Build, Chain, Coin, LockPosition, Wallet, beef, coin, push_drop_lock};
use trellis_spv::transaction::Transaction;
use trellis_spv::verify::{Headers, Policy, Verified, VerifyError, verify};

/// BEEFs compared in a quick run; `TRELLIS_SOAK_CASES` asks for another number.
const QUICK_CASES: u64 = 2_000;

fn cases() -> u64 {
    std::env::var("TRELLIS_SOAK_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(QUICK_CASES)
}

struct OracleHeaders<'a>(&'a Chain);

impl bsv_rs::transaction::beef_stream::Headers for OracleHeaders<'_> {
    fn carries(&self, height: u64, root: &Hash32) -> bool {
        u32::try_from(height)
            .ok()
            .and_then(|height| self.0.header(height))
            .is_some_and(|header| header.root.internal() == root)
    }

    #[expect(deprecated, reason = "the field has no other constructor")]
    fn mining_tip(&self) -> Option<ChainTip> {
        let height = self.0.tip()?;
        // Times rise with heights here, so the median of eleven is the sixth.
        let median_time_past = Chain::time(height - 5);
        Some(ChainTip { height, median_time_past, genesis_height: 1, csv_height: 1, next_block_time: None })
    }
}

fn oracle(bytes: &[u8], chain: &Chain) -> Verdict {
    let mut verifier = StreamVerifier::new(bytes, OracleHeaders(chain), None).with_chain_params(ChainParams::main());
    verifier.set_work_limit(Some(1_000_000_000));
    verifier.run().expect("bytes in memory")
}

#[derive(Debug)]
enum Refusal {
    Form(BeefError),
    Rules(VerifyError),
}

fn ours(bytes: &[u8], chain: &Chain) -> Result<Verified, Refusal> {
    let beef = parse(bytes).map_err(Refusal::Form)?;
    // The oracle knows no fees.
    let policy = Policy { min_fee_rate: 0, ..Policy::default() };
    verify(&beef, chain, &(), &policy).map_err(Refusal::Rules)
}

/// What this host refuses although the network might not.
fn is_deliberately_stricter(refusal: &Refusal) -> bool {
    match refusal {
        Refusal::Form(error) => matches!(
            error,
            // A BEEF is about something, and says it once.
            BeefError::Empty
                | BeefError::RepeatedTransaction { .. }
                // No tree has such a node.
                | BeefError::Bump { source: BumpError::MisplacedDuplicate { .. }, .. }
        ),
        Refusal::Rules(error) => matches!(
            error,
            // A proof says which transaction it is of.
            VerifyError::NotProven { source: BumpError::Unflagged { .. }, .. }
                // As long as a node of a merkle tree.
                | VerifyError::LooksLikeMerkleNode(_)
                // A proven txid without its bytes is of no use to a host that has none.
                | VerifyError::UnknownSubject(_)
                // The oracle forgets the spends of proven transactions that it reads after their rivals.
                | VerifyError::DoubleSpend { .. }
                // Limits of this host.
                | VerifyError::Script {
                    source: ScriptError::TooLong { .. }
                        | ScriptError::TooDeep { .. }
                        | ScriptError::TooMuchWork { .. }
                        | ScriptError::TooMuchMemory { .. },
                    ..
                }
        ),
    }
}

/// The BEEF without what the subject does not rest on.
fn pruned(verified: &Verified) -> Vec<u8> {
    let known = verified.transactions.iter().map(|known| (known.transaction.clone(), known.proof.clone()));
    beef(BeefVersion::V1, &known.collect::<Vec<_>>()).to_bytes()
}

fn compare(bytes: &[u8], chain: &Chain, seen: &mut BTreeMap<&'static str, u64>) {
    let verdict = oracle(bytes, chain);
    let kind = match ours(bytes, chain) {
        Ok(_) if verdict.is_valid() => "both accept",
        Err(_) if !verdict.is_valid() => "both refuse",
        Ok(verified) => {
            let without = oracle(&pruned(&verified), chain);
            assert!(without.is_valid(), "accepted here, {verdict:?}, pruned {without:?}\n{}", hex::encode(bytes));
            "accepted here, the rest refused by the oracle"
        }
        Err(refusal) => {
            assert!(is_deliberately_stricter(&refusal), "refused here: {refusal:?}\n{}", hex::encode(bytes));
            "deliberately stricter"
        }
    };
    *seen.entry(kind).or_default() += 1;
}

/// A random history: coins of all kinds, spent in random ways, right or slightly wrong.
struct History<'r> {
    random: &'r mut StdRng,
    chain: Chain,
    wallet: Wallet,
    coins: Vec<Coin>,
    transactions: Vec<Transaction>,
}

impl History<'_> {
    fn generate(random: &mut StdRng) -> (Chain, Beef) {
        let wallet = Wallet::from_seed(random.random_range(0..3));
        let mut history = History { random, chain: Chain::new(), wallet, coins: Vec::new(), transactions: Vec::new() };
        for _ in 0..history.random.random_range(1..4) {
            history.fund();
        }
        for _ in 0..history.random.random_range(1..6) {
            history.spend();
        }
        let shuffled = history.random.random_ratio(1, 8);
        let mut order: Vec<&Transaction> = history.transactions.iter().collect();
        if shuffled {
            let last = order.pop();
            order.shuffle(history.random);
            order.extend(last);
        }
        let mut beef = history.chain.beef(&order);
        if history.random.random() {
            beef.version = BeefVersion::V2;
        }
        beef.atomic = history.random.random_ratio(1, 3);
        (history.chain, beef)
    }

    fn fund(&mut self) {
        let satoshis = self.random.random_range(100..10_000);
        let coin = if self.random.random_ratio(1, 4) {
            let coin = self.chain.coinbase(&self.wallet, satoshis);
            let blocks = *[0, 98, 99, 200].choose(self.random).unwrap();
            self.chain.mine_empty(blocks);
            coin
        } else {
            let lock = self.lock();
            self.chain.coin_with(&lock, satoshis)
        };
        self.coins.push(coin);
    }

    fn lock(&mut self) -> Vec<u8> {
        match self.random.random_range(0..8) {
            0 | 1 => self.wallet.p2pkh(),
            2 => self.wallet.p2pk(),
            3 => self.wallet.push_drop(&[b"some", b"data"]),
            4 => push_drop_lock(&self.wallet.public_key(), &[b"after"], LockPosition::After),
            5 => [self.wallet.p2pk(), vec![0x61]].concat(),
            // Leaves something on the stack: clean only for version 2.
            6 if self.random.random_ratio(1, 4) => [vec![0x51], self.wallet.p2pk()].concat(),
            _ => self.wallet.p2pkh(),
        }
    }

    fn spend(&mut self) {
        let count = self.random.random_range(1..=self.coins.len().min(3));
        let mut chosen: Vec<Coin> = self.coins.choose_multiple(self.random, count).cloned().collect();
        if !self.random.random_ratio(1, 12) {
            self.coins.retain(|coin| !chosen.contains(coin));
        }
        if self.random.random_ratio(1, 20) {
            chosen.push(chosen[0].clone());
        }
        if self.random.random_ratio(1, 20) {
            chosen[0].outpoint.vout += 1;
        }
        let tip = self.chain.tip().unwrap();
        let total: u64 = chosen.iter().map(|coin| coin.satoshis).sum();
        let stranger = Wallet::from_seed(99);
        let sequence = *[u32::MAX, u32::MAX, 0, u32::MAX - 1].choose(self.random).unwrap();
        let mut inputs = Vec::new();
        for coin in &chosen {
            let wallet = if self.random.random_ratio(1, 30) { &stranger } else { &self.wallet };
            let hash_type = match self.random.random_range(0..20) {
                0 => 0x01,
                1 => 0x61,
                2..6 => *[0x42, 0x43, 0xc1, 0xc2, 0xc3].choose(self.random).unwrap(),
                _ => 0x41,
            };
            inputs.push(coin.by(wallet).hash_type(hash_type).sequence(sequence));
        }
        let version = *[1, 1, 1, 2, 2, 0x8000_0001].choose(self.random).unwrap();
        let median = Chain::time(tip - 5);
        let lock_times = [1, tip, tip + 1, 499_999_999, 500_000_000, median - 1, median, u32::MAX];
        let lock_time = if self.random.random_ratio(1, 4) { *lock_times.choose(self.random).unwrap() } else { 0 };
        let fee = *[0, 1, 50].choose(self.random).unwrap();
        let excess = u64::from(self.random.random_ratio(1, 25)) * 51;
        let satoshis = (total + excess).saturating_sub(fee);
        // New locks must not borrow from the inputs, which borrow the wallet.
        let build = Build { version, inputs, outputs: vec![(satoshis, Vec::new())], lock_time };
        let (mut build, wallet) = (build, self.wallet.clone());
        build.outputs[0].1 = match self.random.random_range(0..30) {
            0 => [&[0xa9, 0x14][..], &[7; 20], &[0x87]].concat(),
            6 => wallet.p2pk(),
            7 => wallet.push_drop(&[b"x"]),
            8 => push_drop_lock(&wallet.public_key(), &[b"y", b"z", b"w"], LockPosition::After),
            9 => [wallet.p2pk(), vec![0x61]].concat(),
            10 => vec![0x51],
            _ => wallet.p2pkh(),
        };
        let transaction = build.sign();
        drop(build);
        if self.random.random_ratio(1, 5) {
            self.chain.mine(&[&transaction]);
        }
        self.coins.push(coin(&transaction, 0));
        self.transactions.push(transaction);
    }
}

/// One change to the parts of a BEEF.
fn change_parts(beef: &mut Beef, random: &mut StdRng) {
    let at = random.random_range(0..beef.transactions.len());
    let other = random.random_range(0..beef.transactions.len());
    match random.random_range(0..7) {
        0 => beef.transactions.swap(at, other),
        1 if beef.transactions.len() > 1 => drop(beef.transactions.remove(at)),
        2 => beef.transactions.push(beef.transactions[at].clone()),
        3 => beef.transactions[at] = BeefEntry::TxidOnly(beef.transactions[at].txid()),
        4 if beef.bumps.len() > 1 => beef.bumps.swap(0, 1),
        5 => beef.subject = beef.transactions[other].txid(),
        _ => {
            let bumps = beef.bumps.len();
            if let BeefEntry::Raw { bump, .. } = &mut beef.transactions[at] {
                *bump = match bump {
                    Some(_) => None,
                    None => (bumps > 0).then(|| random.random_range(0..bumps)),
                };
            }
        }
    }
}

/// One change to the bytes.
fn change_bytes(bytes: &mut Vec<u8>, random: &mut StdRng) {
    if bytes.is_empty() {
        bytes.push(random.random());
    }
    let at = random.random_range(0..bytes.len());
    let byte = *[0, 1, 2, 3, 0xfc, 0xfd, 0xfe, 0xff, random.random()].choose(random).unwrap();
    match random.random_range(0..8) {
        0 => bytes[at] ^= 1 << random.random_range(0..8),
        1 => bytes[at] = byte,
        2 => bytes[at] = bytes[at].wrapping_add(if random.random() { 1 } else { 255 }),
        3 => bytes.insert(at, byte),
        4 => drop(bytes.remove(at)),
        5 => bytes.truncate(at + 1),
        6 => bytes.push(byte),
        _ => {
            let end = (at + random.random_range(1..80)).min(bytes.len());
            let piece = bytes[at..end].to_vec();
            let to = random.random_range(0..=bytes.len());
            bytes.splice(to..to, piece);
        }
    }
}

#[test]
fn this_host_and_the_oracle_agree_on_good_and_damaged_beefs() {
    let mut random = StdRng::seed_from_u64(0x6265_6566);
    let mut seen = BTreeMap::new();
    for case in 0..cases() {
        let (chain, mut beef) = History::generate(&mut random);
        // A third as generated, a third with changed parts, a third with changed bytes.
        if case % 3 == 1 {
            (0..random.random_range(1..3)).for_each(|_| change_parts(&mut beef, &mut random));
        }
        let mut bytes = beef.to_bytes();
        if case % 3 == 2 {
            (0..random.random_range(1..4)).for_each(|_| change_bytes(&mut bytes, &mut random));
        }
        compare(&bytes, &chain, &mut seen);
    }
    println!("{seen:#?}");
    for kind in ["both accept", "both refuse"] {
        assert!(seen.get(kind).is_some_and(|count| count * 20 > cases()), "{seen:?}");
    }
}
