//! `bench submit`: what a simple submission costs, stage by stage, against what it must cost. Everything in one run, so that
//! ratios hold on a machine whose speed does not. `bench reorg` is in [`mod@reorg`], `bench baskets` in [`mod@baskets`],
//! `bench events` in [`mod@events`], `bench identity` in [`mod@identity`], `bench isolation` in [`mod@isolation`], `bench plugin` in
//! [`mod@plugin`], `bench topics` in [`mod@topics`].

mod baskets;
mod engine;
mod events;
mod floor;
mod http;
mod identity;
mod isolation;
mod material;
mod plugin;
mod reorg;
mod report;
mod spread;
mod stored;
mod topics;

use std::path::Path;

use trellis_engine::domain::name::NameError;

use crate::client::ClientError;
use crate::command::dev;
use crate::config::Config;
use crate::config::checked::Chain;
use crate::wallet::key::{Key, NotAKey};
use crate::wiring::WiringError;
pub use baskets::{BasketsArguments, baskets};
use engine::EngineCost;
pub use events::{EventsArguments, events};
use http::{Host, Run};
pub use identity::{IdentityArguments, identity};
pub use isolation::{IsolationArguments, isolation};
use material::{Material, MaterialError};
pub use plugin::{PluginArguments, plugin};
pub use reorg::{ReorgArguments, reorg};
use report::Report;
use spread::Spread;
pub use topics::{TopicsArguments, topics};

/// Clients at once, run by run.
const CLIENTS: [usize; 3] = [1, 8, 32];

/// Requests before the first run counts.
const WARM_UP: usize = 200;

/// Arguments of `bench submit`.
#[derive(Debug, clap::Args)]
pub struct BenchArguments {
    /// Print one JSON object instead of a table
    #[arg(long)]
    pub json: bool,
    /// Submissions of each run
    #[arg(long, value_name = "COUNT", default_value_t = 2_000)]
    pub submissions: usize,
    /// Also compare a host that holds this many outputs with one that holds ten thousand
    #[arg(long, value_name = "OUTPUTS")]
    pub stored: Option<u64>,
}

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// A file or a process.
    #[error("the benchmark could not use its files or processes: {0}")]
    Io(#[from] std::io::Error),
    /// The material.
    #[error("{0}")]
    Material(String),
    /// The host in this process.
    #[error(transparent)]
    Wiring(#[from] Box<WiringError>),
    /// The host in its own process.
    #[error("the measured host did not start:\n{0}")]
    HostDidNotStart(String),
    /// A request to it.
    #[error("a request to the measured host failed: {0}")]
    Client(#[from] ClientError),
    /// A client.
    #[error("a client of the measured host panicked")]
    ClientPanicked,
    /// A submission that must succeed did not.
    #[error("a submission of the benchmark was refused: {0}")]
    Refused(String),
    /// The bare store.
    #[error(transparent)]
    Bare(#[from] trellis_store::bare::BareError),
    /// Never: the names are fixed and well-formed.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Never: the key is fixed.
    #[error(transparent)]
    Key(#[from] NotAKey),
    /// The report.
    #[error("the report cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl From<MaterialError> for BenchError {
    fn from(error: MaterialError) -> Self {
        Self::Material(error.to_string())
    }
}

impl From<WiringError> for BenchError {
    fn from(error: WiringError) -> Self {
        Self::Wiring(Box::new(error))
    }
}

/// Runs `bench submit`.
///
/// # Errors
/// [`BenchError`].
pub fn submit(arguments: &BenchArguments) -> Result<(), BenchError> {
    let folder = tempfile::tempdir()?;
    let key = Key::from_bytes([11; 32])?;
    let count = arguments.submissions.max(1);
    if !arguments.json {
        eprintln!("making {} submissions to measure with …", WARM_UP + count * (1 + CLIENTS.len()));
    }
    let material = Material::make(&key, WARM_UP + count * (1 + CLIENTS.len()))?;
    let headers = folder.path().join("headers.json");
    std::fs::write(&headers, serde_json::to_vec(&material.headers)?)?;

    let (for_engine, for_http) = material.submissions.split_at(count);
    let engine = engine::measure(&in_process(folder.path(), "in-process", &headers)?, folder.path(), for_engine)?;
    let growth = match arguments.stored {
        Some(outputs) => {
            let config = |name: &str| in_process(folder.path(), name, &headers);
            Some(stored::measure(config, outputs, for_engine)?)
        }
        None => None,
    };
    let runs = over_http(folder.path(), &headers, for_http, count)?;
    let report = Report { engine, runs, growth };
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report.json())?);
    } else {
        print!("{}", report.table());
    }
    Ok(())
}

/// A host of the built-in plugins that believes the benchmark's headers and tells nobody.
fn in_process(folder: &Path, name: &str, headers: &Path) -> Result<Config, BenchError> {
    let mut config = dev::config(&folder.join(name), 0, 0)?;
    config.chain = Chain::HeadersFile(headers.to_owned());
    Ok(config)
}

fn over_http(
    folder: &Path,
    headers: &Path,
    submissions: &[material::Simple],
    count: usize,
) -> Result<Vec<Run>, BenchError> {
    let host = start_host(folder, headers, "")?;
    let (warm_up, mut rest) = submissions.split_at(WARM_UP.min(submissions.len()));
    host.run(1, warm_up)?;
    let mut runs = Vec::new();
    for clients in CLIENTS {
        let (now, later) = rest.split_at(count.min(rest.len()));
        runs.push(host.run(clients, now)?);
        rest = later;
    }
    Ok(runs)
}

/// A host in a process of its own that believes the benchmark's headers and tells nobody; `limits` are more lines of `[limits]`,
/// and tables behind it.
fn start_host(folder: &Path, headers: &Path, limits: &str) -> Result<Host, BenchError> {
    let (data, headers, limits) = (folder.join("over-http"), headers.to_owned(), limits.to_owned());
    let toml = move |port: u16, admin: u16| {
        format!(
            "[node]\nname = \"bench\"\nlisten = \"127.0.0.1:{port}\"\nadmin-listen = \"127.0.0.1:{admin}\"\n\
             data-dir = '{}'\nnetwork = \"local\"\n\n[chain]\nsource = \"headers-file\"\npath = '{}'\n\n\
             [broadcast]\npolicy = \"none\"\n\n[limits]\nclient-cpu-per-second = 10000000\n\
             client-cpu-burst = 10000000\n{limits}\n[[plugin]]\nid = \"helloworld\"\nbuiltin = \"helloworld\"\n\n\
             [[topic]]\nname = \"tm_helloworld\"\nplugin = \"helloworld\"\n\n\
             [[lookup]]\nname = \"ls_helloworld\"\nplugin = \"helloworld\"\ntopics = [\"tm_helloworld\"]\n",
            data.display(),
            headers.display()
        )
    };
    Host::start(toml, &folder.join("bench.toml"))
}
