//! The rule of `examples/federation` under fire: whatever is killed or comes at once, no contract without both parties, and none after one of
//! them was revoked.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rand::Rng;
use rand::seq::SliceRandom;
use serde_json::Value;
use trellis_spv::hash::Txid;
use trellis_spv::identity::certificate::{CertificateType, Revocation, VerifiableCertificate};
use trellis_spv::identity::key::{Counterparty, PrivateKey};
use trellis_spv::testing::{Coin, Issue, Wallet, coin};
use trellis_spv::transaction::Transaction;
use trellis_system_tests::client::{Client, Reply};
use trellis_system_tests::configuration::Configuration;
use trellis_system_tests::evidence::{evidence, identity};
use trellis_system_tests::host::Host;
use trellis_system_tests::replay::assert_alike;
use trellis_system_tests::soak;
use trellis_system_tests::tokens::with_change;
use trellis_system_tests::world::World;

/// Rounds in CI; `TRELLIS_SOAK_FEDERATION` in a soak.
const ROUNDS: usize = 4;

/// Buyers, each with a client that submits and a certificate that is revoked at some moment.
const BUYERS: usize = 8;

/// Contracts each of them can make before the host dies.
const CONTRACTS: usize = 60;

/// Longest time a host lives, in milliseconds.
const LONGEST_LIFE: u64 = 1_200;

const TYPE: [u8; 32] = [8; 32];
const TOPIC: &str = "tm_contracts";
const REVOCATION: &str = "tm_certificate_revocation";

fn key(seed: u8) -> PrivateKey {
    PrivateKey::from_bytes([seed; 32]).unwrap()
}

/// The certifiers of growers and of bakers.
fn certifiers() -> [PrivateKey; 2] {
    [key(201), key(202)]
}

fn configuration(world: &World) -> Configuration {
    let [growers, bakers] = certifiers().map(|key| identity(&key));
    let of = |organisation: &str, key: &str| {
        format!(
            "[certifier.{organisation}]\nkey = \"{key}\"\n[organisation.{organisation}]\ncertifiers = [\"{organisation}\"]\n\
             [[organisation.{organisation}.vouches]]\ntype = \"{}\"\nfields = [\"company\"]\n",
            CertificateType(TYPE)
        )
    };
    let federation = "[federation.supply]\norganisations = [\"growers\", \"bakers\"]\nrevocation = \"tracked\"\n\
                      revocation-topic = \"tm_certificate_revocation\"\n";
    let (component, file) = (world.folder().join("federation.wasm"), world.folder().join("federations.toml"));
    std::fs::write(&component, trellis_plugins_embedded::FEDERATION).unwrap();
    std::fs::write(&file, format!("{}{}{federation}", of("growers", &growers), of("bakers", &bakers))).unwrap();
    let config = format!("federation = \"supply\", certificate-type = \"{}\"", CertificateType(TYPE));
    Configuration::new()
        .file("federation", &component, &config)
        .builtin("revocation", "certificate-revocation", "")
        .topic(TOPIC, "federation")
        .topic(REVOCATION, "revocation")
        .tables(&format!("[identity]\nfederations = '{}'\n", file.display()))
}

/// Somebody with a certificate.
struct Party {
    key: PrivateKey,
    certificate: VerifiableCertificate,
}

impl Party {
    fn new(key: PrivateKey, certifier: &PrivateKey, serial: u8, revocation: Revocation) -> Self {
        let issue = Issue {
            certifier,
            subject: &key,
            certificate_type: TYPE,
            serial_number: [serial; 32],
            revocation,
            fields: &[("company", "a firm")],
        };
        let certificate = issue.shown_to(&Counterparty::Anyone, &["company"]);
        Self { key, certificate }
    }
}

/// What is brought along with a contract.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Brings {
    Everything,
    OneSignature,
    OneCertificate,
}

/// A contract that was submitted.
struct Sent {
    txid: Txid,
    brings: Brings,
    buyer: usize,
    /// Whether it was taken; `None` where no answer came.
    taken: Option<bool>,
}

fn submit(client: &Client, topic: &str, beef: &[u8], evidence: Option<&Value>) -> Option<Reply> {
    let topics = format!("[\"{topic}\"]");
    let mut headers =
        vec![("content-type", "application/octet-stream"), ("x-topics", &*topics), ("x-trellis-require", "all")];
    let mut body = Vec::new();
    if let Some(evidence) = evidence {
        headers.push(("x-bsv-includes-evidence", "true"));
        let json = evidence.to_string();
        trellis_spv::writer::write_var_bytes(&mut body, json.as_bytes());
    }
    body.extend_from_slice(beef);
    client.try_post("/v1/submit", &headers, &body).ok()
}

