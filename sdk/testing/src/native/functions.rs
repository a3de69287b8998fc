//! The host's functions as a plugin's thread sees them: each asks the caller's thread, and waits for the answer.

use std::panic;
use std::sync::mpsc::{self, Sender};

use trellis_calls::{RunningCall, Stop};
use trellis_engine::ports::plugins::{HeldOutput, PluginHost, StatePage};
use trellis_plugin::identity::{Certificate, IdentityKey, VerifiableCertificate};
use trellis_plugin::log::Level;
use trellis_plugin::native_host::HostFunctions;
use trellis_plugin::state::Entry;
use trellis_plugin::{Outpoint, topics};
use trellis_spv::identity::certificate::CertificateText;

use super::convert;
use super::panics::Stopped;
use super::thread::Request;

/// Asks whoever listens to the requests.
pub(super) struct Asking(pub(super) Sender<Request>);

impl Asking {
    /// Asks, and unwinds where the host ends the call instead of answering.
    fn ask<R: Send + 'static>(
        &self,
        question: impl FnOnce(&mut RunningCall, &mut dyn PluginHost) -> Result<R, Stop> + Send + 'static,
    ) -> R {
        let (answer, answered) = mpsc::channel();
        let request: Request = Box::new(move |call, host| match question(call, host) {
            Ok(found) => {
                // Nobody but the asking thread can have dropped the other end, and that waits.
                let _ = answer.send(found);
                None
            }
            Err(stop) => Some(stop),
        });
        match self.0.send(request).ok().and_then(|()| answered.recv().ok()) {
            Some(found) => found,
            None => panic::resume_unwind(Box::new(Stopped)),
        }
    }
}

fn page(page: StatePage) -> (Vec<Entry>, bool) {
    let entries = page.entries.into_iter().map(|(key, value)| Entry { key, value }).collect();
    (entries, page.more)
}

impl HostFunctions for Asking {
    fn raw_transaction(&mut self) -> Vec<u8> {
        self.ask(|call, _| call.raw_transaction())
    }

    fn transaction(&mut self, txid: &[u8]) -> Option<Vec<u8>> {
        let txid = txid.to_vec();
        self.ask(move |call, host| call.ancestor(host, &txid))
    }

    fn atomic_beef(&mut self, txid: &[u8]) -> Option<Vec<u8>> {
        let txid = txid.to_vec();
        self.ask(move |call, host| call.atomic_beef(host, &txid))
    }

    fn configured(&mut self, key: &str) -> Option<String> {
        let key = key.to_owned();
        self.ask(move |call, _| call.configured(&key))
    }

    fn write_log(&mut self, level: Level, message: &str) {
        let message = message.to_owned();
        let level = match level {
            Level::Debug => tracing::Level::DEBUG,
            Level::Info => tracing::Level::INFO,
            Level::Warn => tracing::Level::WARN,
            Level::Error => tracing::Level::ERROR,
        };
        self.ask(move |call, _| call.log(level, &message));
    }

    fn signers(&mut self) -> Vec<IdentityKey> {
        self.ask(|call, host| call.signers(host)).into_iter().map(IdentityKey).collect()
    }

    fn certificates(&mut self) -> Vec<Certificate> {
        self.ask(|call, host| call.certificates(host)).into_iter().map(convert::certificate).collect()
    }

