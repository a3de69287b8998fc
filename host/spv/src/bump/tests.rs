//! What a BUMP must refuse, and that merging keeps every proof.

use super::*;
use crate::testing::merkle_proofs;

fn txids(count: u8) -> Vec<Txid> {
    (1..=count).map(|n| Txid::from_internal([n; 32])).collect()
}

fn read(bytes: &[u8]) -> Result<Bump, BumpError> {
    Bump::read(&mut Reader::new(bytes))
}

#[test]
fn merged_proofs_of_one_block_come_out_as_they_went_in() {
    for count in 1..=17u8 {
        let txids = txids(count);
        let (root, proofs) = merkle_proofs(800_000, &txids);
        for step in 1..=count as usize {
            let chosen: Vec<_> = txids.iter().copied().zip(&proofs).step_by(step).collect();
            let bump = Bump::merge(&chosen).unwrap();
            assert_eq!(bump.root(), root);
            let mut bytes = Vec::new();
            bump.write(&mut bytes);
            let bump = read(&bytes).unwrap();
            assert_eq!(bump.txids().count(), chosen.len());
            for (txid, proof) in chosen {
                assert_eq!(bump.proof(&txid).unwrap(), *proof);
                assert_eq!(proof.root(&txid), root);
            }
        }
    }
}

#[test]
fn proofs_of_two_blocks_are_not_merged() {
    let txids = txids(4);
    let (_, one) = merkle_proofs(1, &txids);
    let (_, two) = merkle_proofs(2, &txids);
    assert!(Bump::merge(&[(txids[0], &one[0]), (txids[1], &two[1])]).is_none());
    assert!(Bump::merge(&[]).is_none());
}

#[test]
fn a_sibling_without_the_flag_proves_nothing() {
    let txids = txids(4);
    let (_, proofs) = merkle_proofs(7, &txids);
    let bytes = proofs[2].to_bump(&txids[2]);
    let error = MerkleProof::from_bump(&bytes, &txids[3]).unwrap_err();
    assert_eq!(error, BumpError::Unflagged { txid: txids[3], height: 7, offset: 3 });
    let error = MerkleProof::from_bump(&bytes, &txids[0]).unwrap_err();
    assert_eq!(error, BumpError::NotInBump { txid: txids[0], height: 7 });
}

#[test]
fn of_equal_hashes_the_flagged_one_is_proven() {
    // The last transaction of an odd level, its missing neighbour written out as the hash it is paired with.
    let (one, two) = ([1; 32], [2; 32]);
    for flags in [[2, 0], [0, 2]] {
        let mut bytes = vec![7, 2, 2, 2, flags[0]];
        bytes.extend_from_slice(&one);
        bytes.extend_from_slice(&[3, flags[1]]);
        bytes.extend_from_slice(&one);
        bytes.extend_from_slice(&[1, 0, 0]);
        bytes.extend_from_slice(&two);
        let bump = read(&bytes).unwrap();
        let proof = bump.proof(&Txid::from_internal(one)).unwrap();
        assert_eq!(proof.offset, if flags[0] == 2 { 2 } else { 3 });
        assert_eq!(proof.root(&Txid::from_internal(one)), bump.root());
        assert!(matches!(bump.proof(&Txid::from_internal(two)), Err(BumpError::NotInBump { .. })));
    }
}

#[test]
fn each_malformation_has_its_own_error() {
    let hash = |n: u8| [n; 32];
    let bump = |levels: &[&[(u8, u8, u8)]]| {
        let mut bytes = vec![5, levels.len() as u8];
        for level in levels {
            bytes.push(level.len() as u8);
            for (offset, flag, byte) in *level {
                bytes.extend_from_slice(&[*offset, *flag]);
                if *flag != 1 {
                    bytes.extend_from_slice(&hash(*byte));
                }
            }
        }
        read(&bytes).map(|_| ())
    };
    assert_eq!(bump(&[&[(0, 2, 1), (1, 0, 2)]]), Ok(()));
    assert_eq!(bump(&[]), Err(BumpError::TreeHeight(0)));
    let outside = BumpError::OffsetOutsideTree { level: 0, offset: 2, width_log2: 1 };
    assert_eq!(bump(&[&[(0, 2, 1), (2, 0, 2)]]), Err(outside));
    let repeated = BumpError::RepeatedLeaf { level: 0, offset: 0 };
    assert_eq!(bump(&[&[(0, 2, 1), (0, 0, 2)]]), Err(repeated));
    let unknown = BumpError::UnknownFlag { level: 0, offset: 1, flag: 3 };
    assert_eq!(bump(&[&[(0, 2, 1), (1, 3, 2)]]), Err(unknown));
    let left = BumpError::MisplacedDuplicate { level: 0, offset: 0 };
    assert_eq!(bump(&[&[(1, 2, 1), (0, 1, 0)]]), Err(left));
    assert_eq!(bump(&[&[(1, 1, 0)]]), Err(BumpError::NoLeaf));
    assert_eq!(bump(&[&[]]), Err(BumpError::NoLeaf));
    let missing = BumpError::MissingNode { level: 1, offset: 1 };
    assert_eq!(bump(&[&[(0, 2, 1), (1, 0, 2)], &[]]), Err(missing));
    let contradiction = BumpError::Contradiction { level: 1, offset: 0 };
    assert_eq!(bump(&[&[(0, 2, 1), (1, 0, 2)], &[(0, 0, 9), (1, 0, 8)]]), Err(contradiction));
    assert_eq!(read(&[5, 65]), Err(BumpError::TreeHeight(65)));
    assert_eq!(read(&[0xff, 0, 0, 0, 0, 1, 0, 0, 0, 1]), Err(BumpError::HeightTooLarge(1 << 32)));
    let mut extra = merkle_proofs(1, &txids(2)).1[0].to_bump(&txids(2)[0]);
    extra.push(0);
    let error = MerkleProof::from_bump(&extra, &txids(2)[0]).unwrap_err();
    assert!(matches!(error, BumpError::TrailingBytes { extra: 1, .. }));
}

#[test]
fn counts_that_no_bytes_can_hold_are_refused_without_memory() {
    for count in [1u64 << 36, 1 << 60] {
        let mut bytes = vec![5, 1];
        write_var_int(&mut bytes, count);
        assert!(matches!(read(&bytes), Err(BumpError::Read(ReadError::CountTooLarge { .. }))));
    }
}
