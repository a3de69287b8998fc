//! Paths and baskets that want a certificate of who asks, as it showed one in the handshake and federations vouch for it now.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use trellis_engine::federation::CertificateDemand;
use trellis_spv::identity::certificate::SerialNumber;

use super::access::needs_identity;
use super::auth::{HANDSHAKE, Identity, Who, seconds};
use super::call;
use super::client::ClientKey;
use super::error::ApiError;
use crate::clock;
use crate::node::{Loaded, Node};

/// Longest wait for the certificates of a client that showed none yet: `AuthFetch` sends them beside its first request, not before it.
const WAIT: Duration = Duration::from_secs(2);

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Whether whoever asks has shown what is demanded; `what` wants it.
///
/// # Errors
/// 401 for a client that does not say who it is, 403 with what it lacks.
pub async fn check(
    node: &Arc<Node>,
    client: ClientKey,
    who: Who,
    what: String,
    demand: CertificateDemand,
) -> Result<(), ApiError> {
    let identity = who.0.ok_or_else(|| needs_identity(&what))?;
    let began = clock::monotonic();
    while node.ready()?.auth.shown_by(&identity.0, seconds()).is_empty()
        && clock::monotonic().saturating_sub(began) < WAIT
    {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    call::with_loaded(node, &node.reads, client, move |loaded| match missing(loaded, &identity, &demand)? {
        None => Ok(()),
        Some(missing) => {
            let message = format!(
                "{what} wants {demand}, about who asks and shown at {HANDSHAKE} (`AuthFetch` of @bsv/sdk does that where its wallet \
                 has one): {missing}"
            );
            Err(ApiError::new(StatusCode::FORBIDDEN, "ERR_CERTIFICATE_REQUIRED", message))
        }
    })
    .await
}

/// What a client lacks of what is demanded; `None` where it has it.
///
/// # Errors
/// 500 where the store cannot be read.
pub fn missing(loaded: &Loaded, identity: &Identity, demand: &CertificateDemand) -> Result<Option<String>, ApiError> {
    let mut lacks = Vec::new();
    for known in loaded.auth.shown_by(&identity.0, seconds()) {
        let known = loaded.engine().vouched(known, clock::now()).map_err(|error| ApiError::internal(&error))?;
        match demand.unmet(&known) {
            None => return Ok(None),
            Some(unmet) => lacks.push(format!("of certificate {}, {unmet}", SerialNumber(known.serial_number))),
        }
    }
    if lacks.is_empty() {
        return Ok(Some("none was shown in a session that is not over".to_owned()));
    }
    Ok(Some(lacks.join("; ")))
}
