//! A sandbox over a temporary folder, a host that keeps rows in memory, and small transactions.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, LazyLock, Mutex};

use tempfile::TempDir;
use trellis_engine::domain::evidence::TopicEvidence;
use trellis_engine::domain::name::{ServiceName, TopicName};
use trellis_engine::ports::plugins::{
    CallCost, HeldOutput, HostFailure, Judgement, NotGranted, PluginError, PluginFault, PluginHost, PluginId, Plugins,
    SourceOutput, StatePage, StateRange, TopicSubmission, TransactionView,
};
use trellis_plugins_embedded as embedded;
use trellis_sandbox::{
    CallObserver, CallReport, Compiler, LimitOverrides, LoadError, Loaded, PluginConfig, Sandbox, SandboxOptions,
};
use trellis_spv::hash::{Outpoint, Txid};
use trellis_spv::transaction::Transaction;

/// The program that compiles, as this package builds it.
pub(crate) fn compiler() -> Compiler {
    Compiler::new(env!("CARGO_BIN_EXE_trellis-compile-plugin"), [])
}

/// A sandbox whose folder goes with it.
pub(crate) struct Bench {
    pub(crate) sandbox: Sandbox,
    pub(crate) folder: TempDir,
}

/// The code of every embedded plugin, compiled once for all tests.
static CODE: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let sandbox = sandbox_in(&folder, |_| {});
    for wasm in embedded::all().iter().map(|plugin| plugin.wasm).chain([embedded::HOSTILE]) {
        sandbox.load(config(&wasm.len().to_string(), wasm, &[], &[])).unwrap();
    }
    folder
});

impl Bench {
    /// With the embedded plugins' code at hand, so that loading one does not compile it.
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut SandboxOptions)) -> Self {
        let folder = TempDir::new().unwrap();
        let code = folder.path().join("code");
        std::fs::create_dir(&code).unwrap();
        for file in std::fs::read_dir(CODE.path().join("code")).unwrap().map(Result::unwrap) {
            std::fs::copy(file.path(), code.join(file.file_name())).unwrap();
        }
        let sandbox = sandbox_in(&folder, change);
        Self { sandbox, folder }
    }

    /// With nothing compiled yet.
    pub(crate) fn cold(change: impl FnOnce(&mut SandboxOptions)) -> Self {
        let folder = TempDir::new().unwrap();
        let sandbox = sandbox_in(&folder, change);
        Self { sandbox, folder }
    }

    /// With the hostile guest loaded, configured and limited like this.
    pub(crate) fn hostile(configuration: &[(&str, &str)], limits: &[(&str, u64)]) -> Self {
        let mut bench = Self::new();
        bench.load(config("hostile", embedded::HOSTILE, configuration, limits)).unwrap();
        bench
    }

    pub(crate) fn load(&mut self, config: PluginConfig) -> Result<Loaded, LoadError> {
        self.sandbox.load(config)
    }

    /// Asks the hostile guest's topic manager to behave like this, about a transaction with two previous coins.
    pub(crate) fn judge(&self, behaviour: &str, host: &mut Rows) -> Result<Judgement, PluginError> {
        judge(&self.sandbox, "hostile", Some(behaviour.as_bytes()), host)
    }

    /// The fault the hostile guest's topic manager ends in. Afterwards a good call must work.
    pub(crate) fn fault(&self, behaviour: &str) -> PluginFault {
        let fault = match self.judge(behaviour, &mut Rows::default()) {
            Err(PluginError::Fault(fault)) => *fault,
            other => panic!("{behaviour}: {other:?}"),
        };
        let next = self.judge("behave", &mut Rows::default()).unwrap();
        assert_eq!(next.outputs_to_admit, [0, 1, 2], "the call after {behaviour}");
        fault
    }
}

pub(crate) fn sandbox_in(folder: &TempDir, change: impl FnOnce(&mut SandboxOptions)) -> Sandbox {
    let mut options = SandboxOptions::new(folder.path().join("code"), compiler());
    // Few, so that many sandboxes fit into one test process's address space.
    options.slots = 4;
    change(&mut options);
    Sandbox::new(options).unwrap()
}

