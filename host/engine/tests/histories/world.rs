//! The transactions of a history, the blocks that hold them, and what a submission carries.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use trellis_model::Model;
use trellis_model::submit::Offer;
use trellis_model::transaction::{Id, Outpoint, Proof};
use trellis_spv::beef::BeefVersion;
use trellis_spv::hash::Txid;
use trellis_spv::limits::COINBASE_MATURITY;
use trellis_spv::merkle::MerkleProof;
use trellis_spv::testing::{Build, Chain, Coin, Wallet, beef, coin};
use trellis_spv::transaction::Transaction;
use trellis_spv::verify::{HeaderInfo, Headers};

use super::operation::{Name, Offered, Source};

/// Transactions that pay coins from the beginning on, and coins of each.
const FUNDINGS: usize = 24;
const COINS_EACH: usize = 32;

/// The seed of the wallet that everything is paid to.
pub const WALLET: u64 = 1;

/// Satoshis of such a coin.
const COIN_SATOSHIS: u64 = 1_000_000;

/// Blocks on top of them, so that no reorganisation reaches them.
const BURIED: u32 = 200;

/// The chain, which the host looks at while it changes.
#[derive(Clone)]
pub struct SharedChain(Arc<Mutex<Chain>>);

impl SharedChain {
    pub fn lock(&self) -> MutexGuard<'_, Chain> {
        self.0.lock().unwrap()
    }
}

impl Headers for SharedChain {
    fn tip(&self) -> Option<u32> {
        self.lock().tip()
    }
    fn header(&self, height: u32) -> Option<HeaderInfo> {
        self.lock().header(height)
    }
}

/// A submission, for the host and for the model.
pub struct Bundle {
    pub beef: Vec<u8>,
    pub offer: Offer,
}

pub struct World {
    pub chain: SharedChain,
    wallet: Wallet,
    coins: Vec<Coin>,
    named: BTreeMap<Name, Transaction>,
    known: BTreeMap<Txid, Transaction>,
    /// The blocks of the chain that hold transactions, in the model's words.
    proofs: BTreeMap<Txid, Proof>,
    first_tip: u32,
}

/// A transaction in the model's words.
pub fn in_short(transaction: &Transaction) -> trellis_model::transaction::Transaction {
    let coinbase = transaction.is_coinbase();
    let inputs = transaction.inputs().iter().filter(|_| !coinbase);
    let inputs = inputs.map(|input| outpoint(&input.source)).collect();
    let outputs = transaction.outputs().iter().map(|output| output.satoshis).collect();
    trellis_model::transaction::Transaction { id: id(&transaction.txid()), inputs, outputs, coinbase }
}

pub fn id(txid: &Txid) -> Id {
    Id(*txid.internal())
}

pub fn outpoint(outpoint: &trellis_spv::hash::Outpoint) -> Outpoint {
    Outpoint { id: id(&outpoint.txid), output: outpoint.vout }
}

impl World {
    pub fn new() -> Self {
        let (mut chain, wallet) = (Chain::new(), Wallet::from_seed(WALLET));
        let mut coins = Vec::new();
        let mut known = BTreeMap::new();
        let first = chain.tip().unwrap();
        let mut proofs = BTreeMap::new();
        for _ in 0..FUNDINGS {
            let funding = chain.funding(&vec![(COIN_SATOSHIS, wallet.p2pkh()); COINS_EACH]);
            coins.extend((0..COINS_EACH as u32).map(|vout| coin(&funding, vout)));
            proofs.insert(funding.txid(), Proof { height: chain.tip().unwrap(), block: 0 });
            known.insert(funding.txid(), funding);
        }
        assert!(proofs.values().all(|proof| proof.height > first));
        chain.mine_empty(BURIED);
        let first_tip = chain.tip().unwrap();
        let chain = SharedChain(Arc::new(Mutex::new(chain)));
        Self { chain, wallet, coins, named: BTreeMap::new(), known, proofs, first_tip }
    }

    pub fn tip(&self) -> u32 {
        self.chain.tip().unwrap()
    }

    pub fn introduce(&self, model: &mut Model) {
        self.known.values().for_each(|transaction| model.know(in_short(transaction)));
    }

    pub fn named(&self, name: Name) -> Option<&Transaction> {
        self.named.get(&name)
    }

    fn source(&self, source: &Source) -> Coin {
        let of = |transaction: &Transaction, vout: u32| coin(transaction, vout % transaction.outputs().len() as u32);
        let spare = |number: usize| self.coins[number % self.coins.len()].clone();
        match source {
            Source::Coin(number) => spare(*number),
            Source::Output(name, vout) => self.named.get(name).map_or_else(|| spare(*name), |paid| of(paid, *vout)),
            Source::SpentBy(name, input) => {
                let spent = self.named.get(name).map(|paid| {
                    let source = paid.inputs()[input % paid.inputs().len()].source;
                    self.known.get(&source.txid).map(|parent| coin(parent, source.vout))
                });
                spent.flatten().unwrap_or_else(|| spare(*name))
            }
        }
    }

