//! Starts the real program: hosts on ports of the system's choice with data in temporary folders, and commands that end by
//! themselves. Meant for every test that needs a running host.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;
use trellis_server::client::{Client, Submission};
use trellis_server::http::body::SteakBody;
use trellis_server::wallet::build::{Coin, Lock, build, extend};
use trellis_server::wallet::key::Key;
use trellis_server::wallet::script::{message, p2pkh};
use trellis_spv::beef::{self, Beef, BeefEntry};
use trellis_spv::transaction::Transaction;

/// Longest start of a host: both plugins are compiled on the first one, on a machine that builds other things meanwhile.
const START: Duration = Duration::from_secs(120);

/// A running host; killed when dropped.
pub(crate) struct Host {
    child: Child,
    log: Receiver<Value>,
    pub(crate) public: SocketAddr,
    pub(crate) admin: SocketAddr,
}

impl Host {
    /// `trellis dev` on free ports.
    pub(crate) fn dev(data_dir: &Path) -> Self {
        Self::start(&["dev", "--port", "0", "--admin-port", "0", "--data-dir", data_dir.to_str().unwrap()], &[])
    }

    /// `trellis serve` with a configuration written into `folder`. It should listen on port 0.
    pub(crate) fn serve(folder: &Path, config: &str) -> Self {
        Self::serve_with(folder, config, &[])
    }

    /// The same, with environment variables.
    pub(crate) fn serve_with(folder: &Path, config: &str, environment: &[(&str, &str)]) -> Self {
        let file = write(folder, "trellis.toml", config);
        Self::start(&["serve", "--config", file.to_str().unwrap()], environment)
    }

    fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_trellis"))
            .args(["--log-format", "json"])
            .args(arguments)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (send, log) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                // Lines that are no JSON are panics or errors: passed on for whoever reads the test's output.
                let parsed = serde_json::from_str(&line).unwrap_or_else(|_| {
                    eprintln!("host: {line}");
                    Value::String(line)
                });
                if send.send(parsed).is_err() {
                    break;
                }
            }
        });
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        let mut host = Self { child, log, public: nowhere, admin: nowhere };
        let listening = host.wait_for("listening");
        host.public = listening["address"].as_str().unwrap().parse().unwrap();
        loop {
            let listening = host.wait_for("listening");
            if listening["listener"] == "admin" {
                host.admin = listening["address"].as_str().unwrap().parse().unwrap();
                break;
            }
        }
        host.wait_for("ready");
        host
    }

    /// The next log line with this message.
    pub(crate) fn wait_for(&self, message: &str) -> Value {
        loop {
            let line = self.log.recv_timeout(START).unwrap_or_else(|_| panic!("the host never logged `{message}`"));
            if line["message"] == message {
                return line;
            }
        }
    }

    /// A client of the public listener.
    pub(crate) fn client(&self) -> Client {
        Client::new(&format!("http://{}", self.public))
    }

    /// A client of the second listener.
    pub(crate) fn admin_client(&self) -> Client {
        Client::new(&format!("http://{}", self.admin))
    }

    /// Stops the host as an operator does.
    pub(crate) fn stop(mut self) -> ExitStatus {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        self.child.wait().unwrap()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command that ends by itself.
pub(crate) fn trellis(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_trellis")).args(arguments).stdin(Stdio::null()).output().unwrap()
}

/// What a command printed, errors included.
pub(crate) fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Writes a file of a test.
pub(crate) fn write(folder: &Path, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
    let file = folder.join(name);
    std::fs::write(&file, contents).unwrap();
    file
}

/// A user with a key.
pub(crate) struct User {
    pub(crate) key: Key,
}

/// A transaction with what proves it.
#[derive(Clone)]
pub(crate) struct Post {
    pub(crate) transaction: Transaction,
    pub(crate) beef: Beef,
}

impl User {
    pub(crate) fn new(seed: u8) -> Self {
        Self { key: Key::from_bytes([seed; 32]).unwrap() }
    }

    /// A coin from a host's faucet.
    pub(crate) fn coin(&self, host: &Host, satoshis: u64) -> Post {
        let grant = host.admin_client().faucet(self.key.public_key(), satoshis).unwrap();
        let beef = beef::parse(&hex::decode(grant.beef).unwrap()).unwrap();
        let BeefEntry::Raw { transaction, .. } = &beef.transactions[0] else { panic!("no transaction") };
        Post { transaction: transaction.clone(), beef }
    }

    /// Says something, paid from output 0 of `funds`. Output 0 is the message, output 1 the change.
    pub(crate) fn say(&self, text: &str, funds: &Post) -> Post {
        let coin = Coin::of(&funds.transaction, 0, &self.key, Lock::PublicKeyHash).unwrap();
        let change = coin.satoshis - 10;
        let outputs = [(1, message(&self.key, text)), (change, p2pkh(&self.key.hash()))];
        let transaction = build(&[coin], &outputs).unwrap();
        Post { beef: extend(&funds.beef, &transaction), transaction }
    }
}

impl Post {
    /// Submits it.
    pub(crate) fn submit(
        &self,
        host: &Host,
        topics: &[&str],
    ) -> Result<SteakBody, trellis_server::client::ClientError> {
        host.client().submit(&Submission { beef: &self.beef.to_bytes(), topics, ..Submission::default() })
    }
}
