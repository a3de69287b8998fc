//! `context` and `ancestry`: the transaction of the call, and what lies behind it.

use crate::bindings::bsv::overlay::{ancestry, context};
use crate::call::CallState;

impl context::Host for CallState {
    fn raw_transaction(&mut self) -> wasmtime::Result<Vec<u8>> {
        Ok(self.call.raw_transaction()?)
    }
}

impl ancestry::Host for CallState {
    fn transaction(&mut self, txid: Vec<u8>) -> wasmtime::Result<Option<Vec<u8>>> {
        self.ask(|call, host| call.ancestor(host, &txid))
    }

    fn atomic_beef(&mut self, txid: Vec<u8>) -> wasmtime::Result<Option<Vec<u8>>> {
        self.ask(|call, host| call.atomic_beef(host, &txid))
    }
}
