//! The engine's observer: stage durations and counts, by the wall clock.

use std::sync::Arc;
use std::time::Duration;

use trellis_engine::ports::network::AnswerMeaning;
use trellis_engine::ports::observer::{Mark, Observer, Stage};
use trellis_engine::ports::plugins::PluginId;

use super::Metrics;
use super::labels::{AnswerLabels, PluginLabel};
use crate::clock;

/// Feeds [`Metrics`].
#[derive(Debug, Clone)]
pub struct EngineObserver(pub Arc<Metrics>);

impl Observer for EngineObserver {
    fn mark(&self) -> Mark {
        let wall_nanos = u64::try_from(clock::monotonic().as_nanos()).unwrap_or(u64::MAX);
        Mark { wall_nanos, cpu_nanos: 0 }
    }

    fn stage(&self, stage: Stage, since: Mark) {
        let time = Duration::from_nanos(self.mark().wall_nanos.saturating_sub(since.wall_nanos));
        if let Some(histogram) = self.0.stages.get(stage as usize) {
            histogram.observe(time.as_secs_f64());
        }
    }

    fn conflict(&self, _: u32) {
        self.0.conflicts.inc();
    }

    fn refused(&self, plugin: &PluginId) {
        self.0.refusals.get_or_create(&PluginLabel { plugin: plugin.to_string() }).inc();
    }

    fn network_answer(&self, broadcaster: &str, meaning: AnswerMeaning) {
        let labels = AnswerLabels { broadcaster: broadcaster.to_owned(), meaning: label(meaning) };
        self.0.network_answers.get_or_create(&labels).inc();
    }

    fn taken_back(&self, transactions: usize, judged_again: usize) {
        self.0.taken_back.inc_by(transactions as u64);
        self.0.judged_again.inc_by(judged_again as u64);
    }

    fn orphaned(&self, transactions: usize) {
        self.0.orphaned.inc_by(transactions as u64);
    }

    fn told_again(&self, outputs: u64) {
        self.0.rebuild_outputs.inc_by(outputs);
    }

    fn rebuilt(&self) {
        self.0.rebuilds.inc();
    }
}

fn label(meaning: AnswerMeaning) -> &'static str {
    match meaning {
        AnswerMeaning::Taken => "taken",
        AnswerMeaning::Seen => "seen",
        AnswerMeaning::Mined(_) => "mined",
        AnswerMeaning::Transient => "transient",
        AnswerMeaning::Policy => "policy",
        AnswerMeaning::Terminal => "terminal",
        AnswerMeaning::Contested => "contested",
        AnswerMeaning::ParentsUnknown => "parents_unknown",
        AnswerMeaning::OurMistake => "our_mistake",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_counted_under_its_own_name() {
        let metrics = Arc::new(Metrics::default());
        let observer = EngineObserver(Arc::clone(&metrics));
        for stage in Stage::ALL {
            observer.stage(stage, observer.mark());
            let line = format!("trellis_submission_stage_seconds_count{{stage=\"{}\"}} 1", stage.label());
            assert!(metrics.encode(0).unwrap().contains(&line), "{line}");
        }
    }
}