    /// Makes a payment, if there is enough to pay with.
    pub fn pay(&mut self, name: Name, inputs: &[Source], outputs: u32, model: &mut Model) -> Option<Transaction> {
        let mut coins: Vec<Coin> = Vec::new();
        for coin in inputs.iter().map(|source| self.source(source)) {
            if coins.iter().all(|known| known.outpoint != coin.outpoint) {
                coins.push(coin);
            }
        }
        let total: u64 = coins.iter().map(|coin| coin.satoshis).sum();
        let share = total.checked_sub(1_000)? / u64::from(outputs);
        let outputs = (0..outputs).map(|output| (share - u64::from(output), self.wallet.p2pkh())).collect();
        let inputs = coins.iter().map(|coin| coin.by(&self.wallet)).collect();
        // The lock time is of no consequence to what is final, and makes every payment another one.
        let paid = Build { inputs, outputs, lock_time: name as u32, ..Build::default() }.sign();
        self.know(name, &paid, model);
        Some(paid)
    }

    fn know(&mut self, name: Name, transaction: &Transaction, model: &mut Model) {
        self.named.insert(name, transaction.clone());
        self.known.insert(transaction.txid(), transaction.clone());
        model.know(in_short(transaction));
    }

    pub fn coinbase(&mut self, name: Name, model: &mut Model) {
        let reward = self.chain.lock().coinbase(&self.wallet, COIN_SATOSHIS);
        let transaction = self.chain.lock().transaction(&reward.outpoint.txid).unwrap().clone();
        self.proofs.insert(transaction.txid(), model.mine());
        self.know(name, &transaction, model);
        self.chain.lock().mine_empty(COINBASE_MATURITY);
        model.mine_empty(COINBASE_MATURITY);
    }

    /// The transaction and what it rests on, up to the nearest blocks; `None` if a coinbase of no block is among it.
    fn lineage(&self, txid: &Txid, found: &mut Vec<Txid>) -> Option<()> {
        if found.contains(txid) {
            return Some(());
        }
        if !self.proofs.contains_key(txid) {
            let transaction = &self.known[txid];
            if transaction.is_coinbase() {
                return None;
            }
            for input in transaction.inputs() {
                self.lineage(&input.source.txid, found)?;
            }
        }
        found.push(*txid);
        Some(())
    }

    pub fn bundle(&self, transaction: &Transaction, offered: &Offered) -> Option<Bundle> {
        let txid = transaction.txid();
        let mut lineage = Vec::new();
        self.lineage(&txid, &mut lineage)?;
        let spends_reward = || transaction.inputs().iter().any(|input| self.known[&input.source.txid].is_coinbase());
        if offered.bare && !transaction.is_coinbase() && !spends_reward() {
            lineage = vec![txid];
        }
        let entry = |txid: &Txid| (self.known[txid].clone(), self.chain.lock().proof(txid));
        let entries: Vec<(Transaction, Option<MerkleProof>)> = lineage.iter().map(entry).collect();
        let carried = lineage.iter().map(|txid| (id(txid), self.proofs.get(txid).copied())).collect();
        let values = offered.values.map(|value| vec![value; 3]);
        let offer = Offer { subject: id(&txid), carried, topics: offered.topics.clone(), values };
        Some(Bundle { beef: beef(BeefVersion::V2, &entries).to_bytes(), offer })
    }

    /// A block with the transaction and what it rests on, unless the chain spends one of its coins already.
    pub fn mine(&mut self, transaction: &Transaction, model: &mut Model) {
        let mut lineage = Vec::new();
        if self.lineage(&transaction.txid(), &mut lineage).is_none() {
            return;
        }
        lineage.retain(|txid| !self.proofs.contains_key(txid));
        let mut spent = BTreeSet::new();
        let mined = self.proofs.keys().chain(&lineage).map(|txid| &self.known[txid]);
        let inputs = mined.filter(|transaction| !transaction.is_coinbase()).flat_map(Transaction::inputs);
        if lineage.is_empty() || !inputs.into_iter().all(|input| spent.insert(outpoint(&input.source))) {
            return;
        }
        let block: Vec<&Transaction> = lineage.iter().map(|txid| &self.known[txid]).collect();
        self.chain.lock().mine(&block);
        let proof = model.mine();
        self.proofs.extend(lineage.into_iter().map(|txid| (txid, proof)));
    }

    /// The proof of a transaction that is in a block.
    pub fn proof(&self, txid: &Txid) -> Option<(MerkleProof, Proof)> {
        Some((self.chain.lock().proof(txid)?, *self.proofs.get(txid)?))
    }

    pub fn reorganise(&mut self, depth: u32, model: &mut Model) {
        let depth = depth.min(self.tip() - self.first_tip);
        if depth == 0 {
            return;
        }
        let fork = self.tip() - depth;
        self.chain.lock().reorganise(depth);
        model.reorganise(depth);
        self.proofs.retain(|_, proof| proof.height <= fork);
    }
}
