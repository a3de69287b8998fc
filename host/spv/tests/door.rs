//! The policy of the door: each kind of invalid submission has a refusal of its own, and each limit exactly met works.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::error::Error;

use trellis_spv::beef::{Beef, BeefEntry, BeefVersion, parse};
use trellis_spv::bump::BumpError;
use trellis_spv::hash::{MerkleRoot, Outpoint, Txid};
use trellis_spv::merkle::{MerkleNode, MerkleProof, parent};
use trellis_spv::script::ScriptError;
use trellis_spv::testing::{Build, Chain, Coin, Wallet, beef, build, coin, merkle_proofs};
use trellis_spv::transaction::Transaction;
use trellis_spv::verify::{
    HeaderInfo, Headers, Network, Policy, ProofError, Stored, StoredTransaction, Verified, VerifyError, check_proof,
    verify,
};

struct Scene {
    chain: Chain,
    alice: Wallet,
    bob: Wallet,
}

fn scene() -> Scene {
    Scene { chain: Chain::new(), alice: Wallet::from_seed(1), bob: Wallet::from_seed(2) }
}

impl Scene {
    fn coin(&mut self, satoshis: u64) -> Coin {
        self.chain.coin(&self.alice, satoshis)
    }

    fn judge(&self, transactions: &[&Transaction]) -> Result<Verified, VerifyError> {
        self.judge_beef(&self.chain.beef(transactions))
    }

    fn judge_beef(&self, beef: &Beef) -> Result<Verified, VerifyError> {
        let parsed = parse(&beef.to_bytes()).unwrap();
        assert_eq!(&parsed, beef, "a BEEF survives the way through its bytes");
        verify(&parsed, &self.chain, &(), &Policy::default())
    }

    fn judge_with(&self, policy: &Policy, transactions: &[&Transaction]) -> Result<Verified, VerifyError> {
        verify(&self.chain.beef(transactions), &self.chain, &(), policy)
    }
}

#[test]
fn an_honest_chain_is_accepted_parents_first_and_every_spent_output_is_known() {
    let mut s = scene();
    let coins = [s.coin(5_000), s.coin(6_000)];
    let first = s.alice.pay(&coins, &s.bob.push_drop(&[b"hello"]), 10_000);
    let second = s.bob.pay(&[coin(&first, 0)], &s.alice.p2pkh(), 9_000);
    let verified = s.judge(&[&first, &second]).unwrap();
    assert_eq!(verified.subject, second.txid());
    assert_eq!(verified.transactions.len(), 4);
    assert_eq!(verified.transactions.last().unwrap().transaction, second);
    assert!(verified.transactions[..2].iter().all(|known| known.proof.is_some()));
    assert_eq!(verified.costs.signature_checks, 3);
    assert!(verified.costs.script_bytes > 300);
    for transaction in [&first, &second] {
        for input in transaction.inputs() {
            assert!(verified.source(&input.source).is_some());
        }
    }
    assert_eq!(verified.get(&first.txid()).unwrap().transaction, first);
    assert!(!verified.get(&first.txid()).unwrap().stored);
}

#[test]
fn what_the_subject_does_not_rest_on_is_neither_judged_nor_answered() {
    let mut s = scene();
    let (one, two) = (s.coin(5_000), s.coin(5_000));
    let unrelated = build(&[two.with(&[])], &[(1, s.bob.p2pkh())]);
    let subject = s.alice.pay(&[one], &s.bob.p2pkh(), 4_000);
    let verified = s.judge(&[&unrelated, &subject]).unwrap();
    assert!(verified.get(&unrelated.txid()).is_none());
    assert_eq!(verified.transactions.len(), 2);
}

#[test]
fn a_proven_subject_needs_no_script_and_its_parents_are_known_where_they_are_at_hand() {
    let mut s = scene();
    let coin = s.coin(5_000);
    let subject = build(&[coin.with(&[])], &[(9_000, s.bob.p2pkh())]);
    s.chain.mine(&[&subject]);
    let parent = s.chain.transaction(&coin.outpoint.txid).unwrap().clone();
    let verified = s.judge(&[&parent, &subject]).unwrap();
    assert_eq!(verified.transactions.len(), 1);
    assert!(verified.transactions[0].proof.is_some());
    assert_eq!(verified.source(&coin.outpoint), Some((5_000, &coin.script[..])));
    assert_eq!(verified.costs.signature_checks, 0);
    assert_eq!(s.judge(&[&subject]).unwrap().source(&coin.outpoint), None);
}

