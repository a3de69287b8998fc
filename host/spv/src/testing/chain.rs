//! A chain that mines what it is told to.

use std::collections::{BTreeMap, HashMap};
use std::error::Error;

use super::{Build, Coin, Wallet, beef, coin};
use crate::beef::{Beef, BeefVersion};
use crate::hash::{MerkleRoot, Outpoint, Txid, double_sha256};
use crate::limits::FINAL_SEQUENCE;
use crate::merkle::{MerkleNode, MerkleProof, parent};
use crate::transaction::Transaction;
use crate::verify::{HeaderInfo, Headers, Stored, StoredTransaction};

/// Height of the tip of a new chain: past every era of the main network, so that the default policy applies.
const FIRST_TIP: u32 = 1_000_000;
/// Time of the block at height 0 if blocks came every ten minutes, chosen so that all times are after lock times begin.
const FIRST_TIME: u32 = 600_000_000;
/// Seconds between two blocks.
const SPACING: u32 = 600;

/// Headers, mined transactions and their proofs. As [`Headers`] it knows every height up to its tip with a time; as
/// [`Stored`] it holds what it mined.
#[derive(Debug, Clone)]
pub struct Chain {
    tip: u32,
    headers: BTreeMap<u32, HeaderInfo>,
    forgotten: Vec<u32>,
    mined: HashMap<Txid, StoredTransaction>,
    with_times: bool,
    made: u64,
    branch: u32,
}

impl Default for Chain {
    fn default() -> Self {
        Self::new()
    }
}

impl Chain {
    /// A chain with its tip at height 1,000,000.
    #[must_use]
    pub fn new() -> Self {
        Self::at(FIRST_TIP)
    }

    /// A chain with its tip at this height.
    #[must_use]
    pub fn at(tip: u32) -> Self {
        Self {
            tip,
            headers: BTreeMap::new(),
            forgotten: Vec::new(),
            mined: HashMap::new(),
            with_times: true,
            made: 0,
            branch: 0,
        }
    }

    /// Mines these transactions into the next block, never at offset 0, and answers their proofs in order.
    pub fn mine(&mut self, transactions: &[&Transaction]) -> Vec<MerkleProof> {
        self.tip += 1;
        let filler = |n: u8| {
            Txid::from_internal(double_sha256(
                &[&self.tip.to_le_bytes()[..], &self.branch.to_le_bytes()[..], &[n]].concat(),
            ))
        };
        // A coinbase's place at offset 0, and two more so that every tree has siblings and an odd end.
        let mut txids = vec![filler(0)];
        txids.extend(transactions.iter().map(|transaction| transaction.txid()));
        txids.extend([filler(1), filler(2)]);
        let (root, proofs) = merkle_proofs(self.tip, &txids);
        self.headers.insert(self.tip, HeaderInfo { root, time: None });
        let proofs = proofs[1..=transactions.len()].to_vec();
        for (transaction, proof) in transactions.iter().zip(&proofs) {
            let mined = StoredTransaction { transaction: (*transaction).clone(), proof: Some(proof.clone()) };
            self.mined.insert(transaction.txid(), mined);
        }
        proofs
    }

    /// Mines `blocks` blocks with nothing of interest in them.
    pub fn mine_empty(&mut self, blocks: u32) {
        self.tip += blocks;
    }

    /// The last `depth` blocks are replaced by one more of others, which are empty: what was mined in them is not any more.
    pub fn reorganise(&mut self, depth: u32) {
        self.branch += 1;
        let fork = self.tip - depth;
        self.tip += 1;
        self.mined.retain(|_, mined| mined.proof.as_ref().is_some_and(|proof| proof.height <= fork));
        for height in fork + 1..=self.tip {
            let root = double_sha256(&[&height.to_le_bytes()[..], &self.branch.to_le_bytes()[..]].concat());
            self.headers.insert(height, HeaderInfo { root: MerkleRoot::from_internal(root), time: None });
        }
    }

    /// The same chain without its last `blocks`.
    #[must_use]
    pub fn shortened(&self, blocks: u32) -> Self {
        Self { tip: self.tip - blocks, ..self.clone() }
    }

    /// A freshly mined P2PKH coin of `wallet`; each one is of a transaction of its own.
    pub fn coin(&mut self, wallet: &Wallet, satoshis: u64) -> Coin {
        self.coin_with(&wallet.p2pkh(), satoshis)
    }

    /// A freshly mined coin with this locking script.
    pub fn coin_with(&mut self, locking_script: &[u8], satoshis: u64) -> Coin {
        let transaction = self.funding(&[(satoshis, locking_script.to_vec())]);
        coin(&transaction, 0)
    }

    /// A mined transaction with these outputs, which spends something nobody has heard of.
    pub fn funding(&mut self, outputs: &[(u64, Vec<u8>)]) -> Transaction {
        self.made += 1;
        let txid = Txid::from_internal(double_sha256(&self.made.to_le_bytes()));
        let source = Coin { outpoint: Outpoint::new(txid, 0), satoshis: 0, script: Vec::new() };
        let transaction =
            Build { inputs: vec![source.with(&[])], outputs: outputs.to_vec(), ..Build::default() }.sign();
        self.mine(&[&transaction]);
        transaction
    }

