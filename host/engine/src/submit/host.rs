//! What a plugin that runs inside a submission may ask of the host.

use std::collections::HashMap;

use trellis_spv::hash::{Outpoint, Txid};
use trellis_spv::verify::{Stored, StoredTransaction, VerifiedTransaction};

use super::meter::Meter;
use crate::domain::evidence::TopicEvidence;
use crate::domain::name::TopicName;
use crate::ports::plugins::{
    CallCost, HeldOutput, HostFailure, NO_EVIDENCE, PluginHost, SourceOutput, StatePage, StateRange,
};
use crate::ports::store::StoreError;
use crate::state::State;
use crate::stored::{StoredAt, atomic_beef};

/// What a topic manager hears when it asks for what lies behind a transaction.
const ANCESTRY_REFUSED: &str = "a topic manager may not look at ancestry: its verdict must depend only on the \
    transaction, its previous coins and the topic's state";

/// The host of a topic manager's call.
pub(crate) struct TopicHost<'h, 'v> {
    pub(crate) meter: &'h Meter,
    pub(crate) state: &'h mut State<'v>,
    /// Who stands behind the submission, if it is judged.
    pub(crate) evidence: Option<&'h TopicEvidence>,
    /// Why the call may write nothing, if it may not.
    pub(crate) read_only: Option<&'static str>,
}

impl PluginHost for TopicHost<'_, '_> {
    fn spent(&mut self, cost: CallCost) {
        self.meter.called(cost);
    }
    fn state_get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, HostFailure> {
        Ok(self.state.get(key)?)
    }
    fn state_set(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), HostFailure> {
        if let Some(reason) = self.read_only {
            return Err(HostFailure::NotAllowed(reason));
        }
        self.state.set(key, value)
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
    fn evidence(&mut self) -> Result<TopicEvidence, HostFailure> {
        self.evidence.cloned().ok_or(HostFailure::NotAllowed(NO_EVIDENCE))
    }
    fn transaction(&mut self, _: &Txid) -> Result<Option<Vec<u8>>, HostFailure> {
        Err(HostFailure::NotAllowed(ANCESTRY_REFUSED))
    }
    fn atomic_beef(&mut self, _: &Txid) -> Result<Option<Vec<u8>>, HostFailure> {
        Err(HostFailure::NotAllowed(ANCESTRY_REFUSED))
    }
}

/// The host of a lookup service's index call.
pub(super) struct IndexHost<'h, 'v, 'f> {
    pub(super) meter: &'h Meter,
    pub(super) state: &'h mut State<'v>,
    pub(super) held: Held<'f>,
}

impl PluginHost for IndexHost<'_, '_, '_> {
    fn spent(&mut self, cost: CallCost) {
        self.meter.called(cost);
    }
    fn state_get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, HostFailure> {
        Ok(self.state.get(key)?)
    }
    fn state_set(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), HostFailure> {
        self.state.set(key, value)
    }
    fn state_scan(&mut self, range: &StateRange) -> Result<StatePage, HostFailure> {
        Ok(self.state.scan(range)?)
    }
    fn transaction(&mut self, txid: &Txid) -> Result<Option<Vec<u8>>, HostFailure> {
        self.held.raw(txid)
    }
    fn atomic_beef(&mut self, txid: &Txid) -> Result<Option<Vec<u8>>, HostFailure> {
        self.held.atomic_beef(txid)
    }
}

/// What a basket manager hears when it asks for state.
const NO_STATE: &str = "a basket manager has no state: the tokens it places are all it keeps";

/// The host of a basket manager's call.
pub(super) struct ManagerHost<'h, 'f> {
    pub(super) meter: &'h Meter,
    pub(super) held: Held<'f>,
}

impl PluginHost for ManagerHost<'_, '_> {
    fn spent(&mut self, cost: CallCost) {
        self.meter.called(cost);
    }
    fn state_get(&mut self, _: &[u8]) -> Result<Option<Vec<u8>>, HostFailure> {
        Err(HostFailure::NotAllowed(NO_STATE))
    }
    fn state_set(&mut self, _: &[u8], _: Option<&[u8]>) -> Result<(), HostFailure> {
        Err(HostFailure::NotAllowed(NO_STATE))
    }
    fn state_scan(&mut self, _: &StateRange) -> Result<StatePage, HostFailure> {
        Err(HostFailure::NotAllowed(NO_STATE))
    }
    fn transaction(&mut self, txid: &Txid) -> Result<Option<Vec<u8>>, HostFailure> {
        self.held.raw(txid)
    }
    fn atomic_beef(&mut self, txid: &Txid) -> Result<Option<Vec<u8>>, HostFailure> {
        self.held.atomic_beef(txid)
    }
}

/// The transactions held here once the submission is committed.
#[derive(Clone, Copy)]
pub(super) struct Held<'f> {
    pub(super) new: &'f HashMap<Txid, &'f VerifiedTransaction>,
    pub(super) stored: StoredAt<'f, 'f>,
}

impl Held<'_> {
    fn raw(&self, txid: &Txid) -> Result<Option<Vec<u8>>, HostFailure> {
        Ok(self.find(txid)?.map(|found| found.transaction.raw().to_vec()))
    }

    fn atomic_beef(&self, txid: &Txid) -> Result<Option<Vec<u8>>, HostFailure> {
        if self.find(txid)?.is_none() {
            return Ok(None);
        }
        atomic_beef(txid, self)
    }

    pub(super) fn find(&self, txid: &Txid) -> Result<Option<StoredTransaction>, StoreError> {
        match self.new.get(txid) {
            Some(new) => Ok(Some(StoredTransaction { transaction: new.transaction.clone(), proof: new.proof.clone() })),
            None => self.stored.find(txid),
        }
    }
}

/// The output of a transaction that is held because the output is.
pub(super) fn held_output<'t>(
    found: Option<&'t StoredTransaction>,
    outpoint: &Outpoint,
) -> Result<SourceOutput<'t>, StoreError> {
    found
        .and_then(|found| SourceOutput::of(&found.transaction, outpoint.vout))
        .ok_or_else(|| StoreError::Corrupt(format!("a topic holds output {outpoint}, and its transaction is not here")))
}

impl Stored for Held<'_> {
    fn transaction(&self, txid: &Txid) -> Result<Option<StoredTransaction>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(self.find(txid)?)
    }
}
