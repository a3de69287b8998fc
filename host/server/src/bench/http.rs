//! A real host in a process of its own, under real requests; its CPU time as the kernel counts it.

use std::io::Read;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::BenchError;
use super::material::Simple;
use crate::client::{Client, Submission};
use crate::clock;

/// Longest wait for the host: it compiles two plugins.
const PATIENCE: Duration = Duration::from_secs(120);

/// Kernel clock ticks per second in `/proc/<pid>/stat`: 100 on every Linux that Rust runs on.
const TICKS_PER_SECOND: f64 = 100.0;

/// What a run of requests cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    pub(super) clients: usize,
    pub(super) requests: usize,
    /// Microseconds of the host's CPU per request, all threads, system calls included.
    pub(super) cpu_us: f64,
    /// Microseconds between request and answer, as a client sees them: median and 99th percentile.
    pub(super) wall_p50_us: f64,
    pub(super) wall_p99_us: f64,
    pub(super) per_second: f64,
}

/// A host in a process of its own. Killed when dropped.
pub(super) struct Host {
    child: Child,
    url: String,
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Host {
    /// Starts `trellis serve` with this configuration, whose ports it fills in.
    pub(super) fn start(configuration: impl FnOnce(u16, u16) -> String, file: &Path) -> Result<Self, BenchError> {
        let (port, admin) = (free_port()?, free_port()?);
        std::fs::write(file, configuration(port, admin))?;
        let mut child = Command::new(std::env::current_exe()?)
            .args(["serve", "--config"])
            .arg(file)
            .env("RUST_LOG", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let client = Client::new(&format!("http://127.0.0.1:{port}"));
        let began = clock::monotonic();
        while client.get("/health/ready").is_err() {
            if child.try_wait()?.is_some() || clock::monotonic().saturating_sub(began) > PATIENCE {
                let mut said = String::new();
                let _ = child.kill();
                if let Some(mut errors) = child.stderr.take() {
                    let _ = errors.read_to_string(&mut said);
                }
                return Err(BenchError::HostDidNotStart(said));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(Self { child, url: format!("http://127.0.0.1:{port}") })
    }

    /// Its public listener.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Submits everything with so many clients at once.
    pub(super) fn run(&self, clients: usize, submissions: &[Simple]) -> Result<Run, BenchError> {
        let next = AtomicUsize::new(0);
        let cpu_before = self.cpu_seconds()?;
        let began = clock::monotonic();
        let work = || {
            let client = Client::new(&self.url);
            let mut took = Vec::new();
            while let Some(simple) = submissions.get(next.fetch_add(1, Ordering::Relaxed)) {
                let asked = clock::monotonic();
                let submission = Submission {
                    beef: &simple.beef,
                    topics: &["tm_helloworld"],
                    off_chain_values: None,
                    require_all: true,
                    evidence: None,
                };
                client.submit(&submission)?;
                took.push(clock::monotonic().saturating_sub(asked));
            }
            Ok::<_, BenchError>(took)
        };
        let took = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..clients).map(|_| scope.spawn(work)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().map_err(|_| BenchError::ClientPanicked)?)
                .collect::<Result<Vec<_>, _>>()
        })?;
        let wall = clock::monotonic().saturating_sub(began).as_secs_f64();
        let cpu = self.cpu_seconds()? - cpu_before;
        let mut took: Vec<_> = took.into_iter().flatten().collect();
        took.sort_unstable();
        let requests = took.len();
        let at = |share: f64| {
            let index = (requests as f64 * share) as usize;
            took.get(index.min(requests.saturating_sub(1))).map_or(0.0, |took| took.as_secs_f64() * 1e6)
        };
        Ok(Run {
            clients,
            requests,
            cpu_us: cpu * 1e6 / requests.max(1) as f64,
            wall_p50_us: at(0.5),
            wall_p99_us: at(0.99),
            per_second: requests as f64 / wall,
        })
    }

    /// CPU seconds the host has used: user and system.
    pub(super) fn cpu_seconds(&self) -> Result<f64, BenchError> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // Behind the name in parentheses, which may hold anything: state is field 3, user time 14, system time 15.
        let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let ticks: f64 = rest.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
        Ok(ticks / TICKS_PER_SECOND)
    }
}

fn free_port() -> Result<u16, BenchError> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