#[test]
fn stored_transactions_are_not_judged_again_and_stand_in_for_missing_ones() {
    let mut s = scene();
    let coin_of_alice = s.coin(5_000);
    // The signature is missing, but the host says it verified this transaction.
    let held = build(&[coin_of_alice.with(&[])], &[(4_000, s.bob.p2pkh())]);
    let child = s.bob.pay(&[coin(&held, 0)], &s.alice.p2pkh(), 3_000);
    let store =
        std::collections::HashMap::from([(held.txid(), StoredTransaction { transaction: held.clone(), proof: None })]);
    let with_parent = beef(BeefVersion::V2, &[(held.clone(), None), (child.clone(), None)]);
    let verified = verify(&with_parent, &s.chain, &store, &Policy::default()).unwrap();
    assert!(verified.get(&held.txid()).unwrap().stored);
    let mut txid_only = with_parent.clone();
    txid_only.transactions[0] = BeefEntry::TxidOnly(held.txid());
    let child_alone = beef(BeefVersion::V1, &[(child.clone(), None)]);
    for beef in [parse(&txid_only.to_bytes()).unwrap(), child_alone] {
        let verified = verify(&beef, &s.chain, &store, &Policy::default()).unwrap();
        assert_eq!(verified.transactions.len(), 1);
        assert_eq!(verified.source(&child.inputs()[0].source).unwrap().0, 4_000);
        let error = verify(&beef, &s.chain, &(), &Policy::default()).unwrap_err();
        let VerifyError::MissingParents { missing, count: 1 } = error else { panic!("{error}") };
        assert_eq!(missing, [held.txid()]);
    }
}

#[test]
fn a_subject_named_by_txid_only_is_accepted_only_where_it_is_held() {
    let mut s = scene();
    let held = s.coin(5_000).outpoint.txid;
    let beef = |subject| Beef {
        version: BeefVersion::V2,
        bumps: Vec::new(),
        transactions: vec![BeefEntry::TxidOnly(subject)],
        subject,
        atomic: true,
    };
    let verified = verify(&beef(held), &s.chain, &s.chain, &Policy::default()).unwrap();
    assert!(verified.transactions[0].stored && verified.transactions[0].proof.is_some());
    let error = verify(&beef(held), &s.chain, &(), &Policy::default()).unwrap_err();
    assert!(matches!(error, VerifyError::UnknownSubject(txid) if txid == held));
}

#[test]
fn a_failing_store_is_not_blamed_on_the_sender() {
    struct Broken;
    impl Stored for Broken {
        fn transaction(&self, _: &Txid) -> Result<Option<StoredTransaction>, Box<dyn Error + Send + Sync>> {
            Err("disk on fire".into())
        }
    }
    let mut s = scene();
    let coin = s.coin(5_000);
    let subject = s.alice.pay(&[coin], &s.bob.p2pkh(), 4_000);
    let error = verify(&s.chain.beef(&[&subject]), &s.chain, &Broken, &Policy::default()).unwrap_err();
    assert!(matches!(error, VerifyError::Store(_)));
}

#[test]
fn all_missing_parents_are_named() {
    let mut s = scene();
    let coins: Vec<Coin> = (0..40).map(|_| s.coin(100)).collect();
    let subject = s.alice.pay(&coins, &s.bob.p2pkh(), 1);
    let error = s.judge_beef(&beef(BeefVersion::V1, &[(subject, None)])).unwrap_err();
    let text = error.to_string();
    let VerifyError::MissingParents { missing, count } = error else { panic!("{error}") };
    assert_eq!((missing.len(), count), (32, 40));
    assert!(missing.iter().all(|txid| text.contains(&txid.to_string())), "{text}");
}

