//! BEEF in, verified transaction out, EF out: pure functions over bytes.
//!
//! Nothing here reads a file, a clock, a socket or a random number. Block headers and already verified
//! transactions arrive through the two traits of [`mod@verify`]; every limit is a constant of [`limits`].
//!
//! | module | one job |
//! |---|---|
//! | [`hash`] | double SHA-256 and the identifiers built on it; HMAC-SHA256 |
//! | [`reader`] | bounded reading of foreign bytes |
//! | [`writer`] | VarInts and length-prefixed bytes |
//! | [`transaction`] | one raw transaction, parsed |
//! | [`merkle`] | the merkle proof of one transaction |
//! | [`bump`] | merkle proofs as they travel: BUMP (BRC-74) |
//! | [`beef`] | BEEF V1, V2 and Atomic framing (BRC-62, 95, 96) |
//! | [`mod@verify`] | the policy of the door: what makes a BEEF acceptable |
//! | [`script`] | unlocking one input: standard scripts fast, the rest in the interpreter |
//! | [`extended_format`] | EF (BRC-30) |
//! | [`mod@assemble`] | BEEF for an answer, with history depth (BRC-64) |
//! | [`identity`] | keys of people and hosts, and what they derive, sign and certify (BRC-42, 43, 2, 3, 52) |
//! | [`limits`] | every number, with its reason |
//! | `testing` | keys, chains, signed transactions and BEEF encoders for tests (feature `testing`) |

pub mod assemble;
pub mod beef;
pub mod bump;
pub mod extended_format;
pub mod hash;
pub mod identity;
pub mod limits;
pub mod merkle;
pub mod reader;
pub mod script;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod transaction;
pub mod verify;
pub mod writer;