pub(crate) fn config(id: &str, wasm: &[u8], configuration: &[(&str, &str)], limits: &[(&str, u64)]) -> PluginConfig {
    PluginConfig {
        id: plugin_id(id),
        wasm: wasm.to_vec(),
        sha256: None,
        limits: limits.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect::<LimitOverrides>(),
        configuration: configuration.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
    }
}

pub(crate) fn plugin_id(id: &str) -> PluginId {
    PluginId(id.into())
}

pub(crate) fn topic() -> TopicName {
    TopicName::new("tm_test").unwrap()
}

pub(crate) fn service() -> ServiceName {
    ServiceName::new("ls_test").unwrap()
}

/// Locking script of every output made here.
pub(crate) const LOCKING_SCRIPT: [u8; 3] = [0x51, 0x75, 0x51];
/// Unlocking script of every input made here.
pub(crate) const UNLOCKING_SCRIPT: [u8; 2] = [0x51, 0x52];

/// A transaction with that many inputs and outputs (below 65,536). It spends nothing that exists.
pub(crate) fn transaction(inputs: u16, outputs: u16) -> Transaction {
    let write_count = |raw: &mut Vec<u8>, count: u16| match u8::try_from(count) {
        Ok(small) if small < 0xfd => raw.push(small),
        _ => {
            raw.push(0xfd);
            raw.extend_from_slice(&count.to_le_bytes());
        }
    };
    let mut raw = vec![1, 0, 0, 0];
    write_count(&mut raw, inputs);
    for input in 0..inputs {
        raw.extend_from_slice(&[7; 30]);
        raw.extend_from_slice(&input.to_le_bytes());
        raw.extend_from_slice(&u32::from(input).to_le_bytes());
        raw.push(UNLOCKING_SCRIPT.len() as u8);
        raw.extend_from_slice(&UNLOCKING_SCRIPT);
        raw.extend_from_slice(&[0xff; 4]);
    }
    write_count(&mut raw, outputs);
    for output in 0..outputs {
        raw.extend_from_slice(&(1000 + u64::from(output)).to_le_bytes());
        raw.push(LOCKING_SCRIPT.len() as u8);
        raw.extend_from_slice(&LOCKING_SCRIPT);
    }
    raw.extend_from_slice(&[0; 4]);
    Transaction::parse(raw).unwrap()
}

/// A judgement about a transaction of four inputs, the first two previous coins, and three outputs.
pub(crate) fn judge(
    sandbox: &Sandbox,
    plugin: &str,
    off_chain_values: Option<&[u8]>,
    host: &mut Rows,
) -> Result<Judgement, PluginError> {
    let transaction = transaction(4, 3);
    let source = Some(SourceOutput { satoshis: 700, locking_script: &LOCKING_SCRIPT });
    let sources = [source, source, source, None];
    let submission = TopicSubmission {
        topic: &topic(),
        view: TransactionView { transaction: &transaction, sources: &sources },
        previous_coins: &[0, 1],
        off_chain_values,
    };
    sandbox.identify_admissible_outputs(&plugin_id(plugin), &submission, host)
}

/// A host with rows, one transaction, and nothing else.
#[derive(Clone, Default, PartialEq, Debug)]
pub(crate) struct Rows {
    pub(crate) rows: BTreeMap<Vec<u8>, Vec<u8>>,
    pub(crate) held: Option<(Txid, Vec<u8>)>,
    /// The rows of `tm_other`, which every call may read; no other topic is granted.
    pub(crate) other: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Who stands behind what is judged; without it nothing is.
    pub(crate) evidence: Option<TopicEvidence>,
    /// Answers every request with this, if set.
    pub(crate) failure: Option<&'static str>,
    /// What the last call cost.
    pub(crate) spent: CallCost,
}

impl Rows {
    fn check(&self) -> Result<(), HostFailure> {
        use trellis_engine::ports::store::StoreError;
        self.failure.map_or(Ok(()), |text| Err(StoreError::Corrupt(text.into()).into()))
    }

