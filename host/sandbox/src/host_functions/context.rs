//! `context` and `ancestry`: the transaction of the call, and what lies behind it.

use trellis_spv::hash::Txid;

use crate::bindings::bsv::overlay::{ancestry, context};
use crate::call::{CallState, Stop};

impl context::Host for CallState {
    fn raw_transaction(&mut self) -> wasmtime::Result<Vec<u8>> {
        self.budget.host_call()?;
        let no_transaction = Stop::NotAllowed("`context.raw-transaction` in a call that is about no transaction");
        let raw = self.transaction.as_ref().ok_or(no_transaction)?.raw();
        self.budget.read(raw.len())?;
        Ok(raw.to_vec())
    }
}

/// A transaction id in display order.
pub(super) fn txid(bytes: &[u8]) -> Result<Txid, Stop> {
    let mut bytes = <[u8; 32]>::try_from(bytes)
        .map_err(|_| Stop::BadArgument(format!("a transaction id of {} bytes; they have 32", bytes.len())))?;
    bytes.reverse();
    Ok(Txid::from_internal(bytes))
}

impl CallState {
    fn ancestor(&mut self, txid: &[u8]) -> Result<Txid, wasmtime::Error> {
        const REASON: &str =
            "`ancestry` is for lookup services: a verdict may not depend on what else this host happens to hold";
        self.budget.host_call()?;
        Self::allow(self.export.may_read_ancestry(), REASON)?;
        Ok(self::txid(txid)?)
    }

    fn hand_over(&mut self, answer: Option<Vec<u8>>) -> wasmtime::Result<Option<Vec<u8>>> {
        self.budget.read(answer.as_ref().map_or(0, Vec::len))?;
        Ok(answer)
    }
}

impl ancestry::Host for CallState {
    fn transaction(&mut self, txid: Vec<u8>) -> wasmtime::Result<Option<Vec<u8>>> {
        let txid = self.ancestor(&txid)?;
        let answer = self.ask(|host| host.transaction(&txid))?;
        self.hand_over(answer)
    }

    fn atomic_beef(&mut self, txid: Vec<u8>) -> wasmtime::Result<Option<Vec<u8>>> {
        let txid = self.ancestor(&txid)?;
        let answer = self.ask(|host| host.atomic_beef(&txid))?;
        self.hand_over(answer)
    }
}
