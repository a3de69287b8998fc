//! What a topic or a basket wants to see of whoever stands behind a request.

use trellis_spv::identity::certificate::{CertificateType, FieldName};

use crate::domain::evidence::{KnownCertificate, Vouching};

/// A certificate that has to be there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CertificateDemand {
    /// Its type.
    pub certificate_type: CertificateType,
    /// Fields it reveals, and a member of the federation vouches for.
    pub fields: Vec<FieldName>,
    /// The federation.
    pub federation: String,
}

impl CertificateDemand {
    /// Whether a certificate is what is wanted.
    #[must_use]
    pub fn is_met_by(&self, certificate: &KnownCertificate) -> bool {
        self.unmet(certificate).is_none()
    }

    /// What a certificate lacks; `None` where it is what is wanted.
    #[must_use]
    pub fn unmet(&self, certificate: &KnownCertificate) -> Option<Unmet> {
        if self.certificate_type.0 != certificate.certificate_type {
            return Some(Unmet::Type(CertificateType(certificate.certificate_type)));
        }
        let is_revealed = |field: &&FieldName| certificate.revealed.iter().any(|(name, _)| name == field.as_str());
        if let Some(field) = self.fields.iter().find(|field| !is_revealed(field)) {
            return Some(Unmet::NotRevealed(field.clone()));
        }
        let ours = |by: &&Vouching| by.federation == self.federation;
        let Some(vouching) = certificate.vouched_by.iter().find(ours) else { return Some(Unmet::NotVouchedFor) };
        let is_vouched = |field: &&FieldName| vouching.fields.iter().any(|name| name == field.as_str());
        let field = self.fields.iter().find(|field| !is_vouched(field))?;
        Some(Unmet::FieldNotVouchedFor { field: field.clone(), organisation: vouching.organisation.clone() })
    }
}

/// What a certificate lacks to be what is wanted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unmet {
    /// Another type.
    #[error("it is of type {0}")]
    Type(CertificateType),
    /// A field is not revealed.
    #[error("it does not reveal the field `{0}`")]
    NotRevealed(FieldName),
    /// Nobody in the federation vouches for it.
    #[error("nobody in that federation vouches for it")]
    NotVouchedFor,
    /// Whoever vouches for it does not vouch for a field.
    #[error("organisation `{organisation}` vouches for it, but not for its field `{field}`")]
    FieldNotVouchedFor {
        /// The field.
        field: FieldName,
        /// Who vouches for others.
        organisation: String,
    },
}

impl std::fmt::Display for CertificateDemand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { certificate_type, fields, federation } = self;
        write!(f, "a certificate of type {certificate_type} for which federation `{federation}` vouches")?;
        for (position, field) in fields.iter().enumerate() {
            let before = match position {
                0 => ", revealing ",
                _ => " and ",
            };
            write!(f, "{before}`{field}`")?;
        }
        Ok(())
    }
}
