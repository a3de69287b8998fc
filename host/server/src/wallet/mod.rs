//! Keys, scripts and signatures for the transactions this program makes itself: those of `trellis demo`.
//!
//! | module | one job |
//! |---|---|
//! | [`address`] | P2PKH addresses |
//! | [`key`] | a private key and what follows from it |
//! | [`script`] | locking scripts: P2PKH, and PushDrop with the lock first |
//! | [`build`] | a signed transaction, and the BEEF that proves it |

pub mod address;
pub mod build;
pub mod key;
pub mod script;
