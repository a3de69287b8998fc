//! `bench topics`: what a submission costs that touches 1, 4 and 16 topics, against one that touches one.

use std::sync::Arc;

use serde_json::json;
use trellis_engine::domain::name::{NameError, TopicName};
use trellis_engine::hosting::TopicSetup;
use trellis_store::sled_store::Unobserved;

use super::engine::{self, Pass};
use super::material::{Material, Simple};
use super::{BenchError, in_process};
use crate::config::Config;

use crate::wallet::key::Key;
use crate::wiring::{self, Observers};

/// Topics of a submission, pass by pass.
const TOPICS: [usize; 3] = [1, 4, 16];

/// Arguments of `bench topics`.
#[derive(Debug, clap::Args)]
pub struct TopicsArguments {
    /// Print one JSON object instead of a table
    #[arg(long)]
    pub json: bool,
    /// Submissions of each run
    #[arg(long, value_name = "COUNT", default_value_t = 2_000)]
    pub submissions: usize,
}

/// What a submission to so many topics cost.
struct Cost {
    topics: usize,
    /// CPU of the whole process, in microseconds.
    cpu_us: f64,
    /// CPU of the floor, measured in between: on a busy machine it grows with the rest.
    floor_us: f64,
}

impl Cost {
    /// In floors, so that costs of different moments compare.
    fn floors(&self) -> f64 {
        self.cpu_us / self.floor_us
    }
}

/// Runs `bench topics`.
///
/// # Errors
/// [`BenchError`].
pub fn topics(arguments: &TopicsArguments) -> Result<(), BenchError> {
    let folder = tempfile::tempdir()?;
    let material = Material::make(&Key::from_bytes([11; 32])?, arguments.submissions.max(1))?;
    let headers = folder.path().join("headers.json");
    std::fs::write(&headers, serde_json::to_vec(&material.headers)?)?;
    let cost = |count: &usize| {
        measure(in_process(folder.path(), &count.to_string(), &headers)?, *count, &material.submissions)
    };
    let costs = TOPICS.iter().map(cost).collect::<Result<Vec<_>, _>>()?;
    let one = costs.first().map_or(f64::NAN, Cost::floors);
    if arguments.json {
        let cost = |cost: &Cost| {
            json!({
                "topics": cost.topics,
                "cpu_us": cost.cpu_us,
                "floor_us": cost.floor_us,
                "cpu_ratio": cost.floors(),
                "ratio_to_one": cost.floors() / one,
            })
        };
        println!("{}", serde_json::to_string_pretty(&costs.iter().map(cost).collect::<Vec<_>>())?);
        return Ok(());
    }
    println!("A simple submission, stored and indexed in every topic it touches; CPU of the whole host, one by one.\n");
    println!("topics   CPU µs   floor µs   CPU / floor   of one topic");
    for cost in &costs {
        let (floors, ratio) = (cost.floors(), cost.floors() / one);
        println!("{:>6} {:>8.0} {:>10.1} {floors:>13.2} {ratio:>14.2}", cost.topics, cost.cpu_us, cost.floor_us);
    }
    Ok(())
}

/// A host whose topics share a plugin and whose lookup service indexes all of them.
fn measure(mut config: Config, count: usize, submissions: &[Simple]) -> Result<Cost, BenchError> {
    let names: Vec<TopicName> =
        (1..=count).map(|number| TopicName::new(&format!("tm_bench_{number}"))).collect::<Result<_, NameError>>()?;
    config.services.retain(|service| service.name.as_str() == "ls_helloworld");
    for service in &mut config.services {
        config.topics = names
            .iter()
            .map(|name| TopicSetup {
                name: name.clone(),
                plugin: service.plugin.clone(),
                reads: Vec::new(),
                certified: None,
            })
            .collect();
        service.topics.clone_from(&names);
    }
    let Pass { floor_us, beside_store_us, store_us, .. } = engine::pass(submissions, &names, |engine, calls| {
        let observers = Observers { engine, calls, store: Arc::new(Unobserved) };
        wiring::wire(&config, wiring::Addresses::admin_only(config.admin_listen), observers)
    })?;
    Ok(Cost { topics: count, cpu_us: beside_store_us + store_us, floor_us })
}
