//! One rebuild: what was there when it began, then what was committed meanwhile.
//!
//! A revert or an eviction meanwhile changes what was told already: the rebuild begins again. Nothing reads what it wrote until
//! then.

use std::collections::{BTreeSet, VecDeque};

use super::choice::choose;
use super::need::outputs;
use super::{Hosted, Pace, Progress, RebuildError, locked};
use crate::domain::name::{NameId, TopicId};
use crate::domain::plan::{Adjust, Cause, Expected, LogRecord, Plan};
use crate::domain::row::{GenerationRow, Namespace, Row, RowKey};
use crate::domain::time::{Sequence, Timestamp};
use crate::engine::Engine;
use crate::fault_point::fault_point;
use crate::generation;
use crate::ports::plugins::PluginId;
use crate::ports::store::{CommitError, Pin, StoreError};
use crate::revert::{difference, topics_of};
use crate::submit::{Occurrence, occurrences_of_commit};
use crate::view::View;

/// Rows after which a commit has enough: an eighth of what it can take, because what one more transaction writes comes on top.
const ENOUGH_WRITES: usize = 8_192;

/// Bytes of state rows after which a commit has enough: readers wait while it goes in.
const ENOUGH_BYTES: usize = 2 << 20;

/// Commits of others looked at in one step, and that may be left when everybody waits for the switch: some milliseconds of
/// telling.
const MAX_LOOKED_AT: usize = 64;

/// Progress is logged each time so many outputs were told.
const LOG_EVERY: u64 = 10_000;

/// A rebuild under way.
pub(super) struct Pass {
    who: Namespace,
    /// Who is asked: the plugin that serves, or the one that is to take its place.
    plugin: PluginId,
    /// Under what it writes.
    shadow: NameId,
    stage: Stage,
    progress: Progress,
    unjudged: u64,
}

enum Stage {
    /// Telling what was there when it began.
    History {
        pin: Pin,
        /// The last that was told, and is durable.
        last: Option<Occurrence>,
        /// The next ones.
        chosen: VecDeque<Occurrence>,
    },
    /// Telling what was committed since; up to here it was.
    Since(Sequence),
}

/// What is to be committed of a rebuild.
#[derive(Default)]
struct Batch {
    adjust: Vec<Adjust>,
    told: usize,
    outputs: u64,
    unjudged: u64,
    writes: usize,
    bytes: usize,
}

impl Batch {
    const fn is_full(&self) -> bool {
        self.writes >= ENOUGH_WRITES || self.bytes >= ENOUGH_BYTES
    }
}

impl Pass {
    pub(super) const fn who(&self) -> Namespace {
        self.who
    }

    /// Transactions that the plugin broke on or refused.
    pub(super) const fn unjudged(&self) -> u64 {
        self.unjudged
    }

    /// Outputs it was told.
    pub(super) const fn progress(&self) -> Progress {
        self.progress
    }
}

impl Engine {
    pub(super) fn begin_pass(&self, hosted: Hosted<'_>, plugin: &PluginId) -> Result<Pass, RebuildError> {
        let who = hosted.namespace();
        let shadow = generation::next_of(self.store(), who, hosted.name())?;
        let pin = self.store().pin();
        let all = outputs(&View::at(self.store(), pin.sequence())?, &hosted.topics())?;
        let progress = Progress { done: 0, all };
        locked(&self.rebuilds.progress).insert(who, progress);
        tracing::info!(name = hosted.name(), outputs = all, sequence = pin.sequence().0, "rebuild begun");
        let stage = Stage::History { pin, last: None, chosen: VecDeque::new() };
        Ok(Pass { who, plugin: plugin.clone(), shadow, stage, progress, unjudged: 0 })
    }

    /// Tells a piece of what was there when it began. Answers whether there may be more of that.
    pub(super) fn tell_history(
        &self,
        pass: &mut Pass,
        hosted: Hosted<'_>,
        pace: Pace,
        now: Timestamp,
    ) -> Result<bool, RebuildError> {
        let Stage::History { pin, last, chosen } = &mut pass.stage else { return Ok(false) };
        let at = pin.sequence();
        if chosen.is_empty() {
            chosen.extend(choose(self.store(), at, &hosted.topics(), *last, pace.chosen)?);
        }
        if chosen.is_empty() {
            pass.stage = Stage::Since(at);
            return Ok(true);
        }
        let next: Vec<_> = chosen.iter().take(pace.told).copied().collect();
        let told = self.tell_and_commit(pass, hosted, at, &next, now)?;
        if let Stage::History { last, chosen, .. } = &mut pass.stage {
            *last = chosen.drain(..told).next_back();
        }
        fault_point("rebuild-told");
        Ok(true)
    }

