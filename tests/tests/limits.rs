//! Each limit of the door exactly met works, exceeded by one it is refused, through HTTP and down to the store.

use trellis_spv::limits::{
    DEFAULT_MAX_IF_DEPTH, DEFAULT_MAX_INPUTS, DEFAULT_MAX_SCRIPT_BYTES, DEFAULT_MAX_SIGNATURE_CHECKS,
    DEFAULT_MAX_UNPROVEN_ANCESTORS,
};
use trellis_spv::testing::{Coin, Spend, Wallet, build, coin, push};
use trellis_spv::transaction::Transaction;
use trellis_system_tests::configuration::Configuration;
use trellis_system_tests::door::Door;
use trellis_system_tests::tokens::split;
use trellis_system_tests::world::World;

const NOT_VERIFIED: &str = "ERR_NOT_VERIFIED";

/// Largest body, in bytes.
const MAX_BODY: usize = 32 * 1024 * 1024;

/// Most topics of one submission.
const MAX_TOPICS: usize = 64;

/// Anyone can spend it.
const OP_TRUE: [u8; 1] = [0x51];

fn wallet() -> Wallet {
    Wallet::from_seed(6)
}

/// An output script of `size` bytes of data that nobody can spend.
fn data(size: usize) -> Vec<u8> {
    [&[0x00, 0x6a][..], &push(&vec![7; size])].concat()
}

/// What `make` makes of a number so that the BEEF has exactly `bytes` bytes. The size must grow by one with the number, but
/// for the length of signatures, which is why it takes a few attempts.
fn of_size(bytes: usize, make: impl Fn(usize) -> Vec<u8>) -> Vec<u8> {
    let overhead = make(1 << 20).len() - (1 << 20);
    let beef = (0..100).map(|_| make(bytes - overhead)).find(|beef| beef.len() == bytes);
    beef.unwrap_or_else(|| panic!("no BEEF has {bytes} bytes"))
}

#[test]
fn a_body_of_32_mebibytes_is_taken_and_one_byte_more_is_not() {
    let world = World::new();
    let wallet = wallet();
    // A mined parent carries the weight.
    let heavy = |weight: usize| {
        let parent = world.chain().funding(&[(10_000, wallet.p2pkh()), (0, data(weight))]);
        let child = split(&wallet, &[coin(&parent, 0)], 2);
        world.beef_bytes(&[&child])
    };
    let (fits, too_large) = (of_size(MAX_BODY, heavy), of_size(MAX_BODY + 1, heavy));
    let mut door = Door::open(&world);
    door.refuse("one byte more", &too_large, 413, "ERR_BODY_TOO_LARGE", &["33554432"]);
    door.accept("32 MiB", &fits);
    door.close();
}

#[test]
fn sixty_four_topics_judge_one_submission_and_sixty_five_are_refused() {
    let world = World::new();
    let wallet = wallet();
    let transaction = split(&wallet, &[world.coin(&wallet, 10_000)], 2);
    let names: Vec<String> = (0..=MAX_TOPICS).map(|number| format!("tm_many_{number}")).collect();
    let configuration =
        names.iter().fold(Configuration::usual(), |configuration, name| configuration.topic(name, "anytx"));
    let mut door = Door::open_with(&world, &configuration);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let beef = world.beef_bytes(&[&transaction]);
    let reply = door.client().submit(&names, &beef);
    Door::assert_refused("65 topics", &reply, 400, "ERR_TOPICS", &["64"]);
    let reply = door.client().submit(&names[..MAX_TOPICS], &beef).expect(200);
    for name in &names[..MAX_TOPICS] {
        assert_eq!(reply.admittance(name)[0], [0, 1]);
    }
    door.accepted(&beef);
    door.close();
}

#[test]
fn a_thousand_unproven_ancestors_are_taken_and_one_more_is_not() {
    let world = World::new();
    let wallet = wallet();
    let mut last = world.coin(&wallet, 2_000_000);
    let mut chain: Vec<Transaction> = Vec::new();
    for _ in 0..DEFAULT_MAX_UNPROVEN_ANCESTORS + 2 {
        let next = wallet.pay(std::slice::from_ref(&last), &wallet.p2pkh(), last.satoshis - 1);
        last = coin(&next, 0);
        chain.push(next);
    }
    let all: Vec<&Transaction> = chain.iter().collect();
    let mut door = Door::open(&world);
    door.refuse("one more", &world.beef_bytes(&all), 400, NOT_VERIFIED, &["more than 1000 unproven transactions"]);
    door.accept("a thousand", &world.beef_bytes(&all[..=DEFAULT_MAX_UNPROVEN_ANCESTORS]));
    door.close();
}

