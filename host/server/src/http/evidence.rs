//! Evidence on the wire: JSON in front of a submission's BEEF, and `GET /v1/transactions/{txid}/evidence`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use trellis_engine::domain::name::TopicName;
use trellis_engine::evidence::{Evidence, KeptCertificate, KeptEvidence, SubmissionSignature};
use trellis_spv::hash::Txid;
use trellis_spv::identity::certificate::{Certificate, CertificateText, Fields, FormError, VerifiableCertificate};
use trellis_spv::identity::key::compressed_public_key;

use super::auth::Who;
use super::body::ErrorBody;
use super::body::evidence::{
    CertificateBody, EvidenceBody, KeptCertificateBody, KeptEvidenceBody, SubmissionSignatureBody, VouchingBody,
};
use super::call;
use super::client::ClientKey;
use super::error::ApiError;
use super::openapi::Starting;
use super::transactions;
use crate::node::Node;

/// Reads evidence.
///
/// # Errors
/// 400 says which part of it is malformed.
pub fn parse(json: &[u8]) -> Result<Evidence, ApiError> {
    let form = "evidence is {\"signatures\": [{\"identityKey\", \"topic\", \"signature\"}, …], \"certificates\": […]}";
    let body = serde_json::from_slice(json)
        .map_err(|error| ApiError::bad_request("ERR_EVIDENCE", format!("{form}: {error}")))?;
    read(body)
}

/// What a body of evidence says.
///
/// # Errors
/// As [`parse`].
pub fn read(body: EvidenceBody) -> Result<Evidence, ApiError> {
    let refuse = |text: String| ApiError::bad_request("ERR_EVIDENCE", text);
    let signature = |(place, body): (usize, SubmissionSignatureBody)| {
        let refuse = |text: String| refuse(format!("signature {place} of the evidence: {text}"));
        let key =
            hex::decode(&body.identity_key).map_err(|_| refuse("its `identityKey` is not hexadecimal".to_owned()))?;
        let signer = compressed_public_key(&key).map_err(|error| refuse(format!("its `identityKey`: {error}")))?;
        let topic = TopicName::new(&body.topic).map_err(|error| refuse(error.to_string()))?;
        let signature =
            hex::decode(&body.signature).map_err(|_| refuse("its `signature` is not hexadecimal".to_owned()))?;
        Ok(SubmissionSignature { signer, topic, signature })
    };
    let certificate = |(place, body): (usize, CertificateBody)| {
        verifiable(&body).map_err(|error| refuse(format!("certificate {place} of the evidence: {error}")))
    };
    Ok(Evidence {
        signatures: body.signatures.into_iter().enumerate().map(signature).collect::<Result<_, ApiError>>()?,
        certificates: body.certificates.into_iter().enumerate().map(certificate).collect::<Result<_, ApiError>>()?,
    })
}

/// The certificate of a body, with its keyring.
///
/// # Errors
/// A text of it is none of a certificate.
pub fn verifiable(body: &CertificateBody) -> Result<VerifiableCertificate, FormError> {
    let certificate = Certificate::try_from(CertificateText {
        certificate_type: &body.certificate_type,
        serial_number: &body.serial_number,
        subject: &body.subject,
        certifier: &body.certifier,
        revocation_outpoint: &body.revocation_outpoint,
        fields: body.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
        signature: body.signature.as_deref(),
    })?;
    let keyring = Fields::new(body.keyring.iter().map(|(name, key)| (name.as_str(), key.as_str())))?;
    VerifiableCertificate::new(certificate, keyring)
}

