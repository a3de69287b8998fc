//! The host's functions inside a component: its imports.

use crate::bindings::plugin_role::bsv::overlay;
use crate::identity::{
    Certificate, CertificateType, Field, IdentityKey, SerialNumber, VerifiableCertificate, Vouching,
};
use crate::log::Level;
use crate::state::Entry;
use crate::topics::HeldOutput;
use crate::{Outpoint, Txid};

pub(crate) use overlay::ancestry::atomic_beef;
pub(crate) use overlay::ancestry::transaction;
pub(crate) use overlay::config::get as configured;
pub(crate) use overlay::context::raw_transaction;
pub(crate) use overlay::crypto::{
    derive_public_key, hash160, hash256, hmac_sha256, ripemd160, sha256, verify_ecdsa, verify_signature,
};
pub(crate) fn signers() -> Vec<IdentityKey> {
    overlay::identity::signers().iter().map(|key| IdentityKey(array(key))).collect()
}

pub(crate) fn certificates() -> Vec<Certificate> {
    overlay::identity::certificates().into_iter().map(certificate).collect()
}

pub(crate) fn verify_certificate(offered: &VerifiableCertificate) -> Result<Certificate, String> {
    let field = |field: &Field| overlay::identity::Field { name: field.name.clone(), value: field.value.clone() };
    let fields = |fields: &[Field]| fields.iter().map(field).collect();
    overlay::identity::verify_certificate(&overlay::identity::VerifiableCertificate {
        certificate_type: offered.certificate_type.clone(),
        serial_number: offered.serial_number.clone(),
        subject: offered.subject.clone(),
        certifier: offered.certifier.clone(),
        revocation_outpoint: offered.revocation_outpoint.clone(),
        fields: fields(&offered.fields),
        keyring: fields(&offered.keyring),
        signature: offered.signature.clone(),
    })
    .map(certificate)
}

fn certificate(found: overlay::identity::Certificate) -> Certificate {
    let vouching = |by: overlay::identity::Vouching| Vouching {
        federation: by.federation,
        organisation: by.organisation,
        fields: by.fields,
    };
    let outpoint = |outpoint: overlay::types::Outpoint| Outpoint {
        txid: Txid(array(&outpoint.txid)),
        output_index: outpoint.output_index,
    };
    let field = |overlay::identity::Field { name, value }| Field { name, value };
    Certificate {
        certificate_type: CertificateType(array(&found.certificate_type)),
        serial_number: SerialNumber(array(&found.serial_number)),
        subject: IdentityKey(array(&found.subject)),
        certifier: IdentityKey(array(&found.certifier)),
        revocation: found.revocation.map(outpoint),
        revealed: found.revealed.into_iter().map(field).collect(),
        vouched_by: found.vouched_by.into_iter().map(vouching).collect(),
    }
}

/// The host's bytes as an array. The interface promises the length; the array stays zero behind a shorter answer.
fn array<const LENGTH: usize>(bytes: &[u8]) -> [u8; LENGTH] {
    bytes.first_chunk().copied().unwrap_or([0; LENGTH])
}

pub(crate) use overlay::state::{get as state_get, remove as state_remove, set as state_set};
pub(crate) use overlay::topics::state_get as topic_state_get;

pub(crate) fn topic_output(topic: &str, outpoint: &Outpoint) -> Option<HeldOutput> {
    let txid = outpoint.txid.as_bytes().to_vec();
    let outpoint = overlay::types::Outpoint { txid, output_index: outpoint.output_index };
    let overlay::topics::HeldOutput { satoshis, locking_script, spent } = overlay::topics::output(topic, &outpoint)?;
    Some(HeldOutput { satoshis, locking_script, spent })
}

pub(crate) fn topic_state_scan(
    topic: &str,
    start: &[u8],
    end: Option<&[u8]>,
    limit: u32,
    reverse: bool,
) -> (Vec<Entry>, bool) {
    page(overlay::topics::state_scan(topic, start, end, limit, reverse))
}

pub(crate) fn state_scan(start: &[u8], end: Option<&[u8]>, limit: u32, reverse: bool) -> (Vec<Entry>, bool) {
    page(overlay::state::scan(start, end, limit, reverse))
}

fn page(page: overlay::state::Page) -> (Vec<Entry>, bool) {
    let entries = page.entries.into_iter().map(|entry| Entry { key: entry.key, value: entry.value }).collect();
    (entries, page.more)
}

pub(crate) fn write_log(level: Level, message: &str) {
    let level = match level {
        Level::Debug => overlay::log::Level::Debug,
        Level::Info => overlay::log::Level::Info,
        Level::Warn => overlay::log::Level::Warn,
        Level::Error => overlay::log::Level::Error,
    };
    overlay::log::write(level, message);
}
