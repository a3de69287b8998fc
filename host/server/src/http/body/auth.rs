//! Bodies of the handshake of mutual authentication (BRC-103).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The first message of a handshake. What else a client says in it (certificates it would like to see) is passed over.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InitialRequestBody {
    /// `0.1`.
    pub version: String,
    /// `initialRequest`.
    pub message_type: String,
    /// The client's identity key: compressed, in hexadecimal.
    pub identity_key: String,
    /// The client's nonce of the session, in base64.
    pub initial_nonce: String,
}

/// The answer to it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InitialResponseBody {
    /// `0.1`.
    pub version: &'static str,
    /// `initialResponse`.
    pub message_type: &'static str,
    /// This host's identity key: compressed, in hexadecimal.
    pub identity_key: String,
    /// This host's nonce of the session, in base64.
    pub initial_nonce: String,
    /// The client's nonce.
    pub your_nonce: String,
    /// Certificates this host would like to see.
    pub requested_certificates: RequestedCertificatesBody,
    /// DER, byte by byte, over both nonces.
    pub signature: Vec<u8>,
}

/// Which certificates somebody would like to see.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct RequestedCertificatesBody {
    /// Identity keys of certifiers.
    pub certifiers: Vec<String>,
    /// Fields to reveal, by certificate type.
    pub types: BTreeMap<String, Vec<String>>,
}
