//! Telling of changes: what became of the transactions somebody wants to hear of, as callbacks for the server to send.

use std::net::SocketAddr;
use std::sync::{MutexGuard, PoisonError};

use trellis_engine::domain::time::Timestamp;

use super::LocalArc;
use super::callbacks::{Callback, CallbackCounts, Callbacks, Delivery};
use super::record::Told;
use super::response;
use crate::arc::TxStatus;

impl LocalArc {
    /// Addresses that may be called back besides loopback: the host's own listeners. Only the first call counts.
    pub fn allow_callbacks_to(&self, listeners: &[SocketAddr]) {
        let _ = self.listeners.set(listeners.to_vec());
    }

    /// Looks what became of the transactions somebody wants to hear of, and queues callbacks. To be called often; it is
    /// cheap where nothing changed.
    pub fn notice(&self, now: Timestamp) {
        let revision = (self.chain.revision(), self.records().changes());
        let mut noticed = self.noticed.lock().unwrap_or_else(PoisonError::into_inner);
        if *noticed == Some(revision) {
            return;
        }
        *noticed = Some(revision);
        let is_dropped = self.plans().drop_callbacks;
        let watched = self.records().watched();
        for txid in watched {
            let Some(standing) = self.standing(&txid) else { continue };
            let block = response::block(&self.chain, &txid, standing.status);
            let told = Told { status: standing.status, block_hash: block.hash.clone() };
            let Some(listeners) = self.records().tell(&txid, told) else { continue };
            let body = response::callback(&txid, &standing, &block, now);
            let mut callbacks = self.callbacks();
            for to in listeners.who.iter().filter(|_| is_told_of(standing.status, listeners.full_updates)) {
                callbacks.queue(to, txid, &body, now, is_dropped);
            }
        }
    }

    /// The next callback to send. Say afterwards [how it ended](Self::callback_ended).
    #[must_use]
    pub fn next_callback(&self, now: Timestamp) -> Option<Callback> {
        self.callbacks().next(now)
    }

    /// How sending a callback ended.
    pub fn callback_ended(&self, callback: Callback, how: Delivery, now: Timestamp) {
        self.callbacks().ended(callback, how, now);
    }

    /// What became of callbacks so far.
    #[must_use]
    pub fn callback_counts(&self) -> CallbackCounts {
        self.callbacks().counts()
    }

    pub(super) fn callbacks(&self) -> MutexGuard<'_, Callbacks> {
        self.callbacks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether ARC calls because of a status: only for the last three unless everything is asked for.
const fn is_told_of(status: TxStatus, full_updates: bool) -> bool {
    match status {
        TxStatus::Rejected | TxStatus::MinedInStaleBlock | TxStatus::Mined => true,
        TxStatus::SeenInOrphanMempool | TxStatus::SeenOnNetwork | TxStatus::DoubleSpendAttempted => full_updates,
        _ => false,
    }
}
