//! Letting go of what was kept for somebody: on request, and when its time is over.

use std::collections::BTreeMap;

use super::error::BasketError;
use super::hand::reservations;
use super::inventory::Inventory;
use super::limits::SWEPT_AT_ONCE;
use crate::domain::plan::Cause;
use crate::domain::row::{ReservationId, Row, RowKey};
use crate::domain::time::Timestamp;
use crate::engine::Engine;
use crate::note::Note;
use crate::ports::store::StoreError;
use crate::view::View;

impl Engine {
    /// Ends a reservation. Whoever knows its id may.
    ///
    /// # Errors
    /// [`BasketError::UnknownReservation`] where there is none, or its time is over.
    pub fn release_tokens(&self, id: ReservationId, now: Timestamp) -> Result<(), BasketError> {
        let mut was_over = false;
        let noted = self.note(Cause::Reservation(id), now, |view| {
            was_over = view.find_reservation(id)?.is_some_and(|row| row.until <= now);
            gone(view, &[id])
        })?;
        self.hand.forget(&[id]);
        if noted.is_some() && !was_over { Ok(()) } else { Err(BasketError::UnknownReservation) }
    }

    /// Lets go of reservations whose time is over. Answers how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sweep_reservations(&self, now: Timestamp) -> Result<usize, StoreError> {
        let mut over = reservations(&View::new(self.store()))?;
        over.retain(|(_, row)| row.until <= now);
        for batch in over.chunks(SWEPT_AT_ONCE) {
            let ids: Vec<_> = batch.iter().map(|(id, _)| *id).collect();
            let Some(first) = ids.first() else { continue };
            self.note(Cause::Reservation(*first), now, |view| gone(view, &ids))?;
        }
        let over: Vec<_> = over.into_iter().map(|(id, _)| id).collect();
        self.hand.forget(&over);
        Ok(over.len())
    }
}

fn gone(view: &View<'_>, ids: &[ReservationId]) -> Result<Option<Note>, StoreError> {
    let mut writes = BTreeMap::new();
    for id in ids {
        forget(view, *id, &mut writes)?;
    }
    Ok((!writes.is_empty()).then(|| Note { writes: writes.into_iter().collect(), event: None }))
}

/// Takes out the rows of a reservation.
pub(super) fn forget(
    view: &View<'_>,
    id: ReservationId,
    writes: &mut BTreeMap<RowKey, Option<Row>>,
) -> Result<(), StoreError> {
    let key = RowKey::Reservation(id);
    let Some(Row::Reservation(row)) = view.get(&key)?.map(|found| found.row) else { return Ok(()) };
    writes.insert(key, None);
    for token in row.tokens {
        let key = RowKey::Reserved(row.manager, token);
        let found = view.get(&key)?.map(|found| found.row);
        if matches!(found, Some(Row::Reserved(reserved)) if reserved.reservation == id) {
            writes.insert(key, None);
        }
    }
    Ok(())
}
