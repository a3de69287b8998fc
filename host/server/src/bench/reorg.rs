//! `bench reorg`: blocks leave the chain while submissions go on. The time is put beside that of verifying the proofs that are
//! dropped, and the longest wait of a submission beside the longest while nothing else happened.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use trellis_engine::chain::ChainWatch;
use trellis_engine::domain::name::TopicName;
use trellis_engine::engine::Engine;
use trellis_engine::submit::{Submission, TopicChoice};
use trellis_network::local_chain::LocalChain;
use trellis_spv::beef::{Beef, BeefEntry, BeefVersion};
use trellis_spv::bump::Bump;
use trellis_spv::hash::Txid;
use trellis_spv::merkle::MerkleProof;
use trellis_spv::transaction::Transaction;
use trellis_spv::verify::check_proof;

use super::BenchError;
use super::material::{COIN, COINS_PER_FUNDING, FEE, FUNDING_FEE, MaterialError, coin};
use crate::clock;
use crate::command::dev;
use crate::metrics::Metrics;
use crate::wallet::build::{build, extend};
use crate::wallet::key::Key;
use crate::wallet::script::p2pkh;
use crate::wiring::{self, Addresses, Observers};

/// Submissions whose wait is measured while nothing else happens, and at most while blocks leave.
const MEASURED: usize = 1_000;

/// Threads that fill the host; they wait for the disk together.
const FILLERS: usize = 16;

/// Arguments of `bench reorg`.
#[derive(Debug, clap::Args)]
pub struct ReorgArguments {
    /// Print one JSON object instead of a table
    #[arg(long)]
    pub json: bool,
    /// Blocks that leave the chain
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    pub blocks: u32,
    /// Transactions in them
    #[arg(long, value_name = "COUNT", default_value_t = 10_000)]
    pub transactions: usize,
}

/// What one run measured.
struct Measured {
    dropped: usize,
    drop: Duration,
    /// Verifying the proofs that were dropped, and nothing else.
    verify: Duration,
    /// Taking the proofs of the new blocks, one after the other, each durable.
    prove: Duration,
    idle: Waits,
    meanwhile: Waits,
}

/// How long submissions waited.
struct Waits {
    count: usize,
    median: Duration,
    longest: Duration,
}

impl Waits {
    fn of(mut all: Vec<Duration>) -> Self {
        all.sort_unstable();
        let median = all.get(all.len() / 2).copied().unwrap_or_default();
        Self { count: all.len(), median, longest: all.last().copied().unwrap_or_default() }
    }
}

/// Runs `bench reorg`.
///
/// # Errors
/// [`BenchError`].
pub fn reorg(arguments: &ReorgArguments) -> Result<(), BenchError> {
    let measured = measure(arguments)?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&as_json(arguments, &measured))?);
    } else {
        print!("{}", table(arguments, &measured));
    }
    Ok(())
}

