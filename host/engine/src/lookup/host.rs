//! What a lookup may ask of the host: everything readable, nothing writable.

use trellis_spv::hash::Txid;

use crate::domain::name::ServiceId;
use crate::domain::row::Namespace;
use crate::ports::plugins::{HostFailure, PluginHost, StatePage, StateRange};
use crate::state::State;
use crate::stored::{StoredAt, atomic_beef};
use crate::view::View;

/// What a lookup hears when it writes.
const READ_ONLY: &str = "state is read-only in a lookup: write it in output-admitted, output-spent, \
    output-no-longer-retained or output-evicted";

/// The host of a lookup.
pub(super) struct LookupHost<'v> {
    state: State<'v>,
    stored: StoredAt<'v, 'v>,
}

impl<'v> LookupHost<'v> {
    pub(super) fn new(view: &'v View<'v>, service: ServiceId) -> Self {
        let stored = StoredAt::new(view);
        Self { state: State::new(view, Namespace::Service(service)), stored }
    }
}

impl PluginHost for LookupHost<'_> {
    fn state_get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, HostFailure> {
        Ok(self.state.get(key)?)
    }
    fn state_set(&mut self, _: &[u8], _: Option<&[u8]>) -> Result<(), HostFailure> {
        Err(HostFailure::NotAllowed(READ_ONLY))
    }
    fn state_scan(&mut self, range: &StateRange) -> Result<StatePage, HostFailure> {
        Ok(self.state.scan(range)?)
    }
    fn transaction(&mut self, txid: &Txid) -> Result<Option<Vec<u8>>, HostFailure> {
        Ok(self.stored.find(txid)?.map(|found| found.transaction.raw().to_vec()))
    }
    fn atomic_beef(&mut self, txid: &Txid) -> Result<Option<Vec<u8>>, HostFailure> {
        if self.stored.find(txid)?.is_none() {
            return Ok(None);
        }
        atomic_beef(txid, &self.stored)
    }
}
