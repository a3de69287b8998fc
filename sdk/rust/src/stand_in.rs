//! A stand-in for the host, for a plugin's own unit tests. Not in components.
//!
//! Outside a component the host's functions answer from memory of the current thread: rows in [`state`](crate::state),
//! what [`set_config`] configured, real cryptography. It knows no limits, no grants and no read-only lookups; those are
//! the host's, and only the host judges a component.

mod cryptography;
mod functions;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use crate::identity::{Certificate, IdentityKey};
use crate::log::Level;
use crate::topics::HeldOutput;
use crate::{Outpoint, SpentOutput, Txid};

/// What the stand-in holds.
#[derive(Default)]
pub(crate) struct Host {
    pub(crate) raw_transaction: Vec<u8>,
    pub(crate) transactions: HashMap<Vec<u8>, Vec<u8>>,
    pub(crate) atomic_beefs: HashMap<Vec<u8>, Vec<u8>>,
    pub(crate) config: HashMap<String, String>,
    pub(crate) state: BTreeMap<Vec<u8>, Vec<u8>>,
    pub(crate) topics: HashMap<String, Topic>,
    pub(crate) signers: Vec<IdentityKey>,
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) log: Vec<(Level, String)>,
}

/// What the stand-in holds of another topic.
#[derive(Default)]
pub(crate) struct Topic {
    pub(crate) outputs: HashMap<Outpoint, HeldOutput>,
    pub(crate) state: BTreeMap<Vec<u8>, Vec<u8>>,
}

thread_local! {
    // One host a thread, because tests run in parallel threads and must not see each other's rows.
    static HOST: RefCell<Host> = RefCell::default();
}

pub(crate) fn with_host<T>(work: impl FnOnce(&mut Host) -> T) -> T {
    HOST.with_borrow_mut(work)
}

/// Forgets everything. Call it first in every test: threads are reused.
///
/// ```
/// use trellis_plugin::{stand_in, state};
///
/// state::set(b"left over", b"by another test");
/// stand_in::reset();
/// assert_eq!(stand_in::state_rows(), 0);
/// ```
pub fn reset() {
    with_host(|host| *host = Host::default());
}

/// A spend of an output of a topic, for tests of [`LookupService::output_spent`](crate::LookupService::output_spent) that look at no
/// more than that; fill in what yours looks at.
///
/// ```
/// use trellis_plugin::{Outpoint, SpentOutput, Txid, stand_in};
///
/// let spent = Outpoint { txid: Txid([1; 32]), output_index: 0 };
/// let retained = SpentOutput { retained: true, ..stand_in::spent_output("tm_example", spent) };
/// assert_eq!((retained.satoshis, retained.spending_txid), (1, Txid([0x99; 32])));
/// ```
pub fn spent_output(topic: &str, outpoint: Outpoint) -> SpentOutput {
    SpentOutput {
        topic: topic.to_owned(),
        outpoint,
        satoshis: 1,
        locking_script: Vec::new(),
        spending_txid: Txid([0x99; 32]),
        input_index: 0,
        unlocking_script: Vec::new(),
        sequence: u32::MAX,
        off_chain_values: None,
        retained: false,
        spent_at: 100,
    }
}

/// What [`config::get`](crate::config::get) answers for `key`.
///
/// ```
/// use trellis_plugin::{config, stand_in};
///
/// stand_in::reset();
/// stand_in::set_config("issuer", "alice");
/// assert_eq!(config::get("issuer").as_deref(), Some("alice"));
/// ```
pub fn set_config(key: &str, value: &str) {
    with_host(|host| host.config.insert(key.to_owned(), value.to_owned()));
}

/// What [`context::raw_transaction`](crate::context::raw_transaction) answers. Empty unless set.
///
/// ```
/// use trellis_plugin::{context, stand_in};
///
/// stand_in::reset();
/// stand_in::set_raw_transaction(&[1, 0, 0, 0]);
/// assert_eq!(context::raw_transaction(), [1, 0, 0, 0]);
/// ```
pub fn set_raw_transaction(bytes: &[u8]) {
    with_host(|host| host.raw_transaction = bytes.to_vec());
}

