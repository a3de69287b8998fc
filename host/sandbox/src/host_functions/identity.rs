//! `identity`: who stands behind a submission, and what certificates say.

use trellis_engine::domain::evidence::{KnownCertificate, TopicEvidence, Vouching};
use trellis_spv::identity::certificate::{
    Certificate, CertificateError, CertificateText, Fields, VerifiableCertificate,
};

use crate::bindings::bsv::overlay::{identity, types};
use crate::call::CallState;

impl CallState {
    fn evidence(&mut self) -> wasmtime::Result<TopicEvidence> {
        self.budget.host_call()?;
        self.ask(|host| host.evidence())
    }

    fn hand_over_certificate(&mut self, certificate: KnownCertificate) -> wasmtime::Result<identity::Certificate> {
        let texts = certificate.revealed.iter().map(|(name, value)| name.len() + value.len());
        let vouched = certificate
            .vouched_by
            .iter()
            .map(|by| by.federation.len() + by.organisation.len() + by.fields.iter().map(String::len).sum::<usize>());
        self.budget.read(texts.chain(vouched).sum())?;
        Ok(handed_over(certificate))
    }
}

impl identity::Host for CallState {
    fn signers(&mut self) -> wasmtime::Result<Vec<Vec<u8>>> {
        let signers = self.evidence()?.signers;
        self.budget.read(signers.iter().map(|key| key.len()).sum())?;
        Ok(signers.into_iter().map(Into::into).collect())
    }

    fn certificates(&mut self) -> wasmtime::Result<Vec<identity::Certificate>> {
        let certificates = self.evidence()?.certificates;
        certificates.into_iter().map(|certificate| self.hand_over_certificate(certificate)).collect()
    }

    fn verify_certificate(
        &mut self,
        certificate: identity::VerifiableCertificate,
    ) -> wasmtime::Result<Result<identity::Certificate, String>> {
        self.budget.host_call()?;
        for _ in 0..SIGNATURE_OPERATIONS + OPERATIONS_PER_KEY * certificate.keyring.len() {
            self.budget.curve_operation()?;
        }
        match known(&certificate) {
            Ok(known) => self.hand_over_certificate(known).map(Ok),
            Err(error) => Ok(Err(error.to_string())),
        }
    }
}

/// Curve operations of a certifier's signature: a key is derived, and the signature verified.
const SIGNATURE_OPERATIONS: usize = 2;

/// Curve operations of a keyring's key: a shared secret, a key derived on each side, and the secret of those.
const OPERATIONS_PER_KEY: usize = 4;

/// What may be believed of a certificate.
fn known(text: &identity::VerifiableCertificate) -> Result<KnownCertificate, CertificateError> {
    fn pairs(fields: &[identity::Field]) -> impl Iterator<Item = (&str, &str)> {
        fields.iter().map(|field| (field.name.as_str(), field.value.as_str()))
    }
    let certificate = Certificate::try_from(CertificateText {
        certificate_type: &text.certificate_type,
        serial_number: &text.serial_number,
        subject: &text.subject,
        certifier: &text.certifier,
        revocation_outpoint: &text.revocation_outpoint,
        fields: pairs(&text.fields).collect(),
        signature: Some(&text.signature),
    })?;
    let verifiable = VerifiableCertificate::new(certificate, Fields::new(pairs(&text.keyring))?)?;
    let revealed = verifiable.reveal_to_anyone()?;
    Ok(KnownCertificate::new(verifiable.certificate(), &revealed))
}

fn handed_over(certificate: KnownCertificate) -> identity::Certificate {
    let KnownCertificate { certificate_type, serial_number, subject, certifier, revocation, revealed, vouched_by } =
        certificate;
    let vouching =
        |Vouching { federation, organisation, fields }| identity::Vouching { federation, organisation, fields };
    identity::Certificate {
        certificate_type: certificate_type.into(),
        serial_number: serial_number.into(),
        subject: subject.into(),
        certifier: certifier.into(),
        revocation: revocation.map(|outpoint| types::OutpointResult {
            txid: outpoint.txid.display_bytes().into(),
            output_index: outpoint.vout,
        }),
        revealed: revealed.into_iter().map(|(name, value)| identity::Field { name, value }).collect(),
        vouched_by: vouched_by.into_iter().map(vouching).collect(),
    }
}
