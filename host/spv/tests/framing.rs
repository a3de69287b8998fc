//! BEEF framing is exact: one byte less or more is refused, in every version, and nothing a count says costs memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use trellis_spv::beef::{Beef, BeefEntry, BeefError, BeefVersion, parse};
use trellis_spv::hash::Txid;
use trellis_spv::testing::{Chain, Wallet, coin};
use trellis_spv::transaction::TransactionError;
use trellis_spv::writer::write_var_int;

fn beefs() -> Vec<Beef> {
    let mut chain = Chain::new();
    let (alice, bob) = (Wallet::from_seed(1), Wallet::from_seed(2));
    let funding = [chain.coin(&alice, 5_000), chain.coin(&alice, 600)];
    let first = alice.pay(&funding, &bob.push_drop(&[b"hello"]), 5_000);
    let second = bob.pay(&[coin(&first, 0)], &alice.p2pkh(), 4_000);
    let v1 = chain.beef(&[&first, &second]);
    let v2 = Beef { version: BeefVersion::V2, ..v1.clone() };
    let mut known = v2.clone();
    known.transactions.insert(0, BeefEntry::TxidOnly(Txid::from_internal([5; 32])));
    let atomic = |beef: &Beef| Beef { atomic: true, ..beef.clone() };
    vec![atomic(&v1), atomic(&v2), atomic(&known), v1, v2, known]
}

#[test]
fn every_version_survives_the_way_through_its_bytes() {
    for beef in beefs() {
        assert_eq!(parse(&beef.to_bytes()).unwrap(), beef);
    }
}

#[test]
fn every_truncation_and_every_extra_byte_is_refused() {
    for beef in beefs() {
        let bytes = beef.to_bytes();
        for end in 0..bytes.len() {
            assert!(parse(&bytes[..end]).is_err(), "{end} of {} bytes were accepted", bytes.len());
        }
        let longer = [&bytes[..], &[0]].concat();
        assert_eq!(parse(&longer).unwrap_err(), BeefError::TrailingBytes { offset: bytes.len(), extra: 1 });
    }
}

#[test]
fn atomic_is_about_a_transaction_it_contains() {
    let mut beef = beefs().remove(0);
    let Beef { ref mut subject, .. } = beef;
    *subject = Txid::from_internal([9; 32]);
    assert_eq!(parse(&beef.to_bytes()).unwrap_err(), BeefError::SubjectMissing(beef.subject));
}

#[test]
fn a_transaction_appears_once() {
    let mut beef = beefs().remove(4);
    let txid = beef.transactions[0].txid();
    beef.transactions.push(BeefEntry::TxidOnly(txid));
    let second = beef.transactions.len() - 1;
    assert_eq!(parse(&beef.to_bytes()).unwrap_err(), BeefError::RepeatedTransaction { txid, first: 0, second });
}

#[test]
fn a_proof_index_names_a_proof_that_is_there() {
    let mut beef = beefs().remove(3);
    let BeefEntry::Raw { ref mut bump, .. } = beef.transactions[0] else { panic!("raw") };
    *bump = Some(2);
    assert!(matches!(parse(&beef.to_bytes()).unwrap_err(), BeefError::NoSuchBump { bump: 2, bumps: 2, .. }));
}

#[test]
fn markers_no_version_knows_are_named() {
    let beef = &beefs()[4];
    let mut bytes = Beef { bumps: Vec::new(), ..beef.clone() }.to_bytes();
    // Version, no BUMPs, transaction count, then the first entry's format.
    bytes[6] = 3;
    assert_eq!(parse(&bytes).unwrap_err(), BeefError::UnknownMarker { index: 0, offset: 6, marker: 3 });
    let mut v1 = beefs()[3].to_bytes();
    *v1.last_mut().unwrap() = 2;
    let offset = v1.len() - 1;
    assert_eq!(parse(&v1).unwrap_err(), BeefError::UnknownMarker { index: 3, offset, marker: 2 });
}

#[test]
fn a_transaction_without_inputs_is_named_with_its_place() {
    let mut bytes = vec![1, 0, 0xbe, 0xef, 0, 1];
    bytes.extend_from_slice(&[1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    bytes.extend_from_slice(&[0; 40]);
    let error = parse(&bytes).unwrap_err();
    assert_eq!(error, BeefError::Transaction { index: 0, offset: 6, source: TransactionError::NoInputs });
}

#[test]
fn counts_and_lengths_of_2_to_the_36_and_60_are_clean_errors_wherever_they_stand() {
    for huge in [1u64 << 36, 1 << 60, u64::MAX] {
        let mut count = Vec::new();
        write_var_int(&mut count, huge);
        let version = [1, 0, 0xbe, 0xef];
        let input = [&[7; 36][..]].concat();
        for prefix in [
            version.to_vec(),
            [&version[..], &[0]].concat(),
            // A BUMP's height and its leaf count.
            [&version[..], &[1]].concat(),
            [&version[..], &[1, 5, 1]].concat(),
            // A transaction's input count, script length, output count and output script length.
            [&version[..], &[0, 1, 1, 0, 0, 0]].concat(),
            [&version[..], &[0, 1, 1, 0, 0, 0, 1], &input].concat(),
            [&version[..], &[0, 1, 1, 0, 0, 0, 1], &input, &[0, 0, 0, 0, 0]].concat(),
            [&version[..], &[0, 1, 1, 0, 0, 0, 1], &input, &[0, 0, 0, 0, 0, 1], &[0; 8]].concat(),
        ] {
            for tail in [0, 100] {
                let bytes = [&prefix[..], &count, &vec![0; tail]].concat();
                assert!(parse(&bytes).is_err(), "{}", hex::encode(bytes));
            }
        }
    }
}
