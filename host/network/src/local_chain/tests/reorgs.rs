//! The chain made to misbehave: blocks that make way, rivals that win, transactions thrown out or held back.

use super::*;

/// A chain, a wallet, and a way to spend.
struct Scene {
    chain: LocalChain,
    wallet: Wallet,
}

impl Scene {
    fn new() -> Self {
        Self { chain: chain(), wallet: Wallet::from_seed(1) }
    }

    fn coin(&self, satoshis: u64) -> Coin {
        coin_of(&self.chain, &self.wallet, satoshis)
    }

    fn spend(&self, coin: &Coin, satoshis: u64) -> Transaction {
        self.wallet.pay(std::slice::from_ref(coin), &self.wallet.p2pkh(), satoshis)
    }

    /// A spend that the mempool took.
    fn sent(&self, coin: &Coin, satoshis: u64) -> Transaction {
        let transaction = self.spend(coin, satoshis);
        assert!(matches!(submit(&self.chain, &transaction), Acceptance::Accepted));
        transaction
    }
}

fn place(chain: &LocalChain, transaction: &Transaction) -> Place {
    chain.place(&transaction.txid())
}

fn hashes(chain: &LocalChain) -> Vec<BlockHash> {
    (0..=chain.tip().unwrap()).map(|height| chain.block(height).unwrap().hash).collect()
}

fn again<'a>(depth: u32, except: &'a [Txid]) -> Reorg<'a> {
    Reorg { depth, orphaned: Orphaned::MineAgain { except }, rival: None }
}

fn won_by(depth: u32, rival: &Transaction) -> Reorg<'_> {
    Reorg { depth, orphaned: Orphaned::Wait, rival: Some(rival) }
}

#[test]
fn the_last_blocks_make_way_for_one_more_and_their_transactions_wait() {
    let scene = Scene::new();
    let funds = scene.coin(1_000);
    let first = scene.sent(&funds, 900);
    scene.chain.mine(at(60)).unwrap();
    let second = scene.sent(&coin(&first, 0), 800);
    scene.chain.mine(at(120)).unwrap();
    let third = scene.sent(&coin(&second, 0), 700);
    let proof = scene.chain.proof(&first.txid()).unwrap();
    let (before, stale) = (hashes(&scene.chain), scene.chain.block(202).unwrap().hash);

    let done = scene.chain.reorg(2, at(180)).unwrap();

    assert_eq!(done.gone.iter().map(|block| block.hash).collect::<Vec<_>>(), before[202..]);
    assert_eq!(
        done.blocks.iter().map(|block| (block.height, block.txids.len())).collect::<Vec<_>>(),
        [(202, 1), (203, 1), (204, 1)]
    );
    assert_eq!((done.waiting.as_slice(), done.lost.as_slice()), (&[first.txid(), second.txid()][..], &[][..]));
    assert_eq!(scene.chain.tip(), Some(204));
    let after = hashes(&scene.chain);
    assert_eq!(after[..202], before[..202]);
    assert!(after[202..].iter().all(|hash| !before.contains(hash)));
    for (height, block) in done.blocks.iter().enumerate().map(|(index, block)| (202 + index as u32, block)) {
        let header = scene.chain.header(height).unwrap();
        assert_eq!(
            (header.time, header.root.internal()),
            (Some(block.time), block.txids[0].internal()),
            "a lone coinbase"
        );
    }
    assert!(check_proof(&first.txid(), &proof, &scene.chain).is_err(), "the old proof leads nowhere");
    assert_eq!(scene.chain.stale_block(&first.txid()), Some(StaleBlock { hash: stale, proof }));
    assert_eq!(scene.chain.proof(&first.txid()), None);
    for transaction in [&first, &second, &third] {
        assert_eq!(place(&scene.chain, transaction), Place::Mempool);
    }
    let next = scene.chain.mine(at(240)).unwrap();
    assert_eq!(next.txids[1..], [first.txid(), second.txid(), third.txid()], "in their order");
    check_proof(&first.txid(), &scene.chain.proof(&first.txid()).unwrap(), &scene.chain).unwrap();
}