#[test]
fn a_bad_signature_and_a_wrong_key_are_told_apart() {
    let mut s = scene();
    let coin = s.coin(5_000);
    let wrong_key = build(&[coin.by(&s.bob)], &[(4_000, s.bob.p2pkh())]);
    assert!(matches!(s.judge(&[&wrong_key]), Err(VerifyError::Script { source: ScriptError::WrongKey, .. })));
    let signed = build(&[coin.by(&s.alice)], &[(4_000, s.bob.p2pkh())]);
    let unlocking = signed.unlocking_script(0).unwrap().to_vec();
    let other = build(&[coin.with(&unlocking)], &[(3_999, s.bob.p2pkh())]);
    let error = s.judge(&[&other]).unwrap_err();
    assert!(matches!(error, VerifyError::Script { source: ScriptError::WrongSignature, input: 0, .. }));
    assert!(error.to_string().contains(&coin.outpoint.to_string()), "{error}");
    let unsigned = build(&[coin.with(&[])], &[(4_000, s.bob.p2pkh())]);
    assert!(matches!(s.judge(&[&unsigned]), Err(VerifyError::Script { source: ScriptError::Refused(_), .. })));
    let no_fork_id = build(&[coin.by(&s.alice).hash_type(1)], &[(4_000, s.bob.p2pkh())]);
    assert!(matches!(s.judge(&[&no_fork_id]), Err(VerifyError::Script { source: ScriptError::HashType(1), .. })));
}

#[test]
fn an_unsigned_multisig_is_refused_in_every_version() {
    let mut s = scene();
    let keys: Vec<u8> = (5..8).flat_map(|n| [&[33][..], &Wallet::from_seed(n).public_key()].concat()).collect();
    let lock = [&[0x52][..], &keys, &[0x53, 0xae]].concat();
    let coin = s.chain.coin_with(&lock, 5_000);
    for version in [1, 2] {
        let inputs = vec![coin.with(&[0, 0, 0])];
        let unsigned = Build { version, inputs, outputs: vec![(4_000, s.bob.p2pkh())], lock_time: 0 }.sign();
        assert!(matches!(s.judge(&[&unsigned]), Err(VerifyError::Script { source: ScriptError::Refused(_), .. })));
    }
}

#[test]
fn values_must_be_coins_and_may_not_grow() {
    let mut s = scene();
    let coin = s.coin(5_000);
    let lock = s.bob.p2pkh();
    let spend = |outputs: &[u64]| {
        let outputs: Vec<_> = outputs.iter().map(|satoshis| (*satoshis, lock.clone())).collect();
        build(&[coin.by(&s.alice)], &outputs)
    };
    let error = s.judge(&[&spend(&[5_001])]).unwrap_err();
    assert!(matches!(error, VerifyError::OutputsExceedInputs { inputs: 5_000, outputs: 5_001, .. }));
    for outputs in [&[2_100_000_000_000_001][..], &[u64::MAX, 2], &[1 << 63, 1 << 63]] {
        let error = s.judge(&[&spend(outputs)]).unwrap_err();
        assert!(matches!(error, VerifyError::ValueOutOfRange { what: "outputs", .. }), "{error}");
    }
    let all = s.chain.coin_with(&s.alice.p2pkh(), 2_100_000_000_000_000);
    s.judge(&[&s.alice.pay(std::slice::from_ref(&all), &lock, 2_099_999_999_999_999)]).unwrap();
    let more = s.coin(1);
    let too_many = s.alice.pay(&[all, more], &lock, 1);
    assert!(matches!(s.judge(&[&too_many]), Err(VerifyError::ValueOutOfRange { what: "inputs", .. })));
}

#[test]
fn an_output_is_spent_once_and_must_exist() {
    let mut s = scene();
    let shared = s.coin(5_000);
    let twice = build(&[shared.by(&s.alice), shared.by(&s.alice)], &[(4_000, s.bob.p2pkh())]);
    assert!(
        matches!(s.judge(&[&twice]), Err(VerifyError::DuplicateInput { outpoint, .. }) if outpoint == shared.outpoint)
    );

    let one = s.alice.pay(std::slice::from_ref(&shared), &s.alice.p2pkh(), 4_000);
    let two = s.alice.pay(std::slice::from_ref(&shared), &s.alice.p2pkh(), 3_000);
    let both = s.alice.pay(&[coin(&one, 0), coin(&two, 0)], &s.bob.p2pkh(), 6_000);
    assert!(matches!(s.judge(&[&one, &two, &both]), Err(VerifyError::DoubleSpend { .. })));

    let absent = Coin { outpoint: Outpoint::new(shared.outpoint.txid, 1), ..shared };
    let error = s.judge(&[&s.alice.pay(&[absent], &s.bob.p2pkh(), 4_000)]).unwrap_err();
    assert!(matches!(error, VerifyError::NoSuchOutput { outputs: 1, .. }));
}

