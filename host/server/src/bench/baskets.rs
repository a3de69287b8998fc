//! `bench baskets`: choosing tokens out of a basket with a million of them, against the store's own reads of the same rows.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use trellis_engine::baskets::{Need, Organised, Requirement, TokenFilter};
use trellis_engine::domain::basket::{BasketName, ManagerId, NameDigest, Part, Token, TokenError, TokenRow, TokensOf};
use trellis_engine::domain::name::{NameKind, TopicId};
use trellis_engine::domain::plan::{Adjust, Cause, Plan};
use trellis_engine::domain::row::{ContentId, NumberKey, Row, RowKey, TransactionRow};
use trellis_engine::domain::time::{Stamp, Timestamp};
use trellis_engine::engine::{Engine, EngineParts};
use trellis_engine::hosting::{BasketPattern, Hosting, ManagerSetup, Rules};
use trellis_engine::ports::observer::Unobserved;
use trellis_engine::ports::plugins::PluginId;
use trellis_engine::ports::store::{Scan, Store};
use trellis_sandbox::{Compiler, Sandbox, SandboxOptions};
use trellis_spv::hash::{Outpoint, Txid, double_sha256};
use trellis_spv::merkle::{MerkleNode, MerkleProof};
use trellis_spv::transaction::Transaction;
use trellis_spv::verify::{HeaderInfo, Headers};
use trellis_store::{Options, SledStore};

use super::BenchError;
use crate::clock;
use crate::command::COMPILE_PLUGIN;
use crate::wiring::WiringError;

const BASKET: &str = "shop/tickets";
const MANAGER: &str = "bench";

/// Tokens of one transaction.
const PER_TRANSACTION: u64 = 10;

/// Tokens of one filling commit: their rows and sums stay below what a commit may write.
const PER_COMMIT: u64 = 2_000;

/// Assets, owners and tags the tokens are spread over.
const ASSETS: u64 = 100;
const OWNERS: u64 = 10_000;
const TAGS: u64 = 50;

/// Tokens that one call asks for.
const WANTED: u64 = 10;

/// Siblings of a proof: those of a block of four thousand transactions.
const LEVELS: u8 = 12;

/// Arguments of `bench baskets`.
#[derive(Debug, clap::Args)]
pub struct BasketsArguments {
    /// Print one JSON object instead of a table
    #[arg(long)]
    pub json: bool,
    /// Tokens in the basket
    #[arg(long, value_name = "COUNT", default_value_t = 1_000_000)]
    pub tokens: u64,
    /// Calls that are measured
    #[arg(long, value_name = "COUNT", default_value_t = 1_000)]
    pub calls: u64,
}

/// How long calls took, ascending.
struct Times(Vec<Duration>);

impl Times {
    fn at(&self, percent: usize) -> f64 {
        let index = (self.0.len() * percent / 100).min(self.0.len().saturating_sub(1));
        self.0.get(index).map_or(0.0, |time| time.as_secs_f64() * 1e6)
    }

    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }
}

/// Runs `bench baskets`.
///
/// # Errors
/// [`BenchError`].
pub fn baskets(arguments: &BasketsArguments) -> Result<(), BenchError> {
    let folder = tempfile::tempdir()?;
    if !arguments.json {
        eprintln!("putting {} tokens into a store …", arguments.tokens);
    }
    let store = SledStore::open(&folder.path().join("store"), &Options::new(rand::random()));
    let store = Arc::new(store.map_err(WiringError::from)?);
    let manager = fill(store.as_ref(), arguments.tokens)?;
    let engine = engine(Arc::clone(&store), folder.path())?;
    let (mut chosen, mut read) = (Vec::new(), Vec::new());
    // The first calls only warm the store's cache.
    for number in 0..arguments.calls * 2 {
        let wanted = requirement(number);
        let began = clock::monotonic();
        let organised = engine.organise_tokens(std::slice::from_ref(&wanted), clock::now());
        let organised = organised.map_err(|error| BenchError::Refused(error.to_string()))?;
        let between = clock::monotonic();
        own_reads(store.as_ref(), manager, &wanted, &organised)?;
        let ended = clock::monotonic();
        if number >= arguments.calls {
            chosen.push(between.saturating_sub(began));
            read.push(ended.saturating_sub(between));
        }
    }
    report(arguments, &Times::of(chosen), &Times::of(read))
}