#[test]
fn a_reorganisation_ends_at_the_pre_mined_blocks_and_says_so() {
    let scene = Scene::new();
    let refused = |depth| scene.chain.reorg(depth, at(1)).unwrap_err().to_string();
    assert!(refused(1).contains("at most 0"), "{}", refused(1));
    scene.chain.mine(at(1)).unwrap();
    scene.chain.mine(at(2)).unwrap();
    assert!(refused(3).contains("3 blocks") && refused(3).contains("at most 2"), "{}", refused(3));
    assert!(refused(u32::MAX).contains("at most 2"));
    assert!(refused(0).contains("at least 1"));
    assert_eq!((scene.chain.tip(), scene.chain.replaceable_blocks()), (Some(202), 2));
    scene.chain.reorg(2, at(3)).unwrap();
    assert_eq!((scene.chain.tip(), scene.chain.replaceable_blocks()), (Some(203), 3));
}

#[test]
fn the_blocks_of_a_new_branch_are_others_even_at_the_same_time() {
    let scene = Scene::new();
    scene.chain.mine(at(1)).unwrap();
    let mut seen = hashes(&scene.chain);
    for _ in 0..3 {
        let done = scene.chain.reorg(1, at(1)).unwrap();
        assert!(done.blocks.iter().all(|block| !seen.contains(&block.hash)));
        seen.extend(done.blocks.iter().map(|block| block.hash));
    }
}

#[test]
fn transactions_are_mined_again_elsewhere_except_those_left_out_and_what_spends_them() {
    let scene = Scene::new();
    let coins: Vec<Coin> = (0..4).map(|_| scene.coin(1_000)).collect();
    let spends: Vec<Transaction> = coins.iter().map(|coin| scene.sent(coin, 900)).collect();
    let child = scene.sent(&coin(&spends[0], 0), 800);
    let left_out_child = scene.sent(&coin(&spends[1], 0), 800);
    let block = scene.chain.mine(at(60)).unwrap();
    let before: Vec<Place> = spends.iter().chain([&child]).map(|spend| place(&scene.chain, spend)).collect();

    let done = scene.chain.reorg_with(&again(1, &[spends[1].txid()]), at(60)).unwrap();

    assert_eq!(done.waiting, [spends[1].txid(), left_out_child.txid()]);
    assert_eq!(done.blocks[0].txids.len(), 1);
    assert_eq!(
        done.blocks[1].txids[1..],
        [3, 2, 0].map(|index: usize| spends[index].txid()).into_iter().chain([child.txid()]).collect::<Vec<_>>()
    );
    assert_eq!(done.blocks[1].height, block.height + 1);
    for (spend, before) in
        spends.iter().chain([&child]).zip(before).filter(|(spend, _)| !done.waiting.contains(&spend.txid()))
    {
        assert_ne!(place(&scene.chain, spend), before);
        check_proof(&spend.txid(), &scene.chain.proof(&spend.txid()).unwrap(), &scene.chain).unwrap();
    }
    assert_eq!(scene.chain.mine(at(61)).unwrap().txids[1..], done.waiting);
}

#[test]
fn coinbases_that_make_way_take_everything_that_spends_them_along() {
    let scene = Scene::new();
    // The coinbase of 201 can be spent from 301 on.
    for minute in 0..101 {
        scene.chain.mine(at(minute)).unwrap();
    }
    // So large that it takes the youngest coinbases too.
    let everything = (1..=201u64).map(|_| 50 * 100_000_000u64).sum::<u64>() - 100_000_000;
    let grant = scene.chain.faucet(&scene.wallet.p2pkh(), everything, at(200)).unwrap().transaction;
    let child = scene.sent(&coin(&grant, 0), 1_000);
    let unrelated = scene.chain.block(200).unwrap();

    let done = scene.chain.reorg(102, at(300)).unwrap();

    assert_eq!(done.lost.len(), 2);
    for lost in [&grant, &child] {
        assert_eq!(place(&scene.chain, lost), Place::Unknown);
        assert_eq!(scene.chain.loss(&lost.txid()), Some(Loss::Coinbase));
    }
    assert_eq!(scene.chain.block(200), Some(unrelated));
    assert_eq!(scene.chain.mempool_count(), 0);
    // What the grant spent besides can be spent again.
    scene.chain.faucet(&[0x51], 100 * 50 * 100_000_000, at(301)).unwrap();
}

