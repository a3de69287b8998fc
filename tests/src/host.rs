//! A running host: start, wait, `kill -9`, start again, audit.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::binary;
use crate::client::Client;
use crate::configuration::Configuration;
use crate::ports;
use crate::world::World;

/// Longest wait for a host to be ready: compiling plugins on a busy machine takes a while, a minute for one that carries Python.
const START_PATIENCE: Duration = Duration::from_secs(300);

/// Longest wait for a host that was asked to end.
const END_PATIENCE: Duration = Duration::from_secs(60);

/// Time between two looks at something that is awaited.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Lines of a host's log shown when its test fails.
const LOG_LINES: usize = 60;

/// A host in a temporary folder. When its test fails, the end of its log is printed.
#[derive(Debug)]
pub struct Host {
    child: Option<Child>,
    folder: TempDir,
    port: u16,
    admin_port: u16,
    environment: Vec<(String, String)>,
}

impl Host {
    /// Starts a host that believes the world's headers, and waits until it is ready.
    #[must_use]
    pub fn start(configuration: &Configuration, world: &World) -> Self {
        let mut host = Self::prepare(configuration, world);
        host.start_again();
        host
    }

    /// A host that is set up, but not started.
    #[must_use]
    pub fn prepare(configuration: &Configuration, world: &World) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let (port, admin_port) = (ports::free(), ports::free());
        let toml = configuration.toml(port, admin_port, &folder.path().join("data"), &world.headers_file());
        std::fs::write(folder.path().join("trellis.toml"), toml).expect("to write the configuration");
        Self { child: None, folder, port, admin_port, environment: configuration.environment().to_vec() }
    }

    /// A host that is set up over an existing data folder, which it takes for its own, but not started.
    #[must_use]
    pub fn prepare_over(configuration: &Configuration, world: &World, data: &Path) -> Self {
        let host = Self::prepare(configuration, world);
        std::fs::rename(data, host.data_folder()).expect("to move the data folder");
        host
    }

    /// Starts the process, without waiting for anything.
    pub fn spawn(&mut self) {
        self.spawn_with(None);
    }

    /// As [`Host::spawn`]; it ends without a word when it comes to this step for the `passes`th time.
    pub fn spawn_dying_at(&mut self, step: &str, passes: usize) {
        self.spawn_with(Some(format!("{step}:{passes}")));
    }

    fn spawn_with(&mut self, fault_point: Option<String>) {
        assert!(self.child.is_none(), "the host is running");
        let log = File::options().create(true).append(true).open(self.log_file()).expect("the log");
        let mut command = binary::command();
        command.arg("serve").arg("--config").arg(self.config_file());
        command.envs(self.environment.iter().cloned());
        command.envs(fault_point.map(|fault_point| ("TRELLIS_FAULT_POINT", fault_point)));
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("the log")).stderr(log);
        self.child = Some(command.spawn().expect("to start the host"));
    }

    /// Starts the process and waits until it is ready.
    pub fn start_again(&mut self) {
        self.spawn();
        self.wait_until_ready();
    }

    /// Waits until the host takes submissions.
    pub fn wait_until_ready(&mut self) {
        let (client, started) = (self.client(), Instant::now());
        while !client.try_get("/health/ready").is_ok_and(|reply| reply.status == 200) {
            let ended = self.child.as_mut().expect("a running host").try_wait().expect("to ask for the host");
            assert!(ended.is_none(), "the host ended with {ended:?}:\n{}", self.log());
            assert!(started.elapsed() < START_PATIENCE, "the host is not ready:\n{}", self.log());
            thread::sleep(LOOK_AGAIN);
        }
    }

    /// Whether somebody listens at its port.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok()
    }

    /// Waits until the host takes submissions, or ends. Answers whether it lives.
    pub fn wait_until_ready_or_dead(&mut self) -> bool {
        let client = self.client();
        wait_for("the host's start, or its end", || {
            if client.try_get("/health/ready").is_ok_and(|reply| reply.status == 200) {
                return Some(true);
            }
            self.has_ended().then_some(false)
        })
    }

    /// Waits this long for the host's end by itself. Answers whether it still lives; if not, it can be started again.
    pub fn lives_after(&mut self, patience: Duration) -> bool {
        let started = Instant::now();
        while !self.has_ended() {
            if started.elapsed() > patience {
                return true;
            }
            thread::sleep(LOOK_AGAIN);
        }
        self.child = None;
        false
    }

    fn has_ended(&mut self) -> bool {
        self.child.as_mut().is_none_or(|child| child.try_wait().expect("to ask for the host").is_some())
    }

    /// `kill -9`: the process has no say in it.
    pub fn kill_9(&mut self) {
        let mut child = self.child.take().expect("a running host");
        child.kill().expect("to kill the host");
        child.wait().expect("the host's end");
    }

    /// Asks the host to end, waits until it has, answers how.
    pub fn end(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("a running host");
        let process = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(process, rustix::process::Signal::TERM).expect("to ask the host to end");
        let asked = Instant::now();
        loop {
            if let Some(status) = child.try_wait().expect("to ask for the host") {
                return status;
            }
            if asked.elapsed() > END_PATIENCE {
                let _ = child.kill();
                panic!("the host was asked to end and did not:\n{}", self.log());
            }
            thread::sleep(LOOK_AGAIN);
        }
    }

    /// Verifies every row of the store against every other with `trellis store check`; the host must not be running.
    /// Answers what it counted: `findings` (empty), `transactions`, `submissions`, `outputs`, `outbox`.
    ///
    /// # Panics
    /// There are findings.
    pub fn check_store(&self) -> Value {
        assert!(self.child.is_none(), "a running host has its store to itself");
        let mut command = binary::command();
        command.args(["store", "check", "--config"]).arg(self.config_file()).envs(self.environment.iter().cloned());
        let output = command.output().expect("to run the check");
        let (report, problems) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "trellis store check: {}\n{report}\n{problems}", output.status);
        counts(&report)
    }

    /// A client of the public listener, with connections of its own.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(format!("http://127.0.0.1:{}", self.port))
    }

    /// A client of the second listener.
    #[must_use]
    pub fn admin(&self) -> Client {
        Client::new(format!("http://127.0.0.1:{}", self.admin_port))
    }

    /// Port of the public listener.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The configuration file.
    #[must_use]
    pub fn config_file(&self) -> PathBuf {
        self.folder.path().join("trellis.toml")
    }

    /// The folder of everything durable.
    #[must_use]
    pub fn data_folder(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Process id of the running host.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.as_ref().expect("a running host").id()
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("host.log")
    }

    /// The end of the host's log.
    #[must_use]
    pub fn log(&self) -> String {
        let text = std::fs::read(self.log_file()).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        // The harness's own questions are no news.
        let lines: Vec<&str> = text.lines().filter(|line| !line.contains("route=\"/health/ready\"")).collect();
        lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
    }
}

