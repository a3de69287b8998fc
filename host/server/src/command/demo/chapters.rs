//! The chapters of the story, in order.

use std::time::Duration;

use serde_json::{Value, json};
use trellis_engine::audit::audit;
use trellis_engine::hosting::BroadcastPolicy;
use trellis_spv::beef::{self, Beef};
use trellis_spv::bump::Bump;
use trellis_spv::extended_format;
use trellis_spv::transaction::Transaction;
use trellis_store::{Options, SledStore};

use super::stage::Stage;
use super::teller::{Teller, expect, present, short};
use crate::client::{ClientError, Submission};
use crate::data_dir::DataDir;
use crate::http::body::{AdmittanceBody, SteakBody};
use crate::wallet::build::{Coin, Lock, build, extend};
use crate::wallet::script::{message, p2pkh};

type Told<T> = Result<T, Box<dyn std::error::Error>>;

/// Satoshis from the faucet, those behind a message, and the fee of each transaction (about 0.4 kB at 1 satoshi per kB).
const GRANT: u64 = 10_000;
const BEHIND_MESSAGE: u64 = 1;
const FEE: u64 = 5;

/// How often and how long the story waits for the network, which is told behind the answers.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
const LOOKS: usize = 500;

const TOPICS: [&str; 2] = ["tm_helloworld", "tm_anytx"];

/// A coin of Alice's, with what proves it.
pub(super) struct Minted {
    coin: Coin,
    beef: Beef,
}

/// A transaction of Alice's, with what proves it.
#[derive(Clone)]
pub(super) struct Post {
    pub(super) transaction: Transaction,
    text: &'static str,
    beef: Beef,
}

pub(super) fn opening(teller: &mut Teller, stage: &Stage) -> Told<()> {
    teller.chapter("A host starts in a temporary folder");
    let port = stage.bound.public.first().map_or(0, std::net::SocketAddr::port);
    teller.say(&format!(
        "It answers on port {port} and has loaded two plugins, each a WebAssembly component in a sandbox:"
    ));
    let topics: Value = stage.public.get_json("/listTopicManagers")?;
    for topic in TOPICS {
        let about = topics.get(topic).and_then(|entry| entry.get("shortDescription")).and_then(Value::as_str);
        teller.say(&format!("  {topic}: {}", present("the list of topics lacks one", about)?));
    }
    Ok(())
}

pub(super) fn mint(teller: &mut Teller, stage: &Stage) -> Told<Minted> {
    teller.chapter("Alice gets a coin from the faucet of the built-in chain");
    let grant = stage.admin.faucet(stage.alice.public_key(), GRANT)?;
    let beef = beef::parse(&hex::decode(&grant.beef)?)?;
    let transaction = subject(&beef)?;
    let coin = Coin::of(&transaction, grant.output_index, &stage.alice, Lock::PublicKeyHash);
    let coin = present("the faucet's transaction lacks its output", coin)?;
    expect("the faucet paid another sum", GRANT, coin.satoshis)?;
    teller.say(&format!(
        "{GRANT} satoshis in transaction {}, mined in block {}. It comes as BEEF: transaction and merkle proof in {} bytes.",
        short(&grant.txid),
        grant.block_height,
        grant.beef.len() / 2
    ));
    Ok(Minted { coin, beef })
}