#[test]
fn a_rival_wins_in_the_new_branch_and_the_loser_is_gone_with_what_spends_it() {
    let scene = Scene::new();
    let funds = scene.coin(1_000);
    let loser = scene.sent(&funds, 900);
    let unrelated = {
        let coin = scene.coin(1_000);
        scene.sent(&coin, 900)
    };
    scene.chain.mine(at(60)).unwrap();
    let child = scene.sent(&coin(&loser, 0), 800);
    let rival = scene.spend(&funds, 700);

    let early = scene.chain.reorg_with(&won_by(0, &rival), at(61)).unwrap_err().to_string();
    assert!(early.contains(&loser.txid().to_string()) && early.contains("at least 1"), "{early}");
    let done = scene.chain.reorg_with(&won_by(1, &rival), at(61)).unwrap();

    assert_eq!(done.blocks.last().unwrap().txids[1..], [rival.txid()]);
    assert_eq!(done.lost, [loser.txid(), child.txid()]);
    assert_eq!(done.waiting, [unrelated.txid()]);
    check_proof(&rival.txid(), &scene.chain.proof(&rival.txid()).unwrap(), &scene.chain).unwrap();
    for lost in [&loser, &child] {
        assert_eq!(place(&scene.chain, lost), Place::Unknown);
        assert_eq!(scene.chain.loss(&lost.txid()), Some(Loss::Rival));
    }
    assert!(matches!(submit(&scene.chain, &loser), Acceptance::Orphaned), "its coin was spent in a block");
    assert_eq!(scene.chain.mine(at(62)).unwrap().txids[1..], [unrelated.txid()]);
}

#[test]
fn a_rival_of_a_waiting_transaction_wins_with_the_next_block() {
    let scene = Scene::new();
    let funds = scene.coin(1_000);
    let (loser, rival) = (scene.sent(&funds, 900), scene.spend(&funds, 700));
    let done = scene.chain.reorg_with(&won_by(0, &rival), at(60)).unwrap();
    assert_eq!((done.gone.len(), done.blocks.len(), done.lost.as_slice()), (0, 1, &[loser.txid()][..]));
    assert!(matches!(place(&scene.chain, &rival), Place::Block { offset: 1, .. }));
    let late = scene.chain.reorg_with(&won_by(0, &rival), at(61)).unwrap_err();
    assert!(matches!(late, LocalChainError::RivalMined { .. }), "{late}");
    // The other way round after all: the rival makes way again.
    scene.chain.reorg_with(&won_by(1, &loser), at(62)).unwrap();
    assert_eq!(place(&scene.chain, &rival), Place::Unknown);
    assert_eq!(scene.chain.loss(&loser.txid()), None, "it is back");
}

#[test]
fn a_rival_brings_what_it_spends_into_its_block() {
    let scene = Scene::new();
    let (one, two) = (scene.coin(1_000), scene.coin(1_000));
    let (parent, loser) = (scene.sent(&one, 900), scene.sent(&two, 900));
    scene.chain.mine(at(60)).unwrap();
    let rival = scene.wallet.pay(&[coin(&parent, 0), two], &scene.wallet.p2pkh(), 1_000);
    let done = scene.chain.reorg_with(&won_by(1, &rival), at(61)).unwrap();
    assert_eq!(done.blocks[1].txids[1..], [parent.txid(), rival.txid()]);
    assert_eq!((done.lost, done.waiting), (vec![loser.txid()], vec![]));
}

#[test]
fn a_rival_that_breaks_a_rule_changes_nothing() {
    let scene = Scene::new();
    let funds = scene.coin(1_000);
    let loser = scene.sent(&funds, 900);
    scene.chain.mine(at(60)).unwrap();
    let before = hashes(&scene.chain);
    let forged = Wallet::from_seed(2).pay(std::slice::from_ref(&funds), &[0x51], 700);
    let nowhere = Coin { outpoint: Outpoint::new(Txid::from_internal([9; 32]), 0), satoshis: 1, script: vec![0x51] };
    let unknown = build(&[nowhere.with(&[])], &[(1, vec![0x51])]);
    // It spends what it drives out.
    let both = scene.wallet.pay(&[coin(&loser, 0), funds], &scene.wallet.p2pkh(), 1_000);
    for rival in [&forged, &unknown, &both] {
        let refused = scene.chain.reorg_with(&won_by(1, rival), at(61)).unwrap_err();
        assert!(matches!(refused, LocalChainError::RivalRefused(_)), "{refused}");
    }
    assert_eq!(hashes(&scene.chain), before);
    assert!(matches!(place(&scene.chain, &loser), Place::Block { .. }));
}