/// A transaction that spends the first `count` of these coins into one output.
fn sweep(coins: &[Coin], count: usize, spend: impl Fn(&Coin) -> Spend<'static>) -> Transaction {
    let spends: Vec<Spend<'_>> = coins[..count].iter().map(spend).collect();
    build(&spends, &[(count as u64 * 9, OP_TRUE.to_vec())])
}

#[test]
fn two_thousand_signatures_are_checked_and_one_more_is_not() {
    const MOST: usize = DEFAULT_MAX_SIGNATURE_CHECKS as usize;
    let world = World::new();
    let wallet: &'static Wallet = Box::leak(Box::new(wallet()));
    let coins = world.coins(wallet, MOST + 1, 10);
    let [fits, too_many] = [MOST, MOST + 1].map(|count| sweep(&coins, count, |coin| coin.by(wallet)));
    let mut door = Door::open(&world);
    let words = ["ask for 2001 signature checks", "at most 2000"];
    door.refuse("2,001 signatures", &world.beef_bytes(&[&too_many]), 400, NOT_VERIFIED, &words);
    door.accept("2,000 signatures", &world.beef_bytes(&[&fits]));
    door.close();
}

#[test]
fn twenty_thousand_inputs_are_judged_and_one_more_is_not() {
    let world = World::new();
    let funding = world.chain().funding(&vec![(10, OP_TRUE.to_vec()); DEFAULT_MAX_INPUTS + 1]);
    let coins: Vec<Coin> = (0..).take(DEFAULT_MAX_INPUTS + 1).map(|vout| coin(&funding, vout)).collect();
    let [fits, too_many] =
        [DEFAULT_MAX_INPUTS, DEFAULT_MAX_INPUTS + 1].map(|count| sweep(&coins, count, |coin| coin.with(&[])));
    let mut door = Door::open(&world);
    let words = ["have more than 20000 inputs"];
    door.refuse("20,001 inputs", &world.beef_bytes(&[&too_many]), 400, NOT_VERIFIED, &words);
    door.accept("20,000 inputs", &world.beef_bytes(&[&fits]));
    door.close();
}

#[test]
fn long_scripts_and_deep_ifs_run_up_to_their_limits() {
    let world = World::new();
    let nops = |size: usize| [vec![0x61; size - 1], OP_TRUE.to_vec()].concat();
    let ifs = |depth: usize| [[0x51, 0x63].repeat(depth), OP_TRUE.to_vec(), vec![0x68; depth]].concat();
    let spend = |lock: &[u8]| build(&[world.chain().coin_with(lock, 10_000).with(&[])], &[(9, OP_TRUE.to_vec())]);
    let [long, longer] = [DEFAULT_MAX_SCRIPT_BYTES, DEFAULT_MAX_SCRIPT_BYTES + 1].map(|size| spend(&nops(size)));
    let [deep, deeper] = [DEFAULT_MAX_IF_DEPTH, DEFAULT_MAX_IF_DEPTH + 1].map(|depth| spend(&ifs(depth)));
    let mut door = Door::open(&world);
    door.refuse("10,001 bytes", &world.beef_bytes(&[&longer]), 400, NOT_VERIFIED, &["10001", "10000"]);
    door.refuse("2,001 deep", &world.beef_bytes(&[&deeper]), 400, NOT_VERIFIED, &["2001", "2000"]);
    door.accept("10,000 bytes", &world.beef_bytes(&[&long]));
    door.accept("2,000 deep", &world.beef_bytes(&[&deep]));
    door.close();
}

#[test]
fn a_subject_as_large_as_a_body_can_carry_is_judged_by_its_topic() {
    let world = World::new();
    let wallet = wallet();
    let heavy = |weight: usize| {
        let spends = [world.coin(&wallet, 1_000_000).by(&wallet)];
        world.beef_bytes(&[&build(&spends, &[(900_000, wallet.p2pkh()), (0, data(weight))])])
    };
    let beef = of_size(MAX_BODY, heavy);
    let mut door = Door::open(&world);
    door.accept("a subject of 32 MiB", &beef);
    door.close();
}