pub(super) fn submit(teller: &mut Teller, stage: &Stage, minted: &Minted) -> Told<Post> {
    let text = "Hello, overlay!";
    teller.chapter(&format!("Alice signs a transaction that says \"{text}\" and submits it"));
    let change = GRANT - BEHIND_MESSAGE - FEE;
    let outputs = [(BEHIND_MESSAGE, message(&stage.alice, text)), (change, p2pkh(&stage.alice.hash()))];
    let post = post(build(std::slice::from_ref(&minted.coin), &outputs)?, text, &minted.beef);
    let bytes = post.beef.to_bytes();
    teller.say(&format!(
        "Transaction {}: output 0 holds the message in a PushDrop script, output 1 her change. POST /submit, {} bytes of BEEF.",
        short(&post.transaction.txid()),
        bytes.len()
    ));
    teller.say("The host checks proof, scripts, signatures and fee, lets both plugins judge, stores everything in one");
    teller.say("transaction, waits until the disk has it, and answers:");
    let steak = stage.public.submit(&Submission { beef: &bytes, topics: &TOPICS, ..Submission::default() })?;
    teller.say(&format!("  {}", serde_json::to_string(&steak)?));
    expect("tm_helloworld judged otherwise", Some(&entry(&[0], &[])), steak.get("tm_helloworld"))?;
    expect("tm_anytx judged otherwise", Some(&entry(&[0, 1], &[])), steak.get("tm_anytx"))?;
    let again = stage.public.submit(&Submission { beef: &bytes, topics: &TOPICS, ..Submission::default() })?;
    expect("a resubmission got another answer", &steak, &again)?;
    teller.say("Submitted once more, it gets the same answer: nothing is verified or stored twice.");
    Ok(post)
}

pub(super) fn look_up(teller: &mut Teller, stage: &Stage, post: &Post) -> Told<()> {
    teller.chapter("Bob looks the message up");
    let query = json!({ "message": post.text });
    let txids = found(&stage.public.lookup("ls_helloworld", &query)?)?;
    expect("the lookup found something else", vec![post.transaction.txid()], txids)?;
    teller.say(&format!(
        "ls_helloworld finds output 0 of {}, with the BEEF that proves it to him without trusting the host.",
        short(&post.transaction.txid())
    ));
    let binary = stage.public.lookup_binary("ls_helloworld", &query)?;
    let mut expected = vec![1];
    expected.extend_from_slice(&post.transaction.txid().display_bytes());
    expect("the binary answer names another output", Some(expected.as_slice()), binary.get(..33))?;
    teller.say(&format!("The same in the binary form that @bsv/sdk asks for: {} bytes.", binary.len()));
    Ok(())
}

pub(super) fn spend(teller: &mut Teller, stage: &Stage, hello: &Post) -> Told<Post> {
    let text = "Hello, world!";
    teller.chapter(&format!("Alice changes her mind: she spends the message into \"{text}\""));
    let change = GRANT - BEHIND_MESSAGE - 2 * FEE;
    let outputs = [(BEHIND_MESSAGE, message(&stage.alice, text)), (change, p2pkh(&stage.alice.hash()))];
    let coins = [spendable(stage, hello, 0, Lock::PublicKey)?, spendable(stage, hello, 1, Lock::PublicKeyHash)?];
    let post = post(build(&coins, &outputs)?, text, &hello.beef);
    let steak = hand_in(stage, &post.beef)?;
    expect("tm_helloworld judged otherwise", Some(&entry(&[0], &[0])), steak.get("tm_helloworld"))?;
    teller.say(&format!(
        "Transaction {}: the new message is in, and the old coin is out (coinsRemoved: [0]), both in one step.",
        short(&post.transaction.txid())
    ));
    expect(
        "the old message is still found",
        vec![],
        found(&stage.public.lookup("ls_helloworld", &json!({ "message": hello.text }))?)?,
    )?;
    let txids = found(&stage.public.lookup("ls_helloworld", &json!({ "findAll": true }))?)?;
    expect("the lookup found something else", vec![post.transaction.txid()], txids)?;
    teller.say("A lookup finds only the new one.");
    Ok(post)
}

pub(super) fn burn(teller: &mut Teller, stage: &Stage, edited: &Post) -> Told<Post> {
    teller.chapter("Alice burns it: she spends the message and says nothing new");
    let coins = [spendable(stage, edited, 0, Lock::PublicKey)?, spendable(stage, edited, 1, Lock::PublicKeyHash)?];
    let post = post(build(&coins, &[(GRANT - 3 * FEE, p2pkh(&stage.alice.hash()))])?, "", &edited.beef);
    let steak = hand_in(stage, &post.beef)?;
    expect("tm_helloworld judged otherwise", Some(&entry(&[], &[0])), steak.get("tm_helloworld"))?;
    expect(
        "a message is still found",
        vec![],
        found(&stage.public.lookup("ls_helloworld", &json!({ "findAll": true }))?)?,
    )?;
    teller.say(&format!(
        "Transaction {}: tm_helloworld admits nothing and lets the coin go. That is stored too: the topic is empty now.",
        short(&post.transaction.txid())
    ));
    Ok(post)
}

