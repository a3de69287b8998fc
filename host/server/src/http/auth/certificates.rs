//! The second message of a handshake: certificates that a client shows (BRC-103).

use std::sync::Arc;

use axum::Json;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::{refused, seconds, wrong_message};
use crate::auth::MAX_NONCE_BYTES;
use crate::auth::credentials::identity_key;
use crate::auth::requested::Requested;
use crate::auth::seal::MAX_SEALED_BYTES;
use crate::http::body::auth::{CertificateResponseBody, CertificatesHeldBody, RequestedCertificatesBody};
use crate::http::body::evidence::CertificateBody;
use crate::http::call;
use crate::http::client::ClientKey;
use crate::http::error::ApiError;
use crate::http::evidence::verifiable;
use crate::http::read_body::HeldBody;
use crate::node::{Loaded, Node};

/// Longest serial number that is repeated to who sent it, in characters: one in base64.
const SHOWN_SERIAL: usize = 44;

/// Hears certificates.
pub(super) async fn hear(node: &Arc<Node>, client: ClientKey, body: HeldBody) -> Result<Response, ApiError> {
    let host = Arc::clone(node);
    call::with_loaded(node, &node.reads, client, move |loaded| {
        let certificates = show(&host, loaded, &body.bytes)?;
        Ok(Json(CertificatesHeldBody { status: "success", certificates }).into_response())
    })
    .await
}

fn show(node: &Node, loaded: &Loaded, body: &[u8]) -> Result<usize, ApiError> {
    let auth = &loaded.auth;
    let said: CertificateResponseBody<'_> = serde_json::from_slice(body)
        .map_err(|error| wrong_message(format!("the body is no certificate response of BRC-103: {error}")))?;
    let key = identity_key(&said.identity_key)
        .ok_or_else(|| wrong_message("`identityKey` is no compressed public key in hexadecimal".to_owned()))?;
    if said.nonce.is_empty() || said.nonce.len() > MAX_NONCE_BYTES || said.your_nonce.len() > MAX_SEALED_BYTES {
        return Err(wrong_message("`nonce` or `yourNonce` is no nonce: it is empty or too long".to_owned()));
    }
    let text = said.certificates.get();
    let signed = (Sha256::digest(text).into(), said.signature.as_slice());
    let session = auth.admit_message((&key, &said.your_nonce), &said.nonce, signed, seconds()).map_err(refused)?;
    let bodies: Vec<CertificateBody> = serde_json::from_str(text)
        .map_err(|error| wrong_message(format!("`certificates` are no certificates of BRC-52: {error}")))?;
    let read = |body: &CertificateBody| {
        let serial: String = body.serial_number.chars().take(SHOWN_SERIAL).collect();
        verifiable(body).map_err(|error| not_believed(format!("certificate {serial} is none: {error}")))
    };
    let certificates = bodies.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let requested = Requested::of(node.rules().demands.iter(), &loaded.engine().federations());
    auth.show(&key, &session, &certificates, &requested, seconds()).map_err(|error| not_believed(error.to_string()))
}

fn not_believed(message: String) -> ApiError {
    ApiError::bad_request("ERR_AUTH_CERTIFICATE", message)
}

/// What this host asks for, as the wire has it.
pub(super) fn requested_body(requested: &Requested) -> RequestedCertificatesBody {
    let types = requested.types.iter().map(|(certificate_type, fields)| {
        (certificate_type.to_string(), fields.iter().map(ToString::to_string).collect())
    });
    RequestedCertificatesBody {
        certifiers: requested.certifiers.iter().map(hex::encode).collect(),
        types: types.collect(),
    }
}