/// The parties and the coins of one round.
struct Round<'r> {
    world: &'r World,
    seller: &'r Party,
    buyers: &'r [Party],
    number: usize,
}

impl Round<'_> {
    /// Submits a contract between the seller and a buyer.
    fn contract(&self, client: &Client, wallet: &Wallet, coin: &Coin, buyer: usize, brings: Brings, id: &str) -> Sent {
        let (seller, party) = (&self.seller, &self.buyers[buyer]);
        let (selling, buying) = (identity(&seller.key), identity(&party.key));
        let fields = ["contract", id, "terms", &selling, &buying, "agreed"].map(str::as_bytes);
        let transaction = with_change(wallet, std::slice::from_ref(coin), vec![(1, wallet.push_drop(&fields))]);
        let txid = transaction.txid();
        let signers = match brings {
            Brings::OneSignature => vec![&seller.key],
            _ => vec![&seller.key, &party.key],
        };
        let certificates = match brings {
            Brings::Everything => vec![&seller.certificate, &party.certificate],
            _ => vec![&seller.certificate],
        };
        let evidence = evidence(&txid, TOPIC, &signers, certificates);
        let reply = submit(client, TOPIC, &self.world.beef_bytes(&[&transaction]), Some(&evidence));
        let taken = reply.map(|reply| match (reply.status, brings) {
            (200, Brings::Everything) => true,
            (422, Brings::Everything) => {
                assert!(reply.text().contains("the word of the federation"), "{}", reply.text());
                false
            }
            (422, Brings::OneSignature) => {
                assert!(reply.text().contains(&format!("of {buying} its signature")), "{}", reply.text());
                false
            }
            (422, Brings::OneCertificate) => {
                assert!(reply.text().contains(&format!("of {buying} a certificate")), "{}", reply.text());
                false
            }
            (status, _) => panic!("{brings:?}: {status} {}", reply.text()),
        });
        Sent { txid, brings, buyer, taken }
    }

    /// A buyer's share of a life: contracts until the host is gone.
    fn buy(&self, client: &Client, wallet: &Wallet, coins: &[Coin], buyer: usize, over: &AtomicBool) -> Vec<Sent> {
        let mut sent = Vec::new();
        for (number, coin) in coins.iter().enumerate() {
            if over.load(Ordering::SeqCst) {
                break;
            }
            let brings = match number % 4 {
                2 => Brings::OneSignature,
                3 => Brings::OneCertificate,
                _ => Brings::Everything,
            };
            let id = format!("{} {buyer} {number}", self.number);
            sent.push(self.contract(client, wallet, coin, buyer, brings, &id));
        }
        sent
    }
}

/// The commit that applied a transaction to a topic; `None` where it was not.
fn applied(client: &Client, txid: &Txid, topic: &str) -> Option<u64> {
    let report = client.transaction(txid)?;
    let is_there = report["topics"].as_array()?.iter().any(|name| name == topic);
    is_there.then(|| report["sequence"].as_u64()).flatten()
}

fn check(client: &Client, round: &Round<'_>, sent: &[Sent], revocations: &[Transaction]) {
    for Sent { txid, brings, buyer, taken } in sent {
        let applied_at = applied(client, txid, TOPIC);
        match taken {
            Some(taken) => assert_eq!(applied_at.is_some(), *taken, "{txid} with {brings:?}"),
            None if *brings != Brings::Everything => assert_eq!(applied_at, None, "{txid} with {brings:?}"),
            None => {}
        }
        let Some(applied_at) = applied_at else { continue };
        if let Some(revoked_at) = applied(client, &revocations[*buyer].txid(), REVOCATION) {
            assert!(applied_at < revoked_at, "{txid} at {applied_at}, after the revocation at {revoked_at}");
        }
        let kept = client.get(&format!("/v1/transactions/{txid}/evidence")).expect(200).json();
        let signers: Vec<_> = kept["signatures"].as_array().unwrap().iter().map(|by| &by["identityKey"]).collect();
        let parties = [&round.seller.key, &round.buyers[*buyer].key].map(|key| Value::from(identity(key)));
        assert_eq!(signers, parties.iter().collect::<Vec<_>>());
        assert_eq!(kept["certificates"].as_array().unwrap().len(), 2);
    }
}

