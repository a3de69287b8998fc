//! What a lookup may ask of the host: everything readable, nothing writable.

use trellis_spv::hash::{Outpoint, Txid};

use crate::domain::name::{ServiceId, TopicName};
use crate::hosting::{HostedService, Hosting};
use crate::ports::plugins::{HeldOutput, HostFailure, PluginHost, StatePage, StateRange};
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
    pub(super) fn new(
        view: &'v View<'v>,
        hosting: &'v Hosting,
        service: &'v HostedService,
        serving: ServiceId,
    ) -> Self {
        let stored = StoredAt::new(view);
        Self { state: State::of_service(view, hosting, service, serving), stored }
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
    fn topic_output(&mut self, topic: &TopicName, outpoint: &Outpoint) -> Result<Option<HeldOutput>, HostFailure> {
        self.state.output_of(topic, outpoint)
    }
    fn topic_state_get(&mut self, topic: &TopicName, key: &[u8]) -> Result<Option<Vec<u8>>, HostFailure> {
        self.state.get_of(topic, key)
    }
    fn topic_state_scan(&mut self, topic: &TopicName, range: &StateRange) -> Result<StatePage, HostFailure> {
        self.state.scan_of(topic, range)
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
