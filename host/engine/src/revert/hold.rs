//! Keeping what taking something back, or bringing it back, would need, and no longer than that.

use std::sync::{Mutex, PoisonError};

use crate::chain::MAX_REORGANISATION;
use crate::domain::plan::Cause;
use crate::domain::row::{Row, RowKey};
use crate::domain::time::{Sequence, Timestamp};
use crate::engine::Engine;
use crate::note::Note;
use crate::ports::store::{Pin, RowKind, Scan, Store, StoreError};
use crate::view::{View, wrong_kind};

/// Most commits whose earlier versions are kept for the sake of transactions that nothing proves. A transaction that is
/// still unproven after a million commits cannot be taken back any more.
const MAX_HELD_COMMITS: u64 = 1_000_000;

/// Rows read at a time.
const PAGE: usize = 1_024;

/// A pin on the commit before the oldest that may have to be undone.
#[derive(Default)]
pub(crate) struct Hold(Mutex<Option<Pin>>);

impl Hold {
    fn keep(&self, pin: Option<Pin>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = pin;
    }
}

impl Engine {
    /// Lets go of versions that no revert can need any more, and holds on to those it can. To be called now and then.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn hold_for_reverts(&self) -> Result<(), StoreError> {
        // Whoever tells nobody is told nothing.
        if !self.rules.broadcast.tells() {
            return Ok(());
        }
        let wanted = before_the_unproven(self.store())?;
        let furthest = self.store().durable().0.saturating_sub(MAX_HELD_COMMITS);
        let wanted = Sequence(wanted.0.max(furthest));
        match self.store().pin_at(wanted) {
            Ok(pin) => self.hold.keep(Some(pin)),
            Err(StoreError::BeyondHorizon { oldest, .. }) => self.hold.keep(self.store().pin_at(oldest).ok()),
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

impl Engine {
    /// Lets go of the bytes of what was taken back [`MAX_REORGANISATION`] blocks ago: no chain will bring it back by then. That
    /// it was refused is still known. Answers how many went.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn forget_reverted(&self, now: Timestamp) -> Result<usize, StoreError> {
        let Some(tip) = self.parts.headers.tip() else { return Ok(0) };
        let view = View::new(self.store());
        let mut old = Vec::new();
        let mut after = None;
        loop {
            let page = view.scan(&Scan::Kind { kind: RowKind::Reverted, after, limit: PAGE })?;
            after = page.rows.last().map(|(key, _)| key.clone());
            for (key, found) in page.rows {
                let (RowKey::Reverted(txid), Row::Reverted(row)) = (&key, &found.row) else {
                    return Err(wrong_kind(&key));
                };
                if tip.saturating_sub(row.height) > MAX_REORGANISATION {
                    old.push(*txid);
                }
            }
            if !page.more {
                break;
            }
        }
        drop(view);
        for txid in &old {
            self.note(Cause::Network(*txid), now, |view| {
                let writes = vec![(RowKey::Reverted(*txid), None)];
                Ok(view.reverted(txid)?.map(|_| Note { writes, event: None }))
            })?;
        }
        Ok(old.len())
    }
}

/// The last sequence before anything unproven was stored. What is stored after this look comes after the sequence it looks at,
/// however many commits there are until the next look.
fn before_the_unproven(store: &dyn Store) -> Result<Sequence, StoreError> {
    let pin = store.pin();
    let mut before = pin.sequence();
    let mut after = None;
    loop {
        let page = store.scan(&Scan::Kind { kind: RowKind::Unproven, after, limit: PAGE }, pin.sequence())?;
        after = page.rows.last().map(|(key, _)| key.clone());
        for (key, found) in page.rows {
            let (RowKey::Unproven(_), Row::Unproven(row)) = (&key, &found.row) else { return Err(wrong_kind(&key)) };
            before = before.min(Sequence(row.stored.resolve(found.version).0.saturating_sub(1)));
        }
        if !page.more {
            return Ok(before);
        }
    }
}
