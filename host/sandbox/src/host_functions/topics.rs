//! `topics`: what other topics hold.

use trellis_engine::domain::name::TopicName;
use trellis_engine::ports::plugins::HeldOutput;
use trellis_spv::hash::Outpoint;

use super::context::txid;
use super::rows::{check_key, check_range};
use crate::bindings::bsv::overlay::types;
use crate::bindings::bsv::overlay::{state, topics};
use crate::call::{CallState, Stop};

impl CallState {
    /// The topic of a request that may be made in this call.
    fn may_read_topic(&mut self, topic: &str) -> wasmtime::Result<TopicName> {
        self.budget.host_call()?;
        Self::allow(self.export.may_read_state(), "`topics` is for topic managers and lookup services at work")?;
        Ok(TopicName::new(topic).map_err(|error| Stop::BadArgument(format!("a topic's name that is none: {error}")))?)
    }
}

impl topics::Host for CallState {
    fn output(
        &mut self,
        topic: String,
        outpoint: types::OutpointResult,
    ) -> wasmtime::Result<Option<topics::HeldOutput>> {
        let topic = self.may_read_topic(&topic)?;
        let outpoint = Outpoint::new(txid(&outpoint.txid)?, outpoint.output_index);
        let Some(held) = self.ask(|host| host.topic_output(&topic, &outpoint))? else { return Ok(None) };
        let HeldOutput { satoshis, locking_script, spent } = held;
        self.budget.read(locking_script.len())?;
        Ok(Some(topics::HeldOutput { satoshis, locking_script, spent }))
    }

    fn state_get(&mut self, topic: String, key: Vec<u8>) -> wasmtime::Result<Option<Vec<u8>>> {
        let topic = self.may_read_topic(&topic)?;
        check_key(&key)?;
        let value = self.ask(|host| host.topic_state_get(&topic, &key))?;
        self.budget.read(value.as_ref().map_or(0, Vec::len))?;
        Ok(value)
    }

    fn state_scan(
        &mut self,
        topic: String,
        start: Vec<u8>,
        end: Option<Vec<u8>>,
        limit: u32,
        reverse: bool,
    ) -> wasmtime::Result<state::Page> {
        let topic = self.may_read_topic(&topic)?;
        let range = check_range(start, end, limit, reverse)?;
        let page = self.ask(|host| host.topic_state_scan(&topic, &range))?;
        self.hand_over_page(page)
    }
}
