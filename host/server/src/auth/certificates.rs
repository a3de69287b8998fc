//! Certificates of a client: verified as this host, whose key they were revealed to.

use trellis_engine::domain::evidence::KnownCertificate;
use trellis_spv::identity::certificate::{CertificateError, VerifiableCertificate};
use trellis_spv::identity::key::{PrivateKey, PublicKey};

use super::requested::Requested;

/// Most certificates of one message: each costs a verification, and two multiplications on the curve for each field revealed.
pub const MAX_AT_ONCE: usize = 16;

/// Why a certificate is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotBelieved {
    /// It proves nothing to this host.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// It was not asked for.
    #[error("this host does not ask for certificates of type {0}; the handshake says which it asks for")]
    TypeNotRequested(String),
    /// Its certifier was not asked for.
    #[error("this host does not ask for certificates by {0}; the handshake says whose it asks for")]
    CertifierNotRequested(Box<PublicKey>),
    /// It keeps to itself what was asked for.
    #[error("it reveals none of the fields this host asks for: its keyring has no key of one for this host")]
    NothingRevealed,
}

/// What a certificate of `subject` says to the host with this key; of fields that are revealed, those that were asked for.
///
/// # Errors
/// [`NotBelieved`].
pub fn believe(
    verifiable: &VerifiableCertificate,
    subject: &PublicKey,
    requested: &Requested,
    host: &PrivateKey,
) -> Result<KnownCertificate, NotBelieved> {
    let certificate = verifiable.certificate();
    certificate.check_subject(subject)?;
    let asked = requested.types.get(&certificate.certificate_type);
    let asked = asked.ok_or_else(|| NotBelieved::TypeNotRequested(certificate.certificate_type.to_string()))?;
    if !requested.certifiers.contains(&certificate.certifier.serialize()) {
        return Err(NotBelieved::CertifierNotRequested(Box::new(certificate.certifier)));
    }
    let mut revealed = verifiable.reveal(host)?;
    revealed.fields.retain(|name, _| asked.contains(name));
    if revealed.fields.is_empty() && !asked.is_empty() {
        return Err(NotBelieved::NothingRevealed);
    }
    Ok(KnownCertificate::new(certificate, &revealed))
}