#[test]
fn what_was_final_stays_final_although_the_clock_steps_back() {
    let scene = Scene::new();
    let funds = scene.coin(1_000);
    for minute in 1..=6 {
        scene.chain.mine(at(60 * minute + 1)).unwrap();
    }
    let inputs = vec![funds.by(&scene.wallet).sequence(0)];
    let locked = Build { inputs, outputs: vec![(1, vec![0x51])], lock_time: TIME + 60, ..Build::default() }.sign();
    assert!(matches!(submit(&scene.chain, &locked), Acceptance::Accepted));
    scene.chain.mine(at(420)).unwrap();
    scene.chain.reorg(7, Timestamp(0)).unwrap();
    scene.chain.evict(&locked.txid()).unwrap();
    assert!(matches!(submit(&scene.chain, &locked), Acceptance::Accepted));
}

#[test]
fn what_is_thrown_out_goes_with_what_spends_it_and_may_come_again() {
    let scene = Scene::new();
    let funds = scene.coin(1_000);
    let parent = scene.sent(&funds, 900);
    let child = scene.sent(&coin(&parent, 0), 800);
    assert_eq!(scene.chain.evict(&parent.txid()).unwrap(), [parent.txid(), child.txid()]);
    assert_eq!((scene.chain.mempool_count(), place(&scene.chain, &child)), (0, Place::Unknown));
    assert_eq!(scene.chain.loss(&child.txid()), Some(Loss::Evicted));
    assert_eq!(scene.chain.evict(&parent.txid()).unwrap(), []);
    let rival = scene.sent(&funds, 700);
    scene.chain.mine(at(60)).unwrap();
    assert_eq!(scene.chain.evict(&rival.txid()).unwrap(), [], "a block has it");
    assert!(matches!(place(&scene.chain, &rival), Place::Block { .. }));
}

#[test]
fn what_is_held_waits_with_what_spends_it_until_it_is_released() {
    let scene = Scene::new();
    let (one, two) = (scene.coin(1_000), scene.coin(1_000));
    let (held, free) = (scene.sent(&one, 900), scene.sent(&two, 900));
    let child = scene.sent(&coin(&held, 0), 800);
    scene.chain.hold(&held.txid());
    assert_eq!(scene.chain.mine(at(60)).unwrap().txids[1..], [free.txid()]);
    assert_eq!(scene.chain.reorg_with(&again(1, &[]), at(61)).unwrap().blocks[1].txids[1..], [free.txid()]);
    scene.chain.release(&held.txid());
    assert_eq!(scene.chain.mine(at(62)).unwrap().txids[1..], [held.txid(), child.txid()]);
}

#[test]
fn the_faucet_goes_on_after_a_reorganisation() {
    let scene = Scene::new();
    for _ in 0..3 {
        scene.coin(1_000);
    }
    scene.chain.reorg(3, at(60)).unwrap();
    assert_eq!(scene.chain.mempool_count(), 3, "the grants wait");
    let grant = scene.chain.faucet(&scene.wallet.p2pkh(), 1_000, at(61)).unwrap();
    verify(&parse(&grant.beef()).unwrap(), &scene.chain, &(), &policy()).unwrap();
    assert_eq!(scene.chain.mine(at(62)).unwrap().txids.len(), 4);
    assert!(
        scene.chain.is_own(&grant.transaction.txid()) && scene.chain.is_own(&scene.chain.block(5).unwrap().txids[0])
    );
    let spend = scene.sent(&coin(&grant.transaction, 0), 900);
    assert!(!scene.chain.is_own(&spend.txid()));
}

#[test]
fn misbehaviour_survives_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.jsonl");
    let open = || LocalChain::open(&path, &genesis()).unwrap();
    let scene = Scene { chain: open(), wallet: Wallet::from_seed(1) };
    let coins: Vec<Coin> = (0..3).map(|_| scene.coin(1_000)).collect();
    let spends: Vec<Transaction> = coins.iter().map(|coin| scene.sent(coin, 900)).collect();
    scene.chain.mine(at(60)).unwrap();
    let rival = scene.spend(&coins[0], 700);
    scene.chain.reorg_with(&Reorg { rival: Some(&rival), ..again(1, &[spends[1].txid()]) }, at(61)).unwrap();
    scene.chain.reorg(2, at(62)).unwrap();
    scene.chain.evict(&spends[2].txid()).unwrap();
    scene.chain.mine(at(63)).unwrap();
    scene.chain.reorg(1, at(64)).unwrap();
    let everything = |chain: &LocalChain| {
        let blocks: Vec<_> =
            (0..=chain.tip().unwrap()).map(|height| (chain.block(height), chain.header(height))).collect();
        let told = |transaction: &Transaction| {
            let txid = transaction.txid();
            (chain.place(&txid), chain.loss(&txid), chain.stale_block(&txid), chain.proof(&txid))
        };
        (blocks, chain.mempool_count(), spends.iter().chain([&rival]).map(told).collect::<Vec<_>>())
    };
    let before = everything(&scene.chain);
    drop(scene.chain);
    let again = open();
    assert_eq!(everything(&again), before);
    assert_eq!(again.mine(at(65)).unwrap().txids.len(), 1 + before.1);
}

