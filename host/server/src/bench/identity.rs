//! `bench identity`: what it costs to say who one is, and what is held of those who do.

mod held;
mod signer;

use serde_json::json;
use trellis_spv::identity::key::PrivateKey;

use self::held::Held;
use self::signer::Signer;
use super::http::Host;
use super::material::{Material, Simple};
use super::{BenchError, WARM_UP, start_host};
use crate::wallet::key::Key;

/// Submissions of one kind before the other's turn: their CPU time is counted in steps of 10 milliseconds.
const TURN: usize = 250;

/// The memory that is asked about.
const ROOM: u64 = 100_000_000;

/// Arguments of `bench identity`.
#[derive(Debug, clap::Args)]
pub struct IdentityArguments {
    /// Print one JSON object instead of a table
    #[arg(long)]
    pub json: bool,
    /// Submissions of each kind
    #[arg(long, value_name = "COUNT", default_value_t = 2_000)]
    pub submissions: usize,
}

/// Runs `bench identity`.
///
/// # Errors
/// [`BenchError`].
pub fn identity(arguments: &IdentityArguments) -> Result<(), BenchError> {
    // First: what the rest leaves to the allocator would be taken for held.
    let held = held::measure()?;
    let folder = tempfile::tempdir()?;
    let material = Material::make(&Key::from_bytes([11; 32])?, WARM_UP + 2 * arguments.submissions.max(TURN))?;
    let headers = folder.path().join("headers.json");
    std::fs::write(&headers, serde_json::to_vec(&material.headers)?)?;
    let host = start_host(folder.path(), &headers, "")?;
    let key = PrivateKey::from_bytes([12; 32]).map_err(|error| BenchError::Refused(error.to_string()))?;
    let clients = [Signer::open(host.url()), Signer::authenticated(host.url(), key)?];
    let [open, authenticated] = interleaved(&host, &clients, &material.submissions)?;
    if arguments.json {
        let held: Vec<_> = held.iter().map(held_json).collect();
        let report = json!({
            "open_cpu_us": open,
            "authenticated_cpu_us": authenticated,
            "authenticated_cpu_ratio": authenticated / open,
            "session_bytes": 0,
            "held": held,
        });
        println!("{}", serde_json::to_string_pretty(&report)?);
        return Ok(());
    }
    println!("A simple submission over HTTP, one client; microseconds of the host's CPU, both kinds in turns.\n");
    println!("open                {open:>9.1}");
    println!("authenticated       {authenticated:>9.1}   {:.2} × open\n", authenticated / open);
    println!("What is held, filled up to its bound; a session itself is sealed in its nonce and holds nothing.\n");
    println!("{:<48} {:>10} {:>12} {:>12} {:>14}", "", "most", "bytes each", "MB in all", "in 100 MB");
    for held in &held {
        let (each, all) = (held.each(), held.bytes as f64 / 1e6);
        println!("{:<48} {:>10} {each:>12.1} {all:>12.1} {:>14.0}", held.what, held.most, ROOM as f64 / each);
    }
    Ok(())
}

fn held_json(held: &Held) -> serde_json::Value {
    json!({
        "what": held.what,
        "most": held.most,
        "bytes": held.bytes,
        "bytes_each": held.each(),
        "in_100_mb": ROOM as f64 / held.each(),
    })
}

/// Microseconds of CPU per submission of each client, taking turns.
fn interleaved(host: &Host, clients: &[Signer; 2], submissions: &[Simple]) -> Result<[f64; 2], BenchError> {
    let (warm_up, counted) = submissions.split_at(WARM_UP.min(submissions.len()));
    for (simple, client) in warm_up.iter().zip(clients.iter().cycle()) {
        client.submit(&simple.beef)?;
    }
    let [mut open, mut authenticated] = [(0.0, 0usize); 2];
    for (turn, simples) in counted.chunks(TURN).enumerate() {
        let [first, second] = clients;
        let (client, spent) = if turn % 2 == 0 { (first, &mut open) } else { (second, &mut authenticated) };
        let before = host.cpu_seconds()?;
        simples.iter().try_for_each(|simple| client.submit(&simple.beef))?;
        spent.0 += host.cpu_seconds()? - before;
        spent.1 += simples.len();
    }
    Ok([open, authenticated].map(|(seconds, count)| seconds * 1e6 / count.max(1) as f64))
}
