//! Keys, chains, signed transactions and BEEF encoders for tests, here and in other crates (feature `testing`).
//!
//! Everything is deterministic: a wallet comes from a number, a chain mines the same blocks every time. Broken fixtures
//! panic, because a broken fixture is a failed test.
//!
//! ```
//! use trellis_spv::testing::{Chain, Wallet, coin};
//! use trellis_spv::verify::{Policy, verify};
//!
//! let mut chain = Chain::new();
//! let (alice, bob) = (Wallet::from_seed(1), Wallet::from_seed(2));
//! let paid = alice.pay(&[chain.coin(&alice, 10_000)], &bob.p2pkh(), 9_000);
//! let spent = bob.pay(&[coin(&paid, 0)], &alice.p2pkh(), 8_000);
//! let beef = chain.beef(&[&paid, &spent]);
//! assert_eq!(beef.subject, spent.txid());
//! verify(&beef, &chain, &(), &Policy::default()).unwrap();
//! ```
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "fixtures: what panics here is a broken test"
)]

mod build;
mod chain;
mod identity;
mod wallet;

pub use build::{Build, Coin, Spend, build, coin};
pub use chain::{Chain, merkle_proofs};
pub use identity::Issue;
pub use wallet::{LockPosition, Wallet, push, push_drop_lock};

use crate::beef::{Beef, BeefEntry, BeefVersion};
use crate::bump::Bump;
use crate::merkle::MerkleProof;
use crate::transaction::Transaction;

/// A BEEF of these transactions in this order, with these proofs; the last one is the subject. Proofs of one block share
/// a BUMP.
#[must_use]
pub fn beef(version: BeefVersion, transactions: &[(Transaction, Option<MerkleProof>)]) -> Beef {
    let mut heights: Vec<u32> = transactions.iter().filter_map(|(_, proof)| Some(proof.as_ref()?.height)).collect();
    heights.sort_unstable();
    heights.dedup();
    let bump = |height: &u32| {
        let of_block = |(transaction, proof): &'_ (Transaction, Option<MerkleProof>)| {
            let proof = proof.clone().filter(|proof| proof.height == *height)?;
            Some((transaction.txid(), proof))
        };
        let proofs: Vec<_> = transactions.iter().filter_map(of_block).collect();
        let proofs: Vec<_> = proofs.iter().map(|(txid, proof)| (*txid, proof)).collect();
        Bump::merge(&proofs).expect("proofs of one block")
    };
    let entry = |(transaction, proof): &(Transaction, Option<MerkleProof>)| BeefEntry::Raw {
        transaction: transaction.clone(),
        bump: proof.as_ref().map(|proof| heights.binary_search(&proof.height).unwrap()),
    };
    Beef {
        version,
        bumps: heights.iter().map(bump).collect(),
        subject: transactions.last().expect("a subject").0.txid(),
        transactions: transactions.iter().map(entry).collect(),
        atomic: false,
    }
}
