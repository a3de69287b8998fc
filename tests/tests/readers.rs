//! Readers during writes see whole submissions, all at one moment, and nothing that a crash could take back.
//!
//! Each writer owns a family: a transaction with five outputs, spent whole by the next one with five outputs. At every
//! moment exactly one generation of each family is unspent, so half a submission anywhere would show.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};
use trellis_spv::hash::Txid;
use trellis_spv::testing::{Coin, Wallet, coin};
use trellis_spv::transaction::Transaction;
use trellis_system_tests::client::{Client, Found};
use trellis_system_tests::configuration::Configuration;
use trellis_system_tests::host::Host;
use trellis_system_tests::soak;
use trellis_system_tests::tokens::split;
use trellis_system_tests::world::World;

/// Reads in CI; `TRELLIS_SOAK_READS` in a soak.
const READS: usize = 3_000;

/// Reads of one round: everything, one transaction, its outputs, how many there are.
const READS_OF_A_ROUND: usize = 4;

/// Reads for each write at most: what is read must change under the readers.
const READS_FOR_A_WRITE: usize = 10;

/// Families, each with a writer of its own.
const FAMILIES: usize = 6;

/// Readers at once.
const READERS: usize = 4;

/// Outputs of each generation.
const MEMBERS: usize = 5;

/// Generations between two that are mined: the proof keeps answers from growing with the age of a family.
const MINED_EVERY: usize = 10;

/// Satoshis a family starts with: enough for thousands of generations.
const FORTUNE: u64 = 10_000_000;

/// What writers tell readers, and readers the end of the test.
#[derive(Default)]
struct Shared {
    over: AtomicBool,
    reads: AtomicUsize,
    /// Subjects, put here before they are submitted.
    announced: Mutex<Vec<Txid>>,
    /// What readers saw of each transaction: its sequence, where they saw one.
    seen: Mutex<BTreeMap<Txid, Option<u64>>>,
}

/// Submits generation after generation until it is over.
fn write(client: &Client, world: &World, wallet: &Wallet, first: &Transaction, shared: &Shared) {
    let mut last = first.clone();
    for generation in 1.. {
        if shared.over.load(Ordering::SeqCst) {
            return;
        }
        let coins: Vec<Coin> = (0..).take(MEMBERS).map(|vout| coin(&last, vout)).collect();
        let next = split(wallet, &coins, MEMBERS as u64);
        if generation % MINED_EVERY == 0 {
            world.chain().mine(&[&last]);
            world.publish_to_running_hosts();
        }
        shared.announced.lock().unwrap().push(next.txid());
        // An unproven parent is left out: the host holds it. A mined one goes along with its proof.
        match client.try_submit(&["tm_anytx"], &world.beef_bytes(&[&next])) {
            Ok(reply) => assert_eq!(reply.admittance("tm_anytx")[0].len(), MEMBERS, "{}", reply.text()),
            // The end of the host, which is part of the test.
            Err(_) => return,
        }
        last = next;
    }
}

/// All five outputs of a transaction or none, and one generation of each family.
fn assert_whole(found: &Found) -> BTreeSet<Txid> {
    let mut members: BTreeMap<Txid, BTreeSet<u32>> = BTreeMap::new();
    for outpoint in found.outpoints() {
        assert!(members.entry(outpoint.txid).or_default().insert(outpoint.vout), "{outpoint} twice in one answer");
    }
    for (txid, members) in &members {
        assert_eq!(members.len(), MEMBERS, "half of {txid}: {members:?}");
    }
    assert_eq!(members.len(), FAMILIES, "two generations of one family, or none: {:?}", members.keys());
    let beef = found.beef.as_ref().expect("outputs come with a BEEF");
    for txid in members.keys() {
        assert!(beef.transactions.iter().any(|entry| entry.txid() == *txid), "{txid} is not in its BEEF");
    }
    members.into_keys().collect()
}

/// Reads until enough was read, alternating between the questions there are.
fn read(client: &Client, shared: &Shared, reads: usize) {
    let everything = json!({ "findAll": true, "limit": 1000 });
    let is_enough = || shared.announced.lock().unwrap().len() >= reads / READS_FOR_A_WRITE;
    while shared.reads.fetch_add(READS_OF_A_ROUND, Ordering::SeqCst) < reads || !is_enough() {
        for txid in assert_whole(&client.find("ls_anytx", &everything)) {
            shared.seen.lock().unwrap().entry(txid).or_default();
        }
        let Some(newest) = shared.announced.lock().unwrap().last().copied() else { continue };
        // It may be held already or not; by any other name it is held whole.
        if let Some(report) = client.transaction(&newest) {
            assert_eq!(report["topics"], json!(["tm_anytx"]), "{report}");
            let sequence = report["sequence"].as_u64().expect("an applied transaction has a sequence");
            shared.seen.lock().unwrap().insert(newest, Some(sequence));
        }
        let of_newest = client.outputs_of(&newest);
        assert!([0, MEMBERS].contains(&of_newest.len()), "half of {newest}: {of_newest:?}");
        let count = client.lookup("ls_anytx", &json!({ "count": true })).expect(200).json();
        assert_eq!(count["result"]["count"], json!(FAMILIES * MEMBERS), "{count}");
    }
}

#[test]
fn readers_see_whole_submissions_and_nothing_that_a_crash_takes_back() {
    let reads = soak::count("TRELLIS_SOAK_READS", READS);
    let world = World::new();
    let wallets: Vec<Wallet> = (0..FAMILIES as u64).map(Wallet::from_seed).collect();
    let founders: Vec<Transaction> =
        wallets.iter().map(|wallet| split(wallet, &world.coins(wallet, 1, FORTUNE), MEMBERS as u64)).collect();
    world.publish();
    let mut host = Host::start(&Configuration::usual(), &world);
    let client = host.client();
    for founder in &founders {
        let _ = client.submit(&["tm_anytx"], &world.beef_bytes(&[founder])).expect(200);
    }
    let shared = Shared::default();
    thread::scope(|scope| {
        for (wallet, founder) in wallets.iter().zip(&founders) {
            let (client, world, shared) = (host.client(), &world, &shared);
            scope.spawn(move || write(&client, world, wallet, founder, shared));
        }
        let readers: Vec<_> = (0..READERS)
            .map(|_| {
                let (client, shared) = (host.client(), &shared);
                scope.spawn(move || read(&client, shared, reads))
            })
            .collect();
        let failed = readers.into_iter().filter_map(|reader| reader.join().err()).count();
        // While writers are still at it: what readers saw until now must be there afterwards.
        host.kill_9();
        shared.over.store(true, Ordering::SeqCst);
        assert_eq!(failed, 0, "readers saw what they should not have");
    });
    host.check_store();
    host.start_again();
    let client = host.client();
    let seen = shared.seen.into_inner().unwrap();
    println!("{} reads saw {} transactions", shared.reads.into_inner(), seen.len());
    assert!(seen.len() > FAMILIES, "nothing was written while readers read");
    for (txid, sequence) in seen {
        let report: Value = client.transaction(&txid).unwrap_or_else(|| panic!("{txid} was read, and is gone"));
        if let Some(sequence) = sequence {
            assert_eq!(report["sequence"], json!(sequence), "{txid} was read at another sequence");
        }
    }
    // The crash left one generation of each family, whole.
    assert_whole(&client.find("ls_anytx", &json!({ "findAll": true, "limit": 1000 })));
}