pub(super) fn double_spend(teller: &mut Teller, stage: &Stage, edited: &Post, burnt: &Post) -> Told<()> {
    teller.chapter("Mallory has Alice's key and spends the same coin again");
    let coins = [spendable(stage, edited, 1, Lock::PublicKeyHash)?];
    let rival =
        build(&coins, &[(coins.iter().map(|coin| coin.satoshis).sum::<u64>() - FEE, p2pkh(&stage.alice.hash()))])?;
    let (status, code, words) = refusal(hand_in(stage, &extend(&edited.beef, &rival)))?;
    expect("the double spend was not refused", (409, "ERR_DOUBLE_SPEND"), (status, code.as_str()))?;
    let names_winner = words.contains(&burnt.transaction.txid().to_string());
    expect("the refusal does not name the transaction that was first", true, names_winner)?;
    teller.say(&format!(
        "{status} {code}: {} was here first. Nothing of Mallory's is stored, and the network never hears of it.",
        short(&burnt.transaction.txid())
    ));
    Ok(())
}

pub(super) fn invalid_proof(teller: &mut Teller, stage: &Stage) -> Told<()> {
    teller.chapter("Mallory makes up a coin: a real transaction with a proof of another block");
    let grant = stage.admin.faucet(stage.alice.public_key(), GRANT)?;
    let mut forged = beef::parse(&hex::decode(&grant.beef)?)?;
    let bump = present("the faucet's BEEF has no proof", forged.bumps.pop())?;
    let mut proof = bump.proof(&forged.subject)?;
    proof.height -= 1;
    forged.bumps.extend(Bump::merge(&[(forged.subject, &proof)]));
    let (status, code, words) = refusal(hand_in(stage, &forged))?;
    expect("the forged proof was not refused", (400, "ERR_NOT_VERIFIED"), (status, code.as_str()))?;
    teller.say(&format!("{status} {code}: {}", shortened(&words)));
    Ok(())
}

pub(super) fn broadcast(teller: &mut Teller, stage: &Stage, told: &[Transaction]) -> Told<()> {
    teller.chapter("Meanwhile, the outbox tells the network what is durable here, in Extended Format");
    for transaction in told {
        let status = wait_until_seen(stage, transaction)?;
        expect("the network did not take it", "seen", status.as_str())?;
    }
    let sent = stage.broadcasts();
    let txids: Vec<_> = sent.iter().map(|broadcast| broadcast.txid).collect();
    expect("other transactions were broadcast", told.iter().map(Transaction::txid).collect(), txids)?;
    for broadcast in &sent {
        let extended = extended_format::decode(&broadcast.bytes)?;
        expect("another transaction was sent", broadcast.txid, extended.transaction.txid())?;
        let satoshis: u64 = extended.sources.iter().map(|(satoshis, _)| satoshis).sum();
        teller.say(&format!(
            "  {}  {} bytes, spends {satoshis} satoshis: {}…",
            short(&broadcast.txid),
            broadcast.bytes.len(),
            hex::encode(broadcast.bytes.get(..22).unwrap_or_default())
        ));
    }
    teller.say(
        "Parents before children, each with the outputs it spends (after the marker 0000000000ef), so the network can",
    );
    teller.say(
        "judge it alone. The stand-in for ARC answered SEEN_ON_NETWORK. What was refused above is not among them.",
    );
    let block = stage.admin.mine()?;
    expect("the block has other transactions", told.len(), block.transactions)?;
    teller.say(&format!("A block is mined: height {}, {} transactions.", block.height, block.transactions));
    Ok(())
}

