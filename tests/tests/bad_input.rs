//! What is not a BEEF, or does not prove its transaction: a clear refusal, nothing stored, the host goes on.

use trellis_spv::beef::{BeefEntry, BeefVersion};
use trellis_spv::hash::{Outpoint, Txid};
use trellis_spv::merkle::{MerkleNode, MerkleProof};
use trellis_spv::reader::Reader;
use trellis_spv::testing::{Build, Chain, Coin, Wallet, beef, build, coin};
use trellis_spv::transaction::Transaction;
use trellis_spv::verify::Headers;
use trellis_system_tests::door::Door;
use trellis_system_tests::world::World;

const MALFORMED: &str = "ERR_BEEF_MALFORMED";
const NOT_VERIFIED: &str = "ERR_NOT_VERIFIED";

struct Scene {
    world: World,
    alice: Wallet,
    bob: Wallet,
}

impl Scene {
    fn new() -> Self {
        Self { world: World::new(), alice: Wallet::from_seed(1), bob: Wallet::from_seed(2) }
    }

    fn coin(&self) -> Coin {
        self.world.coin(&self.alice, 5_000)
    }

    fn tip(&self) -> u32 {
        self.world.chain().tip().unwrap()
    }

    /// A BEEF with two generations of unproven transactions over two mined coins.
    fn sample(&self) -> Vec<u8> {
        let first = self.alice.pay(&[self.coin(), self.coin()], &self.bob.push_drop(&[b"hello"]), 9_000);
        let second = self.bob.pay(&[coin(&first, 0)], &self.alice.p2pkh(), 8_000);
        self.world.beef_bytes(&[&first, &second])
    }
}

#[test]
fn every_truncation_and_every_trailing_byte_is_refused() {
    let scene = Scene::new();
    let sample = scene.sample();
    let door = Door::open(&scene.world);
    for end in 0..sample.len() {
        let what = format!("the first {end} of {} bytes", sample.len());
        door.refuse(&what, &sample[..end], 400, MALFORMED, &["the BEEF cannot be read"]);
    }
    for extra in [1, 2, 100] {
        let longer = [&sample[..], &vec![0; extra]].concat();
        let at = format!("ends at offset {}", sample.len());
        door.refuse("trailing bytes", &longer, 400, MALFORMED, &[&at, &format!("{extra} bytes follow")]);
    }
    door.close();
}

/// Offsets and lengths of all VarInts of a BEEF V1.
fn var_ints(beef: &[u8]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut reader = Reader::new(beef);
    let mut var_int = |reader: &mut Reader<'_>| {
        let start = reader.position();
        let value = reader.var_int("a number").unwrap();
        found.push((start, reader.position() - start));
        value
    };
    reader.u32("version").unwrap();
    for _ in 0..var_int(&mut reader) {
        var_int(&mut reader);
        for _ in 0..reader.u8("tree height").unwrap() {
            for _ in 0..var_int(&mut reader) {
                var_int(&mut reader);
                let is_duplicate = reader.u8("flags").unwrap() & 1 == 1;
                reader.take(if is_duplicate { 0 } else { 32 }, "hash").unwrap();
            }
        }
    }
    for _ in 0..var_int(&mut reader) {
        reader.u32("version").unwrap();
        for _ in 0..var_int(&mut reader) {
            reader.take(36, "outpoint").unwrap();
            let script = var_int(&mut reader);
            reader.take(script + 4, "script and sequence").unwrap();
        }
        for _ in 0..var_int(&mut reader) {
            reader.u64("satoshis").unwrap();
            let script = var_int(&mut reader);
            reader.take(script, "script").unwrap();
        }
        reader.u32("lock time").unwrap();
        if reader.u8("has a proof").unwrap() == 1 {
            var_int(&mut reader);
        }
    }
    assert_eq!(reader.remaining(), 0);
    found
}

#[test]
fn no_number_in_a_beef_can_make_the_host_reserve_memory_for_it() {
    let scene = Scene::new();
    let sample = scene.sample();
    let numbers = var_ints(&sample);
    assert!(numbers.len() > 30);
    let mut door = Door::open(&scene.world);
    door.accept("the sample itself", &sample);
    #[cfg(target_os = "linux")]
    let before = trellis_system_tests::door::peak_memory(&door.host);
    for (at, length) in numbers {
        for value in [1u64 << 36, 1 << 60, u64::MAX] {
            let number = [&[0xff][..], &value.to_le_bytes()].concat();
            let bytes = [&sample[..at], &number, &sample[at + length..]].concat();
            let reply = door.client().submit(&["tm_anytx"], &bytes);
            let (code, message) = reply.error();
            assert_eq!(reply.status, 400, "{value} at offset {at}: {message}");
            assert!([MALFORMED, NOT_VERIFIED].contains(&&*code), "{value} at offset {at}: {message}");
        }
    }
    #[cfg(target_os = "linux")]
    {
        // Far below the least of these numbers, far above what a hundred requests leave behind.
        const MOST_GROWTH: u64 = 64 * 1024 * 1024;
        let growth = trellis_system_tests::door::peak_memory(&door.host) - before;
        assert!(growth < MOST_GROWTH, "the host grew by {growth} bytes");
    }
    door.close();
}

