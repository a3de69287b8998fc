//! The passes under way, and the switch. What belongs to one plugin that is to take another's place switches in one commit.

use super::pass::Pass;
use super::{Hosted, Pace, RebuildError, locked};
use crate::domain::plan::Cause;
use crate::domain::time::Timestamp;
use crate::engine::Engine;
use crate::fault_point::fault_point;
use crate::note::Note;
use crate::ports::plugins::PluginId;

/// Whether there is more to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    GoesOn,
    Ended,
}

/// Passes that switch together.
pub(super) struct Work {
    pub(super) passes: Vec<Pass>,
    /// The plugin whose candidate takes its place with the switch.
    pub(super) candidate_of: Option<PluginId>,
}

impl Work {
    /// One service or manager built anew by the plugin it has.
    pub(super) fn rebuild(pass: Pass) -> Self {
        Self { passes: vec![pass], candidate_of: None }
    }
}

impl Engine {
    /// Does a piece of it.
    pub(super) fn continue_work(&self, work: &mut Work, pace: Pace, now: Timestamp) -> Result<Outcome, RebuildError> {
        for pass in &mut work.passes {
            let Some(hosted) = self.hosted(pass.who()) else { continue };
            if self.tell_history(pass, hosted, pace, now)? {
                return Ok(Outcome::GoesOn);
            }
        }
        if self.catch_up(work, now)? {
            return Ok(Outcome::GoesOn);
        }
        // Spends reach topics that nobody named, so everybody waits, and not only who is in these topics.
        let _everyone = self.turns.everyone();
        if self.catch_up(work, now)? {
            // More came in between than the others should wait for.
            return Ok(Outcome::GoesOn);
        }
        if self.breaks_on_more(work)? {
            return Ok(Outcome::Ended);
        }
        fault_point("rebuild-caught-up");
        self.switch(work, now)?;
        fault_point("rebuild-switched");
        for pass in &work.passes {
            self.parts.observer.rebuilt();
            let (name, outputs) = (self.hosted(pass.who()).map(Hosted::name), pass.progress().done);
            tracing::info!(name, outputs, unjudged = pass.unjudged(), "rebuilt, and serving");
        }
        Ok(Outcome::Ended)
    }

    /// Tells all passes a little of what was committed since. Answers whether there may be more.
    fn catch_up(&self, work: &mut Work, now: Timestamp) -> Result<bool, RebuildError> {
        for pass in &mut work.passes {
            let Some(hosted) = self.hosted(pass.who()) else { continue };
            if self.catch_up_a_little(pass, hosted, now)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// From here on what was built serves, and the candidate has its plugin's place. No submission and no lookup is under way.
    fn switch(&self, work: &Work, now: Timestamp) -> Result<(), RebuildError> {
        let _between_lookups = work.candidate_of.as_ref().map(|_| self.turns.between_lookups());
        let switched = |pass: &Pass| self.hosted(pass.who()).map(|hosted| self.switched(pass, hosted));
        let rows: Vec<_> = work.passes.iter().filter_map(switched).collect();
        if let Some(first) = work.passes.first() {
            self.note(Cause::Rebuild(first.who()), now, |view| {
                for pass in &work.passes {
                    view.generation(pass.who())?;
                }
                Ok(Some(Note { writes: rows.clone(), event: None }))
            })?;
        }
        if let Some(plugin) = &work.candidate_of {
            let has_its_place = self.parts.plugins.promote(plugin);
            self.promoted(plugin, has_its_place);
        }
        Ok(())
    }

    /// It begins again, when its turn comes.
    pub(super) fn put_back(&self, work: Work) {
        self.end_work(&work);
        match work.candidate_of {
            Some(plugin) => self.put_promotion_back(plugin),
            None => locked(&self.rebuilds.waiting).extend(work.passes.iter().map(Pass::who)),
        }
    }

    /// Nothing of it is under way any more.
    pub(super) fn end_work(&self, work: &Work) {
        let mut progress = locked(&self.rebuilds.progress);
        for pass in &work.passes {
            progress.remove(&pass.who());
        }
    }
}
