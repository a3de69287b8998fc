//! What was measured, as a table for people and as JSON, each figure beside what it must stay below.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::stored::{FEW, Growth};
use super::{EngineCost, Run};

/// The engine without the store may cost this many times the floor.
const ENGINE_TARGET: f64 = 1.5;

/// A whole request may cost this many times the floor …
const HTTP_FLOORS: f64 = 2.0;

/// … and this many times the bare sled transaction of the same puts.
const HTTP_BARE: f64 = 1.3;

/// A plugin call in a fresh sandbox may take this many microseconds.
const PLUGIN_CALL_TARGET_US: f64 = 12.0;

/// A submission on a host with a million outputs may cost this many times what it costs on one with ten thousand.
const GROWTH_TARGET: f64 = 1.3;

/// Everything one run measured. All figures are microseconds per submission unless their name says otherwise.
pub(super) struct Report {
    pub(super) engine: EngineCost,
    pub(super) runs: Vec<Run>,
    pub(super) growth: Option<Growth>,
}

impl Report {
    fn engine_ratio(&self) -> f64 {
        self.engine.cpu_without_store_us / self.engine.floor_us
    }

    fn store_ratio(&self) -> f64 {
        self.engine.store_cpu_us / self.engine.bare_store_cpu_us
    }

    /// What a request may cost.
    fn http_target_us(&self) -> f64 {
        HTTP_FLOORS * self.engine.floor_us + HTTP_BARE * self.engine.bare_store_cpu_us
    }

    /// The busiest run: groups of commits share flush and sync there, as they do on a busy host.
    fn busiest(&self) -> f64 {
        self.runs.last().map_or(0.0, |run| run.cpu_us)
    }

    pub(super) fn json(&self) -> Value {
        let stages: serde_json::Map<String, Value> = self
            .engine
            .stages
            .iter()
            .map(|(stage, sled, memory)| {
                let costs = json!({
                    "cpu_us": sled.cpu_us,
                    "wall_us": sled.wall_us,
                    "cpu_without_store_us": memory.cpu_us,
                });
                (stage.label().to_owned(), costs)
            })
            .collect();
        let runs: Vec<Value> = self
            .runs
            .iter()
            .map(|run| {
                json!({
                    "clients": run.clients,
                    "requests": run.requests,
                    "cpu_us": run.cpu_us,
                    "cpu_ratio": run.cpu_us / self.engine.floor_us,
                    "cpu_of_target": run.cpu_us / self.http_target_us(),
                    "wall_p50_us": run.wall_p50_us,
                    "wall_p99_us": run.wall_p99_us,
                    "per_second": run.per_second,
                })
            })
            .collect();
        json!({
            "floor_us": self.engine.floor_us,
            "stages": stages,
            "engine_cpu_us": self.engine.cpu_without_store_us,
            "engine_cpu_ratio": self.engine_ratio(),
            "engine_cpu_target": ENGINE_TARGET,
            "engine_cpu_beside_store_us": self.engine.cpu_beside_store_us,
            "plugin_call_us": self.engine.plugin_call_us,
            "plugin_call_beside_store_us": self.engine.plugin_call_beside_store_us,
            "plugin_call_target_us": PLUGIN_CALL_TARGET_US,
            "judge_call_us": self.engine.judge_call_us,
            "store_cpu_us": self.engine.store_cpu_us,
            "bare_store_cpu_us": self.engine.bare_store_cpu_us,
            "store_cpu_ratio": self.store_ratio(),
            "puts_per_commit": self.engine.puts_per_commit,
            "growth": self.growth.as_ref().map(|growth| json!({
                "few_outputs": FEW,
                "few_cpu_us": growth.few_us,
                "many_outputs": growth.many,
                "many_cpu_us": growth.many_us,
                "ratio": growth.many_us / growth.few_us,
                "target": GROWTH_TARGET,
            })),
            "http": runs,
            "http_cpu_us": self.busiest(),
            "http_cpu_ratio": self.busiest() / self.engine.floor_us,
            "http_cpu_target_us": self.http_target_us(),
            "http_cpu_of_target": self.busiest() / self.http_target_us(),
        })
    }

    pub(super) fn table(&self) -> String {
        let mut text = String::new();
        let floor = self.engine.floor_us;
        let _ =
            writeln!(text, "A simple submission: one P2PKH input, one signed message. Microseconds per submission.\n");
        let _ = writeln!(text, "floor (two ECDSA verifications, hashing)   {floor:>9.1}\n");
        let _ =
            writeln!(text, "in one thread, CPU                            over memory / floor   over sled      wall");
        for (stage, sled, memory) in &self.engine.stages {
            let _ = writeln!(
                text,
                "  {:<43} {:>11.1} {:>7.2} {:>11.1} {:>9.1}",
                stage.label(),
                memory.cpu_us,
                memory.cpu_us / floor,
                sled.cpu_us,
                sled.wall_us
            );
        }
        let engine = &self.engine;
        let mut line = |what: &str, cpu: f64, note: String| {
            let _ = writeln!(text, "{what:<42} {cpu:>9.1}   {note}");
        };
        let ratio = self.engine_ratio();
        line(
            "engine beside the store",
            engine.cpu_beside_store_us,
            format!("{:.2} × floor, caches cold from waiting for the disk", engine.cpu_beside_store_us / floor),
        );
        line(
            "engine without store (over memory)",
            engine.cpu_without_store_us,
            format!("{ratio:.2} × floor (target {ENGINE_TARGET})"),
        );
        line(
            "a plugin call in a fresh sandbox",
            engine.plugin_call_us,
            format!(
                "wall, median (target {PLUGIN_CALL_TARGET_US}); over sled {:.1}",
                engine.plugin_call_beside_store_us
            ),
        );
        line("a verdict, one signature verified", engine.judge_call_us, "wall, median".to_owned());
        let ratio = self.store_ratio();
        line("store, all its threads", engine.store_cpu_us, format!("{ratio:.2} × bare sled, one by one"));
        let puts = engine.puts_per_commit;
        line("bare sled, the same puts", engine.bare_store_cpu_us, format!("{puts:.1} puts per commit"));
        if let Some(Growth { many, few_us, many_us }) = &self.growth {
            let ratio = many_us / few_us;
            line(
                &format!("with {many} outputs stored"),
                *many_us,
                format!("{ratio:.2} × with {FEW} (target {GROWTH_TARGET})"),
            );
        }
        let target = self.http_target_us();
        let _ = writeln!(
            text,
            "\nwhole HTTP request (target {HTTP_FLOORS} × floor + {HTTP_BARE} × bare sled = {target:.0})\n\
             clients      CPU   CPU / floor   of target   p50 wall   p99 wall   per second"
        );
        for run in &self.runs {
            let _ = writeln!(
                text,
                "{:>7} {:>8.1} {:>13.2} {:>11.2} {:>10.0} {:>10.0} {:>12.0}",
                run.clients,
                run.cpu_us,
                run.cpu_us / floor,
                run.cpu_us / target,
                run.wall_p50_us,
                run.wall_p99_us,
                run.per_second
            );
        }
        text
    }
}
