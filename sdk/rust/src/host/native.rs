//! The host's functions outside a component: asked of whoever answers on this thread.

use crate::Outpoint;
use crate::identity::{Certificate, IdentityKey, VerifiableCertificate};
use crate::log::Level;
use crate::native_host::ask;
use crate::state::Entry;
use crate::topics::HeldOutput;

pub(crate) fn raw_transaction() -> Vec<u8> {
    ask(|host| host.raw_transaction())
}

pub(crate) fn transaction(txid: &[u8]) -> Option<Vec<u8>> {
    ask(|host| host.transaction(txid))
}

pub(crate) fn atomic_beef(txid: &[u8]) -> Option<Vec<u8>> {
    ask(|host| host.atomic_beef(txid))
}

pub(crate) fn configured(key: &str) -> Option<String> {
    ask(|host| host.configured(key))
}

pub(crate) fn write_log(level: Level, message: &str) {
    ask(|host| host.write_log(level, message));
}

pub(crate) fn signers() -> Vec<IdentityKey> {
    ask(|host| host.signers())
}

pub(crate) fn certificates() -> Vec<Certificate> {
    ask(|host| host.certificates())
}

pub(crate) fn verify_certificate(offered: &VerifiableCertificate) -> Result<Certificate, String> {
    ask(|host| host.verify_certificate(offered))
}

pub(crate) fn state_get(key: &[u8]) -> Option<Vec<u8>> {
    ask(|host| host.state_get(key))
}

pub(crate) fn state_set(key: &[u8], value: &[u8]) {
    ask(|host| host.state_set(key, value));
}

pub(crate) fn state_remove(key: &[u8]) {
    ask(|host| host.state_remove(key));
}

pub(crate) fn state_scan(start: &[u8], end: Option<&[u8]>, limit: u32, reverse: bool) -> (Vec<Entry>, bool) {
    ask(|host| host.state_scan(start, end, limit, reverse))
}

pub(crate) fn topic_output(topic: &str, outpoint: &Outpoint) -> Option<HeldOutput> {
    ask(|host| host.topic_output(topic, outpoint))
}

pub(crate) fn topic_state_get(topic: &str, key: &[u8]) -> Option<Vec<u8>> {
    ask(|host| host.topic_state_get(topic, key))
}

pub(crate) fn topic_state_scan(
    topic: &str,
    start: &[u8],
    end: Option<&[u8]>,
    limit: u32,
    reverse: bool,
) -> (Vec<Entry>, bool) {
    ask(|host| host.topic_state_scan(topic, start, end, limit, reverse))
}

pub(crate) fn sha256(data: &[u8]) -> Vec<u8> {
    ask(|host| host.sha256(data))
}

pub(crate) fn hash256(data: &[u8]) -> Vec<u8> {
    ask(|host| host.hash256(data))
}

pub(crate) fn ripemd160(data: &[u8]) -> Vec<u8> {
    ask(|host| host.ripemd160(data))
}

pub(crate) fn hash160(data: &[u8]) -> Vec<u8> {
    ask(|host| host.hash160(data))
}

pub(crate) fn hmac_sha256(key: &[u8], data: &[u8]) -> Vec<u8> {
    ask(|host| host.hmac_sha256(key, data))
}

pub(crate) fn verify_ecdsa(digest: &[u8], signature: &[u8], public_key: &[u8]) -> bool {
    ask(|host| host.verify_ecdsa(digest, signature, public_key))
}

pub(crate) fn derive_public_key(public_key: &[u8], invoice_number: &str) -> Option<Vec<u8>> {
    ask(|host| host.derive_public_key(public_key, invoice_number))
}

pub(crate) fn verify_signature(data: &[u8], signature: &[u8], signer: &[u8], invoice_number: &str) -> bool {
    ask(|host| host.verify_signature(data, signature, signer, invoice_number))
}
