//! An assembled BEEF proves its subjects, carries the history asked for and passes the door again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::HashMap;

use trellis_spv::assemble::{AssembleError, assemble};
use trellis_spv::beef::{Beef, BeefEntry, parse};
use trellis_spv::hash::Txid;
use trellis_spv::testing::{Chain, Wallet, coin};
use trellis_spv::transaction::Transaction;
use trellis_spv::verify::{Policy, StoredTransaction, verify};

type Held = HashMap<Txid, StoredTransaction>;

fn hold(held: &mut Held, chain: &Chain, transaction: &Transaction) {
    let proof = chain.proof(&transaction.txid());
    held.insert(transaction.txid(), StoredTransaction { transaction: transaction.clone(), proof });
}

/// Five generations, each spending the one before; `mined` says which have a proof. Answers them oldest first, with the
/// funding transaction in front.
fn generations(mined: [bool; 5]) -> (Chain, Vec<Transaction>, Held) {
    let mut chain = Chain::new();
    let wallet = Wallet::from_seed(1);
    let mut last = chain.coin(&wallet, 10_000);
    let mut line = vec![chain.transaction(&last.outpoint.txid).unwrap().clone()];
    for is_mined in mined {
        let next = wallet.pay(std::slice::from_ref(&last), &wallet.p2pkh(), last.satoshis - 10);
        if is_mined {
            chain.mine(&[&next]);
        }
        last = coin(&next, 0);
        line.push(next);
    }
    let mut held = Held::new();
    line.iter().for_each(|transaction| hold(&mut held, &chain, transaction));
    (chain, line, held)
}

/// Txids in order, each with whether it carries a proof.
fn shape(beef: &Beef) -> Vec<(Txid, bool)> {
    let of = |entry: &BeefEntry| (entry.txid(), matches!(entry, BeefEntry::Raw { bump: Some(_), .. }));
    beef.transactions.iter().map(of).collect()
}

#[test]
fn without_depth_proofs_stand_as_near_as_there_are() {
    let (chain, line, held) = generations([true, false, true, false, false]);
    let beef = parse(&assemble(&[(line[5].txid(), 0)], &held, true).unwrap()).unwrap();
    assert!(beef.atomic && beef.subject == line[5].txid());
    assert_eq!(shape(&beef), [(line[3].txid(), true), (line[4].txid(), false), (line[5].txid(), false)]);
    verify(&beef, &chain, &(), &Policy::default()).unwrap();
    let proven = parse(&assemble(&[(line[3].txid(), 0)], &held, false).unwrap()).unwrap();
    assert_eq!(shape(&proven), [(line[3].txid(), true)]);
}

#[test]
fn within_the_depth_nothing_carries_a_proof_and_all_parents_are_there() {
    let (chain, line, held) = generations([true; 5]);
    for depth in 0..=5u32 {
        let beef = parse(&assemble(&[(line[5].txid(), depth)], &held, true).unwrap()).unwrap();
        let oldest = 5 - depth as usize;
        let expected: Vec<_> = (oldest..=5).map(|at| (line[at].txid(), at == oldest)).collect();
        assert_eq!(shape(&beef), expected, "depth {depth}");
        verify(&beef, &chain, &(), &Policy::default()).unwrap();
    }
}

#[test]
fn history_ends_where_the_host_holds_no_more() {
    let (_, line, held) = generations([true; 5]);
    let beef = parse(&assemble(&[(line[5].txid(), u32::MAX)], &held, true).unwrap()).unwrap();
    // The funding transaction's own parent is not held, so its proof is the boundary.
    assert_eq!(shape(&beef)[0], (line[0].txid(), true));
    assert_eq!(beef.transactions.len(), 6);
}

#[test]
fn depth_wins_where_a_transaction_is_on_another_subjects_boundary() {
    let (chain, line, held) = generations([true; 5]);
    // Generation 4 is the boundary of 5 with depth 1, and within the depth of itself with depth 2.
    for order in [[0, 1], [1, 0]] {
        let subjects = [(line[5].txid(), 1), (line[4].txid(), 2)];
        let subjects = order.map(|at: usize| subjects[at]);
        let beef = parse(&assemble(&subjects, &held, false).unwrap()).unwrap();
        let proofs: HashMap<Txid, bool> = shape(&beef).into_iter().collect();
        assert_eq!(proofs.len(), 4);
        for (at, has_proof) in [(2, true), (3, false), (4, false), (5, false)] {
            assert_eq!(proofs[&line[at].txid()], has_proof, "generation {at}");
        }
        verify(&Beef { subject: line[5].txid(), ..beef }, &chain, &(), &Policy::default()).unwrap();
    }
}

#[test]
fn proofs_of_one_block_share_a_bump() {
    let mut chain = Chain::new();
    let wallet = Wallet::from_seed(1);
    let mut held = Held::new();
    let paid: Vec<Transaction> = (0..5)
        .map(|_| {
            let coin = chain.coin(&wallet, 1_000);
            wallet.pay(&[coin], &wallet.p2pkh(), 900)
        })
        .collect();
    chain.mine(&paid.iter().collect::<Vec<_>>());
    paid.iter().for_each(|transaction| hold(&mut held, &chain, transaction));
    let subjects: Vec<_> = paid.iter().map(|transaction| (transaction.txid(), 0)).collect();
    let beef = parse(&assemble(&subjects, &held, false).unwrap()).unwrap();
    assert_eq!((beef.bumps.len(), beef.transactions.len()), (1, 5));
    for transaction in &paid {
        let beef = Beef { subject: transaction.txid(), ..beef.clone() };
        verify(&beef, &chain, &(), &Policy::default()).unwrap();
    }
}

#[test]
fn no_subjects_give_the_empty_beef() {
    assert_eq!(assemble(&[], &(), false).unwrap(), [2, 0, 0xbe, 0xef, 0, 0]);
    assert!(matches!(assemble(&[], &(), true), Err(AssembleError::AtomicNeedsOneSubject(0))));
}

#[test]
fn what_is_not_held_is_named() {
    let (_, line, mut held) = generations([false; 5]);
    held.remove(&line[2].txid());
    let error = assemble(&[(line[5].txid(), 0)], &held, false).unwrap_err();
    let expected = (line[3].txid(), line[2].txid());
    assert!(matches!(error, AssembleError::MissingParent { txid, parent } if (txid, parent) == expected));
    let error = assemble(&[(line[2].txid(), 0)], &held, false).unwrap_err();
    assert!(matches!(error, AssembleError::UnknownSubject(txid) if txid == line[2].txid()));
}

#[test]
fn an_answer_beyond_what_a_host_accepts_is_refused() {
    let mut chain = Chain::new();
    let wallet = Wallet::from_seed(1);
    let mut held = Held::new();
    let mut subjects = Vec::new();
    for _ in 0..9 {
        let big = chain.funding(&[(1, wallet.p2pkh()), (1, vec![0x6a; 4 * 1024 * 1024])]);
        hold(&mut held, &chain, &big);
        subjects.push((big.txid(), 0));
    }
    assert!(assemble(&subjects[..7], &held, false).is_ok());
    assert!(matches!(assemble(&subjects, &held, false), Err(AssembleError::TooLarge { .. })));
}