    /// Tells as many as one commit takes, at least one, as they are at a sequence. Answers how many.
    fn tell_and_commit(
        &self,
        pass: &mut Pass,
        hosted: Hosted<'_>,
        at: Sequence,
        occurrences: &[Occurrence],
        now: Timestamp,
    ) -> Result<usize, RebuildError> {
        let mut occurrences = occurrences;
        loop {
            let source = View::at(self.store(), at)?;
            let target = View::new(self.store());
            let mut batch = Batch::default();
            for occurrence in occurrences {
                let retold =
                    self.tell_again(&source, &target, hosted.listener(pass.shadow, &pass.plugin), *occurrence)?;
                batch.told += 1;
                batch.adjust.extend(retold.adjust);
                batch.outputs += retold.outputs;
                batch.unjudged += u64::from(retold.unjudged);
                batch.writes += retold.writes;
                batch.bytes += retold.bytes;
                if batch.is_full() {
                    break;
                }
            }
            let Batch { adjust, told, outputs, unjudged, .. } = batch;
            let (writes, adjust) = (difference::writes(&target)?, difference::netted(adjust));
            let committed = if writes.is_empty() && adjust.is_empty() {
                Ok(())
            } else {
                self.commit_plan(Cause::Rebuild(pass.who), target.into_expectations(), writes, adjust, now)
            };
            match committed {
                Ok(()) => {
                    self.note_progress(pass, hosted, outputs);
                    pass.unjudged += unjudged;
                    return Ok(told);
                }
                // Alone it may fit.
                Err(CommitError::TooLarge { .. }) if told > 1 => occurrences = occurrences.get(..1).unwrap_or_default(),
                Err(CommitError::TooLarge { what, limit, actual }) => {
                    return Err(RebuildError::TooLarge { what, limit, actual });
                }
                Err(CommitError::Conflict { changed_by, .. }) => self.store().wait_durable(changed_by)?,
                Err(CommitError::Retryable(_)) => self.store().wait_durable(self.store().durable().next())?,
                Err(CommitError::Full { free, floor }) => return Err(StoreError::Full { free, floor }.into()),
                Err(error) => return Err(StoreError::Poisoned(error.to_string()).into()),
            }
        }
    }

    /// Commits what nobody hears of.
    pub(super) fn commit_plan(
        &self,
        cause: Cause,
        expect: Vec<(RowKey, Expected)>,
        writes: Vec<(RowKey, Option<Row>)>,
        adjust: Vec<Adjust>,
        now: Timestamp,
    ) -> Result<(), CommitError> {
        let (contents, at) = (Vec::new(), self.next_time(now));
        let plan = Plan { cause, once: None, expect, writes, adjust, contents, event: None, at };
        self.store().commit(plan).map(|_| ())
    }

    fn note_progress(&self, pass: &mut Pass, hosted: Hosted<'_>, outputs: u64) {
        let before = pass.progress.done;
        pass.progress.done = pass.progress.done.saturating_add(outputs);
        // What came since it began counts as well.
        pass.progress.all = pass.progress.all.max(pass.progress.done);
        let Progress { done, all } = pass.progress;
        locked(&self.rebuilds.progress).insert(pass.who, pass.progress);
        self.parts.observer.told_again(outputs);
        if before / LOG_EVERY != done / LOG_EVERY {
            tracing::info!(name = hosted.name(), done, all, "rebuilding");
        }
    }

    /// The row that has its rows serve.
    pub(super) fn switched(&self, pass: &Pass, hosted: Hosted<'_>) -> (RowKey, Option<Row>) {
        let row = self.generation_row(hosted, &pass.plugin);
        let row = GenerationRow { serving: Some(pass.shadow), unjudged: pass.unjudged, ..row };
        (RowKey::Generation(pass.who), Some(Row::Generation(row)))
    }

    /// Tells what was committed since, up to [`MAX_LOOKED_AT`] commits of it. Answers whether there may be more than that.
    pub(super) fn catch_up_a_little(
        &self,
        pass: &mut Pass,
        hosted: Hosted<'_>,
        now: Timestamp,
    ) -> Result<bool, RebuildError> {
        let Stage::Since(since) = pass.stage else { return Ok(false) };
        let (topics, listed) = (hosted.topics(), self.store().log(since, MAX_LOOKED_AT)?);
        let Some(newest) = listed.last().map(|record| record.sequence) else { return Ok(false) };
        if listed.iter().any(|record| takes_away(record, &topics)) {
            tracing::info!(
                name = hosted.name(),
                "rebuild begun again: something it was told was taken back or evicted"
            );
            *pass = self.begin_pass(hosted, &pass.plugin)?;
            return Ok(true);
        }
        let mut meanwhile = Vec::new();
        {
            let source = View::at(self.store(), newest)?;
            for record in &listed {
                meanwhile.extend(occurrences_of_commit(&source, record)?);
            }
        }
        let mut left = instead!(MeanwhileUntold, meanwhile.as_slice() => &[]);
        while !left.is_empty() {
            let told = self.tell_and_commit(pass, hosted, newest, left, now)?;
            left = left.get(told..).unwrap_or_default();
        }
        pass.stage = Stage::Since(newest);
        Ok(listed.len() == MAX_LOOKED_AT)
    }
}

/// Whether a commit took something out of topics that was told before, or may have.
fn takes_away(record: &LogRecord, topics: &[TopicId]) -> bool {
    let is_its: BTreeSet<_> = topics.iter().collect();
    matches!(record.cause, Cause::Revert(_) | Cause::Eviction(_))
        && topics_of(record).any(|topic| is_its.contains(&topic))
}