/// The body of a certificate.
fn certificate_body(verifiable: &VerifiableCertificate) -> CertificateBody {
    let certificate = verifiable.certificate();
    let texts =
        |fields: &Fields| fields.iter().map(|(name, value)| (name.to_string(), value.base64().to_owned())).collect();
    CertificateBody {
        certificate_type: certificate.certificate_type.to_string(),
        serial_number: certificate.serial_number.to_string(),
        subject: hex::encode(certificate.subject.serialize()),
        certifier: hex::encode(certificate.certifier.serialize()),
        revocation_outpoint: certificate.revocation.to_string(),
        fields: texts(&certificate.fields),
        keyring: texts(verifiable.keyring()),
        signature: certificate.signature.as_ref().map(hex::encode),
    }
}

/// `GET /v1/transactions/{txid}/evidence`: what anyone needs to check the verdicts that rested on who stood behind a transaction.
///
/// # Errors
/// 400 where the path holds no txid, 404 where no topic took the transaction, 503 while starting.
#[utoipa::path(
    get,
    path = "/v1/transactions/{txid}/evidence",
    tag = "transactions",
    summary = "Who stood behind a transaction",
    description = "Signatures and certificates that came with it and were kept with what was applied, for anyone to check, with what \
        this host made of them. Nothing is in it that its subjects did not reveal to anyone.",
    params(("txid" = String, Path, description = "64 hexadecimal digits, display order")),
    responses(
        (status = 200, description = "The evidence; empty lists where none came", body = KeptEvidenceBody),
        (status = 400, description = "That is no txid", body = ErrorBody),
        (status = 404, description = "No topic here took it", body = ErrorBody),
        (status = 429, description = "This client's budget is used up", body = ErrorBody),
        Starting,
    ),
)]
pub async fn evidence(
    State(node): State<Arc<Node>>,
    client: axum::Extension<ClientKey>,
    who: Who,
    Path(txid): Path<String>,
) -> Result<Response, ApiError> {
    call::admit(&node, client.0)?;
    let txid = transactions::parse(&txid)?;
    let kept = call::with_loaded(&node, &node.reads, client.0, move |loaded| {
        loaded.engine().evidence(&txid).map_err(|error| ApiError::internal(&error))
    });
    match kept.await? {
        Some(mut kept) => {
            // Who signed for a topic is for those who may read it, and so are certificates about those who signed for no other.
            for KeptEvidence { signatures, certificates } in &mut kept {
                signatures.retain(|(_, topic, _)| node.rules().access.may_read(topic, who.0.is_some()));
                let signed = |subject: &[u8; 33]| signatures.iter().any(|(signer, _, _)| signer == subject);
                certificates.retain(|certificate| signed(&certificate.known.subject));
            }
            Ok(Json(kept_body(&txid, &kept)).into_response())
        }
        None => Err(transactions::unknown(&txid)),
    }
}

fn kept_body(txid: &Txid, kept: &[KeptEvidence]) -> KeptEvidenceBody {
    let signatures = kept.iter().flat_map(|kept| &kept.signatures);
    let certificates = kept.iter().flat_map(|kept| &kept.certificates);
    let signature = |(signer, topic, signature): &([u8; 33], TopicName, Vec<u8>)| SubmissionSignatureBody {
        identity_key: hex::encode(signer),
        topic: topic.to_string(),
        signature: hex::encode(signature),
    };
    KeptEvidenceBody {
        txid: txid.to_string(),
        signatures: signatures.map(signature).collect(),
        certificates: certificates.map(kept_certificate_body).collect(),
    }
}

fn kept_certificate_body(kept: &KeptCertificate) -> KeptCertificateBody {
    use trellis_engine::domain::evidence::RevocationRule;
    let vouched_by = kept.vouched.iter().map(|(by, rule)| VouchingBody {
        federation: by.federation.clone(),
        organisation: by.organisation.clone(),
        fields: by.fields.clone(),
        revocation_topic: rule.topic().map(ToString::to_string),
        tracked: matches!(rule, RevocationRule::Tracked(_)),
    });
    KeptCertificateBody {
        certificate: certificate_body(&kept.certificate),
        revealed: kept.known.revealed.iter().cloned().collect(),
        vouched_by: vouched_by.collect(),
    }
}