#[test]
fn a_proven_spender_rules_its_unproven_rival_out() {
    let mut s = scene();
    let shared = s.coin(5_000);
    let mined = s.alice.pay(std::slice::from_ref(&shared), &s.alice.p2pkh(), 4_000);
    s.chain.mine(&[&mined]);
    let rival = s.alice.pay(std::slice::from_ref(&shared), &s.alice.p2pkh(), 3_000);
    let both = s.alice.pay(&[coin(&mined, 0), coin(&rival, 0)], &s.bob.p2pkh(), 6_000);
    let error = s.judge(&[&mined, &rival, &both]).unwrap_err();
    assert!(matches!(error, VerifyError::DoubleSpend { .. }));
}

#[test]
fn the_least_fee_is_rounded_up_and_exactly_met_it_works() {
    let mut s = scene();
    let coin = s.coin(5_000);
    let paying = |fee: u64| s.alice.pay(std::slice::from_ref(&coin), &s.bob.p2pkh(), 5_000 - fee);
    s.judge(&[&paying(1)]).unwrap();
    assert!(matches!(s.judge(&[&paying(0)]), Err(VerifyError::FeeTooLow { wanted: 1, fee: 0, .. })));
    for fee in [2, 10, 200] {
        let subject = paying(fee);
        // Below 1,000 bytes one more satoshi per kB asks for one more satoshi at most, so some rate asks for this fee.
        let wanted = |rate: u64| (subject.raw().len() as u64 * rate).div_ceil(1_000);
        let highest = (1..).find(|rate| wanted(*rate) == fee && wanted(rate + 1) == fee + 1).unwrap();
        let at = |min_fee_rate| Policy { min_fee_rate, ..Policy::default() };
        s.judge_with(&at(highest), &[&subject]).unwrap();
        let error = s.judge_with(&at(highest + 1), &[&subject]).unwrap_err();
        assert!(matches!(error, VerifyError::FeeTooLow { .. }), "{error}");
    }
    let free = Policy { min_fee_rate: 0, ..Policy::default() };
    s.judge_with(&free, &[&paying(0)]).unwrap();
}

fn locked(s: &Scene, coin: &Coin, lock_time: u32, sequence: u32) -> Transaction {
    let inputs = vec![coin.by(&s.alice).sequence(sequence)];
    Build { version: 1, inputs, outputs: vec![(4_000, s.bob.p2pkh())], lock_time }.sign()
}

#[test]
fn a_transaction_locked_until_a_later_block_is_not_final() {
    let mut s = scene();
    let coin = s.coin(5_000);
    let tip = s.chain.tip().unwrap();
    s.judge(&[&locked(&s, &coin, tip, 0)]).unwrap();
    let error = s.judge(&[&locked(&s, &coin, tip + 1, 0)]).unwrap_err();
    assert!(matches!(error, VerifyError::LockedUntilHeight { next, .. } if next == tip + 1));
    s.judge(&[&locked(&s, &coin, tip + 1, u32::MAX)]).unwrap();
    s.judge(&[&locked(&s, &coin, 0, 0)]).unwrap();
}

#[test]
fn a_transaction_locked_until_a_later_time_is_measured_by_the_median_of_eleven_headers() {
    let mut s = scene();
    let coin = s.coin(5_000);
    // The sixth of the last eleven.
    let median = Chain::time(s.chain.tip().unwrap() - 5);
    s.judge(&[&locked(&s, &coin, median - 1, 0)]).unwrap();
    let error = s.judge(&[&locked(&s, &coin, median, 0)]).unwrap_err();
    assert!(matches!(error, VerifyError::LockedUntilTime { median: at, .. } if at == median));
    s.chain.forget_times();
    let error = s.judge(&[&locked(&s, &coin, 500_000_000, 0)]).unwrap_err();
    assert!(matches!(error, VerifyError::LockTimeUnknowable { .. }));
    s.judge(&[&locked(&s, &coin, 500_000_000, u32::MAX)]).unwrap();
}

