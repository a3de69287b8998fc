//! What comes as evidence, checked once: signatures, certificates, and who vouches for them.

use std::collections::BTreeSet;

use trellis_spv::hash::Txid;
use trellis_spv::identity::certificate::{CertificateError, SerialNumber};
use trellis_spv::identity::submission::{SUBMISSION_KEY_ID, SUBMISSION_PROTOCOL, verify};

use super::{
    Evidence, KeptCertificate, KeptEvidence, MAX_CERTIFICATES, MAX_EVIDENCE_BYTES, MAX_KEPT, MAX_SIGNATURES,
    SubmissionSignature,
};
use crate::domain::evidence::{IdentityKey, KnownCertificate};
use crate::domain::name::TopicName;
use crate::domain::time::Timestamp;
use crate::federation::Federations;

/// Why evidence proves nothing. The submission that brings it is refused, for what is wrong with it may be a mistake.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// Too much of it.
    #[error("the evidence has {actual} {what}; at most {limit} are accepted")]
    TooMuch {
        /// `signatures`, `certificates` or `bytes`.
        what: &'static str,
        /// How many.
        actual: usize,
        /// The limit.
        limit: usize,
    },
    /// It came too often.
    #[error(
        "evidence of {MAX_KEPT} submissions of this transaction is kept already, and no more will be; submit it without, and what is kept counts"
    )]
    TooOften,
    /// No signatures.
    #[error(
        "the evidence has no signature: a certificate proves something only about somebody who signed the transaction"
    )]
    NoSignature,
    /// A signature that is none.
    #[error(
        "the signature of {} for topic `{topic}` is not one over this transaction: sign the 32 bytes of txid {txid} and the topic's name with protocol [2, \"{SUBMISSION_PROTOCOL}\"], key id \"{SUBMISSION_KEY_ID}\" and counterparty \"anyone\"",
        hex::encode(signer)
    )]
    Signature {
        /// Who is said to have signed.
        signer: IdentityKey,
        /// For which topic.
        topic: TopicName,
        /// The transaction.
        txid: Txid,
    },
    /// A signature twice.
    #[error("{} signed for topic `{topic}` twice", hex::encode(signer))]
    SignatureTwice {
        /// Who.
        signer: IdentityKey,
        /// For which topic.
        topic: TopicName,
    },
    /// A certificate that proves nothing.
    #[error("certificate {serial_number} proves nothing: {error}")]
    Certificate {
        /// Its serial number.
        serial_number: SerialNumber,
        /// Why.
        error: Box<CertificateError>,
    },
    /// A certificate about somebody else.
    #[error(
        "certificate {serial_number} is about {}, who signed this transaction for no topic; only its subject can bring a certificate",
        hex::encode(subject)
    )]
    WrongSubject {
        /// Its serial number.
        serial_number: SerialNumber,
        /// Whom it is about.
        subject: IdentityKey,
    },
    /// A certificate twice.
    #[error("certificate {0} of one certifier comes twice")]
    CertificateTwice(SerialNumber),
}

impl Evidence {
    /// Elliptic curve operations that checking takes, for whoever is charged.
    #[must_use]
    pub(crate) fn signature_checks(&self) -> u64 {
        // A certificate: its signature in two orders of its fields, and the key of every field.
        let of_certificate = |revealed: usize| 2 + 2 * revealed;
        let certificates =
            self.certificates.iter().map(|certificate| of_certificate(certificate.keyring().iter().len()));
        (self.signatures.len() + certificates.sum::<usize>()) as u64
    }

    /// Checks it for a transaction, and finds out who vouches for the certificates.
    ///
    /// # Errors
    /// [`EvidenceError`].
    pub(crate) fn check(
        &self,
        txid: &Txid,
        federations: &Federations,
        now: Timestamp,
    ) -> Result<KeptEvidence, EvidenceError> {
        for (what, actual, limit) in [
            ("signatures", self.signatures.len(), MAX_SIGNATURES),
            ("certificates", self.certificates.len(), MAX_CERTIFICATES),
        ] {
            if actual > limit {
                return Err(EvidenceError::TooMuch { what, actual, limit });
            }
        }
        // Before anything is verified; what it reveals counts below.
        let brought = self.certificates.iter().map(|verifiable| verifiable.certificate().to_bytes().len()).sum();
        within(brought)?;
        let mut kept = KeptEvidence::default();
        for signature in &self.signatures {
            kept.signatures.push(checked(signature, txid)?);
        }
        let mut once = BTreeSet::new();
        if let Some((signer, topic, _)) =
            kept.signatures.iter().find(|(signer, topic, _)| !once.insert((signer, topic)))
        {
            return Err(EvidenceError::SignatureTwice { signer: *signer, topic: topic.clone() });
        }
        if kept.signatures.is_empty() {
            return Err(EvidenceError::NoSignature);
        }
        let mut serials = BTreeSet::new();
        for verifiable in &self.certificates {
            let certificate = verifiable.certificate();
            let (serial_number, subject) = (certificate.serial_number, certificate.subject.serialize());
            if !kept.signatures.iter().any(|(signer, _, _)| *signer == subject) {
                return Err(EvidenceError::WrongSubject { serial_number, subject });
            }
            if !serials.insert((certificate.certifier.serialize(), serial_number)) {
                return Err(EvidenceError::CertificateTwice(serial_number));
            }
            let error = |error| EvidenceError::Certificate { serial_number, error: Box::new(error) };
            let known = KnownCertificate::new(certificate, &verifiable.reveal_to_anyone().map_err(error)?);
            let vouched = federations.vouch(&known, now);
            kept.certificates.push(KeptCertificate { certificate: verifiable.clone(), known, vouched });
        }
        within(kept.to_bytes().len())?;
        Ok(kept)
    }
}

fn within(actual: usize) -> Result<(), EvidenceError> {
    match actual {
        ..=MAX_EVIDENCE_BYTES => Ok(()),
        _ => Err(EvidenceError::TooMuch { what: "bytes", actual, limit: MAX_EVIDENCE_BYTES }),
    }
}

fn checked(
    SubmissionSignature { signer, topic, signature }: &SubmissionSignature,
    txid: &Txid,
) -> Result<(IdentityKey, TopicName, Vec<u8>), EvidenceError> {
    let key = signer.serialize();
    match verify(signer, txid, topic.as_str(), signature) {
        Ok(()) => Ok((key, topic.clone(), signature.clone())),
        Err(_) => Err(EvidenceError::Signature { signer: key, topic: topic.clone(), txid: *txid }),
    }
}
