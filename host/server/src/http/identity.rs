//! `POST /admin/identity/explain`: who vouches for a key or a certificate, and why or why not.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use trellis_engine::domain::evidence::{KnownCertificate, Vouching};
use trellis_engine::evidence::{ExplainError, Explanation};
use trellis_spv::identity::certificate::{CertificateType, SerialNumber};
use trellis_spv::identity::key::compressed_public_key;

use super::body::identity::{
    CertifiesForBody, ExplainBody, ExplainedBody, ExplainedCertificateBody, ExplainedKeyBody, FederationWordBody,
};
use super::error::ApiError;
use super::evidence::verifiable;
use super::operator::blocking;
use super::read_body::read_body;
use crate::clock;
use crate::node::{Loaded, Node};

/// Longest question, in bytes: a certificate with all its fields at their limit.
const MAX_EXPLAIN_BYTES: usize = 16 * 1024 * 1024;

/// Explains a key or a certificate.
///
/// # Errors
/// 400 for what is neither, and for a certificate that proves nothing; 503 while starting.
pub async fn explain(
    State(node): State<Arc<Node>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<ExplainedBody>, ApiError> {
    let body = read_body(&headers, body, MAX_EXPLAIN_BYTES, &node.bodies).await?;
    let asked: ExplainBody = serde_json::from_slice(&body.bytes).map_err(|error| {
        let form = "send {\"key\": \"<hexadecimal>\"} or {\"certificate\": {…}}, as @bsv/sdk writes it";
        ApiError::bad_request("ERR_EXPLAIN", format!("{error}; {form}"))
    })?;
    blocking(&node, move |loaded| answer(loaded, &asked)).await.map(Json)
}

fn answer(loaded: &Loaded, asked: &ExplainBody) -> Result<ExplainedBody, ApiError> {
    let refuse = |text: String| ApiError::bad_request("ERR_EXPLAIN", text);
    match asked {
        ExplainBody::Key(text) => {
            let bytes = hex::decode(text).map_err(|_| refuse(format!("the key `{text}` is not hexadecimal")))?;
            let key = compressed_public_key(&bytes).map_err(|error| refuse(error.to_string()))?.serialize();
            let certifies_for = loaded.engine().federations().certifies_for(&key).into_iter();
            Ok(ExplainedBody::Key(ExplainedKeyBody {
                key: hex::encode(key),
                is_this_host: key == *loaded.auth.identity_key(),
                certifies_for: certifies_for
                    .map(|(federation, organisation, certifier)| CertifiesForBody {
                        federation,
                        organisation,
                        certifier,
                    })
                    .collect(),
            }))
        }
        ExplainBody::Certificate(certificate) => {
            let verifiable = verifiable(certificate).map_err(|error| refuse(error.to_string()))?;
            match loaded.engine().explain(&verifiable, clock::now()) {
                Ok(explanation) => Ok(ExplainedBody::Certificate(Box::new(certificate_body(explanation)))),
                Err(ExplainError::Certificate(error)) => {
                    Err(refuse(format!("the certificate proves nothing: {error}")))
                }
                Err(ExplainError::Store(error)) => Err(ApiError::internal(&error)),
            }
        }
    }
}

fn certificate_body(explanation: Explanation) -> ExplainedCertificateBody {
    let Explanation { known, is_self_signed, federations } = explanation;
    let KnownCertificate { certificate_type, serial_number, subject, certifier, revocation, revealed, .. } = known;
    let word = |(federation, word): (String, Result<Vouching, String>)| match word {
        Ok(Vouching { organisation, fields, .. }) => {
            FederationWordBody { federation, organisation: Some(organisation), fields, why_not: None }
        }
        Err(why_not) => {
            FederationWordBody { federation, organisation: None, fields: Vec::new(), why_not: Some(why_not) }
        }
    };
    ExplainedCertificateBody {
        certificate_type: CertificateType(certificate_type).to_string(),
        serial_number: SerialNumber(serial_number).to_string(),
        subject: hex::encode(subject),
        certifier: hex::encode(certifier),
        is_self_signed,
        revocation_outpoint: revocation.map(|outpoint| outpoint.to_string()),
        revealed: revealed.into_iter().collect(),
        federations: federations.into_iter().map(word).collect(),
    }
}
