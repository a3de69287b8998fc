//! Whom the operator trusts: organisations with certifiers, what they vouch for, and federations of them.
//!
//! Federations are configuration; what follows from them for a certificate is written down with the submission that brings it, so
//! that a verdict does not change when they do.

mod demand;
mod expiry;
mod findings;

use std::collections::BTreeMap;

use trellis_spv::identity::certificate::{CertificateType, FieldName};

use crate::domain::evidence::{IdentityKey, KnownCertificate, RevocationRule, Vouching};
use crate::domain::time::Timestamp;

pub use demand::{CertificateDemand, Unmet};
pub use findings::{Finding, WhyNot};

/// Organisations and federations, checked against one another.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Federations {
    organisations: BTreeMap<String, Organisation>,
    federations: BTreeMap<String, Federation>,
}

/// Somebody who vouches for what its certifiers sign.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Organisation {
    /// Identity keys of its certifiers, with the operator's names for them.
    pub certifiers: BTreeMap<IdentityKey, String>,
    /// What it vouches for.
    pub vouches: Vec<VouchesFor>,
}

/// What an organisation vouches for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VouchesFor {
    /// Certificates of this type.
    pub certificate_type: CertificateType,
    /// These fields of it.
    pub fields: Vec<FieldName>,
    /// The field that says until when: a date (`2027-01-31`, that day included), a time (`2027-01-31T12:00:00Z`) or seconds since
    /// 1970-01-01 UTC. A certificate that does not reveal it is vouched for by nobody.
    pub expires: Option<FieldName>,
}

/// Organisations that trust one another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Federation {
    /// Its members.
    pub organisations: Vec<String>,
    /// Federations whose members it trusts as its own.
    pub trusts: Vec<String>,
    /// How its members' certificates are revoked.
    pub revocation: RevocationRule,
}

/// Why organisations and federations do not fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FederationError {
    /// A member that there is not.
    #[error("federation `{federation}` names organisation `{organisation}`, which is not defined")]
    UnknownOrganisation {
        /// The federation.
        federation: String,
        /// The organisation.
        organisation: String,
    },
    /// A federation that there is not.
    #[error("federation `{federation}` trusts federation `{trusted}`, which is not defined")]
    UnknownFederation {
        /// The federation.
        federation: String,
        /// The one it trusts.
        trusted: String,
    },
    /// Federations that trust one another in a circle.
    #[error(
        "the federations trust one another in a circle ({}); put their organisations into one federation instead",
        .0.join(" → ")
    )]
    Circle(Vec<String>),
    /// A certifier of two organisations.
    #[error(
        "certifier {} belongs to the organisations `{one}` and `{two}`; one key vouches for one organisation",
        hex::encode(key)
    )]
    SharedCertifier {
        /// The certifier's key.
        key: IdentityKey,
        /// An organisation.
        one: String,
        /// Another.
        two: String,
    },
}

/// A member of a federation as that one sees it.
struct Member<'f> {
    name: &'f str,
    organisation: &'f Organisation,
    /// Of the federation it is a member of itself: there its certificates are revoked.
    revocation: &'f RevocationRule,
}

impl Federations {
    /// Checks them against one another.
    ///
    /// # Errors
    /// [`FederationError`].
    pub fn new(
        organisations: BTreeMap<String, Organisation>,
        federations: BTreeMap<String, Federation>,
    ) -> Result<Self, FederationError> {
        let mut certifiers: BTreeMap<&IdentityKey, &str> = BTreeMap::new();
        for (name, organisation) in &organisations {
            for key in organisation.certifiers.keys() {
                if let Some(one) = certifiers.insert(key, name) {
                    let (one, two) = (one.to_owned(), name.clone());
                    return Err(FederationError::SharedCertifier { key: *key, one, two });
                }
            }
        }
        for (name, Federation { organisations: members, trusts, .. }) in &federations {
            if let Some(unknown) = members.iter().find(|member| !organisations.contains_key(*member)) {
                let organisation = unknown.clone();
                return Err(FederationError::UnknownOrganisation { federation: name.clone(), organisation });
            }
            if let Some(unknown) = trusts.iter().find(|trusted| !federations.contains_key(*trusted)) {
                let trusted = unknown.clone();
                return Err(FederationError::UnknownFederation { federation: name.clone(), trusted });
            }
        }
        let all = Self { organisations, federations };
        match all.federations.keys().find_map(|name| all.circle(name, &mut Vec::new())) {
            Some(circle) => Err(FederationError::Circle(circle)),
            None => Ok(all),
        }
    }

    /// The names of the federations.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.federations.keys().map(String::as_str)
    }

    /// All certifiers, for clients to be told whose certificates are worth showing.
    pub fn certifiers(&self) -> impl Iterator<Item = &IdentityKey> {
        self.organisations.values().flat_map(|organisation| organisation.certifiers.keys())
    }

    /// The fields that say until when certificates of a type hold: to be revealed whatever else is.
    pub fn expiry_fields(&self, certificate_type: CertificateType) -> impl Iterator<Item = &FieldName> {
        let vouches = self.organisations.values().flat_map(|organisation| &organisation.vouches);
        vouches.filter(move |vouches| vouches.certificate_type == certificate_type).filter_map(|it| it.expires.as_ref())
    }

    /// Topics that tell what was revoked.
    pub fn revocation_topics(&self) -> impl Iterator<Item = &crate::domain::name::TopicName> {
        self.federations.values().filter_map(|federation| federation.revocation.topic())
    }

    /// The circle that begins at a federation, if there is one.
    fn circle<'f>(&'f self, name: &'f str, above: &mut Vec<&'f str>) -> Option<Vec<String>> {
        if let Some(begins) = above.iter().position(|known| *known == name) {
            let circle = above.iter().skip(begins).copied().chain([name]);
            return Some(circle.map(str::to_owned).collect());
        }
        above.push(name);
        let trusts = self.federations.get(name).map(|federation| federation.trusts.as_slice()).unwrap_or_default();
        let found = trusts.iter().find_map(|trusted| self.circle(trusted, above));
        above.pop();
        found
    }

    /// The members of a federation, its own first; an organisation that it sees twice counts as seen first.
    fn members(&self, name: &str) -> Vec<Member<'_>> {
        let mut members: Vec<Member<'_>> = Vec::new();
        let mut to_visit = vec![name];
        let mut visited = Vec::new();
        while let Some(name) = to_visit.pop() {
            let Some(federation) = self.federations.get(name).filter(|_| !visited.contains(&name)) else { continue };
            visited.push(name);
            for organisation in &federation.organisations {
                let Some((name, organisation)) = self.organisations.get_key_value(organisation) else { continue };
                if !members.iter().any(|member| member.name == name) {
                    members.push(Member { name, organisation, revocation: &federation.revocation });
                }
            }
            to_visit.extend(federation.trusts.iter().rev().map(String::as_str));
        }
        members
    }

    /// Who vouches for a certificate as long as it is not revoked, and how it would be. `now` decides what has expired.
    #[must_use]
    pub fn vouch(&self, certificate: &KnownCertificate, now: Timestamp) -> Vec<(Vouching, RevocationRule)> {
        let findings = self.federations.keys().map(|name| self.finding(name, certificate, now));
        findings.filter_map(|finding| finding.word.ok()).collect()
    }
}
