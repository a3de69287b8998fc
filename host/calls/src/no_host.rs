//! The host of calls that are about no submission and no lookup: `describe` and `documentation`.

use trellis_engine::ports::plugins::{HostFailure, PluginHost, StatePage, StateRange};
use trellis_spv::hash::Txid;

/// Has no rows and no transactions, and says so.
#[derive(Clone, Copy, Debug)]
pub struct NoHost;

const REASON: HostFailure =
    HostFailure::NotAllowed("rows and transactions are not available while a plugin describes itself");

impl PluginHost for NoHost {
    fn state_get(&mut self, _: &[u8]) -> Result<Option<Vec<u8>>, HostFailure> {
        Err(REASON)
    }
    fn state_set(&mut self, _: &[u8], _: Option<&[u8]>) -> Result<(), HostFailure> {
        Err(REASON)
    }
    fn state_scan(&mut self, _: &StateRange) -> Result<StatePage, HostFailure> {
        Err(REASON)
    }
    fn transaction(&mut self, _: &Txid) -> Result<Option<Vec<u8>>, HostFailure> {
        Err(REASON)
    }
    fn atomic_beef(&mut self, _: &Txid) -> Result<Option<Vec<u8>>, HostFailure> {
        Err(REASON)
    }
}
