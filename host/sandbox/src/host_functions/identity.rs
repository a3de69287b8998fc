//! `identity`: who stands behind a submission, and what certificates say.

use trellis_engine::domain::evidence::{KnownCertificate, Vouching};
use trellis_spv::identity::certificate::CertificateText;

use crate::bindings::bsv::overlay::{identity, types};
use crate::call::CallState;

impl identity::Host for CallState {
    fn signers(&mut self) -> wasmtime::Result<Vec<Vec<u8>>> {
        let signers = self.ask(|call, host| call.signers(host))?;
        Ok(signers.into_iter().map(Into::into).collect())
    }

    fn certificates(&mut self) -> wasmtime::Result<Vec<identity::Certificate>> {
        let certificates = self.ask(|call, host| call.certificates(host))?;
        Ok(certificates.into_iter().map(handed_over).collect())
    }

    fn verify_certificate(
        &mut self,
        offered: identity::VerifiableCertificate,
    ) -> wasmtime::Result<Result<identity::Certificate, String>> {
        let text = CertificateText {
            certificate_type: &offered.certificate_type,
            serial_number: &offered.serial_number,
            subject: &offered.subject,
            certifier: &offered.certifier,
            revocation_outpoint: &offered.revocation_outpoint,
            fields: pairs(&offered.fields),
            signature: Some(&offered.signature),
        };
        Ok(self.call.verify_certificate(text, &pairs(&offered.keyring))?.map(handed_over))
    }
}

fn pairs(fields: &[identity::Field]) -> Vec<(&str, &str)> {
    fields.iter().map(|field| (field.name.as_str(), field.value.as_str())).collect()
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
