//! What calls into one plugin came to since it was loaded, and whether it is paused because of it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use trellis_calls::{CallOutcome, CallReport};
use trellis_engine::ports::plugins::FaultKind;

/// What calls into one plugin came to since it was loaded.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PluginRecord {
    /// Calls, whatever came of them, those that a pause or a lack of room ended included.
    pub calls: u64,
    /// Calls in which it said no.
    pub refused: u64,
    /// Calls for which no room came free in time.
    pub busy: u64,
    /// Calls in which it broke, by kind.
    pub faults: BTreeMap<FaultKind, u64>,
    /// Calls that broke since the last one that did not.
    pub faults_in_a_row: u64,
    /// Why it is not called any more, where that is so.
    pub paused: Option<String>,
    /// Fuel of all calls.
    pub fuel: u64,
    /// Time of all calls, in nanoseconds of the observer's clock.
    pub nanos: u64,
    /// Linear memory of the call that had most, in bytes.
    pub memory_high_water: u64,
}

/// Longest rest after a call that broke, in nanoseconds. Who waits for the plugin's share waits five times as long.
const MAX_REST_NANOS: u64 = 1_000_000_000;

/// How long a plugin rests that broke `in_a_row` times, the last time after so many nanoseconds. Once is a mistake; who breaks again
/// and again gives back as much of the processors as it took, and more each time.
fn rest(nanos: u64, in_a_row: u64) -> Duration {
    Duration::from_nanos(nanos.saturating_mul(in_a_row.saturating_sub(1)).min(MAX_REST_NANOS))
}

/// The record of a plugin that is loaded.
#[derive(Debug, Default)]
pub(crate) struct Record(Mutex<PluginRecord>);

impl Record {
    /// Enters a call. `fault` is the text of what broke; after `most` of them in a row it is paused. Answers how long it is to rest.
    pub(crate) fn enter(&self, report: &CallReport<'_>, fault: Option<&str>, most: u64) -> Duration {
        let mut record = self.locked();
        record.calls = record.calls.saturating_add(1);
        record.fuel = record.fuel.saturating_add(report.fuel);
        record.nanos = record.nanos.saturating_add(report.nanos);
        record.memory_high_water = record.memory_high_water.max(report.memory_bytes);
        match report.outcome {
            CallOutcome::Answered => record.faults_in_a_row = 0,
            CallOutcome::Refused => {
                record.refused = record.refused.saturating_add(1);
                record.faults_in_a_row = 0;
            }
            CallOutcome::Fault(kind) => {
                let count = record.faults.entry(kind).or_default();
                *count = count.saturating_add(1);
                if kind != FaultKind::Paused {
                    record.faults_in_a_row = record.faults_in_a_row.saturating_add(1);
                }
            }
            CallOutcome::Busy => record.busy = record.busy.saturating_add(1),
            CallOutcome::HostFailed => {}
        }
        let rest = match report.outcome {
            CallOutcome::Fault(_) => rest(report.nanos, record.faults_in_a_row),
            _ => Duration::ZERO,
        };
        if let Some(text) = fault
            && record.paused.is_none()
            && record.faults_in_a_row >= most
        {
            record.paused = Some(format!("{most} calls in a row broke, the last one so: {text}"));
        }
        rest
    }

    /// Why it is not called, where that is so.
    pub(crate) fn paused(&self) -> Option<String> {
        self.locked().paused.clone()
    }

    /// Has it called again; `false` where it was not paused.
    pub(crate) fn resume(&self) -> bool {
        let mut record = self.locked();
        record.faults_in_a_row = 0;
        record.paused.take().is_some()
    }

    pub(crate) fn so_far(&self) -> PluginRecord {
        self.locked().clone()
    }

    fn locked(&self) -> MutexGuard<'_, PluginRecord> {
        // Numbers have no half-written state.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use trellis_engine::ports::plugins::PluginId;

    use super::*;

    fn enter(record: &Record, outcome: CallOutcome, most: u64) -> Duration {
        let plugin = PluginId("shop".into());
        let report = CallReport {
            plugin: &plugin,
            call: "lookup",
            outcome,
            nanos: 2,
            waited_nanos: 0,
            fuel: 10,
            memory_bytes: 7,
        };
        let fault = matches!(outcome, CallOutcome::Fault(_)).then_some("it ran away");
        record.enter(&report, fault, most)
    }

    #[test]
    fn who_breaks_again_rests_longer_each_time_and_not_for_ever() {
        let record = Record::default();
        let broke = CallOutcome::Fault(FaultKind::OutOfFuel);
        let rests =
            [broke, broke, broke, CallOutcome::Answered, broke].map(|outcome| enter(&record, outcome, 9).as_nanos());
        assert_eq!(rests, [0, 2, 4, 0, 0], "a call takes 2 nanoseconds here");
        assert_eq!(rest(u64::MAX, 7), Duration::from_nanos(MAX_REST_NANOS));
    }

    #[test]
    fn faults_in_a_row_pause_a_plugin_and_an_answer_or_a_refusal_in_between_forgets_them() {
        let record = Record::default();
        let broke = CallOutcome::Fault(FaultKind::Trap);
        for outcome in [broke, broke, CallOutcome::Refused, broke, broke, CallOutcome::Answered, broke, broke] {
            let _ = enter(&record, outcome, 3);
            assert_eq!(record.paused(), None);
        }
        let _ = enter(&record, CallOutcome::Busy, 3);
        let _ = enter(&record, broke, 3);
        assert_eq!(record.paused().unwrap(), "3 calls in a row broke, the last one so: it ran away");
        assert!(record.resume() && !record.resume());
        let _ = enter(&record, broke, 3);
        assert_eq!(record.paused(), None, "it has its chances again");
        let PluginRecord { calls, refused, busy, faults, fuel, nanos, memory_high_water, .. } = record.so_far();
        assert_eq!((calls, refused, busy, fuel, nanos, memory_high_water), (11, 1, 1, 110, 22, 7));
        assert_eq!(faults, BTreeMap::from([(FaultKind::Trap, 8)]));
    }
}