pub(super) fn ending(teller: &mut Teller, stage: Stage) -> Told<()> {
    teller.chapter("The host stops, and its store is verified row by row, from scratch");
    let folder = stage.close()?;
    let store = SledStore::open(&DataDir::existing(folder.path())?.store(), &Options::new(rand::random()))?;
    let damage: Vec<String> = store.check()?.findings.into_iter().map(|finding| finding.to_string()).collect();
    expect("the store is damaged", Vec::new(), damage)?;
    let report = audit(&store, BroadcastPolicy::AfterCommit)?;
    expect("the store contradicts itself", Vec::new(), report.findings)?;
    expect("another number of submissions is stored", 3, report.applied)?;
    expect("something still waits for the network", 0, report.outbox_pending)?;
    teller.say(&format!(
        "{} transactions ({} proven), {} submissions, {} outputs of topics ({} unspent), {} rows of the plugins' own state,",
        report.transactions, report.proven, report.applied, report.outputs, report.live_outputs, report.state_rows
    ));
    teller.say("nothing left to tell the network. Everything agrees with everything else.");
    teller.title(
        "\nThat was all of it. `trellis dev` runs such a host for your application; it prints what to try first.",
    );
    Ok(())
}

fn post(transaction: Transaction, text: &'static str, parents: &Beef) -> Post {
    let beef = extend(parents, &transaction);
    Post { transaction, text, beef }
}

fn spendable(stage: &Stage, post: &Post, vout: u32, lock: Lock) -> Told<Coin> {
    Ok(present("a transaction lacks an output", Coin::of(&post.transaction, vout, &stage.alice, lock))?)
}

fn hand_in(stage: &Stage, beef: &Beef) -> Result<SteakBody, ClientError> {
    stage.public.submit(&Submission { beef: &beef.to_bytes(), topics: &TOPICS, ..Submission::default() })
}

fn entry(admit: &[u32], removed: &[u32]) -> AdmittanceBody {
    AdmittanceBody { outputs_to_admit: admit.to_vec(), coins_to_retain: Vec::new(), coins_removed: removed.to_vec() }
}

fn subject(beef: &Beef) -> Told<Transaction> {
    let found = beef.transactions.iter().find_map(|entry| match entry {
        beef::BeefEntry::Raw { transaction, .. } if transaction.txid() == beef.subject => Some(transaction.clone()),
        _ => None,
    });
    Ok(present("a BEEF lacks its subject", found)?)
}

/// The subjects of the BEEFs in a JSON answer.
fn found(answer: &Value) -> Told<Vec<trellis_spv::hash::Txid>> {
    let outputs = present("the answer has no outputs", answer.get("outputs").and_then(Value::as_array))?;
    let mut txids = Vec::new();
    for output in outputs {
        let bytes: Vec<u8> = serde_json::from_value(output.get("beef").cloned().unwrap_or_default())?;
        txids.push(beef::parse(&bytes)?.subject);
    }
    Ok(txids)
}

fn refusal(answer: Result<SteakBody, ClientError>) -> Told<(u16, String, String)> {
    match answer {
        Err(ClientError::Refused { status, code, message, .. }) => Ok((status, code, message)),
        Err(other) => Err(other.into()),
        Ok(steak) => {
            Err(format!("the story broke off: this should have been refused, but was answered {steak:?}").into())
        }
    }
}

/// Long hexadecimal numbers in a text, shortened.
fn shortened(text: &str) -> String {
    let short_word = |word: &str| {
        let is_hash = word.len() >= 64 && word.bytes().take(64).all(|byte| byte.is_ascii_hexdigit());
        if is_hash {
            short(&word.get(..64).unwrap_or_default()) + word.get(64..).unwrap_or_default()
        } else {
            word.to_owned()
        }
    };
    text.split(' ').map(short_word).collect::<Vec<_>>().join(" ")
}

fn wait_until_seen(stage: &Stage, transaction: &Transaction) -> Told<String> {
    let mut status = String::new();
    for _ in 0..LOOKS {
        status = stage.public.transaction(&transaction.txid().to_string())?.status;
        if status != "admitted" {
            break;
        }
        std::thread::sleep(LOOK_AGAIN);
    }
    Ok(status)
}
