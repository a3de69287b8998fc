//! A BUMP (BRC-74).
//!
//! Promised: what is read is written and read again as the same; every txid it flags has a proof that leads to its one root,
//! survives on its own, and is believed against a header with that root; the proofs merge into a BUMP that says the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trellis_spv::bump::Bump;
use trellis_spv::hash::{MerkleRoot, Txid};
use trellis_spv::merkle::MerkleProof;
use trellis_spv::reader::Reader;
use trellis_spv::verify::{HeaderInfo, Headers, ProofError, check_proof};

/// The only block anybody knows.
struct OneBlock(u32, MerkleRoot);

impl Headers for OneBlock {
    fn tip(&self) -> Option<u32> {
        Some(self.0)
    }

    fn header(&self, height: u32) -> Option<HeaderInfo> {
        (height == self.0).then_some(HeaderInfo { root: self.1, time: None })
    }
}

fn written(bump: &Bump) -> Vec<u8> {
    let mut out = Vec::new();
    bump.write(&mut out);
    out
}

fuzz_target!(|input: &[u8]| {
    let mut reader = Reader::new(input);
    let Ok(bump) = Bump::read(&mut reader) else { return };
    let bytes = written(&bump);
    // Leaves may come in any order and are written in theirs.
    assert_eq!(bytes.len(), reader.position());
    let again = Bump::read(&mut Reader::new(&bytes)).expect("what was written is read");
    assert_eq!(again, bump);

    let block = OneBlock(bump.height(), bump.root());
    let txids: Vec<Txid> = bump.txids().collect();
    let mut proofs = Vec::new();
    for txid in &txids {
        let proof = bump.proof(txid).expect("a flagged txid has a proof");
        assert_eq!((proof.root(txid), proof.height), (bump.root(), bump.height()));
        assert!(proof.is_well_formed(), "{proof:?}");
        assert_eq!(MerkleProof::from_bump(&proof.to_bump(txid), txid).expect("a proof alone"), proof);
        match check_proof(txid, &proof, &block) {
            // By design: a node that reads as a transaction is not believed.
            Ok(()) | Err(ProofError::TransactionAsNode { .. }) => {}
            Err(error) => panic!("{error}"),
        }
        proofs.push((*txid, proof));
    }
    let borrowed: Vec<(Txid, &MerkleProof)> = proofs.iter().map(|(txid, proof)| (*txid, proof)).collect();
    let merged = Bump::merge(&borrowed);
    assert_eq!(merged.is_some(), !proofs.is_empty());
    if let Some(merged) = merged {
        assert_eq!(merged.root(), bump.root());
        for (txid, proof) in &proofs {
            assert_eq!(&merged.proof(txid).expect("a merged proof"), proof);
        }
        assert_eq!(Bump::read(&mut Reader::new(&written(&merged))).expect("a merged BUMP"), merged);
    }
});
