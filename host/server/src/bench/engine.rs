//! The engine in this process, on one thread: what each stage of a submission costs, over sled and over memory.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use trellis_engine::domain::name::TopicName;
use trellis_engine::ports::network::AnswerMeaning;
use trellis_engine::ports::observer::{Mark, Observer, Stage};
use trellis_engine::ports::plugins::PluginId;
use trellis_engine::submit::{Submission, TopicChoice};
use trellis_sandbox::{CallObserver, CallReport};
use trellis_store::bare::Commits;
use trellis_store::memory::MemoryStore;

use super::material::Simple;
use super::{BenchError, floor};
use crate::clock;
use crate::config::Config;
use crate::data_dir::DataDir;
use crate::wiring::{self, Observers, Wired, WiringError};

/// Submissions before measuring begins: caches, allocator and sled's trees warm up.
const WARM_UP: usize = 100;

/// Submissions between two measurements of the floor. Alternating, both meet the same neighbours on the machine: measured
/// one after the other, the floor of two runs differed by a factor of 1.8.
const AT_A_TIME: usize = 25;

/// Microseconds per submission of one stage.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct StageCost {
    pub(super) wall_us: f64,
    pub(super) cpu_us: f64,
}

/// What a submission costs.
#[derive(Debug)]
pub(super) struct EngineCost {
    /// What no host can avoid.
    pub(super) floor_us: f64,
    /// By stage, in order: over sled, and over memory.
    pub(super) stages: Vec<(Stage, StageCost, StageCost)>,
    /// CPU outside the store's stages, over a store in memory: nothing waits for a disk, no read goes to sled.
    pub(super) cpu_without_store_us: f64,
    /// The same over sled: with its reads, and with the caches as cold as a wait for the disk leaves them.
    pub(super) cpu_beside_store_us: f64,
    /// CPU of the whole process in the store's stages: put, commit, flush and sync on all threads.
    pub(super) store_cpu_us: f64,
    /// CPU of the bare sled transactions of the same puts, flushed and synced one by one as here.
    pub(super) bare_store_cpu_us: f64,
    pub(super) puts_per_commit: f64,
    /// Median wall time of an index update over a store in memory: a whole plugin call in a fresh sandbox, its state reads and
    /// writes included.
    pub(super) plugin_call_us: f64,
    /// The same over sled.
    pub(super) plugin_call_beside_store_us: f64,
    /// Median wall time of a verdict: a whole plugin call with one signature verified by the host.
    pub(super) judge_call_us: f64,
}

/// Adds up stages.
#[derive(Default)]
pub(super) struct Adding {
    wall: [AtomicU64; Stage::ALL.len()],
    cpu: [AtomicU64; Stage::ALL.len()],
}

impl Observer for Adding {
    fn mark(&self) -> Mark {
        let nanos = |time: std::time::Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        Mark { wall_nanos: nanos(clock::monotonic()), cpu_nanos: nanos(clock::thread_cpu()) }
    }
    fn stage(&self, stage: Stage, since: Mark) {
        let now = self.mark();
        let add = |totals: &[AtomicU64], nanos: u64| {
            if let Some(total) = totals.get(stage as usize) {
                total.fetch_add(nanos, Ordering::Relaxed);
            }
        };
        add(&self.wall, now.wall_nanos.saturating_sub(since.wall_nanos));
        add(&self.cpu, now.cpu_nanos.saturating_sub(since.cpu_nanos));
    }
    fn conflict(&self, _: u32) {}
    fn refused(&self, _: &PluginId) {}
    fn network_answer(&self, _: &str, _: AnswerMeaning) {}
    fn taken_back(&self, _: usize, _: usize) {}
    fn orphaned(&self, _: usize) {}
    fn told_again(&self, _: u64) {}
    fn rebuilt(&self) {}
}

impl Adding {
    fn reset(&self) {
        self.wall.iter().chain(&self.cpu).for_each(|total| total.store(0, Ordering::Relaxed));
    }

    fn cost(&self, stage: Stage, submissions: f64) -> StageCost {
        let per = |totals: &[AtomicU64]| {
            let nanos = totals.get(stage as usize).map_or(0, |total| total.load(Ordering::Relaxed));
            nanos as f64 / 1000.0 / submissions
        };
        StageCost { wall_us: per(&self.wall), cpu_us: per(&self.cpu) }
    }
}

/// Durations of plugin calls, in nanoseconds: verdicts, and index updates.
#[derive(Default)]
pub(super) struct Calls {
    judging: Mutex<Vec<u64>>,
    indexing: Mutex<Vec<u64>>,
}

impl CallObserver for Calls {
    fn nanos(&self) -> u64 {
        u64::try_from(clock::monotonic().as_nanos()).unwrap_or(u64::MAX)
    }
    fn called(&self, report: &CallReport<'_>) {
        let calls = match report.call {
            "identify-admissible-outputs" => &self.judging,
            "output-admitted" => &self.indexing,
            _ => return,
        };
        calls.lock().unwrap_or_else(PoisonError::into_inner).push(report.nanos);
    }
}