#[test]
fn coinbases_rest_a_hundred_blocks_and_need_a_proof() {
    let mut s = scene();
    let fresh = s.chain.coinbase(&s.alice, 5_000);
    let spend = s.alice.pay(std::slice::from_ref(&fresh), &s.bob.p2pkh(), 4_000);
    s.chain.mine_empty(98);
    assert!(matches!(s.judge(&[&spend]), Err(VerifyError::ImmatureCoinbase { .. })));
    s.chain.mine_empty(1);
    s.judge(&[&spend]).unwrap();
    let coinbase = s.chain.transaction(&fresh.outpoint.txid).unwrap().clone();
    let unproven = beef(BeefVersion::V1, &[(coinbase.clone(), None), (spend, None)]);
    assert!(matches!(s.judge_beef(&unproven), Err(VerifyError::UnprovenCoinbase(txid)) if txid == coinbase.txid()));
}

#[test]
fn an_output_to_a_script_hash_is_refused() {
    let mut s = scene();
    let p2sh = [&[0xa9, 0x14][..], &[7; 20], &[0x87]].concat();
    let coin = s.coin(5_000);
    let subject = s.alice.pay(&[coin], &p2sh, 4_000);
    assert!(matches!(s.judge(&[&subject]), Err(VerifyError::P2shOutput { vout: 0, .. })));
}

#[test]
fn a_proof_must_be_of_this_transaction_of_a_known_block_and_lead_to_its_root() {
    let mut s = scene();
    let (one, two) = (s.coin(5_000), s.coin(6_000));
    let subject = s.alice.pay(std::slice::from_ref(&one), &s.bob.p2pkh(), 4_000);
    let parent = s.chain.transaction(&one.outpoint.txid).unwrap().clone();
    let good = s.chain.proof(&parent.txid()).unwrap();
    let judge = |proof| s.judge_beef(&beef(BeefVersion::V1, &[(parent.clone(), Some(proof)), (subject.clone(), None)]));
    judge(good.clone()).unwrap();

    let mut wrong = good.clone();
    wrong.levels[0] = MerkleNode::Hash([1; 32]);
    assert!(matches!(judge(wrong), Err(VerifyError::Proof(ProofError::WrongRoot { .. }))));
    let mut elsewhere = good.clone();
    elsewhere.height -= 1;
    assert!(matches!(judge(elsewhere), Err(VerifyError::Proof(ProofError::WrongRoot { .. }))));
    let mut future = good.clone();
    future.height = s.chain.tip().unwrap() + 1;
    let error = judge(future.clone()).unwrap_err();
    assert_eq!(error.missing_header(), Some(future.height));
    assert!(matches!(error, VerifyError::Proof(ProofError::AboveTip { .. })));

    let mut foreign = s.chain.beef(&[&s.alice.pay(&[one, two.clone()], &s.bob.p2pkh(), 4_000)]);
    foreign.bumps.swap(0, 1);
    let error = s.judge_beef(&foreign).unwrap_err();
    assert!(matches!(error, VerifyError::NotProven { source: BumpError::NotInBump { .. }, .. }), "{error}");

    let mut s = scene();
    let one = s.coin(5_000);
    let subject = s.alice.pay(std::slice::from_ref(&one), &s.bob.p2pkh(), 4_000);
    let height = s.chain.proof(&one.outpoint.txid).unwrap().height;
    s.chain.forget_header(height);
    let error = s.judge(&[&subject]).unwrap_err();
    assert_eq!(error.missing_header(), Some(height));
    assert!(matches!(error, VerifyError::Proof(ProofError::UnknownHeight { .. })));
}

#[test]
fn a_leaf_without_the_flag_proves_nothing() {
    let mut s = scene();
    let coin = s.coin(5_000);
    let subject = s.alice.pay(&[coin], &s.bob.p2pkh(), 4_000);
    let parent = subject.inputs()[0].source.txid;
    let mut bytes = s.chain.beef(&[&subject]).to_bytes();
    let at = bytes.windows(33).position(|window| window[0] == 2 && window[1..] == *parent.internal()).unwrap();
    bytes[at] = 0;
    let error = verify(&parse(&bytes).unwrap(), &s.chain, &(), &Policy::default()).unwrap_err();
    assert!(matches!(error, VerifyError::NotProven { source: BumpError::Unflagged { .. }, .. }), "{error}");
}

