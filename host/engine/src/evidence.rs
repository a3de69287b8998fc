//! Evidence that comes with a submission: who signed it for which topics, and certificates about them.
//!
//! A verdict rests on what anyone can check later. So evidence is checked when it comes, and kept with the applied record, together
//! with who vouched for its certificates then; whoever judges again reads that, and not today's configuration. Only whether a
//! certificate is revoked is read from the store each time, at the sequence the judgement sees.

mod bytes;
mod check;
mod explain;
mod standing;

use trellis_spv::identity::certificate::VerifiableCertificate;
use trellis_spv::identity::key::PublicKey;

use crate::domain::evidence::{IdentityKey, KnownCertificate, RevocationRule, Vouching};
use crate::domain::name::TopicName;
use crate::domain::row::{Carried, ContentId};
use crate::ports::store::StoreError;
use crate::view::View;

pub use bytes::EvidenceBytesError;
pub use check::EvidenceError;
pub use explain::{ExplainError, Explanation, Word};
pub(crate) use standing::Standing;

/// Most signatures of one submission: every party of a large agreement in several topics.
pub const MAX_SIGNATURES: usize = 128;

/// Most certificates of one submission: one for each party.
pub const MAX_CERTIFICATES: usize = 32;

/// Most bytes of evidence of one submission, as it is kept: a certificate with a dozen fields has about two thousand.
pub const MAX_EVIDENCE_BYTES: usize = 256 * 1024;

/// Most submissions of one transaction whose evidence is kept. One for each topic is what comes about by itself; but where a topic's
/// plugin is broken, a proven transaction can come again and again, each time with other signatures.
pub(crate) const MAX_KEPT: usize = 64;

/// The evidence that is kept with a transaction.
pub(crate) fn kept_evidence(view: &View<'_>, carried: &Carried) -> Result<Vec<KeptEvidence>, StoreError> {
    let mut kept = Vec::with_capacity(carried.evidence.len());
    for evidence in &carried.evidence {
        let damaged = |error| StoreError::Corrupt(format!("evidence that is kept with a transaction: {error}"));
        if let Some(bytes) = view.store().content(&ContentId::Carried(evidence.sha256))? {
            kept.push(KeptEvidence::from_bytes(&bytes).map_err(damaged)?);
        }
    }
    Ok(kept)
}

/// What a submitter brings.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Evidence {
    /// Who signed the transaction for a topic. The first is the submitter.
    pub signatures: Vec<SubmissionSignature>,
    /// Certificates about those who signed, with keyrings for anyone.
    pub certificates: Vec<VerifiableCertificate>,
}

/// Somebody's word that a transaction is meant for a topic (BRC-3, see [`trellis_spv::identity::submission`]).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SubmissionSignature {
    /// Who.
    pub signer: PublicKey,
    /// The topic.
    pub topic: TopicName,
    /// The signature, in DER.
    pub signature: Vec<u8>,
}

/// Evidence that was checked, as it is kept.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct KeptEvidence {
    /// Who signed, for which topic, with the signature.
    pub signatures: Vec<(IdentityKey, TopicName, Vec<u8>)>,
    /// Certificates about them.
    pub certificates: Vec<KeptCertificate>,
}

/// A certificate that was checked, as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptCertificate {
    /// It, with its keyring: what anyone can check.
    pub certificate: VerifiableCertificate,
    /// What may be believed of it; who vouches stands below.
    pub known: KnownCertificate,
    /// Who vouched for it when it came, as long as it is not revoked, and where that is told.
    pub vouched: Vec<(Vouching, RevocationRule)>,
}
