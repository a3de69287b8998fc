//! Who somebody is: keys, what is derived from them, what they sign and encrypt, and what others certify of them.
//!
//! All of it is pure: initialization vectors arrive as arguments, and whether a certificate has been revoked is for the
//! caller to find out. What is written here, `@bsv/sdk` reads, and the other way round; where the standards and that
//! library differ, the library's behaviour is followed and the difference is told where it is.
//!
//! | module | one job |
//! |---|---|
//! | [`key`] | public and private keys, and their children (BRC-42) |
//! | [`derivation`] | protocols, key ids and the invoice numbers they make (BRC-43) |
//! | [`signature`] | signatures (BRC-3) |
//! | [`hmac`] | message authentication codes for a counterparty (BRC-56) |
//! | [`encryption`] | encryption for a counterparty (BRC-2) |
//! | [`submission`] | what is signed by who stands behind a transaction in a topic |
//! | [`certificate`] | what a certifier says of a subject (BRC-52) |

pub mod certificate;
pub mod derivation;
pub mod encryption;
pub mod hmac;
pub mod key;
pub mod signature;
pub mod submission;
