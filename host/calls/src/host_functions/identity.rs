//! `identity`: who stands behind a submission, and what certificates say.

use trellis_engine::domain::evidence::{IdentityKey, KnownCertificate, TopicEvidence};
use trellis_engine::ports::plugins::PluginHost;
use trellis_spv::identity::certificate::{
    Certificate, CertificateError, CertificateText, Fields, VerifiableCertificate,
};

use crate::running::RunningCall;
use crate::stop::Stop;

/// Curve operations of a certifier's signature: a key is derived, and the signature verified.
const SIGNATURE_OPERATIONS: usize = 2;

/// Curve operations of a keyring's key: a shared secret, a key derived on each side, and the secret of those.
const OPERATIONS_PER_KEY: usize = 4;

impl RunningCall {
    /// `identity.signers`.
    ///
    /// # Errors
    /// [`Stop`].
    pub fn signers(&mut self, host: &mut dyn PluginHost) -> Result<Vec<IdentityKey>, Stop> {
        let signers = self.evidence(host)?.signers;
        self.budget.read(signers.iter().map(|key| key.len()).sum())?;
        Ok(signers)
    }

    /// `identity.certificates`.
    ///
    /// # Errors
    /// [`Stop`].
    pub fn certificates(&mut self, host: &mut dyn PluginHost) -> Result<Vec<KnownCertificate>, Stop> {
        let certificates = self.evidence(host)?.certificates;
        certificates.iter().try_for_each(|certificate| self.charge_certificate(certificate))?;
        Ok(certificates)
    }

    /// `identity.verify-certificate`: of the certificate as text, and the keyring. The inner `Err` says what is wrong with it.
    ///
    /// # Errors
    /// [`Stop::Spent`].
    pub fn verify_certificate(
        &mut self,
        text: CertificateText<'_>,
        keyring: &[(&str, &str)],
    ) -> Result<Result<KnownCertificate, String>, Stop> {
        self.budget.host_call()?;
        self.charge_curve(SIGNATURE_OPERATIONS + OPERATIONS_PER_KEY * keyring.len())?;
        match known(text, keyring) {
            Ok(known) => self.charge_certificate(&known).map(|()| Ok(known)),
            Err(error) => Ok(Err(error.to_string())),
        }
    }

    fn evidence(&mut self, host: &mut dyn PluginHost) -> Result<TopicEvidence, Stop> {
        self.budget.host_call()?;
        Ok(host.evidence()?)
    }

    fn charge_certificate(&mut self, certificate: &KnownCertificate) -> Result<(), Stop> {
        let texts = certificate.revealed.iter().map(|(name, value)| name.len() + value.len());
        let vouched = certificate
            .vouched_by
            .iter()
            .map(|by| by.federation.len() + by.organisation.len() + by.fields.iter().map(String::len).sum::<usize>());
        Ok(self.budget.read(texts.chain(vouched).sum())?)
    }
}

/// What may be believed of a certificate.
fn known(text: CertificateText<'_>, keyring: &[(&str, &str)]) -> Result<KnownCertificate, CertificateError> {
    let certificate = Certificate::try_from(text)?;
    let verifiable = VerifiableCertificate::new(certificate, Fields::new(keyring.iter().copied())?)?;
    let revealed = verifiable.reveal_to_anyone()?;
    Ok(KnownCertificate::new(verifiable.certificate(), &revealed))
}
