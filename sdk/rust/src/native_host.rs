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
///
/// ```
/// use trellis_plugin::log::{self, Level};
/// use trellis_plugin::native_host::{HostFunctions, with_host_functions};
/// # use trellis_plugin::Outpoint;
/// # use trellis_plugin::identity::{Certificate, IdentityKey, VerifiableCertificate};
/// # use trellis_plugin::state::Entry;
/// # use trellis_plugin::topics::HeldOutput;
///
/// /// Hands out one setting, and prints what is logged.
/// struct Printing;
///
/// impl HostFunctions for Printing {
///     fn configured(&mut self, key: &str) -> Option<String> {
///         (key == "minimum").then(|| "500".to_owned())
///     }
///
///     fn write_log(&mut self, level: Level, message: &str) {
///         println!("{level:?}: {message}");
///     }
///     // ... and one method for each other import.
/// #     fn raw_transaction(&mut self) -> Vec<u8> { Vec::new() }
/// #     fn transaction(&mut self, _: &[u8]) -> Option<Vec<u8>> { None }
/// #     fn atomic_beef(&mut self, _: &[u8]) -> Option<Vec<u8>> { None }
/// #     fn signers(&mut self) -> Vec<IdentityKey> { Vec::new() }
/// #     fn certificates(&mut self) -> Vec<Certificate> { Vec::new() }
/// #     fn verify_certificate(&mut self, _: &VerifiableCertificate) -> Result<Certificate, String> { Err("no".into()) }
/// #     fn state_get(&mut self, _: &[u8]) -> Option<Vec<u8>> { None }
/// #     fn state_set(&mut self, _: &[u8], _: &[u8]) {}
/// #     fn state_remove(&mut self, _: &[u8]) {}
/// #     fn state_scan(&mut self, _: &[u8], _: Option<&[u8]>, _: u32, _: bool) -> (Vec<Entry>, bool) { (Vec::new(), false) }
/// #     fn topic_output(&mut self, _: &str, _: &Outpoint) -> Option<HeldOutput> { None }
/// #     fn topic_state_get(&mut self, _: &str, _: &[u8]) -> Option<Vec<u8>> { None }
/// #     fn topic_state_scan(&mut self, _: &str, _: &[u8], _: Option<&[u8]>, _: u32, _: bool) -> (Vec<Entry>, bool) {
/// #         (Vec::new(), false)
/// #     }
/// #     fn sha256(&mut self, _: &[u8]) -> Vec<u8> { Vec::new() }
/// #     fn hash256(&mut self, _: &[u8]) -> Vec<u8> { Vec::new() }
/// #     fn ripemd160(&mut self, _: &[u8]) -> Vec<u8> { Vec::new() }
/// #     fn hash160(&mut self, _: &[u8]) -> Vec<u8> { Vec::new() }
/// #     fn hmac_sha256(&mut self, _: &[u8], _: &[u8]) -> Vec<u8> { Vec::new() }
/// #     fn verify_ecdsa(&mut self, _: &[u8], _: &[u8], _: &[u8]) -> bool { false }
/// #     fn derive_public_key(&mut self, _: &[u8], _: &str) -> Option<Vec<u8>> { None }
/// #     fn verify_signature(&mut self, _: &[u8], _: &[u8], _: &[u8], _: &str) -> bool { false }
/// }
///
/// let minimum = with_host_functions(Box::new(Printing), || {
///     log::info("judging");
///     trellis_plugin::config::get("minimum")
/// });
/// assert_eq!(minimum.as_deref(), Some("500"));
/// ```
pub trait HostFunctions {
    /// As [`context::raw_transaction`](crate::context::raw_transaction).
    fn raw_transaction(&mut self) -> Vec<u8>;
    /// As [`ancestry::transaction`](crate::ancestry::transaction), by 32 bytes in display order.
    fn transaction(&mut self, txid: &[u8]) -> Option<Vec<u8>>;
    /// As [`ancestry::atomic_beef`](crate::ancestry::atomic_beef), by 32 bytes in display order.
    fn atomic_beef(&mut self, txid: &[u8]) -> Option<Vec<u8>>;
    /// As [`config::get`](crate::config::get).
    fn configured(&mut self, key: &str) -> Option<String>;
    /// As the functions of [`log`](crate::log).
    fn write_log(&mut self, level: Level, message: &str);
    /// As [`identity::signers`](crate::identity::signers).
    fn signers(&mut self) -> Vec<IdentityKey>;
    /// As [`identity::certificates`](crate::identity::certificates).
    fn certificates(&mut self) -> Vec<Certificate>;
    /// As [`identity::verify_certificate`](crate::identity::verify_certificate); the text says what is wrong.
    fn verify_certificate(&mut self, offered: &VerifiableCertificate) -> Result<Certificate, String>;
    /// As [`state::get`](crate::state::get).
    fn state_get(&mut self, key: &[u8]) -> Option<Vec<u8>>;
    /// As [`state::set`](crate::state::set).
    fn state_set(&mut self, key: &[u8], value: &[u8]);
    /// As [`state::remove`](crate::state::remove).
    fn state_remove(&mut self, key: &[u8]);
    /// At most `limit` (1 to 1,000) rows with `start <= key < end`, from the end downwards where `reverse`; and whether
    /// there is more behind them.
    fn state_scan(&mut self, start: &[u8], end: Option<&[u8]>, limit: u32, reverse: bool) -> (Vec<Entry>, bool);
    /// As [`topics::output`](crate::topics::output).
    fn topic_output(&mut self, topic: &str, outpoint: &Outpoint) -> Option<HeldOutput>;
    /// As [`topics::state_get`](crate::topics::state_get).
    fn topic_state_get(&mut self, topic: &str, key: &[u8]) -> Option<Vec<u8>>;
    /// As [`HostFunctions::state_scan`], of the rows of `topic`.
    fn topic_state_scan(
        &mut self,
        topic: &str,
        start: &[u8],
        end: Option<&[u8]>,
        limit: u32,
        reverse: bool,
    ) -> (Vec<Entry>, bool);
    /// 32 bytes, as [`crypto::sha256`](crate::crypto::sha256).
    fn sha256(&mut self, data: &[u8]) -> Vec<u8>;
    /// 32 bytes, as [`crypto::hash256`](crate::crypto::hash256).
    fn hash256(&mut self, data: &[u8]) -> Vec<u8>;
    /// 20 bytes, as [`crypto::ripemd160`](crate::crypto::ripemd160).
    fn ripemd160(&mut self, data: &[u8]) -> Vec<u8>;
    /// 20 bytes, as [`crypto::hash160`](crate::crypto::hash160).
    fn hash160(&mut self, data: &[u8]) -> Vec<u8>;
    /// 32 bytes, as [`crypto::hmac_sha256`](crate::crypto::hmac_sha256).
    fn hmac_sha256(&mut self, key: &[u8], data: &[u8]) -> Vec<u8>;
    /// As [`crypto::verify_ecdsa`](crate::crypto::verify_ecdsa), over a digest of 32 bytes.
    fn verify_ecdsa(&mut self, digest: &[u8], signature: &[u8], public_key: &[u8]) -> bool;
    /// 33 bytes, as [`crypto::derive_public_key`](crate::crypto::derive_public_key).
    fn derive_public_key(&mut self, public_key: &[u8], invoice_number: &str) -> Option<Vec<u8>>;
    /// As [`crypto::verify_signature`](crate::crypto::verify_signature).
    fn verify_signature(&mut self, data: &[u8], signature: &[u8], signer: &[u8], invoice_number: &str) -> bool;
}

thread_local! {
    /// Who answers on this thread; the stand-in where nobody else does.
    static FUNCTIONS: RefCell<Option<Box<dyn HostFunctions>>> = const { RefCell::new(None) };
}

/// Runs `body` with these functions as the host's, on this thread. They are dropped when it ends, also by unwinding; then the
/// [`stand_in`](crate::stand_in) answers again. [`HostFunctions`] has an example that answers.
///
/// ```
/// use trellis_plugin::native_host::{HostFunctions, with_host_functions};
///
/// /// What a harness does: hands its host over, and calls the plugin.
/// fn describe<P: trellis_plugin::Plugin>(host: Box<dyn HostFunctions>) -> String {
///     with_host_functions(host, || P::describe().name)
/// }
/// ```
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