#[test]
fn a_proof_by_hand_goes_through_the_same_check() {
    let mut s = scene();
    let txid = s.coin(5_000).outpoint.txid;
    let good = s.chain.proof(&txid).unwrap();
    check_proof(&txid, &good, &s.chain).unwrap();
    let mut impossible = good.clone();
    impossible.offset |= 1 << 40;
    assert!(matches!(check_proof(&txid, &impossible, &s.chain), Err(ProofError::Impossible { .. })));
    let other = Txid::from_internal([3; 32]);
    assert!(matches!(check_proof(&other, &good, &s.chain), Err(ProofError::WrongRoot { .. })));
}

/// One input, one output and four bytes of scripts: as long as two hashes.
fn of_sixty_four_bytes() -> Transaction {
    let nothing = Coin { outpoint: Outpoint::new(Txid::from_internal([9; 32]), 7), satoshis: 0, script: Vec::new() };
    let transaction = build(&[nothing.with(&[0x51; 3])], &[(2_000_000_000_000_000, vec![0x51])]);
    assert_eq!(transaction.raw().len(), 64);
    transaction
}

/// The only block anybody knows, at height 1.
struct OneBlock(MerkleRoot);

impl Headers for OneBlock {
    fn tip(&self) -> Option<u32> {
        Some(1)
    }
    fn header(&self, height: u32) -> Option<HeaderInfo> {
        (height == 1).then_some(HeaderInfo { root: self.0, time: None })
    }
}

#[test]
fn a_node_of_a_merkle_tree_is_no_transaction() {
    let node = of_sixty_four_bytes();
    let (left, right) = node.raw().split_at(32);
    let hash = |bytes: &[u8]| Txid::from_internal(bytes.try_into().unwrap());
    // Whoever has two transactions side by side in a block chooses their ids until both together read as a transaction.
    let txids = [hash(&[1; 32]), hash(&[2; 32]), hash(left), hash(right)];
    let (root, _) = merkle_proofs(1, &txids);
    let sibling = MerkleNode::Hash(parent(&[1; 32], &[2; 32]));
    let proof = MerkleProof { height: 1, offset: 1, levels: vec![sibling] };
    assert_eq!(proof.root(&node.txid()), root);
    let spend = build(&[coin(&node, 0).with(&[])], &[(1_000_000_000_000_000, vec![0x51])]);
    let forged = beef(BeefVersion::V1, &[(node.clone(), Some(proof)), (spend, None)]);
    let policy = Policy { network: Network::Local, ..Policy::default() };
    let error = verify(&forged, &OneBlock(root), &(), &policy).unwrap_err();
    assert!(matches!(error, VerifyError::LooksLikeMerkleNode(txid) if txid == node.txid()), "{error}");
}

#[test]
fn a_transaction_is_no_node_of_a_merkle_tree() {
    let mined = of_sixty_four_bytes();
    let (left, right) = mined.raw().split_at(32);
    // The id of a transaction that is in no block, for which the mined one was made.
    let invented = Txid::from_internal(right.try_into().unwrap());
    let (root, proofs) = merkle_proofs(1, &[Txid::from_internal([1; 32]), mined.txid(), Txid::from_internal([2; 32])]);
    let mut levels = vec![MerkleNode::Hash(left.try_into().unwrap())];
    levels.extend_from_slice(&proofs[1].levels);
    let proof = MerkleProof { height: 1, offset: proofs[1].offset << 1 | 1, levels };
    assert_eq!(proof.root(&invented), root);
    let error = check_proof(&invented, &proof, &OneBlock(root)).unwrap_err();
    assert_eq!(error, ProofError::TransactionAsNode { txid: invented, level: 0 });
}

#[test]
fn coins_of_before_genesis_are_spent_with_bare_keys_only() {
    let mut chain = Chain::at(500_000);
    let alice = Wallet::from_seed(1);
    let (bare, data) = (chain.coin(&alice, 5_000), chain.coin_with(&alice.push_drop(&[&[7; 100]]), 5_000));
    let judge = |coin: &Coin| {
        let spend = alice.pay(std::slice::from_ref(coin), &alice.p2pkh(), 4_000);
        verify(&chain.beef(&[&spend]), &chain, &(), &Policy::default())
    };
    judge(&bare).unwrap();
    assert!(matches!(judge(&data), Err(VerifyError::Script { source: ScriptError::NotJudged(_), .. })));
}