#[test]
fn a_file_from_before_there_were_reorganisations_is_read_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.jsonl");
    let chain = LocalChain::open(&path, &genesis()).unwrap();
    coin_of(&chain, &Wallet::from_seed(1), 5);
    let before = hashes(&chain);
    drop(chain);
    let old = fs::read_to_string(&path).unwrap().replace("\"trellis_local_chain\":2", "\"trellis_local_chain\":1");
    fs::write(&path, &old).unwrap();
    let chain = LocalChain::open(&path, &genesis()).unwrap();
    assert_eq!(hashes(&chain), before);
    chain.reorg(1, at(60)).unwrap();
    let after = hashes(&chain);
    drop(chain);
    assert!(fs::read_to_string(&path).unwrap().starts_with("{\"trellis_local_chain\":2,"), "older programs keep away");
    assert_eq!(hashes(&LocalChain::open(&path, &genesis()).unwrap()), after);
}

#[test]
fn a_reorganisation_that_does_not_fit_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.jsonl");
    let scene = Scene { chain: LocalChain::open(&path, &genesis()).unwrap(), wallet: Wallet::from_seed(1) };
    let funds = scene.coin(1_000);
    scene.sent(&funds, 900);
    scene.chain.mine(at(60)).unwrap();
    let rival = scene.spend(&funds, 700);
    scene.chain.reorg_with(&won_by(1, &rival), at(61)).unwrap();
    drop(scene.chain);
    let good = fs::read_to_string(&path).unwrap();
    let cases = [
        (good.replace("\"depth\":1", "\"depth\":9"), "of 2 above"),
        (good.replace("\"depth\":1", "\"depth\":0"), "is spent by"),
        (good.replace("\"rival\":\"01", "\"rival\":\"zz"), "line 6"),
        (format!("{good}{{\"evicted\":\"{}\"}}\n", rival.txid()), "does not wait"),
        (format!("{good}{{\"evicted\":\"{}\"}}\n", "00"), "line 7"),
    ];
    for (text, expected) in cases {
        fs::write(&path, &text).unwrap();
        let error = LocalChain::open(&path, &genesis()).err().expect(expected).to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_reorganisation_that_cannot_be_written_did_not_happen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.jsonl");
    let scene = Scene { chain: LocalChain::open(&path, &genesis()).unwrap(), wallet: Wallet::from_seed(1) };
    let funds = scene.coin(1_000);
    let waiting = scene.sent(&funds, 900);
    let before = hashes(&scene.chain);
    scene.chain.state().journal.as_mut().unwrap().fail_writes();
    assert!(matches!(scene.chain.reorg(1, at(9)), Err(LocalChainError::Journal(_))));
    assert!(matches!(scene.chain.evict(&waiting.txid()), Err(LocalChainError::Journal(_))));
    assert_eq!((hashes(&scene.chain), place(&scene.chain, &waiting)), (before, Place::Mempool));
}

#[test]
fn readers_of_headers_see_the_old_chain_or_the_new_one() {
    let scene = Scene::new();
    for minute in 0..5 {
        scene.chain.mine(at(60 * minute)).unwrap();
    }
    std::thread::scope(|scope| {
        let chain = &scene.chain;
        let reader = scope.spawn(move || {
            let mut tip = 205;
            while tip < 225 {
                let now = chain.tip().unwrap();
                assert!(now >= tip, "the tip went back from {tip} to {now}");
                assert!(chain.header(now).is_some());
                tip = now;
            }
        });
        for round in 0..20 {
            chain.reorg(5, at(600 + round)).unwrap();
        }
        reader.join().unwrap();
    });
}