impl Calls {
    fn reset(&self) {
        for calls in [&self.judging, &self.indexing] {
            calls.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }
}

/// What one pass of submissions, one by one, cost.
pub(super) struct Pass {
    /// The floor of the same submissions, measured in between.
    pub(super) floor_us: f64,
    stages: Vec<(Stage, StageCost)>,
    /// CPU of the submitting thread outside the store's stages.
    pub(super) beside_store_us: f64,
    /// CPU of all other work of the process.
    pub(super) store_us: f64,
    plugin_call_us: f64,
    judge_call_us: f64,
}

/// Submits one by one to `topics` through the real engine and sandbox, on whatever store `wire` brings.
pub(super) fn pass(
    submissions: &[Simple],
    topics: &[TopicName],
    wire: impl FnOnce(Arc<Adding>, Arc<Calls>) -> Result<Wired, WiringError>,
) -> Result<Pass, BenchError> {
    let observer = Arc::new(Adding::default());
    let calls = Arc::new(Calls::default());
    let wired = wire(Arc::clone(&observer), Arc::clone(&calls))?;
    let submit = |simple: &Simple| {
        let submission = Submission {
            beef: &simple.beef,
            off_chain_values: None,
            topics: TopicChoice::Named(topics),
            require_all: true,
            evidence: None,
        };
        let submitted = wired.loaded.engine().submit(&submission, clock::now());
        submitted.map_err(|error| BenchError::Refused(error.to_string()))
    };
    let (warm_up, measured) = submissions.split_at(WARM_UP.min(submissions.len()));
    for simple in warm_up {
        submit(simple)?;
    }
    observer.reset();
    calls.reset();
    let (mut thread, mut process, mut floor) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    for some in measured.chunks(AT_A_TIME) {
        let (process_before, thread_before) = (clock::process_cpu(), clock::thread_cpu());
        for simple in some {
            submit(simple)?;
        }
        process += clock::process_cpu().saturating_sub(process_before);
        thread += clock::thread_cpu().saturating_sub(thread_before);
        floor += floor::of(some);
    }
    let count = measured.len().max(1) as f64;
    let [thread_us, process_us, floor_us] = [thread, process, floor].map(|cpu| cpu.as_secs_f64() * 1e6 / count);
    let stages: Vec<_> = Stage::ALL.iter().map(|stage| (*stage, observer.cost(*stage, count))).collect();
    let of_store = |stage: Stage| matches!(stage, Stage::Contents | Stage::Commit);
    let in_store: f64 = stages.iter().filter(|(stage, _)| of_store(*stage)).map(|(_, cost)| cost.cpu_us).sum();
    Ok(Pass {
        floor_us,
        stages,
        beside_store_us: thread_us - in_store,
        store_us: process_us - (thread_us - in_store),
        plugin_call_us: median(&calls.indexing),
        judge_call_us: median(&calls.judging),
    })
}

/// Submits over sled, then over memory; then makes the same puts with bare sled.
pub(super) fn measure(config: &Config, folder: &Path, submissions: &[Simple]) -> Result<EngineCost, BenchError> {
    let topics = [TopicName::new("tm_helloworld")?];
    let on_sled = pass(submissions, &topics, |engine, calls| {
        let store = Arc::new(trellis_store::sled_store::Unobserved);
        wiring::wire(config, wiring::Addresses::admin_only(config.admin_listen), Observers { engine, calls, store })
    })?;
    let commits = Commits::of(&config.data_dir.join("store"))?;
    let in_memory = pass(submissions, &topics, |engine, calls| {
        let data = DataDir::open(&config.data_dir, config.network)?;
        wiring::wire_on(
            Arc::new(MemoryStore::new()),
            config,
            &data,
            wiring::Addresses::admin_only(config.admin_listen),
            engine,
            calls,
        )
    })?;
    let replay = commits.replay(&folder.join("bare"))?;
    let before = clock::process_cpu();
    replay.run(1)?;
    let bare = clock::process_cpu().saturating_sub(before).as_secs_f64() * 1e6 / commits.count().max(1) as f64;
    Ok(EngineCost {
        floor_us: in_memory.floor_us,
        stages: on_sled
            .stages
            .iter()
            .zip(in_memory.stages)
            .map(|((stage, sled), (_, memory))| (*stage, *sled, memory))
            .collect(),
        cpu_without_store_us: in_memory.beside_store_us,
        cpu_beside_store_us: on_sled.beside_store_us,
        store_cpu_us: on_sled.store_us,
        bare_store_cpu_us: bare,
        puts_per_commit: commits.puts_per_commit(),
        plugin_call_us: in_memory.plugin_call_us,
        plugin_call_beside_store_us: on_sled.plugin_call_us,
        judge_call_us: in_memory.judge_call_us,
    })
}

/// Microseconds.
fn median(nanos: &Mutex<Vec<u64>>) -> f64 {
    let mut nanos = nanos.lock().unwrap_or_else(PoisonError::into_inner);
    nanos.sort_unstable();
    nanos.get(nanos.len() / 2).map_or(0.0, |nanos| *nanos as f64 / 1000.0)
}
