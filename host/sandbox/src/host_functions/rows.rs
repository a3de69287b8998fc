//! `state`: the plugin's own rows.

use trellis_engine::ports::plugins::StatePage;

use crate::bindings::bsv::overlay::state;
use crate::call::CallState;

/// A page as the interface's record.
pub(super) fn page(page: StatePage) -> state::Page {
    let entries = page.entries.into_iter().map(|(key, value)| state::Entry { key, value }).collect();
    state::Page { entries, more: page.more }
}

impl state::Host for CallState {
    fn get(&mut self, key: Vec<u8>) -> wasmtime::Result<Option<Vec<u8>>> {
        self.ask(|call, host| call.state_get(host, &key))
    }

    fn set(&mut self, key: Vec<u8>, value: Vec<u8>) -> wasmtime::Result<()> {
        self.ask(|call, host| call.state_set(host, &key, &value))
    }

    fn remove(&mut self, key: Vec<u8>) -> wasmtime::Result<()> {
        self.ask(|call, host| call.state_remove(host, &key))
    }

    fn scan(
        &mut self,
        start: Vec<u8>,
        end: Option<Vec<u8>>,
        limit: u32,
        reverse: bool,
    ) -> wasmtime::Result<state::Page> {
        self.ask(|call, host| call.state_scan(host, start, end, limit, reverse)).map(page)
    }
}
