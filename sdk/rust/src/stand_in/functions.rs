//! The host's functions, answered by the stand-in.

use std::collections::BTreeMap;

use super::{Host, cryptography};
use crate::Outpoint;
use crate::identity::{Certificate, IdentityKey, VerifiableCertificate};
use crate::log::Level;
use crate::native_host::HostFunctions;
use crate::state::Entry;
use crate::topics::HeldOutput;

impl HostFunctions for Host {
    fn raw_transaction(&mut self) -> Vec<u8> {
        self.raw_transaction.clone()
    }

    fn transaction(&mut self, txid: &[u8]) -> Option<Vec<u8>> {
        self.transactions.get(txid).cloned()
    }

    fn atomic_beef(&mut self, txid: &[u8]) -> Option<Vec<u8>> {
        self.atomic_beefs.get(txid).cloned()
    }

    fn configured(&mut self, key: &str) -> Option<String> {
        self.config.get(key).cloned()
    }

    fn write_log(&mut self, level: Level, message: &str) {
        self.log.push((level, message.to_owned()));
    }

    fn signers(&mut self) -> Vec<IdentityKey> {
        self.signers.clone()
    }

    fn certificates(&mut self) -> Vec<Certificate> {
        self.certificates.clone()
    }

    fn verify_certificate(&mut self, offered: &VerifiableCertificate) -> Result<Certificate, String> {
        cryptography::verify_certificate(offered)
    }

    fn state_get(&mut self, key: &[u8]) -> Option<Vec<u8>> {
        self.state.get(key).cloned()
    }

    fn state_set(&mut self, key: &[u8], value: &[u8]) {
        self.state.insert(key.to_vec(), value.to_vec());
    }

    fn state_remove(&mut self, key: &[u8]) {
        self.state.remove(key);
    }

    fn state_scan(&mut self, start: &[u8], end: Option<&[u8]>, limit: u32, reverse: bool) -> (Vec<Entry>, bool) {
        page(&self.state, start, end, limit, reverse)
    }

    fn topic_output(&mut self, topic: &str, outpoint: &Outpoint) -> Option<HeldOutput> {
        self.topics.get(topic)?.outputs.get(outpoint).cloned()
    }

    fn topic_state_get(&mut self, topic: &str, key: &[u8]) -> Option<Vec<u8>> {
        self.topics.get(topic)?.state.get(key).cloned()
    }

    fn topic_state_scan(
        &mut self,
        topic: &str,
        start: &[u8],
        end: Option<&[u8]>,
        limit: u32,
        reverse: bool,
    ) -> (Vec<Entry>, bool) {
        let nothing = (Vec::new(), false);
        self.topics.get(topic).map_or(nothing, |topic| page(&topic.state, start, end, limit, reverse))
    }

    fn sha256(&mut self, data: &[u8]) -> Vec<u8> {
        cryptography::sha256(data)
    }

    fn hash256(&mut self, data: &[u8]) -> Vec<u8> {
        cryptography::hash256(data)
    }

    fn ripemd160(&mut self, data: &[u8]) -> Vec<u8> {
        cryptography::ripemd160(data)
    }

    fn hash160(&mut self, data: &[u8]) -> Vec<u8> {
        cryptography::hash160(data)
    }

    fn hmac_sha256(&mut self, key: &[u8], data: &[u8]) -> Vec<u8> {
        cryptography::hmac_sha256(key, data)
    }

    fn verify_ecdsa(&mut self, digest: &[u8], signature: &[u8], public_key: &[u8]) -> bool {
        cryptography::verify_ecdsa(digest, signature, public_key)
    }

    fn derive_public_key(&mut self, public_key: &[u8], invoice_number: &str) -> Option<Vec<u8>> {
        cryptography::derive_public_key(public_key, invoice_number)
    }

    fn verify_signature(&mut self, data: &[u8], signature: &[u8], signer: &[u8], invoice_number: &str) -> bool {
        cryptography::verify_signature(data, signature, signer, invoice_number)
    }
}

fn page(
    rows: &BTreeMap<Vec<u8>, Vec<u8>>,
    start: &[u8],
    end: Option<&[u8]>,
    limit: u32,
    reverse: bool,
) -> (Vec<Entry>, bool) {
    let inside = |key: &Vec<u8>| key.as_slice() >= start && end.is_none_or(|end| key.as_slice() < end);
    let rows = rows.iter().filter(|(key, _)| inside(key));
    let mut rows: Vec<Entry> = rows.map(|(key, value)| Entry { key: key.clone(), value: value.clone() }).collect();
    if reverse {
        rows.reverse();
    }
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    (rows, more)
}