    fn granted(&self, topic: &TopicName) -> Result<&BTreeMap<Vec<u8>, Vec<u8>>, HostFailure> {
        if topic.as_str() == "tm_other" {
            return Ok(&self.other);
        }
        let (table, reader) = ("[[topic]]", "tm_test".to_owned());
        Err(HostFailure::NotGranted(Box::new(NotGranted { topic: topic.clone(), hosted: true, table, reader })))
    }
}

fn page(rows: &BTreeMap<Vec<u8>, Vec<u8>>, range: &StateRange) -> StatePage {
    let end = range.end.clone().map_or(Bound::Unbounded, Bound::Excluded);
    if matches!(&end, Bound::Excluded(end) if *end <= range.start) {
        return StatePage::default();
    }
    let rows = rows.range((Bound::Included(range.start.clone()), end));
    let copied = |(key, value): (&Vec<u8>, &Vec<u8>)| (key.clone(), value.clone());
    let mut entries: Vec<_> = rows.map(copied).collect();
    if range.reverse {
        entries.reverse();
    }
    let more = entries.len() > range.limit;
    entries.truncate(range.limit);
    StatePage { entries, more }
}

impl PluginHost for Rows {
    fn spent(&mut self, cost: CallCost) {
        self.spent = cost;
    }
    fn state_get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, HostFailure> {
        self.check()?;
        Ok(self.rows.get(key).cloned())
    }
    fn state_set(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), HostFailure> {
        self.check()?;
        match value {
            Some(value) => self.rows.insert(key.to_vec(), value.to_vec()),
            None => self.rows.remove(key),
        };
        Ok(())
    }
    fn state_scan(&mut self, range: &StateRange) -> Result<StatePage, HostFailure> {
        self.check()?;
        Ok(page(&self.rows, range))
    }
    fn topic_output(&mut self, topic: &TopicName, outpoint: &Outpoint) -> Result<Option<HeldOutput>, HostFailure> {
        self.check()?;
        self.granted(topic)?;
        let held = HeldOutput { satoshis: 7, locking_script: LOCKING_SCRIPT.to_vec(), spent: true };
        Ok((outpoint.vout == 1).then_some(held))
    }
    fn topic_state_get(&mut self, topic: &TopicName, key: &[u8]) -> Result<Option<Vec<u8>>, HostFailure> {
        self.check()?;
        Ok(self.granted(topic)?.get(key).cloned())
    }
    fn topic_state_scan(&mut self, topic: &TopicName, range: &StateRange) -> Result<StatePage, HostFailure> {
        self.check()?;
        Ok(page(self.granted(topic)?, range))
    }
    fn evidence(&mut self) -> Result<TopicEvidence, HostFailure> {
        self.check()?;
        self.evidence.clone().ok_or(HostFailure::NotAllowed("nothing is judged"))
    }
    fn transaction(&mut self, txid: &Txid) -> Result<Option<Vec<u8>>, HostFailure> {
        self.check()?;
        Ok(self.held.clone().filter(|(held, _)| held == txid).map(|(_, raw)| raw))
    }
    fn atomic_beef(&mut self, txid: &Txid) -> Result<Option<Vec<u8>>, HostFailure> {
        self.transaction(txid)
    }
}

/// Keeps every report, and a clock that advances by one at each reading.
#[derive(Default)]
pub(crate) struct Reports(Mutex<(u64, Vec<String>)>);

impl Reports {
    pub(crate) fn shared() -> Arc<Self> {
        Arc::new(Self::default())
    }

    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().1)
    }
}

impl CallObserver for Reports {
    fn nanos(&self) -> u64 {
        let mut inner = self.0.lock().unwrap();
        inner.0 += 1;
        inner.0
    }
    fn called(&self, report: &CallReport<'_>) {
        let CallReport { plugin, call, outcome, nanos, waited_nanos, fuel, memory_bytes: _ } = report;
        let used = if *fuel > 0 { "used fuel" } else { "no fuel" };
        let line = format!("{plugin} {call}: {}, {nanos} ns after {waited_nanos} ns, {used}", outcome.label());
        self.0.lock().unwrap().1.push(line);
    }
}
