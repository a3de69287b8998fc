//! Who stands behind a submission: what came with it as evidence, checked, and kept with what was applied.

use super::name::TopicName;
use trellis_spv::hash::Outpoint;
use trellis_spv::identity::certificate::{Certificate, FieldName, Revealed};

/// An identity key: a compressed public key.
pub type IdentityKey = [u8; 33];

/// A certificate whose certifier's signature is right, with what it reveals to anyone (BRC-52).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnownCertificate {
    /// What the fields mean.
    pub certificate_type: [u8; 32],
    /// Which of the certifier's certificates it is.
    pub serial_number: [u8; 32],
    /// Whom it is about.
    pub subject: IdentityKey,
    /// Who signed it.
    pub certifier: IdentityKey,
    /// The output that is spent to revoke it.
    pub revocation: Option<Outpoint>,
    /// Names and values of what it reveals, in the order of the names' bytes.
    pub revealed: Vec<(String, String)>,
    /// Who vouches for it.
    pub vouched_by: Vec<Vouching>,
}

impl KnownCertificate {
    /// A certificate that reveals nothing; nobody vouches for it yet.
    #[must_use]
    pub fn unread(certificate: &Certificate) -> Self {
        Self {
            certificate_type: certificate.certificate_type.0,
            serial_number: certificate.serial_number.0,
            subject: certificate.subject.serialize(),
            certifier: certificate.certifier.serialize(),
            revocation: certificate.revocation.outpoint(),
            revealed: Vec::new(),
            vouched_by: Vec::new(),
        }
    }

    /// A certificate with what it reveals.
    #[must_use]
    pub fn new(certificate: &Certificate, revealed: &Revealed) -> Self {
        let field = |(name, value): (&FieldName, &String)| (name.to_string(), value.clone());
        let mut revealed: Vec<(String, String)> = revealed.fields.iter().map(field).collect();
        revealed.sort_unstable();
        Self { revealed, ..Self::unread(certificate) }
    }
}

/// Somebody who vouches for what a certificate says.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Vouching {
    /// The federation, by the operator's name for it.
    pub federation: String,
    /// Its member, or a member of a federation it trusts, whose certifier signed the certificate.
    pub organisation: String,
    /// Those of the revealed fields that it vouches for, in the order of their bytes.
    pub fields: Vec<String>,
}

/// How certificates are revoked: their revocation outpoint is spent, and a topic tells of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RevocationRule {
    /// The topic must hold the outpoint unspent; what it does not know is not believed.
    Tracked(TopicName),
    /// The certificate is believed until the topic, if there is one, holds the outpoint as spent.
    BestEffort(Option<TopicName>),
}

impl RevocationRule {
    /// The topic that tells.
    #[must_use]
    pub const fn topic(&self) -> Option<&TopicName> {
        match self {
            Self::Tracked(topic) | Self::BestEffort(Some(topic)) => Some(topic),
            Self::BestEffort(None) => None,
        }
    }
}

/// The evidence of a submission as far as it concerns one topic.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TopicEvidence {
    /// Who signed the transaction for the topic, in the order in which the signatures came.
    pub signers: Vec<IdentityKey>,
    /// Certificates about them. What is revoked is vouched for by nobody.
    pub certificates: Vec<KnownCertificate>,
}