#[test]
fn an_unknown_version_is_refused_and_named() {
    let scene = Scene::new();
    let sample = scene.sample();
    let door = Door::open(&scene.world);
    for version in ["0300beef", "0000beef", "efbe0001", "00000000", "ffffffff", "01010102"] {
        let bytes = [&hex::decode(version).unwrap()[..], &sample[4..]].concat();
        door.refuse(version, &bytes, 400, MALFORMED, &[version, "0100beef"]);
    }
    door.close();
}

#[test]
fn a_transaction_that_breaks_a_rule_is_refused_with_that_rule() {
    let scene = Scene::new();
    let Scene { world, alice, bob } = &scene;
    let coin_of_alice = scene.coin();
    let pay = |satoshis| alice.pay(std::slice::from_ref(&coin_of_alice), &bob.p2pkh(), satoshis);
    let key = |n: u64| [&[33][..], &Wallet::from_seed(n).public_key()].concat();
    let multisig = [&[0x52][..], &key(3), &key(4), &key(5), &[0x53, 0xae]].concat();
    let multisig = world.chain().coin_with(&multisig, 5_000);
    let coinbase = world.chain().coinbase(alice, 5_000);
    let tip = scene.tip();
    let locked = |lock_time| {
        let inputs = vec![coin_of_alice.by(alice).sequence(0)];
        Build { inputs, outputs: vec![(4_000, bob.p2pkh())], lock_time, ..Build::default() }.sign()
    };
    let unheard_of = Coin { outpoint: Outpoint::new(Txid::from_internal([9; 32]), 0), ..coin_of_alice.clone() };
    let beyond = Coin { outpoint: Outpoint::new(coin_of_alice.outpoint.txid, 7), ..coin_of_alice.clone() };
    let signed = pay(4_000);
    let bad_signature = {
        let mut raw = signed.raw().to_vec();
        // Inside the DER signature, behind version, input count, outpoint, script length, push and DER header.
        raw[4 + 1 + 36 + 1 + 1 + 20] ^= 1;
        Transaction::parse(raw).unwrap()
    };
    let p2sh = [&[0xa9, 0x14][..], &[7; 20], &[0x87]].concat();
    let cases: Vec<(&str, Transaction, &[&str])> = vec![
        ("bad signature", bad_signature, &["input 0 of", "may not spend"]),
        ("another's key", build(&[coin_of_alice.by(bob)], &[(4_000, bob.p2pkh())]), &["input 0 of", "may not spend"]),
        ("unsigned multisig", build(&[multisig.with(&[0, 0, 0])], &[(4_000, bob.p2pkh())]), &["may not spend"]),
        ("outputs above inputs", pay(5_001), &["spends 5000 satoshis and makes 5001"]),
        (
            "duplicate input",
            build(&[coin_of_alice.by(alice), coin_of_alice.by(alice)], &[(4_000, bob.p2pkh())]),
            &["spends", "twice"],
        ),
        (
            "missing parent",
            alice.pay(&[unheard_of], &bob.p2pkh(), 4_000),
            &["lacks 1 transactions", "0909090909090909", "send them in full"],
        ),
        ("no such output", alice.pay(&[beyond], &bob.p2pkh(), 4_000), &["has only 1 outputs"]),
        ("no fee", pay(5_000), &["pays 0 satoshis", "the least fee here is 1"]),
        ("not final, by height", locked(tip + 1), &["is locked until block", "the next block is"]),
        ("not final, by time", locked(Chain::time(tip)), &["is locked until time"]),
        ("immature coinbase", alice.pay(&[coinbase], &bob.p2pkh(), 4_000), &["coinbases rest 100 blocks"]),
        ("pays to a script hash", alice.pay(std::slice::from_ref(&coin_of_alice), &p2sh, 4_000), &["P2SH"]),
    ];
    let mut door = Door::open(world);
    for (what, transaction, words) in &cases {
        let txid = transaction.txid();
        let message = door.refuse(what, &world.beef_bytes(&[transaction]), 400, NOT_VERIFIED, words);
        assert!(*what == "missing parent" || message.contains(&txid.to_string()), "{what}: {message}");
        assert!(door.client().transaction(&txid).is_none(), "{what} was kept");
        // The same, hidden behind a good child.
        let child = bob.pay(&[coin(transaction, 0)], &alice.p2pkh(), 3_000);
        door.refuse(what, &world.beef_bytes(&[transaction, &child]), 400, NOT_VERIFIED, words);
    }
    // The coin they all tried to spend is still there to be spent.
    door.accept("the good one", &world.beef_bytes(&[&signed]));
    door.close();
}

