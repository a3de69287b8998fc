//! `bench events`: what it costs to tell many subscribers of every submission, beside writing the same bytes to as many sockets
//! without a host.

mod floor;
mod listeners;

use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};

use super::material::{Material, Simple};
use super::{BenchError, Spread, WARM_UP, start_host};
use crate::client::{Client, Submission};
use crate::clock;
use crate::wallet::key::Key;
use floor::Floor;
use listeners::Listeners;

/// Clients that submit at once where the fan-out is to be busy.
const CLIENTS: usize = 8;

/// Telling an event to one subscriber may cost this many times writing its bytes to a socket.
const TARGET: f64 = 2.0;

/// Arguments of `bench events`.
#[derive(Debug, clap::Args)]
pub struct EventsArguments {
    /// Print one JSON object instead of a table
    #[arg(long)]
    pub json: bool,
    /// Subscribers
    #[arg(long, value_name = "COUNT", default_value_t = 1_000)]
    pub subscribers: usize,
    /// Submissions of each run
    #[arg(long, value_name = "COUNT", default_value_t = 300)]
    pub submissions: usize,
}

/// What one run measured.
struct Measured {
    event_bytes: usize,
    /// Events told to all subscribers, per second, while clients submit as fast as they can.
    events_per_second: f64,
    /// CPU of the host per event and subscriber, beyond what the same submissions cost without subscribers.
    cpu_us: f64,
    /// From a submission's answer, which leaves when the commit is durable, to the last subscriber.
    last_told: Spread,
    floor: Floor,
}

/// Runs `bench events`.
///
/// # Errors
/// [`BenchError`].
pub fn events(arguments: &EventsArguments) -> Result<(), BenchError> {
    open_more_files();
    let measured = measure(arguments)?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&as_json(arguments, &measured))?);
    } else {
        print!("{}", table(arguments, &measured));
    }
    Ok(())
}

/// Every subscriber is an open file here and one in the host. Where the system allows no more, opening them says so.
fn open_more_files() {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

fn measure(arguments: &EventsArguments) -> Result<Measured, BenchError> {
    let folder = tempfile::tempdir()?;
    let (count, subscribers) = (arguments.submissions.max(1), arguments.subscribers.max(1));
    let material = Material::make(&Key::from_bytes([11; 32])?, WARM_UP + 3 * count)?;
    let headers = folder.path().join("headers.json");
    std::fs::write(&headers, serde_json::to_vec(&material.headers)?)?;
    let room = subscribers + 64;
    let limits = format!("connections = {room}\n\n[events]\nsubscribers = {subscribers}\n");
    let host = start_host(folder.path(), &headers, &limits)?;
    let (warm_up, rest) = material.submissions.split_at(WARM_UP);
    let (alone, rest) = rest.split_at(count);
    let (one_by_one, busy) = rest.split_at(count);

    host.run(1, warm_up)?;
    let before = host.cpu_seconds()?;
    host.run(CLIENTS, alone)?;
    let alone = host.cpu_seconds()? - before;

    let listeners = Listeners::connect(host.url(), subscribers)?;
    let answered = answered(host.url(), one_by_one)?;
    listeners.wait_for(count)?;
    let delays = answered.iter().zip(listeners.last_told(0)).map(|(answered, told)| told.saturating_sub(*answered));
    let last_told = Spread::of(delays.collect());

    let (cpu, began) = (host.cpu_seconds()?, clock::monotonic());
    host.run(CLIENTS, busy)?;
    listeners.wait_for(2 * count)?;
    let told = listeners.last_told(count).into_iter().max().unwrap_or_default();
    let cpu = host.cpu_seconds()? - cpu;
    let event_bytes = listeners.bytes() / (2 * count * subscribers);
    drop(listeners);
    Ok(Measured {
        event_bytes,
        events_per_second: count as f64 / told.saturating_sub(began).as_secs_f64(),
        cpu_us: (cpu - alone).max(0.0) * 1e6 / (count * subscribers) as f64,
        last_told,
        floor: Floor::measure(subscribers, event_bytes, count)?,
    })
}

/// When each submission was answered, one after the other.
fn answered(url: &str, submissions: &[Simple]) -> Result<Vec<Duration>, BenchError> {
    let client = Client::new(url);
    let submit = |simple: &Simple| {
        let topics = &["tm_helloworld"];
        client.submit(&Submission {
            beef: &simple.beef,
            topics,
            off_chain_values: None,
            require_all: true,
            evidence: None,
        })?;
        Ok(clock::monotonic())
    };
    submissions.iter().map(submit).collect()
}

const fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn as_json(arguments: &EventsArguments, measured: &Measured) -> Value {
    json!({
        "subscribers": arguments.subscribers,
        "submissions": arguments.submissions,
        "event_bytes": measured.event_bytes,
        "events_per_second": measured.events_per_second,
        "cpu_us_per_event_and_subscriber": measured.cpu_us,
        "floor_cpu_us": measured.floor.cpu_us,
        "cpu_ratio": measured.cpu_us / measured.floor.cpu_us,
        "cpu_target": TARGET,
        "last_told_p50_ms": milliseconds(measured.last_told.p50),
        "last_told_p99_ms": milliseconds(measured.last_told.p99),
        "floor_last_written_p50_ms": milliseconds(measured.floor.written.p50),
        "floor_last_written_p99_ms": milliseconds(measured.floor.written.p99),
    })
}

fn table(arguments: &EventsArguments, measured: &Measured) -> String {
    let Measured { event_bytes, events_per_second, cpu_us, last_told, floor } = measured;
    let row = |what: &str, host: String, floor: String| format!("{what:<52} {host:>12} {floor:>12}\n");
    let number = |number: f64| format!("{number:.2}");
    let mut text = format!(
        "{} subscribers, {} submissions, events of {event_bytes} bytes\n\n",
        arguments.subscribers, arguments.submissions
    );
    text.push_str(&row("", "host".to_owned(), "bare sockets".to_owned()));
    text.push_str(&row("CPU per event and subscriber, microseconds", number(*cpu_us), number(floor.cpu_us)));
    let (p50, p99) = (milliseconds(last_told.p50), milliseconds(last_told.p99));
    let (floor_p50, floor_p99) = (milliseconds(floor.written.p50), milliseconds(floor.written.p99));
    text.push_str(&row("answer to last subscriber, median, milliseconds", number(p50), number(floor_p50)));
    text.push_str(&row("answer to last subscriber, 99th percentile", number(p99), number(floor_p99)));
    text.push_str(&row("events told to all, per second", format!("{events_per_second:.0}"), String::new()));
    let ratio = cpu_us / floor.cpu_us;
    text.push_str(&format!("\nCPU: {ratio:.2} × bare sockets (target {TARGET})\n"));
    text
}