fn measure(arguments: &ReorgArguments) -> Result<Measured, BenchError> {
    let folder = tempfile::tempdir()?;
    let config = dev::config(&folder.path().join("data"), 0, 0)?;
    let observers = Observers::metrics(&std::sync::Arc::new(Metrics::default()));
    let wired = wiring::wire(&config, Addresses::admin_only(config.admin_listen), observers)?;
    let missing = MaterialError::Missing("chain");
    let chain = wired.loaded.dev.as_ref().map(|dev| std::sync::Arc::clone(&dev.chain)).ok_or(missing)?;
    let engine = wired.loaded.engine();
    let key = Key::from_bytes([11; 32])?;

    let mut coins = Coins::make(&chain, &key, arguments.transactions + 2 * MEASURED)?;
    let paid = coins.take(arguments.transactions)?;
    for block in paid.chunks(arguments.transactions.div_ceil(arguments.blocks.max(1) as usize).max(1)) {
        for (transaction, _) in block {
            chain.submit(transaction).map_err(MaterialError::from)?;
        }
        chain.mine(clock::now()).map_err(MaterialError::from)?;
    }
    let txids: Vec<Txid> = paid.iter().map(|(transaction, _)| transaction.txid()).collect();
    let proofs = proofs(&chain, &txids)?;
    let beefs: Vec<Vec<u8>> = paid
        .iter()
        .zip(&proofs)
        .map(|((transaction, _), proof)| proven(transaction, proof))
        .collect::<Result<_, _>>()?;
    fill(&engine, &beefs)?;
    let mut watch = ChainWatch::default();
    engine.follow_chain(&mut watch, clock::now()).map_err(refused)?;

    let idle = coins.take(MEASURED)?.iter().map(|(_, beef)| timed(&engine, beef)).collect::<Result<_, _>>()?;
    let before = clock::monotonic();
    for (txid, proof) in txids.iter().zip(&proofs) {
        check_proof(txid, proof, chain.as_ref()).map_err(refused)?;
    }
    let verify = clock::monotonic().saturating_sub(before);

    let later = coins.take(MEASURED)?;
    chain.reorg(arguments.blocks, clock::now()).map_err(MaterialError::from)?;
    let done = AtomicBool::new(false);
    let (found, drop, meanwhile) = std::thread::scope(|scope| {
        let submitter = scope.spawn(|| {
            let going_on = later.iter().take_while(|_| !done.load(Ordering::SeqCst));
            going_on.map(|(_, beef)| timed(&engine, beef)).collect::<Result<Vec<_>, _>>()
        });
        let before = clock::monotonic();
        let found = engine.follow_chain(&mut watch, clock::now());
        let drop = clock::monotonic().saturating_sub(before);
        done.store(true, Ordering::SeqCst);
        (found, drop, submitter.join())
    });
    let found = found.map_err(refused)?;
    let meanwhile = meanwhile.map_err(|_| BenchError::ClientPanicked)??;

    // They waited in the mempool; the next block holds them all.
    chain.mine(clock::now()).map_err(MaterialError::from)?;
    let new: Vec<Vec<u8>> = txids
        .iter()
        .zip(&self::proofs(&chain, &txids)?)
        .map(|(txid, proof)| bump(txid, proof))
        .collect::<Result<_, _>>()?;
    let before = clock::monotonic();
    for (txid, path) in txids.iter().zip(&new) {
        engine.prove(txid, path, clock::now()).map_err(refused)?;
    }
    let prove = clock::monotonic().saturating_sub(before);
    Ok(Measured {
        dropped: found.orphaned.len(),
        drop,
        verify,
        prove,
        idle: Waits::of(idle),
        meanwhile: Waits::of(meanwhile),
    })
}

fn refused(error: impl std::fmt::Display) -> BenchError {
    BenchError::Refused(error.to_string())
}

/// Transactions that spend one coin each, with a BEEF of their own; the coins are mined before anything that leaves.
struct Coins(Vec<(Transaction, Vec<u8>)>);

impl Coins {
    fn make(chain: &LocalChain, key: &Key, count: usize) -> Result<Self, BenchError> {
        let script = p2pkh(&key.hash());
        let mut fundings = Vec::new();
        for _ in 0..count.div_ceil(COINS_PER_FUNDING) {
            let total = COINS_PER_FUNDING as u64 * COIN + FUNDING_FEE;
            let grant = chain.faucet(&script, total, clock::now()).map_err(MaterialError::from)?;
            let granted = coin(&grant.transaction, grant.vout, key)?;
            let funding =
                build(&[granted], &vec![(COIN, script.clone()); COINS_PER_FUNDING]).map_err(MaterialError::from)?;
            chain.submit(&funding).map_err(MaterialError::from)?;
            fundings.push(funding);
        }
        chain.mine(clock::now()).map_err(MaterialError::from)?;
        let mut all = Vec::with_capacity(count);
        for funding in &fundings {
            let proof = chain.proof(&funding.txid()).ok_or(MaterialError::Missing("proof"))?;
            let parent = beef(funding, &proof)?;
            for vout in (0u32..).take(COINS_PER_FUNDING.min(count - all.len())) {
                let paid = build(&[coin(funding, vout, key)?], &[(COIN - FEE, script.clone())])
                    .map_err(MaterialError::from)?;
                let beef = extend(&parent, &paid).to_bytes();
                all.push((paid, beef));
            }
        }
        Ok(Self(all))
    }

    fn take(&mut self, count: usize) -> Result<Vec<(Transaction, Vec<u8>)>, BenchError> {
        let at = self.0.len().checked_sub(count).ok_or(MaterialError::Missing("coin"))?;
        Ok(self.0.split_off(at))
    }
}

