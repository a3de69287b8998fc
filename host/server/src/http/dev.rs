//! `/dev`: faucet, mining, the stand-in for ARC, and its misbehaviour. Only where the host lives on the built-in chain.

pub mod net;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, post};
use axum::{Json, Router};
use trellis_network::arc_local::ArcRequest;
use trellis_network::local_chain::{LocalChainError, hash160, p2pkh};

use super::body::{CoinBody, FaucetBody, MinedBody};
use super::error::ApiError;
use super::read_body::{MAX_BODY_BYTES, read_body};
use crate::clock;
use crate::node::{Dev, Node};
use crate::wallet::address;

/// Longest request to the faucet, in bytes: a key or an address and a number.
const MAX_FAUCET_BYTES: usize = 4 * 1024;

/// The `/dev` routes.
pub fn router() -> Router<Arc<Node>> {
    Router::new()
        .route("/dev/faucet", post(faucet))
        .route("/dev/mine", post(mine))
        .route("/dev/arc/{*path}", any(arc))
        .merge(net::router())
}

fn dev(node: &Node) -> Result<Dev, ApiError> {
    let message = "this host does not live on the built-in chain; /dev is there with network = \"local\"";
    node.ready()?.dev.clone().ok_or_else(|| ApiError::new(StatusCode::NOT_FOUND, "ERR_ROUTE_NOT_FOUND", message))
}

async fn faucet(State(node): State<Arc<Node>>, request: Request) -> Result<Json<CoinBody>, ApiError> {
    let dev = dev(&node)?;
    let (parts, body) = request.into_parts();
    let body = read_body(&parts.headers, body, MAX_FAUCET_BYTES, &node.bodies).await?;
    let wanted: FaucetBody = serde_json::from_slice(&body.bytes).map_err(|error| refuse(error.to_string()))?;
    let script = locking_script(&wanted)?;
    let satoshis = wanted.satoshis;
    let grant = blocking(move || dev.chain.faucet(&script, satoshis, clock::now())).await?.map_err(failed)?;
    let output = grant.transaction.locking_script(grant.vout).unwrap_or_default();
    Ok(Json(CoinBody {
        txid: grant.transaction.txid().to_string(),
        output_index: grant.vout,
        satoshis,
        locking_script: hex::encode(output),
        block_height: grant.proof.height,
        beef: hex::encode(grant.beef()),
    }))
}

async fn mine(State(node): State<Arc<Node>>) -> Result<Json<MinedBody>, ApiError> {
    let dev = dev(&node)?;
    let block = blocking(move || dev.chain.mine(clock::now())).await?.map_err(failed)?;
    Ok(Json(MinedBody { height: block.height, transactions: block.txids.len().saturating_sub(1) }))
}

async fn arc(
    State(node): State<Arc<Node>>,
    Path(path): Path<String>,
    method: Method,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let dev = dev(&node)?;
    let (parts, body) = request.into_parts();
    let body = read_body(&parts.headers, body, MAX_BODY_BYTES, &node.bodies).await?;
    let content_type =
        parts.headers.get(header::CONTENT_TYPE).and_then(|text| text.to_str().ok()).unwrap_or_default().to_owned();
    let answer = blocking(move || {
        let path = format!("/{path}");
        let named = parts.headers.iter().filter(|(name, _)| name.as_str().starts_with("x-"));
        let headers: Vec<_> = named.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
        let request = ArcRequest {
            method: method.as_str(),
            path: &path,
            content_type: &content_type,
            headers: &headers,
            body: &body.bytes,
        };
        dev.arc.handle(&request, clock::now())
    });
    let answer = answer.await?;
    if answer.wait_milliseconds > 0 {
        tokio::time::sleep(Duration::from_millis(answer.wait_milliseconds)).await;
    }
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Ok((status, Json(answer.body)).into_response())
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| ApiError::internal(&error))
}

fn refuse(message: String) -> ApiError {
    let form =
        "send {\"publicKey\": \"<66 hexadecimal digits>\", \"satoshis\": 1000}, or `address` in place of `publicKey`";
    ApiError::bad_request("ERR_FAUCET", format!("{message}; {form}"))
}

fn failed(error: LocalChainError) -> ApiError {
    match error {
        LocalChainError::Journal(_) | LocalChainError::Malformed(_) => ApiError::internal(&error),
        _ => ApiError::bad_request("ERR_FAUCET", error.to_string()),
    }
}

fn locking_script(wanted: &FaucetBody) -> Result<Vec<u8>, ApiError> {
    match (&wanted.public_key, &wanted.address) {
        (Some(key), None) => {
            let bytes = hex::decode(key).map_err(|_| refuse("publicKey is not hexadecimal".to_owned()))?;
            // Only checked; hashed as it was given, since the owner will reveal it in the same form.
            secp256k1::PublicKey::from_slice(&bytes)
                .map_err(|_| refuse("publicKey is no point of the curve".to_owned()))?;
            Ok(p2pkh(&hash160(&bytes)))
        }
        (None, Some(text)) => {
            let hash = address::decode(text).map_err(|error| refuse(error.to_string()))?;
            Ok(p2pkh(&hash))
        }
        _ => Err(refuse("exactly one of publicKey and address is needed".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(public_key: Option<&str>, address: Option<&str>) -> FaucetBody {
        FaucetBody { public_key: public_key.map(str::to_owned), address: address.map(str::to_owned), satoshis: 1 }
    }

    /// The generator point, and the P2PKH address of its compressed form.
    const KEY: &str = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
    const ADDRESS: &str = "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH";

    #[test]
    fn a_key_and_its_address_are_paid_the_same() {
        let by_key = locking_script(&wanted(Some(KEY), None)).unwrap();
        assert_eq!(by_key, locking_script(&wanted(None, Some(ADDRESS))).unwrap());
        assert_eq!(hex::encode(by_key), "76a914751e76e8199196d454941c45d1b3a323f1433bd688ac");
    }

    #[test]
    fn a_request_that_names_nobody_or_two_is_told_what_to_send() {
        for wanted in [
            wanted(None, None),
            wanted(Some(KEY), Some(ADDRESS)),
            wanted(Some("02ff"), None),
            wanted(Some("zz"), None),
            wanted(None, Some("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMh")),
        ] {
            let error = locking_script(&wanted).unwrap_err();
            assert_eq!(error.status, StatusCode::BAD_REQUEST);
            assert!(error.message.contains("publicKey"), "{}", error.message);
        }
    }
}