fn report(arguments: &BasketsArguments, organise: &Times, reads: &Times) -> Result<(), BenchError> {
    let ratio = organise.at(50) / reads.at(50).max(f64::MIN_POSITIVE);
    if arguments.json {
        let times = |times: &Times| -> Value { json!({ "p50_us": times.at(50), "p99_us": times.at(99) }) };
        let report = json!({
            "tokens": arguments.tokens,
            "chosen_per_call": WANTED,
            "organise": times(organise),
            "own_reads": times(reads),
            "ratio": ratio,
        });
        println!("{}", serde_json::to_string_pretty(&report)?);
        return Ok(());
    }
    println!("{WANTED} of {} tokens, with their BEEF      p50 µs    p99 µs", arguments.tokens);
    println!("organise                          {:>10.0}{:>10.0}", organise.at(50), organise.at(99));
    println!("the store's reads of these rows   {:>10.0}{:>10.0}", reads.at(50), reads.at(99));
    println!("ratio                             {ratio:>10.2}");
    Ok(())
}

/// An engine that manages the basket; nothing is submitted to it.
fn engine(store: Arc<SledStore>, folder: &Path) -> Result<Engine, BenchError> {
    let managers = [ManagerSetup {
        plugin: PluginId(MANAGER.into()),
        baskets: BasketName::new(BASKET).map(BasketPattern::Basket).into_iter().collect(),
        topics: Vec::new(),
    }];
    let hosting =
        Hosting::new(store.as_ref(), &[], &[]).and_then(|hosting| hosting.with_managers(store.as_ref(), &managers));
    let compiler = Compiler::new(std::env::current_exe()?, [COMPILE_PLUGIN.into()]);
    let sandbox = Sandbox::new(SandboxOptions::new(folder.join("compiled"), compiler)).map_err(WiringError::from)?;
    let parts =
        EngineParts { store, plugins: Arc::new(sandbox), headers: Arc::new(NoHeaders), observer: Arc::new(Unobserved) };
    Ok(Engine::new(parts, hosting.map_err(WiringError::from)?, Rules::default()).map_err(WiringError::from)?)
}

struct NoHeaders;

impl Headers for NoHeaders {
    fn tip(&self) -> Option<u32> {
        None
    }

    fn header(&self, _: u32) -> Option<HeaderInfo> {
        None
    }
}

fn requirement(number: u64) -> Requirement {
    // Spread over assets and tags, in no order that a cache would like.
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    let filter = TokenFilter {
        asset: Some(asset(mixed)),
        tags_all: number.is_multiple_of(2).then(|| tag(mixed / ASSETS)).into_iter().collect(),
        ..TokenFilter::default()
    };
    Requirement { basket: BASKET.to_owned(), filter, need: Need::Count(WANTED) }
}

fn asset(number: u64) -> String {
    format!("asset-{}", number % ASSETS)
}

fn tag(number: u64) -> String {
    format!("tag-{}", number % TAGS)
}

/// What choosing has to read at least: the index of the asset up to the last token chosen, each token's row and whether it is kept
/// for somebody, and each transaction with its bytes.
fn own_reads(
    store: &SledStore,
    manager: ManagerId,
    wanted: &Requirement,
    organised: &Organised,
) -> Result<(), BenchError> {
    let basket = BasketName::new(BASKET).map(|name| name.digest()).map_err(bad_name)?;
    let asset = wanted.filter.asset.as_deref().map(NameDigest::asset).unwrap_or(basket);
    let part = Part { manager, tokens: TokensOf::Asset(basket, asset) };
    let pin = store.pin();
    let at = pin.sequence();
    let failed = WiringError::from;
    let last = organised.met.iter().flat_map(|met| &met.tokens).map(|token| token.outpoint).max();
    let (mut after, mut reached) = (None, false);
    while !reached {
        let page = store.scan(&Scan::Tokens { part, after, limit: 256 }, at).map_err(failed)?;
        reached = !page.more;
        for (key, _) in page.rows {
            let RowKey::Place(_, outpoint) = key else { continue };
            if Some(outpoint) > last {
                reached = true;
                break;
            }
            store.get(&RowKey::Token(manager, outpoint), at).map_err(failed)?;
            after = Some(outpoint);
        }
    }
    let mut before = None;
    for token in organised.met.iter().flat_map(|met| &met.tokens) {
        store.get(&RowKey::Reserved(manager, token.outpoint), at).map_err(failed)?;
        let txid = token.outpoint.txid;
        if before.replace(txid) != Some(txid) {
            store.get(&RowKey::Transaction(txid), at).map_err(failed)?;
            store.content(&ContentId::Transaction(txid)).map_err(failed)?;
        }
    }
    Ok(())
}

