//! `topics`: what other topics hold.

use trellis_engine::ports::plugins::HeldOutput;

use super::rows::page;
use crate::bindings::bsv::overlay::types;
use crate::bindings::bsv::overlay::{state, topics};
use crate::call::CallState;

impl topics::Host for CallState {
    fn output(
        &mut self,
        topic: String,
        outpoint: types::OutpointResult,
    ) -> wasmtime::Result<Option<topics::HeldOutput>> {
        let source = (outpoint.txid.as_slice(), outpoint.output_index);
        let held = self.ask(|call, host| call.topic_output(host, &topic, source))?;
        Ok(held.map(|HeldOutput { satoshis, locking_script, spent }| topics::HeldOutput {
            satoshis,
            locking_script,
            spent,
        }))
    }

    fn state_get(&mut self, topic: String, key: Vec<u8>) -> wasmtime::Result<Option<Vec<u8>>> {
        self.ask(|call, host| call.topic_state_get(host, &topic, &key))
    }

    fn state_scan(
        &mut self,
        topic: String,
        start: Vec<u8>,
        end: Option<Vec<u8>>,
        limit: u32,
        reverse: bool,
    ) -> wasmtime::Result<state::Page> {
        self.ask(|call, host| call.topic_state_scan(host, &topic, start, end, limit, reverse)).map(page)
    }
}
