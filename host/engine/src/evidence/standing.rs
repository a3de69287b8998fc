//! Evidence as one judgement sees it: of one topic, at one sequence, with what is revoked there left out.

use trellis_spv::hash::Outpoint;
use trellis_spv::identity::certificate::SerialNumber;

use super::{KeptCertificate, KeptEvidence};
use crate::domain::evidence::{KnownCertificate, RevocationRule, TopicEvidence, Vouching};
use crate::domain::name::TopicName;
use crate::federation::{CertificateDemand, Unmet};

/// What a topic may rely on, and what it may not any more.
#[derive(Debug, Default)]
pub(crate) struct Standing {
    pub(crate) evidence: TopicEvidence,
    /// Vouchings that do not count, because the certificate is revoked or nobody knows.
    lost: Vec<(SerialNumber, String, Lost)>,
}

/// Why a vouching does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Lost {
    #[error("it is revoked: topic `{0}` holds its revocation outpoint {1} as spent")]
    Revoked(TopicName, Outpoint),
    #[error(
        "topic `{0}` does not hold its revocation outpoint {1} unspent: it was revoked, or its certifier has not submitted that transaction there"
    )]
    Unknown(TopicName, Outpoint),
    #[error("it names no revocation outpoint, and topic `{0}` must hold one")]
    Unnamed(TopicName),
}

/// What a topic says of an outpoint: nothing, that it is unspent (`false`), or that it is spent (`true`).
type Held = Option<bool>;

impl Standing {
    /// Of a topic. `held` reads what a revocation topic says of an outpoint.
    pub(crate) fn of<E>(
        kept: &[KeptEvidence],
        topic: &TopicName,
        mut held: impl FnMut(&TopicName, &Outpoint) -> Result<Held, E>,
    ) -> Result<Self, E> {
        let mut standing = Self::default();
        let signatures = kept.iter().flat_map(|kept| &kept.signatures);
        for (signer, _, _) in signatures.filter(|(_, signed, _)| signed == topic) {
            if !standing.evidence.signers.contains(signer) {
                standing.evidence.signers.push(*signer);
            }
        }
        for KeptCertificate { known, vouched, .. } in kept.iter().flat_map(|kept| &kept.certificates) {
            if !standing.evidence.signers.contains(&known.subject) {
                continue;
            }
            let mut vouched_by = Vec::new();
            for (vouching, rule) in vouched {
                match lost(rule, known.revocation, &mut held)? {
                    None => vouched_by.push(vouching.clone()),
                    Some(why) => {
                        let serial_number = SerialNumber(known.serial_number);
                        standing.lost.push((serial_number, vouching.federation.clone(), why));
                    }
                }
            }
            standing.add(known, vouched_by);
        }
        Ok(standing)
    }

    /// Adds a certificate; one that came before with other evidence is there once, with all who vouch for it.
    fn add(&mut self, known: &KnownCertificate, vouched_by: Vec<Vouching>) {
        let certificates = &mut self.evidence.certificates;
        let is_same = |other: &&mut KnownCertificate| {
            other.serial_number == known.serial_number
                && other.certifier == known.certifier
                && other.subject == known.subject
                && other.revealed == known.revealed
        };
        match certificates.iter_mut().find(is_same) {
            None => certificates.push(KnownCertificate { vouched_by, ..known.clone() }),
            Some(before) => {
                for vouching in vouched_by {
                    if !before.vouched_by.iter().any(|by| by.federation == vouching.federation) {
                        before.vouched_by.push(vouching);
                    }
                }
            }
        }
    }

    /// What is missing of what a topic wants to see, for whoever has to bring it; `None` where nothing is. `why_not` says why
    /// nobody in the federation vouches for a certificate.
    pub(crate) fn missing(
        &self,
        demand: &CertificateDemand,
        why_not: impl Fn(&KnownCertificate) -> String,
    ) -> Option<String> {
        let TopicEvidence { signers, certificates } = &self.evidence;
        if signers.is_empty() {
            return Some("nobody signed the transaction for this topic".to_owned());
        }
        let mut missing = Vec::new();
        for certificate in certificates {
            let serial_number = SerialNumber(certificate.serial_number);
            let why = match demand.unmet(certificate)? {
                Unmet::NotVouchedFor => {
                    let lost = self
                        .lost
                        .iter()
                        .find(|(serial, federation, _)| *serial == serial_number && *federation == demand.federation);
                    lost.map_or_else(|| why_not(certificate), |(_, _, why)| why.to_string())
                }
                unmet => unmet.to_string(),
            };
            missing.push(format!("certificate {serial_number}: {why}"));
        }
        Some(match missing.is_empty() {
            true => "it was signed, but no certificate about a signer came with it".to_owned(),
            false => missing.join("; "),
        })
    }
}

pub(super) fn lost<E>(
    rule: &RevocationRule,
    revocation: Option<Outpoint>,
    held: &mut impl FnMut(&TopicName, &Outpoint) -> Result<Held, E>,
) -> Result<Option<Lost>, E> {
    Ok(match (rule, revocation) {
        (RevocationRule::Tracked(topic), None) => Some(Lost::Unnamed(topic.clone())),
        (RevocationRule::Tracked(topic), Some(outpoint)) => match held(topic, &outpoint)? {
            Some(false) => None,
            Some(true) => Some(Lost::Revoked(topic.clone(), outpoint)),
            None => Some(Lost::Unknown(topic.clone(), outpoint)),
        },
        (RevocationRule::BestEffort(Some(topic)), Some(outpoint)) => match held(topic, &outpoint)? {
            Some(true) => Some(Lost::Revoked(topic.clone(), outpoint)),
            Some(false) | None => None,
        },
        (RevocationRule::BestEffort(_), _) => None,
    })
}
