//! A transaction of an example: what it spends, what it makes, and what that is to topics and baskets.

use std::collections::{BTreeMap, BTreeSet};

use trellis_spv::hash::Txid;
use trellis_spv::testing::{Coin, Spend, Wallet, build, coin};
use trellis_spv::transaction::Transaction;

use crate::tokens::FEE;
use crate::world::World;

/// An output that can be spent.
#[derive(Debug, Clone)]
pub struct Piece {
    /// Who can.
    pub owner: Wallet,
    /// The output.
    pub coin: Coin,
    /// The unproven transactions it comes from, parents first, its own last.
    pub past: Vec<Transaction>,
}

/// What an output is to the examples: in all of them, what a topic admits lies in a basket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The topic that admits it.
    pub topic: String,
    /// The basket it lies in.
    pub basket: String,
    /// What it is there.
    pub asset: String,
    /// How much of it.
    pub amount: u64,
    /// Whose it is.
    pub owner: Option<String>,
    /// To be found by.
    pub tags: BTreeSet<String>,
}

/// An output in the making.
#[derive(Debug, Clone)]
pub struct Make {
    /// Its value.
    pub satoshis: u64,
    /// Its locking script.
    pub script: Vec<u8>,
    /// What it is.
    pub token: Token,
}

/// A transaction and what it is to the examples.
#[derive(Debug, Clone)]
pub struct Deed {
    /// The transaction.
    pub transaction: Transaction,
    /// The unproven transactions it comes from, parents first.
    pub past: Vec<Transaction>,
    /// The topics that take it, or that are asked to.
    pub topics: Vec<&'static str>,
    /// Whether the host is left to find them.
    pub is_found: bool,
    /// Its tokens, by their outputs.
    pub tokens: BTreeMap<u32, Token>,
}

impl Deed {
    /// Spends pieces into tokens. What is left after the fee goes to the owner of the last piece.
    #[must_use]
    pub fn new(topics: &[&'static str], spent: &[&Piece], makes: Vec<Make>) -> Self {
        let spends: Vec<Spend<'_>> = spent.iter().map(|piece| piece.coin.by(&piece.owner)).collect();
        let input: u64 = spent.iter().map(|piece| piece.coin.satoshis).sum();
        let output: u64 = makes.iter().map(|make| make.satoshis).sum();
        let rest = input.checked_sub(output + FEE).expect("enough satoshis for the fee");
        let mut outputs: Vec<_> = makes.iter().map(|make| (make.satoshis, make.script.clone())).collect();
        if let Some(last) = spent.last().filter(|_| rest > 0) {
            outputs.push((rest, last.owner.p2pkh()));
        }
        let mut past: Vec<Transaction> = Vec::new();
        for transaction in spent.iter().flat_map(|piece| &piece.past) {
            if past.iter().all(|known| known.txid() != transaction.txid()) {
                past.push(transaction.clone());
            }
        }
        let tokens = (0..).zip(makes).map(|(vout, make)| (vout, make.token)).collect();
        let transaction = build(&spends, &outputs);
        Self { transaction, past, topics: topics.to_vec(), is_found: false, tokens }
    }

    /// The same; the host is left to find its topics.
    #[must_use]
    pub fn found(self) -> Self {
        Self { is_found: true, ..self }
    }

    /// Its id.
    #[must_use]
    pub fn txid(&self) -> Txid {
        self.transaction.txid()
    }

    /// One of its outputs, to be spent by its owner.
    #[must_use]
    pub fn piece(&self, vout: u32, owner: &Wallet) -> Piece {
        let past = self.past.iter().chain([&self.transaction]).cloned().collect();
        Piece { owner: owner.clone(), coin: coin(&self.transaction, vout), past }
    }

    /// All that proves it.
    #[must_use]
    pub fn beef(&self, world: &World) -> Vec<u8> {
        world.beef_bytes(&self.past.iter().chain([&self.transaction]).collect::<Vec<_>>())
    }

    /// Outputs that a topic admits.
    #[must_use]
    pub fn admitted(&self, topic: &str) -> Vec<u32> {
        self.tokens.iter().filter(|(_, token)| token.topic == topic).map(|(vout, _)| *vout).collect()
    }
}
