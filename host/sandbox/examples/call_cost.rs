//! What a call into a plugin costs: `cargo run --release -p trellis-sandbox --example call_cost`.
//!
//! Each call is a fresh instance. Prints microseconds per call at the 5th, 50th and 99th percentile, and the fuel.

use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

use trellis_engine::domain::name::{ServiceName, TopicName};
use trellis_engine::domain::time::Timestamp;
use trellis_engine::ports::plugins::{
    CallCost, HostFailure, IndexNotice, PluginHost, PluginId, Plugins, SourceOutput, StatePage, StateRange,
    TopicSubmission, TransactionView,
};
use trellis_plugins_embedded as embedded;
use trellis_sandbox::{Compiler, PluginConfig, Sandbox, SandboxOptions, compile_child_main};
use trellis_spv::hash::{Outpoint, Txid};
use trellis_spv::transaction::Transaction;

/// Calls that warm the pool up and are not counted.
const WARM_UP: usize = 2_000;
/// Calls that are counted.
const CALLS: usize = 20_000;
/// The argument by which this program knows that it is to compile.
const COMPILE: &str = "compile-plugin";
/// A PushDrop token: the message "hello world", signed by the key whose private key is 32 bytes of 7.
const TOKEN: &str = "2102989c0b76cb563971fdc9bef31ec06c3560f3249d6ee9e5d83c57625596e05f6fac0b68656c6c6f20776f726c64473045022100f828344e614beb358d1e3be9db05116a0236a9c6af79eec104d0bb8e63c23f1c022073c5ec4f12e8cbc26737919f5546dbe66b07eb3a80d6a488d379c2b50cf269e46d";
/// Length of an unlocking script of P2PKH: a signature and a key.
const UNLOCKING_BYTES: usize = 107;

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some(COMPILE) {
        return compile_child_main();
    }
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn measure() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let compiler = Compiler::new(std::env::current_exe()?, [COMPILE.into()]);
    let sandbox = Sandbox::new(SandboxOptions::new(folder.path(), compiler))?;
    for plugin in embedded::all() {
        sandbox.load(PluginConfig {
            id: PluginId(plugin.id.into()),
            wasm: plugin.wasm.to_vec(),
            sha256: None,
            limits: Default::default(),
            configuration: Default::default(),
        })?;
    }
    let transaction = simple_transaction()?;
    println!("{:<44} {:>8} {:>8} {:>8} {:>8}", "call, each in a fresh instance", "p5 us", "p50 us", "p99 us", "fuel");
    for plugin in embedded::all() {
        let id = PluginId(plugin.id.into());
        let name = format!("{} identify-admissible-outputs", plugin.id);
        report(&name, 1, &|| judge(&sandbox, &id, &transaction))?;
        report(&format!("{name}, 2 threads"), 2, &|| judge(&sandbox, &id, &transaction))?;
        report(&format!("{} output-admitted", plugin.id), 1, &|| index(&sandbox, &id, &transaction))?;
    }
    Ok(())
}

/// A call's fuel, or the text of its error.
type Fuel = Result<u64, String>;

fn judge(sandbox: &Sandbox, plugin: &PluginId, transaction: &Transaction) -> Fuel {
    let topic = TopicName::new("tm_bench").map_err(|error| error.to_string())?;
    let sources = [Some(SourceOutput { satoshis: 1000, locking_script: &[0x76; 25] })];
    let view = TransactionView { transaction, sources: &sources };
    let submission = TopicSubmission { topic: &topic, view, previous_coins: &[], off_chain_values: None };
    let judgement = sandbox.identify_admissible_outputs(plugin, &submission, &mut NoRows::default());
    judgement.map(|judgement| judgement.cost.fuel).map_err(|error| error.to_string())
}

fn index(sandbox: &Sandbox, plugin: &PluginId, transaction: &Transaction) -> Fuel {
    let topic = TopicName::new("tm_bench").map_err(|error| error.to_string())?;
    let service = ServiceName::new("ls_bench").map_err(|error| error.to_string())?;
    let notice = IndexNotice::Admitted {
        topic: &topic,
        outpoint: Outpoint::new(transaction.txid(), 0),
        transaction,
        admitted_at: Timestamp(1_700_000_000_000_000),
        off_chain_values: None,
    };
    let mut host = NoRows::default();
    sandbox.index(plugin, &service, &notice, &mut host).map_err(|error| error.to_string())?;
    Ok(host.fuel)
}

/// Times calls on so many threads at once and prints one line.
fn report(name: &str, threads: usize, call: &(impl Fn() -> Fuel + Sync)) -> Result<(), Box<dyn Error>> {
    let fuel = call()?;
    let run = || {
        (0..WARM_UP).try_for_each(|_| call().map(drop))?;
        let time = |_| {
            let begin = Instant::now();
            call().map(|_| begin.elapsed().as_nanos())
        };
        (0..CALLS).map(time).collect::<Result<Vec<u128>, String>>()
    };
    let results: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        running.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err("a call panicked".into()))).collect()
    });
    let mut nanos = results.into_iter().collect::<Result<Vec<_>, _>>()?.concat();
    nanos.sort_unstable();
    let percentile = |percent: usize| {
        let at = nanos.len().saturating_sub(1) * percent / 100;
        nanos.get(at).map_or(0.0, |nanos| *nanos as f64 / 1000.0)
    };
    println!("{name:<44} {:>8.1} {:>8.1} {:>8.1} {fuel:>8}", percentile(5), percentile(50), percentile(99));
    Ok(())
}

/// One input as P2PKH has it, one token, one change output.
fn simple_transaction() -> Result<Transaction, Box<dyn Error>> {
    let token = hex::decode(TOKEN)?;
    let mut raw = vec![1, 0, 0, 0, 1];
    raw.extend_from_slice(&[7; 36]);
    raw.push(UNLOCKING_BYTES as u8);
    raw.extend_from_slice(&[0x51; UNLOCKING_BYTES]);
    raw.extend_from_slice(&[0xff; 4]);
    raw.push(2);
    for script in [token.as_slice(), &[0x76; 25]] {
        raw.extend_from_slice(&1u64.to_le_bytes());
        raw.push(script.len() as u8);
        raw.extend_from_slice(script);
    }
    raw.extend_from_slice(&[0; 4]);
    Ok(Transaction::parse(raw)?)
}

/// A host whose rows are all absent and whose writes go nowhere: the calls' own cost remains.
#[derive(Default)]
struct NoRows {
    fuel: u64,
}

impl PluginHost for NoRows {
    fn spent(&mut self, cost: CallCost) {
        self.fuel = cost.fuel;
    }
    fn state_get(&mut self, _: &[u8]) -> Result<Option<Vec<u8>>, HostFailure> {
        Ok(None)
    }
    fn state_set(&mut self, _: &[u8], _: Option<&[u8]>) -> Result<(), HostFailure> {
        Ok(())
    }
    fn state_scan(&mut self, _: &StateRange) -> Result<StatePage, HostFailure> {
        Ok(StatePage::default())
    }
    fn transaction(&mut self, _: &Txid) -> Result<Option<Vec<u8>>, HostFailure> {
        Ok(None)
    }
    fn atomic_beef(&mut self, _: &Txid) -> Result<Option<Vec<u8>>, HostFailure> {
        Ok(None)
    }
}