#[test]
fn a_transaction_without_inputs_is_refused() {
    let scene = Scene::new();
    let nothing = Build { outputs: vec![(0, vec![0x51; 100])], ..Build::default() };
    let raw = nothing.raw(&[]);
    let door = Door::open(&scene.world);
    let bytes = [&[1, 0, 0xbe, 0xef, 0, 1][..], &raw, &[0]].concat();
    door.refuse("no inputs", &bytes, 400, MALFORMED, &["transaction 0 of the BEEF"]);
    door.close();
}

#[test]
fn a_proof_that_proves_something_else_is_refused() {
    let scene = Scene::new();
    let Scene { world, alice, bob } = &scene;
    let (one, two) = (scene.coin(), scene.coin());
    let subject = alice.pay(std::slice::from_ref(&one), &bob.p2pkh(), 4_000);
    let parent = world.chain().transaction(&one.outpoint.txid).unwrap().clone();
    let good = world.chain().proof(&parent.txid()).unwrap();
    let with = |proof: MerkleProof| {
        beef(BeefVersion::V1, &[(parent.clone(), Some(proof)), (subject.clone(), None)]).to_bytes()
    };
    let changed = |change: &dyn Fn(&mut MerkleProof)| {
        let mut proof = good.clone();
        change(&mut proof);
        with(proof)
    };
    let tip = scene.tip();
    let txid = parent.txid().to_string();
    let mut unflagged = with(good.clone());
    let is_leaf = |window: &[u8]| window[0] == 2 && window[1..] == *parent.txid().internal();
    let at = unflagged.windows(33).position(is_leaf).unwrap();
    unflagged[at] = 0;
    let both = alice.pay(&[one.clone(), two], &bob.p2pkh(), 4_000);
    let mut swapped = world.beef(&[&both]);
    swapped.bumps.swap(0, 1);
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("wrong root", changed(&|proof| proof.levels[0] = MerkleNode::Hash([1; 32])), &txid),
        ("another block", changed(&|proof| proof.height -= 1), &txid),
        ("above the tip", changed(&|proof| proof.height = tip + 1), &txid),
        ("a height the host has no header of", changed(&|proof| proof.height = 5), &txid),
        ("proof for another txid", swapped.to_bytes(), "transaction "),
        ("unflagged leaf", unflagged, &txid),
    ];
    let mut door = Door::open(world);
    let mut messages = Vec::new();
    for (what, bytes, words) in &cases {
        messages.push(door.refuse(what, bytes, 400, NOT_VERIFIED, &[words]));
        assert!(door.client().transaction(&parent.txid()).is_none(), "{what}: the parent was kept");
    }
    messages.sort();
    messages.dedup();
    assert!(messages.len() >= cases.len() - 1, "each kind has a text of its own: {messages:#?}");
    door.accept("with its own proof", &with(good.clone()));
    door.close();
}

#[test]
fn two_spenders_of_one_coin_in_one_beef_are_refused() {
    let scene = Scene::new();
    let Scene { world, alice, bob } = &scene;
    let coin_of_alice = scene.coin();
    let [one, two] =
        [4_000, 3_900].map(|satoshis| alice.pay(std::slice::from_ref(&coin_of_alice), &bob.p2pkh(), satoshis));
    let both = bob.pay(&[coin(&one, 0), coin(&two, 0)], &alice.p2pkh(), 7_000);
    let door = Door::open(world);
    let words = [&one.txid().to_string(), &*two.txid().to_string(), "both spend"];
    door.refuse("a double spend", &world.beef_bytes(&[&one, &two, &both]), 400, NOT_VERIFIED, &words);
    door.close();
}

#[test]
fn a_subject_named_only_by_its_txid_must_be_known() {
    let scene = Scene::new();
    let Scene { world, alice, bob } = &scene;
    let transaction = alice.pay(&[scene.coin()], &bob.p2pkh(), 4_000);
    let whole = world.beef_bytes(&[&transaction]);
    let mut by_name = beef(BeefVersion::V2, &[(transaction.clone(), None)]);
    by_name.transactions = vec![BeefEntry::TxidOnly(transaction.txid())];
    let mut door = Door::open(world);
    let txid = transaction.txid().to_string();
    door.refuse("unknown by name", &by_name.to_bytes(), 400, NOT_VERIFIED, &[&txid, "send it in full"]);
    door.accept("in full", &whole);
    door.accept("known by name", &by_name.to_bytes());
    door.close();
}