fn beef(transaction: &Transaction, proof: &MerkleProof) -> Result<Beef, BenchError> {
    let txid = transaction.txid();
    let bump = Bump::merge(&[(txid, proof)]).ok_or(MaterialError::Missing("BUMP"))?;
    Ok(Beef {
        version: BeefVersion::V1,
        bumps: vec![bump],
        transactions: vec![BeefEntry::Raw { transaction: transaction.clone(), bump: Some(0) }],
        subject: txid,
        atomic: false,
    })
}

fn proven(transaction: &Transaction, proof: &MerkleProof) -> Result<Vec<u8>, BenchError> {
    Ok(beef(transaction, proof)?.to_bytes())
}

fn proofs(chain: &LocalChain, txids: &[Txid]) -> Result<Vec<MerkleProof>, BenchError> {
    let proof = |txid| chain.proof(txid).ok_or(MaterialError::Missing("proof"));
    Ok(txids.iter().map(proof).collect::<Result<_, _>>()?)
}

fn bump(txid: &Txid, proof: &MerkleProof) -> Result<Vec<u8>, BenchError> {
    let mut bytes = Vec::new();
    Bump::merge(&[(*txid, proof)]).ok_or(MaterialError::Missing("BUMP"))?.write(&mut bytes);
    Ok(bytes)
}

fn submit(engine: &Engine, beef: &[u8]) -> Result<(), BenchError> {
    let topics = [TopicName::new("tm_anytx")?];
    let submission = Submission {
        beef,
        off_chain_values: None,
        topics: TopicChoice::Named(&topics),
        require_all: true,
        evidence: None,
    };
    engine.submit(&submission, clock::now()).map(drop).map_err(refused)
}

fn timed(engine: &Engine, beef: &[u8]) -> Result<Duration, BenchError> {
    let before = clock::monotonic();
    submit(engine, beef)?;
    Ok(clock::monotonic().saturating_sub(before))
}

fn fill(engine: &Engine, beefs: &[Vec<u8>]) -> Result<(), BenchError> {
    std::thread::scope(|scope| {
        let fillers: Vec<_> = beefs
            .chunks(beefs.len().div_ceil(FILLERS).max(1))
            .map(|some| scope.spawn(move || some.iter().try_for_each(|beef| submit(engine, beef))))
            .collect();
        fillers.into_iter().try_for_each(|filler| filler.join().map_err(|_| BenchError::ClientPanicked)?)
    })
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64().max(f64::MIN_POSITIVE)
}

fn as_json(arguments: &ReorgArguments, measured: &Measured) -> Value {
    let waits = |waits: &Waits| {
        json!({
            "submissions": waits.count,
            "median_ms": milliseconds(waits.median),
            "longest_ms": milliseconds(waits.longest),
        })
    };
    json!({
        "blocks": arguments.blocks,
        "transactions": measured.dropped,
        "drop_ms": milliseconds(measured.drop),
        "verify_ms": milliseconds(measured.verify),
        "drop_ratio": ratio(measured.drop, measured.verify),
        "prove_again_ms": milliseconds(measured.prove),
        "prove_again_ratio": ratio(measured.prove, measured.verify),
        "idle": waits(&measured.idle),
        "meanwhile": waits(&measured.meanwhile),
        "longest_wait_ratio": ratio(measured.meanwhile.longest, measured.idle.longest),
    })
}

fn table(arguments: &ReorgArguments, measured: &Measured) -> String {
    let Measured { dropped, drop, verify, prove, idle, meanwhile } = measured;
    let row = |waits: &Waits| {
        let (median, longest) = (milliseconds(waits.median), milliseconds(waits.longest));
        format!("{:>6} submissions, median {median:.2} ms, longest {longest:.2} ms", waits.count)
    };
    format!(
        "{} blocks with {dropped} transactions left the chain\n\
         verifying their proofs, and nothing else   {:>10.1} ms\n\
         dropping them, durably                     {:>10.1} ms   {:.1} times that\n\
         taking the new chain's, each durably       {:>10.1} ms   {:.1} times that\n\
         while nothing else happened   {}\n\
         while they were dropped       {}\n\
         longest wait                  {:.2} times the idle one\n",
        arguments.blocks,
        milliseconds(*verify),
        milliseconds(*drop),
        ratio(*drop, *verify),
        milliseconds(*prove),
        ratio(*prove, *verify),
        row(idle),
        row(meanwhile),
        ratio(meanwhile.longest, idle.longest),
    )
}