/// Puts tokens in the basket, as submissions would have left them.
fn fill(store: &SledStore, tokens: u64) -> Result<ManagerId, BenchError> {
    let failed = WiringError::from;
    let manager = ManagerId(store.intern(NameKind::Manager, MANAGER).map_err(failed)?);
    let topic = TopicId(store.intern(NameKind::Topic, "tm_bench").map_err(failed)?);
    for first in (0..tokens).step_by(PER_COMMIT as usize) {
        let mut rows = Rows::default();
        for number in (first..tokens.min(first + PER_COMMIT)).step_by(PER_TRANSACTION as usize) {
            rows.transaction(number, manager, topic)?;
        }
        let contents: Vec<_> = rows.contents.iter().map(|(id, bytes)| (*id, bytes.as_slice())).collect();
        store.put_contents(&contents).map_err(failed)?;
        let plan = Plan {
            cause: Cause::Submission(Txid::from_internal([0; 32])),
            once: None,
            expect: Vec::new(),
            writes: rows.writes,
            adjust: rows.adjust,
            contents: rows.contents.into_iter().map(|(id, _)| id).collect(),
            event: None,
            at: Timestamp(0),
        };
        store.commit(plan).map_err(|error| BenchError::Refused(error.to_string()))?;
    }
    Ok(manager)
}

#[derive(Default)]
struct Rows {
    writes: Vec<(RowKey, Option<Row>)>,
    adjust: Vec<Adjust>,
    contents: Vec<(ContentId, Vec<u8>)>,
    named: std::collections::BTreeSet<NameDigest>,
}

impl Rows {
    /// A proven transaction whose outputs are tokens.
    fn transaction(&mut self, first: u64, manager: ManagerId, topic: TopicId) -> Result<(), BenchError> {
        let raw = raw(first);
        let transaction = Transaction::parse(raw.clone()).map_err(|error| BenchError::Material(error.to_string()))?;
        let txid = transaction.txid();
        let level = |level| MerkleNode::Hash(double_sha256(&[&first.to_le_bytes()[..], &[level]].concat()));
        // Each in a block of its own, as tokens that were issued one by one.
        let height = u32::try_from(first / PER_TRANSACTION).unwrap_or(u32::MAX);
        let proof = MerkleProof { height, offset: first % 4_000, levels: (0..LEVELS).map(level).collect() };
        let row = TransactionRow {
            size: u32::try_from(raw.len()).unwrap_or(u32::MAX),
            inputs: 1,
            outputs: PER_TRANSACTION as u32,
            stored: Stamp::ThisCommit,
            stored_at: Timestamp(0),
            proof: Some(Arc::new(proof)),
        };
        self.writes.push((RowKey::Transaction(txid), Some(Row::Transaction(row))));
        self.contents.push((ContentId::Transaction(txid), raw));
        for (vout, number) in (0..PER_TRANSACTION as u32).zip(first..) {
            self.token(Outpoint::new(txid, vout), number, manager, topic)?;
        }
        Ok(())
    }

    fn token(&mut self, outpoint: Outpoint, number: u64, manager: ManagerId, topic: TopicId) -> Result<(), BenchError> {
        let token = Token {
            basket: BasketName::new(BASKET).map_err(bad_name)?,
            asset: asset(number),
            amount: number % 1_000,
            owner: Some(format!("owner-{}", number.wrapping_mul(31) % OWNERS)),
            tags: vec![tag(number / ASSETS)],
            data: Vec::new(),
        };
        for part in token.parts(manager) {
            self.writes.push((RowKey::Place(part, outpoint), Some(Row::Place)));
            self.adjust.push(Adjust::Number(NumberKey::Tokens(part), 1));
            self.adjust.push(Adjust::Number(NumberKey::Amount(part), i128::from(token.amount)));
        }
        for (digest, name) in token.names() {
            if self.named.insert(digest) {
                self.writes.push((RowKey::Name(digest), Some(Row::Name(name.to_owned()))));
            }
        }
        let row =
            TokenRow { token, topic, satoshis: 1, claimed: false, placed: Stamp::ThisCommit, placed_at: Timestamp(0) };
        self.writes.push((RowKey::Token(manager, outpoint), Some(Row::Token(row))));
        Ok(())
    }
}

/// Never: the name is fixed and well-formed.
fn bad_name(error: TokenError) -> BenchError {
    BenchError::Material(error.to_string())
}

/// A transaction of one input and outputs of one satoshi that 33 bytes lock.
fn raw(number: u64) -> Vec<u8> {
    let mut raw = vec![1, 0, 0, 0, 1];
    raw.extend_from_slice(&double_sha256(&number.to_le_bytes()));
    // The input's index, no script, the final sequence number; the number of outputs.
    raw.extend_from_slice(&[0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, PER_TRANSACTION as u8]);
    for _ in 0..PER_TRANSACTION {
        raw.extend_from_slice(&1u64.to_le_bytes());
        raw.extend_from_slice(&[35, 33]);
        raw.extend_from_slice(&[2; 33]);
        raw.push(0xac);
    }
    raw.extend_from_slice(&[0; 4]);
    raw
}
