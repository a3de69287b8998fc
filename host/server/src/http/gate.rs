//! Under the policy `gate` an answer waits for the network: what it refuses is taken back before anybody hears that it was
//! admitted.
//!
//! Waiting costs no thread: the row that says where a transaction stands is read again and again.

use std::sync::Arc;
use std::time::Duration;

use trellis_engine::domain::status::Status;
use trellis_engine::submit::SubmitError;
use trellis_spv::hash::Txid;

use super::error::ApiError;
use crate::clock;
use crate::node::Node;

/// Longest wait. ARC waits up to 3 seconds for the network itself; whoever is slower is answered 202 and asks again.
pub const GATE_WAIT: Duration = Duration::from_secs(10);

/// Between two looks: a row out of the cache.
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// What the network said in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// Its nodes have the transaction.
    Open,
    /// Nothing that would settle it.
    Undecided,
}

/// Waits for the network's word on a transaction that was just committed.
///
/// # Errors
/// 422 with the network's words where it refused, and the transaction is taken back.
pub async fn wait(node: &Arc<Node>, txid: Txid) -> Result<Gate, ApiError> {
    let heard = wait_until(node, txid, clock::monotonic() + GATE_WAIT).await?;
    Ok(if heard.is_some() { Gate::Open } else { Gate::Undecided })
}

/// As [`wait`], for whoever waits for several. Answers where the transaction stands; `None` where nothing settled it in time.
///
/// # Errors
/// As [`wait`].
pub async fn wait_until(node: &Arc<Node>, txid: Txid, deadline: Duration) -> Result<Option<Status>, ApiError> {
    loop {
        let host = Arc::clone(node);
        let look = tokio::task::spawn_blocking(move || host.ready().map(|loaded| loaded.engine().standing(&txid)));
        let standing = look.await.map_err(|error| ApiError::internal(&error))??;
        match standing.map_err(|error| ApiError::internal(&error))? {
            Some((status @ (Status::Seen | Status::Mined(_)), _)) => return Ok(Some(status)),
            Some((Status::Rejected, word)) => {
                let words = word.map_or_else(|| "no words given".to_owned(), |word| word.text);
                return Err(SubmitError::RejectedByNetwork { txid, words }.into());
            }
            _ if clock::monotonic() >= deadline => return Ok(None),
            _ => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
}
