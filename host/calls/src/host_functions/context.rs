//! `context` and `ancestry`: the transaction of the call, and what lies behind it.

use trellis_engine::ports::plugins::PluginHost;
use trellis_spv::hash::Txid;

use crate::running::RunningCall;
use crate::stop::Stop;

/// A transaction id in display order.
pub(super) fn txid(bytes: &[u8]) -> Result<Txid, Stop> {
    let mut bytes = <[u8; 32]>::try_from(bytes)
        .map_err(|_| Stop::BadArgument(format!("a transaction id of {} bytes; they have 32", bytes.len())))?;
    bytes.reverse();
    Ok(Txid::from_internal(bytes))
}

impl RunningCall {
    /// `context.raw-transaction`.
    ///
    /// # Errors
    /// [`Stop`].
    pub fn raw_transaction(&mut self) -> Result<Vec<u8>, Stop> {
        self.budget.host_call()?;
        let no_transaction = Stop::NotAllowed("`context.raw-transaction` in a call that is about no transaction");
        let raw = self.transaction.as_ref().ok_or(no_transaction)?.raw();
        self.budget.read(raw.len())?;
        Ok(raw.to_vec())
    }

    /// `ancestry.transaction`.
    ///
    /// # Errors
    /// [`Stop`].
    pub fn ancestor(&mut self, host: &mut dyn PluginHost, txid: &[u8]) -> Result<Option<Vec<u8>>, Stop> {
        let txid = self.may_ask_for_ancestor(txid)?;
        let answer = host.transaction(&txid)?;
        self.hand_over(answer)
    }

    /// `ancestry.atomic-beef`.
    ///
    /// # Errors
    /// [`Stop`].
    pub fn atomic_beef(&mut self, host: &mut dyn PluginHost, txid: &[u8]) -> Result<Option<Vec<u8>>, Stop> {
        let txid = self.may_ask_for_ancestor(txid)?;
        let answer = host.atomic_beef(&txid)?;
        self.hand_over(answer)
    }

    fn may_ask_for_ancestor(&mut self, txid: &[u8]) -> Result<Txid, Stop> {
        const REASON: &str =
            "`ancestry` is for lookup services: a verdict may not depend on what else this host happens to hold";
        self.budget.host_call()?;
        Self::allow(self.export.may_read_ancestry(), REASON)?;
        self::txid(txid)
    }

    pub(super) fn hand_over(&mut self, answer: Option<Vec<u8>>) -> Result<Option<Vec<u8>>, Stop> {
        self.budget.read(answer.as_ref().map_or(0, Vec::len))?;
        Ok(answer)
    }
}