/// The report of `trellis store check`, which ends in peace only where there are no findings.
fn counts(report: &str) -> Value {
    let count = |name: &str| {
        let number = report.lines().find_map(|line| {
            let mut words = line.split_whitespace();
            (words.next() == Some(name)).then(|| words.next()?.parse::<u64>().ok())?
        });
        number.unwrap_or_else(|| panic!("no number of {name} in the report of trellis store check:\n{report}"))
    };
    json!({
        "findings": [],
        "transactions": count("transactions"),
        "submissions": count("submissions"),
        "outputs": count("outputs"),
        "outbox": count("outbox"),
    })
}

impl Drop for Host {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        if thread::panicking() {
            eprintln!("the end of the host's log:\n{}", self.log());
        }
    }
}

/// Waits until `look` answers something, `what` being what it waits for.
///
/// # Panics
/// It never comes.
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < START_PATIENCE, "waited in vain for {what}");
        thread::sleep(LOOK_AGAIN);
    }
}

/// Bytes of all files under a folder.
#[must_use]
pub fn bytes_under(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    entries
        .map(|entry| match entry.file_type().expect("a file type").is_dir() {
            true => bytes_under(&entry.path()),
            false => entry.metadata().map_or(0, |metadata| metadata.len()),
        })
        .sum()
}
