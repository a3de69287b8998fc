//! Bodies of the handshake of mutual authentication (BRC-103).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::evidence::CertificateBody;

/// What all messages of a handshake have.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageBody {
    /// `0.1`.
    pub version: String,
    /// `initialRequest` or `certificateResponse`.
    pub message_type: String,
}

/// Certificates that a client shows, as this host asked for them in its answer to the first message.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertificateResponseBody<'a> {
    /// `0.1`.
    pub version: String,
    /// `certificateResponse`.
    pub message_type: String,
    /// The client's identity key: compressed, in hexadecimal.
    pub identity_key: String,
    /// The client's nonce of this message.
    pub nonce: String,
    /// This host's nonce of the session.
    pub your_nonce: String,
    /// The certificates. Signed is this text as it stands.
    #[serde(borrow)]
    #[schema(value_type = Vec<CertificateBody>)]
    pub certificates: &'a RawValue,
    /// DER, byte by byte, over the text of `certificates`.
    pub signature: Vec<u8>,
}

/// The certificates are believed.
#[derive(Debug, Serialize, ToSchema)]
pub struct CertificatesHeldBody {
    /// `success`.
    pub status: &'static str,
    /// How many.
    pub certificates: usize,
}

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
