//! What each federation says of a certificate, and why not more.

use super::expiry::{Expiry, expiry};
use super::{Federations, VouchesFor};
use crate::domain::evidence::{IdentityKey, KnownCertificate, RevocationRule, Vouching};
use crate::domain::time::Timestamp;
use trellis_spv::identity::certificate::CertificateType;

/// What a federation says of a certificate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The federation.
    pub federation: String,
    /// Who vouches, and how it would be revoked; or why nobody does.
    pub word: Result<(Vouching, RevocationRule), WhyNot>,
}

/// Why nobody in a federation vouches for a certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WhyNot {
    /// There is no such federation.
    #[error("no federation `{0}` is configured here")]
    UnknownFederation(String),
    /// Its certifier is nobody's.
    #[error(
        "its certifier {} belongs to no organisation that federation `{federation}` trusts",
        hex::encode(certifier)
    )]
    UnknownCertifier {
        /// The certifier.
        certifier: IdentityKey,
        /// The federation.
        federation: String,
    },
    /// The organisation does not vouch for such certificates.
    #[error("organisation `{organisation}` does not vouch for certificates of type {certificate_type}")]
    Type {
        /// The organisation.
        organisation: String,
        /// The certificate's type.
        certificate_type: CertificateType,
    },
    /// It reveals nothing that the organisation vouches for.
    #[error("it reveals none of the fields that organisation `{organisation}` vouches for ({fields})")]
    NothingRevealed {
        /// The organisation.
        organisation: String,
        /// The fields it vouches for.
        fields: String,
    },
    /// It does not say until when it holds.
    #[error("it does not reveal the field `{field}`, which says until when it holds, as a date or time")]
    NoExpiry {
        /// The field.
        field: String,
    },
    /// It holds no more.
    #[error("it expired: its field `{field}` says {until}")]
    Expired {
        /// The field.
        field: String,
        /// What it says.
        until: String,
    },
}

impl Federations {
    /// What every federation says of a certificate that is not revoked.
    #[must_use]
    pub fn explain(&self, certificate: &KnownCertificate, now: Timestamp) -> Vec<Finding> {
        self.names().map(|name| self.finding(name, certificate, now)).collect()
    }

    /// The organisations, with their federations, that a key certifies for: (federation, organisation, name of the certifier).
    #[must_use]
    pub fn certifies_for(&self, key: &IdentityKey) -> Vec<(String, String, String)> {
        let mut found = Vec::new();
        for federation in self.names() {
            for member in self.members(federation) {
                if let Some(name) = member.organisation.certifiers.get(key) {
                    found.push((federation.to_owned(), member.name.to_owned(), name.clone()));
                }
            }
        }
        found
    }

    /// What one federation says of a certificate that is not revoked.
    #[must_use]
    pub fn finding(&self, federation: &str, certificate: &KnownCertificate, now: Timestamp) -> Finding {
        Finding { federation: federation.to_owned(), word: self.word(federation, certificate, now) }
    }

    fn word(
        &self,
        federation: &str,
        certificate: &KnownCertificate,
        now: Timestamp,
    ) -> Result<(Vouching, RevocationRule), WhyNot> {
        if !self.federations.contains_key(federation) {
            return Err(WhyNot::UnknownFederation(federation.to_owned()));
        }
        let members = self.members(federation);
        let member = members.iter().find(|member| member.organisation.certifiers.contains_key(&certificate.certifier));
        let member = member.ok_or_else(|| WhyNot::UnknownCertifier {
            certifier: certificate.certifier,
            federation: federation.to_owned(),
        })?;
        let organisation = member.name.to_owned();
        let certificate_type = CertificateType(certificate.certificate_type);
        let rules = member.organisation.vouches.iter();
        let rule = rules.clone().find(|rule| rule.certificate_type == certificate_type);
        let Some(VouchesFor { fields, expires, .. }) = rule else {
            return Err(WhyNot::Type { organisation, certificate_type });
        };
        if let Some(field) = expires {
            check_expiry(field.as_str(), certificate, now)?;
        }
        let is_vouched = |name: &String| fields.iter().any(|field| field.as_str() == name);
        let revealed = certificate.revealed.iter().map(|(name, _)| name);
        let vouched: Vec<String> = revealed.filter(|name| is_vouched(name)).cloned().collect();
        if vouched.is_empty() {
            let fields = fields.iter().map(|field| format!("`{field}`")).collect::<Vec<_>>().join(", ");
            return Err(WhyNot::NothingRevealed { organisation, fields });
        }
        let vouching = Vouching { federation: federation.to_owned(), organisation, fields: vouched };
        Ok((vouching, member.revocation.clone()))
    }
}

fn check_expiry(field: &str, certificate: &KnownCertificate, now: Timestamp) -> Result<(), WhyNot> {
    let revealed = certificate.revealed.iter().find(|(name, _)| name == field).map(|(_, value)| value.as_str());
    let no_expiry = || WhyNot::NoExpiry { field: field.to_owned() };
    let until = revealed.ok_or_else(no_expiry)?;
    match expiry(until).ok_or_else(no_expiry)? {
        Expiry(ends) if now.milliseconds() / 1000 < ends => Ok(()),
        Expiry(_) => Err(WhyNot::Expired { field: field.to_owned(), until: until.to_owned() }),
    }
}