/// What [`ancestry`](crate::ancestry) answers for `txid`. Nobody looks whether the bytes are a transaction and a BEEF.
///
/// ```
/// use trellis_plugin::{Txid, ancestry, stand_in};
///
/// stand_in::reset();
/// stand_in::add_ancestor(Txid([7; 32]), b"raw", b"beef");
/// assert_eq!(ancestry::atomic_beef(&Txid([7; 32])), Some(b"beef".to_vec()));
/// ```
pub fn add_ancestor(txid: Txid, raw: &[u8], atomic_beef: &[u8]) {
    with_host(|host| {
        host.transactions.insert(txid.0.to_vec(), raw.to_vec());
        host.atomic_beefs.insert(txid.0.to_vec(), atomic_beef.to_vec());
    });
}

/// What [`topics::output`](crate::topics::output) answers for an output of `topic`.
///
/// ```
/// use trellis_plugin::topics::{self, HeldOutput};
/// use trellis_plugin::{Outpoint, Txid, stand_in};
///
/// stand_in::reset();
/// let event = Outpoint { txid: Txid([7; 32]), output_index: 0 };
/// let held = HeldOutput { satoshis: 1, locking_script: vec![0x51], spent: false };
/// stand_in::add_topic_output("tm_events", event, held.clone());
/// assert_eq!(topics::output("tm_events", &event), Some(held));
/// ```
pub fn add_topic_output(topic: &str, outpoint: Outpoint, held: HeldOutput) {
    with_host(|host| host.topics.entry(topic.to_owned()).or_default().outputs.insert(outpoint, held));
}

/// A row that [`topics`](crate::topics) finds in the state of `topic`.
///
/// ```
/// use trellis_plugin::{stand_in, topics};
///
/// stand_in::reset();
/// stand_in::set_topic_state("tm_events", b"open", b"yes");
/// assert_eq!(topics::state_get("tm_events", b"open"), Some(b"yes".to_vec()));
/// ```
pub fn set_topic_state(topic: &str, key: &[u8], value: &[u8]) {
    with_host(|host| host.topics.entry(topic.to_owned()).or_default().state.insert(key.to_vec(), value.to_vec()));
}

/// Who signed the submission: what [`identity::signers`](crate::identity::signers) answers.
///
/// ```
/// use trellis_plugin::identity::{self, IdentityKey};
/// use trellis_plugin::stand_in;
///
/// stand_in::reset();
/// stand_in::set_signers([IdentityKey([2; 33]), IdentityKey([3; 33])]);
/// assert_eq!(identity::submitter(), Some(IdentityKey([2; 33])));
/// ```
pub fn set_signers(signers: impl IntoIterator<Item = IdentityKey>) {
    with_host(|host| host.signers = signers.into_iter().collect());
}

/// One more certificate that came with the submission: what
/// [`identity::certificates`](crate::identity::certificates) answers. The stand-in believes it as it stands.
///
/// ```
/// use trellis_plugin::identity::{self, Certificate, CertificateType, IdentityKey, SerialNumber};
/// use trellis_plugin::stand_in;
///
/// stand_in::reset();
/// stand_in::add_certificate(Certificate {
///     certificate_type: CertificateType([7; 32]),
///     serial_number: SerialNumber([1; 32]),
///     subject: IdentityKey([2; 33]),
///     certifier: IdentityKey([3; 33]),
///     revocation: None,
///     revealed: vec![],
///     vouched_by: vec![],
/// });
/// assert_eq!(identity::certificates().len(), 1);
/// ```
pub fn add_certificate(certificate: Certificate) {
    with_host(|host| host.certificates.push(certificate));
}

/// What was logged so far, oldest first. Nothing is cut.
///
/// ```
/// use trellis_plugin::log::{self, Level};
/// use trellis_plugin::stand_in;
///
/// stand_in::reset();
/// log::warn("a ticket without a seat");
/// assert_eq!(stand_in::logged(), [(Level::Warn, "a ticket without a seat".to_owned())]);
/// ```
pub fn logged() -> Vec<(Level, String)> {
    with_host(|host| host.log.clone())
}

/// How many rows `state` holds.
///
/// ```
/// use trellis_plugin::{stand_in, state};
///
/// stand_in::reset();
/// state::set(b"key", b"value");
/// state::set(b"key", b"another value");
/// assert_eq!(stand_in::state_rows(), 1);
/// ```
pub fn state_rows() -> usize {
    with_host(|host| host.state.len())
}
