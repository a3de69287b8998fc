//! Who somebody is: keys, what is derived from them, what they sign and encrypt.
//!
//! All of it is pure: initialization vectors arrive as arguments. What is written here, `@bsv/sdk` reads, and the other way round; where the standards and that
//! library differ, the library's behaviour is followed and the difference is told where it is.
//!
//! | module | one job |
//! |---|---|
//! | [`key`] | public and private keys, and their children (BRC-42) |
//! | [`derivation`] | protocols, key ids and the invoice numbers they make (BRC-43) |
//! | [`signature`] | signatures (BRC-3) |
//! | [`message_code`] | message authentication codes for a counterparty (BRC-56) |
//! | [`encryption`] | encryption for a counterparty (BRC-2) |

pub mod derivation;
pub mod encryption;
pub mod key;
pub mod message_code;
pub mod signature;
