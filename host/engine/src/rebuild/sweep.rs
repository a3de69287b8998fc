//! Removing what serves nobody: what served before a rebuild, and what is left of one that was interrupted.

use trellis_spv::hash::{Outpoint, Txid};

use super::{Hosted, RebuildError, Step, locked};
use crate::domain::basket::ManagerId;
use crate::domain::plan::{Adjust, Cause};
use crate::domain::row::{Namespace, NumberKey, Row, RowKey, Versioned};
use crate::domain::time::Timestamp;
use crate::engine::Engine;
use crate::generation;
use crate::ports::store::{CommitError, Page, RowKind, Scan, StoreError};
use crate::state::row_bytes;
use crate::token_writes::TokenWrites;
use crate::view::{View, wrong_kind};

/// State rows, tokens or notes removed by one commit. A token is up to forty rows and numbers.
const MAX_SWEPT: usize = 512;

/// Before every transaction.
const FIRST: Txid = Txid::from_internal([0; 32]);

/// What a commit removes.
#[derive(Default)]
struct Swept {
    writes: Vec<(RowKey, Option<Row>)>,
    adjust: Vec<Adjust>,
}

impl Engine {
    /// Removes some of what serves nobody. Whoever is not configured any more keeps what is there.
    pub(super) fn sweep(&self, now: Timestamp) -> Result<Step, RebuildError> {
        let view = View::new(self.store());
        for hosted in self.all_hosted() {
            for generation in self.idle_generations(&view, hosted)? {
                let swept = swept(&view, generation)?;
                if swept.writes.is_empty() {
                    locked(&self.rebuilds.swept).insert(generation);
                    continue;
                }
                drop(view);
                self.commit_swept(hosted.namespace(), swept, now)?;
                return Ok(Step::Worked);
            }
        }
        Ok(Step::Idle)
    }

    fn idle_generations(&self, view: &View<'_>, hosted: Hosted<'_>) -> Result<Vec<Namespace>, StoreError> {
        let who = hosted.namespace();
        let serving = match view.generation(who)? {
            None => Some(hosted.configured()),
            Some(found) => found.row.serving,
        };
        let all = generation::all_of(self.store(), who, hosted.name())?;
        let idle = all.into_iter().filter(|(_, id)| Some(*id) != serving).map(|(_, id)| generation::alike(who, id));
        let swept = locked(&self.rebuilds.swept);
        Ok(idle.filter(|generation| !swept.contains(generation)).collect())
    }

    fn commit_swept(&self, who: Namespace, swept: Swept, now: Timestamp) -> Result<(), RebuildError> {
        let Swept { writes, adjust } = swept;
        match self.commit_plan(Cause::Rebuild(who), Vec::new(), writes, adjust, now) {
            Ok(()) | Err(CommitError::Retryable(_)) => Ok(()),
            Err(CommitError::Full { free, floor }) => Err(StoreError::Full { free, floor }.into()),
            Err(error) => Err(StoreError::Poisoned(error.to_string()).into()),
        }
    }
}

/// Some of what is left of a generation.
fn swept(view: &View<'_>, generation: Namespace) -> Result<Swept, StoreError> {
    let mut swept = Swept::default();
    let state = Scan::State { namespace: generation, start: Vec::new(), end: None, reverse: false, limit: MAX_SWEPT };
    let page = view.scan(&state)?;
    if !page.rows.is_empty() {
        let bytes = |(key, found): &(RowKey, Versioned)| match (key, &found.row) {
            (RowKey::State(_, key), Row::State(value)) => row_bytes(key, Some(value)),
            _ => 0,
        };
        let bytes: i128 = page.rows.iter().map(bytes).sum();
        swept.adjust.push(Adjust::Number(NumberKey::StateRows(generation), -(page.rows.len() as i128)));
        swept.adjust.push(Adjust::Number(NumberKey::StateBytes(generation), -bytes));
        swept.writes.extend(page.rows.into_iter().map(|(key, _)| (key, None)));
        swept.writes.push((RowKey::StateFence(generation), Some(Row::Fence)));
        return Ok(swept);
    }
    if let Namespace::Manager(manager) = generation {
        tokens(view, manager, &mut swept)?;
    }
    if swept.writes.is_empty() {
        let unjudged = after(view, RowKind::Unjudged, RowKey::Unjudged(generation, FIRST))?;
        let its = |key: &RowKey| matches!(key, RowKey::Unjudged(of, _) if *of == generation);
        swept.writes.extend(unjudged.rows.into_iter().filter(|(key, _)| its(key)).map(|(key, _)| (key, None)));
    }
    Ok(swept)
}

fn tokens(view: &View<'_>, manager: ManagerId, swept: &mut Swept) -> Result<(), StoreError> {
    let first = Outpoint::new(FIRST, 0);
    let mut tokens = TokenWrites::default();
    for (key, found) in after(view, RowKind::Token, RowKey::Token(manager, first))?.rows {
        let (RowKey::Token(of, outpoint), Row::Token(row)) = (&key, found.row) else { return Err(wrong_kind(&key)) };
        if *of != manager {
            break;
        }
        tokens.take(manager, *outpoint, &row.token);
    }
    swept.writes.extend(tokens.writes);
    swept.adjust.extend(crate::revert::difference::netted(tokens.adjust));
    // What was kept for somebody is kept no more: it is another token now.
    for (key, found) in after(view, RowKind::Reserved, RowKey::Reserved(manager, first))?.rows {
        let (RowKey::Reserved(of, _), Row::Reserved(row)) = (&key, found.row) else { return Err(wrong_kind(&key)) };
        if *of != manager {
            break;
        }
        let reservation = RowKey::Reservation(row.reservation);
        if !swept.writes.iter().any(|(key, _)| *key == reservation) {
            swept.writes.push((reservation, None));
        }
        swept.writes.push((key, None));
    }
    Ok(())
}

fn after(view: &View<'_>, kind: RowKind, after: RowKey) -> Result<Page, StoreError> {
    view.scan(&Scan::Kind { kind, after: Some(after), limit: MAX_SWEPT })
}