    /// A mined coinbase that pays `wallet`. Its proof is at a non-zero offset all the same, as fixtures must be.
    pub fn coinbase(&mut self, wallet: &Wallet, satoshis: u64) -> Coin {
        let nothing = Outpoint::new(Txid::from_internal([0; 32]), u32::MAX);
        let source = Coin { outpoint: nothing, satoshis: 0, script: Vec::new() };
        let height = self.tip.to_le_bytes();
        let transaction = Build {
            inputs: vec![source.with(&height).sequence(FINAL_SEQUENCE)],
            outputs: vec![(satoshis, wallet.p2pkh())],
            ..Build::default()
        }
        .sign();
        self.mine(&[&transaction]);
        coin(&transaction, 0)
    }

    /// A mined transaction.
    #[must_use]
    pub fn transaction(&self, txid: &Txid) -> Option<&Transaction> {
        self.mined.get(txid).map(|mined| &mined.transaction)
    }

    /// The proof of a mined transaction.
    #[must_use]
    pub fn proof(&self, txid: &Txid) -> Option<MerkleProof> {
        self.mined.get(txid).and_then(|mined| mined.proof.clone())
    }

    /// Satoshis and locking script of an output of a mined transaction.
    #[must_use]
    pub fn source(&self, outpoint: &Outpoint) -> Option<(u64, Vec<u8>)> {
        let transaction = self.transaction(&outpoint.txid)?;
        Some((transaction.satoshis(outpoint.vout)?, transaction.locking_script(outpoint.vout)?.to_vec()))
    }

    /// A BEEF (V1) of these transactions in this order, the last one its subject. Their mined parents are put before
    /// them, and what is mined gets its proof.
    #[must_use]
    pub fn beef(&self, transactions: &[&Transaction]) -> Beef {
        let mut entries: Vec<(Transaction, Option<MerkleProof>)> = Vec::new();
        let is_in = |entries: &[(Transaction, _)], txid: Txid| entries.iter().any(|(entry, _)| entry.txid() == txid);
        for transaction in transactions.iter().filter(|transaction| self.proof(&transaction.txid()).is_none()) {
            for input in transaction.inputs() {
                let txid = input.source.txid;
                let given = transactions.iter().any(|other| other.txid() == txid);
                if let Some(parent) = self.transaction(&txid)
                    && !given
                    && !is_in(&entries, txid)
                {
                    entries.push((parent.clone(), self.proof(&txid)));
                }
            }
        }
        entries.extend(transactions.iter().map(|transaction| {
            let transaction = (*transaction).clone();
            let proof = self.proof(&transaction.txid());
            (transaction, proof)
        }));
        beef(BeefVersion::V1, &entries)
    }

    /// From now on the header at this height is unknown.
    pub fn forget_header(&mut self, height: u32) {
        self.forgotten.push(height);
    }

    /// From now on headers carry no times.
    pub fn forget_times(&mut self) {
        self.with_times = false;
    }

    /// Time of the block at this height, in Unix seconds.
    #[must_use]
    pub const fn time(height: u32) -> u32 {
        FIRST_TIME + height * SPACING
    }
}

impl Headers for Chain {
    fn tip(&self) -> Option<u32> {
        Some(self.tip)
    }

    fn header(&self, height: u32) -> Option<HeaderInfo> {
        if height > self.tip || self.forgotten.contains(&height) {
            return None;
        }
        let empty = MerkleRoot::from_internal(double_sha256(&height.to_le_bytes()));
        let root = self.headers.get(&height).map_or(empty, |header| header.root);
        Some(HeaderInfo { root, time: self.with_times.then(|| Self::time(height)) })
    }
}

impl Stored for Chain {
    fn transaction(&self, txid: &Txid) -> Result<Option<StoredTransaction>, Box<dyn Error + Send + Sync>> {
        Ok(self.mined.get(txid).cloned())
    }
}

/// Root and proofs, in order, of a block of these transactions.
#[must_use]
pub fn merkle_proofs(height: u32, txids: &[Txid]) -> (MerkleRoot, Vec<MerkleProof>) {
    let mut proofs: Vec<MerkleProof> =
        (0..txids.len()).map(|at| MerkleProof { height, offset: at as u64, levels: Vec::new() }).collect();
    let mut level: Vec<[u8; 32]> = txids.iter().map(|txid| *txid.internal()).collect();
    let mut depth = 0;
    while level.len() > 1 {
        for proof in &mut proofs {
            let sibling = (proof.offset >> depth) ^ 1;
            let node = level.get(sibling as usize).map_or(MerkleNode::Duplicate, |hash| MerkleNode::Hash(*hash));
            proof.levels.push(node);
        }
        level = level.chunks(2).map(|pair| parent(&pair[0], pair.last().unwrap())).collect();
        depth += 1;
    }
    (MerkleRoot::from_internal(level[0]), proofs)
}