#[test]
fn no_contract_is_admitted_without_both_parties_nor_after_one_was_revoked() {
    let mut random = soak::random("federation");
    let rounds = soak::count("TRELLIS_SOAK_FEDERATION", ROUNDS);
    let world = World::new();
    world.publish();
    let mut host = Host::prepare(&configuration(&world), &world);
    let [growers, bakers] = certifiers();
    let wallets: Vec<Wallet> = (0..=BUYERS as u64).map(|seed| Wallet::from_seed(seed + 1)).collect();
    let [guild, buying @ ..] = wallets.as_slice() else { unreachable!() };
    let mut counted = [0; 3];
    for number in 0..rounds {
        let coins = world.coins_in_a_block(&wallets, CONTRACTS + 1, 10_000);
        let [guild_coins, buyers_coins @ ..] = coins.as_slice() else { unreachable!() };
        world.publish();
        host.spawn();
        host.wait_until_ready();
        let client = host.client();
        // Outputs that revoke: the seller's, and one for each buyer.
        let outputs = vec![(1_000, guild.p2pkh()); BUYERS + 1];
        let registered = with_change(guild, &guild_coins[..2], outputs);
        drop(submit(&client, REVOCATION, &world.beef_bytes(&[&registered]), None).unwrap().expect(200));
        let revocation = |vout: usize| Revocation::Outpoint(coin(&registered, vout as u32).outpoint);
        let seller = Party::new(key(100), &growers, 1, revocation(BUYERS));
        let party = |buyer: usize| Party::new(key(buyer as u8 + 1), &bakers, buyer as u8 + 1, revocation(buyer));
        let buyers: Vec<Party> = (0..BUYERS).map(party).collect();
        let revoke = |vout: usize| guild.pay(&[coin(&registered, vout as u32)], &guild.p2pkh(), 900);
        let revocations: Vec<Transaction> = (0..BUYERS).map(revoke).collect();
        let round = Round { world: &world, seller: &seller, buyers: &buyers, number };

        let (over, sent) = (AtomicBool::new(false), Mutex::new(Vec::new()));
        let mut order: Vec<usize> = (0..BUYERS).collect();
        order.shuffle(&mut random);
        let pauses: Vec<u64> = order.iter().map(|_| random.random_range(0..LONGEST_LIFE / 6)).collect();
        let life = Duration::from_millis(random.random_range(LONGEST_LIFE / 4..LONGEST_LIFE));
        thread::scope(|scope| {
            for (buyer, (wallet, coins)) in buying.iter().zip(buyers_coins).enumerate() {
                let (client, round, over, sent) = (host.client(), &round, &over, &sent);
                scope.spawn(move || {
                    let mine = round.buy(&client, wallet, &coins[..CONTRACTS], buyer, over);
                    sent.lock().unwrap().extend(mine);
                });
            }
            let (client, over, revocations, world, registered) =
                (host.client(), &over, &revocations, &world, &registered);
            scope.spawn(move || {
                for (buyer, pause) in order.into_iter().zip(pauses) {
                    thread::sleep(Duration::from_millis(pause));
                    if over.load(Ordering::SeqCst) {
                        break;
                    }
                    let beef = world.beef_bytes(&[registered, &revocations[buyer]]);
                    if let Some(reply) = submit(&client, REVOCATION, &beef, None) {
                        drop(reply.expect(200));
                    }
                }
            });
            thread::sleep(life);
            host.kill_9();
            over.store(true, Ordering::SeqCst);
        });

        host.start_again();
        let (client, sent) = (host.client(), sent.into_inner().unwrap());
        check(&client, &round, &sent, &revocations);
        for (buyer, (wallet, coins)) in buying.iter().zip(buyers_coins).enumerate() {
            let is_revoked = applied(&client, &revocations[buyer].txid(), REVOCATION).is_some();
            let id = format!("{number} {buyer} afterwards");
            let last = round.contract(&client, wallet, &coins[CONTRACTS], buyer, Brings::Everything, &id);
            assert_eq!(last.taken, Some(!is_revoked), "buyer {buyer} of round {number}");
            counted[0] += usize::from(is_revoked);
        }
        counted[1] += sent.iter().filter(|sent| sent.taken == Some(true)).count();
        counted[2] += sent.iter().filter(|sent| sent.taken == Some(false)).count();
        assert!(host.end().success());
        host.check_store();
        // Who stood behind each contract is kept with it, and so is what was revoked by then: the verdicts come out as they did.
        let replayed = assert_alike(trellis_plugins_embedded::FEDERATION, &host.config_file(), TOPIC);
        assert!(replayed > 0 || sent.iter().all(|sent| sent.taken != Some(true)));
    }
    let [revoked, taken, refused] = counted;
    println!("federation: {rounds} rounds, {taken} contracts taken, {refused} refused, {revoked} parties revoked");
    assert!(revoked > 0 && taken > 0 && refused > 0, "nothing to see: {counted:?}");
}