    fn verify_certificate(&mut self, offered: &VerifiableCertificate) -> Result<Certificate, String> {
        let offered = offered.clone();
        let known = self.ask(move |call, _| {
            let pairs = |fields: &'_ [trellis_plugin::identity::Field]| -> Vec<(String, String)> {
                fields.iter().map(|field| (field.name.clone(), field.value.clone())).collect()
            };
            let (fields, keyring) = (pairs(&offered.fields), pairs(&offered.keyring));
            let text = CertificateText {
                certificate_type: &offered.certificate_type,
                serial_number: &offered.serial_number,
                subject: &offered.subject,
                certifier: &offered.certifier,
                revocation_outpoint: &offered.revocation_outpoint,
                fields: borrowed(&fields),
                signature: Some(&offered.signature),
            };
            call.verify_certificate(text, &borrowed(&keyring))
        });
        known.map(convert::certificate)
    }

    fn state_get(&mut self, key: &[u8]) -> Option<Vec<u8>> {
        let key = key.to_vec();
        self.ask(move |call, host| call.state_get(host, &key))
    }

    fn state_set(&mut self, key: &[u8], value: &[u8]) {
        let (key, value) = (key.to_vec(), value.to_vec());
        self.ask(move |call, host| call.state_set(host, &key, &value));
    }

    fn state_remove(&mut self, key: &[u8]) {
        let key = key.to_vec();
        self.ask(move |call, host| call.state_remove(host, &key));
    }

    fn state_scan(&mut self, start: &[u8], end: Option<&[u8]>, limit: u32, reverse: bool) -> (Vec<Entry>, bool) {
        let (start, end) = (start.to_vec(), end.map(<[u8]>::to_vec));
        page(self.ask(move |call, host| call.state_scan(host, start, end, limit, reverse)))
    }

    fn topic_output(&mut self, topic: &str, outpoint: &Outpoint) -> Option<topics::HeldOutput> {
        let (topic, outpoint) = (topic.to_owned(), *outpoint);
        let held = self
            .ask(move |call, host| call.topic_output(host, &topic, (outpoint.txid.as_bytes(), outpoint.output_index)));
        held.map(|HeldOutput { satoshis, locking_script, spent }| topics::HeldOutput {
            satoshis,
            locking_script,
            spent,
        })
    }

    fn topic_state_get(&mut self, topic: &str, key: &[u8]) -> Option<Vec<u8>> {
        let (topic, key) = (topic.to_owned(), key.to_vec());
        self.ask(move |call, host| call.topic_state_get(host, &topic, &key))
    }

    fn topic_state_scan(
        &mut self,
        topic: &str,
        start: &[u8],
        end: Option<&[u8]>,
        limit: u32,
        reverse: bool,
    ) -> (Vec<Entry>, bool) {
        let (topic, start, end) = (topic.to_owned(), start.to_vec(), end.map(<[u8]>::to_vec));
        page(self.ask(move |call, host| call.topic_state_scan(host, &topic, start, end, limit, reverse)))
    }

    fn sha256(&mut self, data: &[u8]) -> Vec<u8> {
        let data = data.to_vec();
        self.ask(move |call, _| call.sha256(&data)).into()
    }

    fn hash256(&mut self, data: &[u8]) -> Vec<u8> {
        let data = data.to_vec();
        self.ask(move |call, _| call.hash256(&data)).into()
    }

    fn ripemd160(&mut self, data: &[u8]) -> Vec<u8> {
        let data = data.to_vec();
        self.ask(move |call, _| call.ripemd160(&data)).into()
    }

    fn hash160(&mut self, data: &[u8]) -> Vec<u8> {
        let data = data.to_vec();
        self.ask(move |call, _| call.hash160(&data)).into()
    }

    fn hmac_sha256(&mut self, key: &[u8], data: &[u8]) -> Vec<u8> {
        let (key, data) = (key.to_vec(), data.to_vec());
        self.ask(move |call, _| call.hmac_sha256(&key, &data)).into()
    }

    fn verify_ecdsa(&mut self, digest: &[u8], signature: &[u8], public_key: &[u8]) -> bool {
        let (digest, signature, public_key) = (digest.to_vec(), signature.to_vec(), public_key.to_vec());
        self.ask(move |call, _| call.verify_ecdsa(&digest, &signature, &public_key))
    }

    fn derive_public_key(&mut self, public_key: &[u8], invoice_number: &str) -> Option<Vec<u8>> {
        let (public_key, invoice_number) = (public_key.to_vec(), invoice_number.to_owned());
        self.ask(move |call, _| call.derive_public_key(&public_key, &invoice_number)).map(Into::into)
    }

    fn verify_signature(&mut self, data: &[u8], signature: &[u8], signer: &[u8], invoice_number: &str) -> bool {
        let (data, signature, signer) = (data.to_vec(), signature.to_vec(), signer.to_vec());
        let invoice_number = invoice_number.to_owned();
        self.ask(move |call, _| call.verify_signature(&data, &signature, &signer, &invoice_number))
    }
}

fn borrowed(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}
