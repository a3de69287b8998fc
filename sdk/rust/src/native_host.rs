//! The host's functions outside a component, for whoever runs a plugin natively: a test harness with a host of its own.
//!
//! A plugin's author has no use for it: unit tests have the [`stand_in`](crate::stand_in), and whole overlays are tested with
//! `trellis-testing`.

use std::cell::RefCell;

use crate::Outpoint;
use crate::identity::{Certificate, IdentityKey, VerifiableCertificate};
use crate::log::Level;
use crate::stand_in;
use crate::state::Entry;
use crate::topics::HeldOutput;

/// What the functions of this crate ask of the host, one method for each import of a component.
///
/// An implementation ends a call that may not go on by unwinding.
#[allow(missing_docs, reason = "each is the function of that name in this crate, or of the interface in `wit/`")]
pub trait HostFunctions {
    fn raw_transaction(&mut self) -> Vec<u8>;
    fn transaction(&mut self, txid: &[u8]) -> Option<Vec<u8>>;
    fn atomic_beef(&mut self, txid: &[u8]) -> Option<Vec<u8>>;
    fn configured(&mut self, key: &str) -> Option<String>;
    fn write_log(&mut self, level: Level, message: &str);
    fn signers(&mut self) -> Vec<IdentityKey>;
    fn certificates(&mut self) -> Vec<Certificate>;
    fn verify_certificate(&mut self, offered: &VerifiableCertificate) -> Result<Certificate, String>;
    fn state_get(&mut self, key: &[u8]) -> Option<Vec<u8>>;
    fn state_set(&mut self, key: &[u8], value: &[u8]);
    fn state_remove(&mut self, key: &[u8]);
    /// A page, and whether there is more behind it.
    fn state_scan(&mut self, start: &[u8], end: Option<&[u8]>, limit: u32, reverse: bool) -> (Vec<Entry>, bool);
    fn topic_output(&mut self, topic: &str, outpoint: &Outpoint) -> Option<HeldOutput>;
    fn topic_state_get(&mut self, topic: &str, key: &[u8]) -> Option<Vec<u8>>;
    /// A page, and whether there is more behind it.
    fn topic_state_scan(
        &mut self,
        topic: &str,
        start: &[u8],
        end: Option<&[u8]>,
        limit: u32,
        reverse: bool,
    ) -> (Vec<Entry>, bool);
    fn sha256(&mut self, data: &[u8]) -> Vec<u8>;
    fn hash256(&mut self, data: &[u8]) -> Vec<u8>;
    fn ripemd160(&mut self, data: &[u8]) -> Vec<u8>;
    fn hash160(&mut self, data: &[u8]) -> Vec<u8>;
    fn hmac_sha256(&mut self, key: &[u8], data: &[u8]) -> Vec<u8>;
    fn verify_ecdsa(&mut self, digest: &[u8], signature: &[u8], public_key: &[u8]) -> bool;
    fn derive_public_key(&mut self, public_key: &[u8], invoice_number: &str) -> Option<Vec<u8>>;
    fn verify_signature(&mut self, data: &[u8], signature: &[u8], signer: &[u8], invoice_number: &str) -> bool;
}

thread_local! {
    /// Who answers on this thread; the stand-in where nobody else does.
    static FUNCTIONS: RefCell<Option<Box<dyn HostFunctions>>> = const { RefCell::new(None) };
}

/// Runs `body` with these functions as the host's, on this thread. They are dropped when it ends, also by unwinding.
pub fn with_host_functions<R>(functions: Box<dyn HostFunctions>, body: impl FnOnce() -> R) -> R {
    struct TakeBack;
    impl Drop for TakeBack {
        fn drop(&mut self) {
            let functions = FUNCTIONS.with_borrow_mut(Option::take);
            drop(functions);
        }
    }
    FUNCTIONS.with_borrow_mut(|current| *current = Some(functions));
    let _take_back = TakeBack;
    body()
}

/// Asks whoever answers on this thread.
pub(crate) fn ask<R>(question: impl FnOnce(&mut dyn HostFunctions) -> R) -> R {
    FUNCTIONS.with_borrow_mut(|functions| match functions {
        Some(functions) => question(functions.as_mut()),
        None => stand_in::with_host(|host| question(host)),
    })
}
