//! Who needs a rebuild.

use super::{Hosted, RebuildError, locked};
use crate::domain::name::TopicId;
use crate::domain::plan::Cause;
use crate::domain::row::{GenerationRow, Namespace, NumberKey, Row, RowKey};
use crate::domain::time::{Stamp, Timestamp};
use crate::engine::Engine;
use crate::generation;
use crate::note::Note;
use crate::ports::plugins::PluginId;
use crate::ports::store::{RowKind, Scan, StoreError};
use crate::view::{At, View, wrong_kind};

/// Rows read at a time.
const PAGE: usize = 512;

impl Engine {
    /// Compares what every service and manager was built with to what is loaded, and notes who needs a rebuild. To be called
    /// before the first submission: what is added to topics with a history must not be told the end of it first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn find_rebuilds(&self, now: Timestamp) -> Result<(), StoreError> {
        self.leave_behind(now)?;
        for hosted in self.all_hosted() {
            let who = hosted.namespace();
            let view = View::new(self.store());
            let reason = match view.generation(who)? {
                None => {
                    let outputs = outputs(&view, &hosted.topics())?;
                    self.note_first(hosted, outputs == 0, now)?;
                    (outputs > 0).then_some("it was added to topics that have outputs")
                }
                Some(found) => self.why(&view, hosted, &found)?,
            };
            if let Some(reason) = reason {
                tracing::info!(name = hosted.name(), reason, "to be rebuilt");
                self.await_rebuild(who);
            }
        }
        Ok(())
    }

    /// Why one that was there before needs a rebuild, if it does.
    fn why(
        &self,
        view: &View<'_>,
        hosted: Hosted<'_>,
        found: &At<GenerationRow>,
    ) -> Result<Option<&'static str>, StoreError> {
        let row = &found.row;
        let now = self.generation_row(hosted, hosted.plugin());
        let Some(serving) = row.serving else { return Ok(Some("nothing of it is complete")) };
        Ok(if row.component != now.component {
            Some("its plugin is another one now")
        } else if row.configuration != now.configuration {
            Some("its configuration is another one now")
        } else if row.topics != now.topics {
            Some("its topics are others now")
        } else if unjudged(view, generation::alike(hosted.namespace(), serving))? > row.unjudged {
            // A rebuild with the same plugin would leave out again what a rebuild left out.
            Some("it broke on transactions, or refused them")
        } else {
            None
        })
    }

    /// What is built now is built with this, if this plugin builds it.
    pub(super) fn generation_row(&self, hosted: Hosted<'_>, plugin: &PluginId) -> GenerationRow {
        let description = self.parts.plugins.description(plugin);
        let description = description.as_deref();
        GenerationRow {
            serving: None,
            component: description.map_or([0; 32], |description| description.sha256),
            configuration: configuration(hosted, description.map_or([0; 32], |found| found.configuration_digest)),
            topics: hosted.topics(),
            built: Stamp::ThisCommit,
            unjudged: 0,
        }
    }

    /// The first row of a service or manager: where there is nothing to tell, it is complete as it is.
    fn note_first(&self, hosted: Hosted<'_>, complete: bool, now: Timestamp) -> Result<(), StoreError> {
        let who = hosted.namespace();
        self.note(Cause::Rebuild(who), now, |view| {
            if view.generation(who)?.is_some() {
                return Ok(None);
            }
            let serving = complete.then_some(hosted.configured());
            let row = GenerationRow { serving, ..self.generation_row(hosted, hosted.plugin()) };
            Ok(Some(Note { writes: vec![(RowKey::Generation(who), Some(Row::Generation(row)))], event: None }))
        })?;
        Ok(())
    }

    /// What is not configured any more is told nothing from here on: should it come back, what it knows is not enough.
    fn leave_behind(&self, now: Timestamp) -> Result<(), StoreError> {
        let view = View::new(self.store());
        let mut after = None;
        loop {
            let page = view.scan(&Scan::Kind { kind: RowKind::Generation, after, limit: PAGE })?;
            after = page.rows.last().map(|(key, _)| key.clone());
            for (key, found) in page.rows {
                let (RowKey::Generation(who), Row::Generation(row)) = (&key, found.row) else {
                    return Err(wrong_kind(&key));
                };
                if row.serving.is_none() || self.hosted(*who).is_some() {
                    continue;
                }
                let row = GenerationRow { serving: None, built: row.built.carried(found.version), ..row };
                self.note(Cause::Rebuild(*who), now, |_| {
                    let writes = vec![(key.clone(), Some(Row::Generation(row.clone())))];
                    Ok(Some(Note { writes, event: None }))
                })?;
            }
            if !page.more {
                return Ok(());
            }
        }
    }

    /// Those that a revert ended the service of.
    pub(super) fn find_given_up(&self) -> Result<(), RebuildError> {
        let view = View::new(self.store());
        for hosted in self.all_hosted() {
            if view.generation(hosted.namespace())?.is_some_and(|found| found.row.serving.is_none()) {
                locked(&self.rebuilds.waiting).insert(hosted.namespace());
            }
        }
        Ok(())
    }
}

/// Which baskets are a manager's decides what it may place, as its plugin's configuration does.
fn configuration(hosted: Hosted<'_>, plugins: [u8; 32]) -> [u8; 32] {
    let Hosted::Manager(manager) = hosted else { return plugins };
    let mut patterns: Vec<_> = manager.baskets.iter().map(ToString::to_string).collect();
    patterns.sort_unstable();
    let mut hasher = blake3::Hasher::new();
    hasher.update(&plugins);
    for pattern in patterns {
        hasher.update(pattern.as_bytes()).update(&[0]);
    }
    *hasher.finalize().as_bytes()
}

/// Output rows of topics.
pub(super) fn outputs(view: &View<'_>, topics: &[TopicId]) -> Result<u64, StoreError> {
    let mut outputs = 0;
    for topic in topics {
        let key = RowKey::Number(NumberKey::Outputs(*topic));
        match view.peek(&key)?.map(|found| found.row) {
            None => {}
            Some(Row::Number(count)) => outputs += u64::try_from(count).unwrap_or(0),
            Some(_) => return Err(wrong_kind(&key)),
        }
    }
    Ok(outputs)
}

/// Transactions that a generation could not be told.
pub(super) fn unjudged(view: &View<'_>, of: Namespace) -> Result<u64, StoreError> {
    let mut count = 0;
    let mut after = Some(RowKey::Unjudged(of, trellis_spv::hash::Txid::from_internal([0; 32])));
    loop {
        let page = view.scan(&Scan::Kind { kind: RowKind::Unjudged, after, limit: PAGE })?;
        after = page.rows.last().map(|(key, _)| key.clone());
        let its = page.rows.iter().take_while(|(key, _)| matches!(key, RowKey::Unjudged(who, _) if *who == of)).count();
        count += its as u64;
        if its < page.rows.len() || !page.more {
            return Ok(count);
        }
    }
}
