//! `bench isolation`: how long submissions to one topic take while the plugin of another is made to misbehave as fast as it can be,
//! beside how long they take alone. Nothing but the sandbox protects the host here: who attacks has no budget, and a plugin that breaks
//! is never paused.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::{Value, json};

use super::http::{Host, Run};
use super::material::{Material, Simple};
use super::{BenchError, WARM_UP, start_host};
use crate::client::{Client, ClientError, Submission};
use crate::wallet::key::Key;

/// Who attacks at once: more than there are processors to attack.
const ATTACKERS: usize = 4;

/// Clients of the topic that is well.
const CLIENTS: usize = 2;

/// Under attack the slowest of a hundred submissions may take this many times what it takes alone.
const TARGET: f64 = 2.0;

/// What the guest is told to do: never to come back, to take all memory, to keep the host busy, and to take nearly all the fuel it
/// may have and then say no.
const ATTACKS: [&str; 4] = ["loop", "memory", "host-calls", "refuse-late:4000000"];

/// Arguments of `bench isolation`.
#[derive(Debug, clap::Args)]
pub struct IsolationArguments {
    /// The guest that misbehaves on request, a .wasm file: plugins/hostile of this program's sources
    pub hostile: PathBuf,
    /// Print one JSON object instead of a table
    #[arg(long)]
    pub json: bool,
    /// Submissions of each run
    #[arg(long, value_name = "COUNT", default_value_t = 200)]
    pub submissions: usize,
}

/// Submissions under one attack, and as many alone just before.
struct Attacked {
    attack: &'static str,
    /// Attacks answered while the submissions ran.
    answered: u64,
    alone: Run,
    under: Run,
}

impl Attacked {
    fn ratios(&self) -> [f64; 2] {
        [self.under.wall_p50_us / self.alone.wall_p50_us, self.under.wall_p99_us / self.alone.wall_p99_us]
    }
}

/// Runs `bench isolation`.
///
/// # Errors
/// [`BenchError`].
pub fn isolation(arguments: &IsolationArguments) -> Result<(), BenchError> {
    let count = arguments.submissions.max(1);
    let folder = tempfile::tempdir()?;
    let material = Material::make(&Key::from_bytes([11; 32])?, WARM_UP + ATTACKERS + 2 * count * ATTACKS.len())?;
    let headers = folder.path().join("headers.json");
    std::fs::write(&headers, serde_json::to_vec(&material.headers)?)?;
    let guest = arguments.hostile.canonicalize()?;
    let tables = format!(
        "\n[[plugin]]\nid = \"hostile\"\nfile = '{}'\ngrants = [\"identity\"]\nlimits = {{ faults-before-pause = {} }}\n\n\
         [[topic]]\nname = \"tm_hostile\"\nplugin = \"hostile\"\n\n",
        guest.display(),
        i64::MAX
    );
    let host = start_host(folder.path(), &headers, &tables)?;
    let (warm_up, rest) = material.submissions.split_at(WARM_UP);
    let (ammunition, mut rest) = rest.split_at(ATTACKERS);
    host.run(CLIENTS, warm_up)?;
    let mut rows = Vec::new();
    for attack in ATTACKS {
        let (alone, later) = rest.split_at(count);
        let (under, later) = later.split_at(count);
        rest = later;
        let alone = host.run(CLIENTS, alone)?;
        rows.push(attacked(&host, attack, ammunition, alone, under)?);
    }
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&as_json(&rows))?);
    } else {
        print!("{}", table(&rows));
    }
    Ok(())
}

/// Submits while everybody attacks.
fn attacked(
    host: &Host,
    attack: &'static str,
    ammunition: &[Simple],
    alone: Run,
    submissions: &[Simple],
) -> Result<Attacked, BenchError> {
    let (over, answered) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for simple in ammunition {
            let (over, answered) = (&over, &answered);
            scope.spawn(move || {
                let client = Client::new(host.url());
                let submission = Submission {
                    beef: &simple.beef,
                    topics: &["tm_hostile"],
                    off_chain_values: Some(attack.as_bytes()),
                    require_all: false,
                    evidence: None,
                };
                while !over.load(Ordering::Relaxed) {
                    // A fault, a refusal, or that there is no room: whatever it is, the next one follows.
                    if let Ok(_) | Err(ClientError::Refused { .. }) = client.submit(&submission) {
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        let under = host.run(CLIENTS, submissions);
        over.store(true, Ordering::Relaxed);
        Ok(Attacked { attack, answered: answered.load(Ordering::Relaxed), alone, under: under? })
    })
}

fn as_json(rows: &[Attacked]) -> Value {
    let row = |row: &Attacked| {
        let [p50, p99] = row.ratios();
        json!({
            "attack": row.attack,
            "attacks": row.answered,
            "alone_p50_us": row.alone.wall_p50_us,
            "alone_p99_us": row.alone.wall_p99_us,
            "attacked_p50_us": row.under.wall_p50_us,
            "attacked_p99_us": row.under.wall_p99_us,
            "p50_ratio": p50,
            "p99_ratio": p99,
        })
    };
    json!({ "clients": CLIENTS, "attackers": ATTACKERS, "target": TARGET, "attacks": rows.iter().map(row).collect::<Vec<_>>() })
}

fn table(rows: &[Attacked]) -> String {
    let mut text = format!(
        "Submissions to one topic, {CLIENTS} clients, while {ATTACKERS} others have the plugin of another topic misbehave: microseconds\n\
         between request and answer. The 99th percentile is to stay within {TARGET} times what it is alone.\n\n\
         attack                 p50 alone   attacked  ratio   p99 alone   attacked  ratio   attacks\n"
    );
    for row in rows {
        let [p50, p99] = row.ratios();
        let Attacked { attack, answered, alone, under } = row;
        text.push_str(&format!(
            "{attack:<20} {:>11.0} {:>10.0} {p50:>6.2} {:>11.0} {:>10.0} {p99:>6.2} {answered:>9}\n",
            alone.wall_p50_us, under.wall_p50_us, alone.wall_p99_us, under.wall_p99_us
        ));
    }
    text
}
