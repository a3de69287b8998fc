//! The stand-in, asked as a broadcaster asks, and its answers read as the broadcaster reads them.

mod callbacks;
mod interface;
mod misbehaviour;

use trellis_engine::ports::network::AnswerMeaning;
use trellis_spv::extended_format;
use trellis_spv::hash::{Outpoint, Txid};
use trellis_spv::merkle::MerkleProof;
use trellis_spv::testing::{Build, Coin, Wallet, build, coin};
use trellis_spv::transaction::Transaction;
use trellis_spv::verify::check_proof;

use super::*;
use crate::arc::{ArcAnswer, meaning};
use crate::local_chain::Genesis;

const NOW: Timestamp = Timestamp(1_700_000_100_000_000);

struct Scene {
    chain: Arc<LocalChain>,
    arc: LocalArc,
    wallet: Wallet,
}

impl Scene {
    fn new() -> Self {
        let chain = Arc::new(LocalChain::in_memory(&Genesis { seed: [1; 32], time: 1_700_000_000 }).unwrap());
        Self { arc: LocalArc::new(Arc::clone(&chain)), chain, wallet: Wallet::from_seed(1) }
    }

    /// A mined coin of the wallet.
    fn coin(&self, satoshis: u64) -> Coin {
        let grant = self.chain.faucet(&self.wallet.p2pkh(), satoshis, NOW).unwrap();
        coin(&grant.transaction, grant.vout)
    }

    /// The wallet's `coin` to itself.
    fn spend(&self, coin: &Coin, satoshis: u64) -> Transaction {
        self.wallet.pay(std::slice::from_ref(coin), &self.wallet.p2pkh(), satoshis)
    }

    fn ask(&self, method: &str, path: &str, content_type: &str, body: &[u8]) -> ArcResponse {
        self.ask_with(method, path, content_type, &[], body)
    }

    fn ask_with(
        &self,
        method: &str,
        path: &str,
        content_type: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> ArcResponse {
        self.arc.handle(&ArcRequest { method, path, content_type, headers, body }, NOW)
    }

    /// A spend of a new coin, as the network is told of it.
    fn send(&self) -> (Transaction, ArcResponse) {
        self.send_with(&[])
    }

    fn send_with(&self, headers: &[(&str, &str)]) -> (Transaction, ArcResponse) {
        let funds = self.coin(1_000);
        let spend = self.spend(&funds, 900);
        let response = self.ask_with("POST", "/v1/tx", "application/octet-stream", headers, &ef(&spend, &[&funds]));
        (spend, response)
    }

    fn misbehave(&self, what: Misbehaviour) {
        self.arc.misbehave(what, NOW).unwrap();
    }

    fn post(&self, body: &[u8]) -> ArcResponse {
        self.ask("POST", "/v1/tx", "application/octet-stream", body)
    }

    fn get(&self, transaction: &Transaction) -> ArcResponse {
        self.ask("GET", &format!("/v1/tx/{}", transaction.txid()), "", b"")
    }
}

fn ef(transaction: &Transaction, coins: &[&Coin]) -> Vec<u8> {
    let source = |outpoint: &Outpoint| {
        coins.iter().find(|coin| coin.outpoint == *outpoint).map(|coin| (coin.satoshis, coin.script.clone()))
    };
    extended_format::encode(transaction, source).unwrap()
}

fn read(response: &ArcResponse) -> AnswerMeaning {
    meaning(&ArcAnswer::read(response.status, response.body.to_string().as_bytes()))
}

fn status(response: &ArcResponse) -> &str {
    response.body["txStatus"].as_str().unwrap_or_else(|| panic!("{response:?}"))
}

#[test]
fn a_good_transaction_is_seen_then_mined_with_a_proof() {
    let scene = Scene::new();
    let funds = scene.coin(1_000);
    let spend = scene.spend(&funds, 900);
    let bytes = ef(&spend, &[&funds]);
    let seen = scene.post(&bytes);
    assert_eq!((seen.status, status(&seen), read(&seen)), (200, "SEEN_ON_NETWORK", AnswerMeaning::Seen));
    assert_eq!(seen.body["txid"], spend.txid().to_string());
    assert_eq!(seen.body["timestamp"], "2023-11-14T22:15:00.000000Z");
    assert_eq!((&seen.body["title"], &seen.body["merklePath"]), (&json!("OK"), &json!("")));
    assert_eq!(scene.arc.broadcasts(), [Broadcast { txid: spend.txid(), bytes: bytes.clone(), at: NOW }]);

    let block = scene.chain.mine(NOW).unwrap();
    let mined = scene.get(&spend);
    assert_eq!((mined.status, status(&mined), read(&mined)), (200, "MINED", AnswerMeaning::Mined(block.height)));
    assert_eq!(mined.body["blockHash"], block.hash.to_string());
    assert_eq!(mined.body["competingTxs"], Value::Null);
    let bump = hex::decode(mined.body["merklePath"].as_str().unwrap()).unwrap();
    let proof = MerkleProof::from_bump(&bump, &spend.txid()).unwrap();
    check_proof(&spend.txid(), &proof, &*scene.chain).unwrap();
    assert_eq!(read(&scene.post(&bytes)), AnswerMeaning::Mined(block.height), "sent once more");
    assert_eq!(scene.arc.broadcasts().len(), 1);
}

#[test]
fn every_way_to_send_a_transaction_is_understood() {
    let scene = Scene::new();
    let mut sent = 0;
    let mut send = |path: &str, content_type: &str, body: &dyn Fn(&[u8]) -> Vec<u8>, raw: bool| {
        let funds = scene.coin(1_000);
        let spend = scene.spend(&funds, 900);
        let bytes = if raw { spend.raw().to_vec() } else { ef(&spend, &[&funds]) };
        let response = scene.ask("POST", path, content_type, &body(&bytes));
        let response = match response.body.as_array() {
            Some(all) => ArcResponse::new(response.status, all[0].clone()),
            None => response,
        };
        assert_eq!((response.status, status(&response)), (200, "SEEN_ON_NETWORK"), "{path} {content_type}");
        sent += 1;
    };
    for raw in [false, true] {
        send("/v1/tx", "application/octet-stream", &<[u8]>::to_vec, raw);
        send("/v1/tx", "text/plain; charset=utf-8", &|bytes| hex::encode(bytes).into_bytes(), raw);
        send("/v1/tx", "application/json", &|bytes| json!({ "rawTx": hex::encode(bytes) }).to_string().into(), raw);
        send("/v1/txs", "application/octet-stream", &<[u8]>::to_vec, raw);
        send("/v1/txs", "text/plain", &|bytes| format!("{}\n", hex::encode(bytes)).into(), raw);
        send("/v1/txs", "application/json", &|bytes| json!([{ "rawTx": hex::encode(bytes) }]).to_string().into(), raw);
    }
    assert_eq!(scene.arc.broadcasts().len(), sent);
}

#[test]
fn several_transactions_are_answered_together_failures_last() {
    let scene = Scene::new();
    let (one, two) = (scene.coin(1_000), scene.coin(1_000));
    let (poor, good) = (scene.spend(&one, 1_000), scene.spend(&two, 900));
    let child = scene.spend(&coin(&good, 0), 800);
    let body = [ef(&poor, &[&one]), ef(&good, &[&two]), child.raw().to_vec()].concat();
    let response = scene.ask("POST", "/v1/txs", "application/octet-stream", &body);
    assert_eq!(response.status, 200);
    let answers = response.body.as_array().unwrap();
    let found: Vec<_> = answers.iter().map(|answer| (&answer["txid"], &answer["status"])).collect();
    let expected =
        [(&good, 200), (&child, 200), (&poor, 465)].map(|(tx, status)| (json!(tx.txid().to_string()), json!(status)));
    assert_eq!(found, expected.iter().map(|(txid, status)| (txid, status)).collect::<Vec<_>>());
}

#[test]
fn what_arc_itself_refuses_has_its_status_and_stays_unknown() {
    let scene = Scene::new();
    let funds = scene.coin(1_000);
    let data = vec![0x00, 0x6a, 1, 9];
    let pay = |outputs: &[(u64, Vec<u8>)]| build(&[funds.by(&scene.wallet)], outputs);
    let thief = Wallet::from_seed(2).pay(std::slice::from_ref(&funds), &[0x51], 900);
    let stranger = Coin { outpoint: Outpoint::new(Txid::from_internal([3; 32]), 0), satoshis: 5, script: vec![0x51] };
    let orphan = build(&[stranger.with(&[])], &[(1, vec![0x51])]);
    let tiny = build(&[stranger.with(&[])], &[(1, Vec::new())]);
    let from_nothing = Coin { outpoint: Outpoint::new(Txid::from_internal([0; 32]), 0), ..stranger.clone() };
    let richer = Coin { satoshis: 2_000, ..funds.clone() };
    let too_rich = Coin { satoshis: u64::MAX, ..stranger.clone() };
    let busy = Build { inputs: vec![funds.with(&[0x51, 0x61])], outputs: vec![(900, vec![0x51])], ..Build::default() };
    let from = |coin: &Coin| build(&[coin.with(&[])], &[(1, vec![0x51; 20])]);
    let cases = [
        (orphan.raw().to_vec(), 460, AnswerMeaning::OurMistake),
        (ef(&thief, &[&funds]), 461, AnswerMeaning::Terminal),
        (ef(&scene.spend(&funds, 900), &[&richer]), 461, AnswerMeaning::Terminal),
        (ef(&from(&from_nothing), &[&from_nothing]), 462, AnswerMeaning::Terminal),
        (ef(&from(&too_rich), &[&too_rich]), 462, AnswerMeaning::Terminal),
        (ef(&tiny, &[&stranger]), 463, AnswerMeaning::OurMistake),
        (ef(&busy.sign(), &[&funds]), 463, AnswerMeaning::OurMistake),
        (ef(&pay(&[(0, vec![0x51])]), &[&funds]), 464, AnswerMeaning::Policy),
        (ef(&pay(&[(5, data.clone())]), &[&funds]), 464, AnswerMeaning::Policy),
        (ef(&pay(&[(u64::MAX, vec![0x51])]), &[&funds]), 464, AnswerMeaning::Policy),
        (ef(&pay(&[(1_000, vec![0x51])]), &[&funds]), 465, AnswerMeaning::Policy),
        (ef(&pay(&[(1_001, vec![0x51])]), &[&funds]), 465, AnswerMeaning::Policy),
    ];
    for (bytes, expected, meaning) in cases {
        let response = scene.post(&bytes);
        assert_eq!((response.status, read(&response)), (expected, meaning), "{response:?}");
        assert_eq!(response.body["status"], expected);
        assert!(response.body["type"].as_str().unwrap().ends_with(&format!("_{expected}")));
        assert!(response.body["extraInfo"].as_str().unwrap().starts_with(&format!("arc error {expected}: ")));
        let txid = response.body["txid"].as_str().unwrap();
        assert_eq!(scene.ask("GET", &format!("/v1/tx/{txid}"), "", b"").status, 404);
    }
    assert_eq!(scene.arc.broadcasts(), []);
    let good = pay(&[(999, vec![0x51]), (0, data)]);
    assert_eq!(status(&scene.post(&ef(&good, &[&funds]))), "SEEN_ON_NETWORK", "the coin is still there");
}

#[test]
fn what_only_a_node_refuses_is_a_rejection_inside_a_success() {
    let scene = Scene::new();
    let funds = scene.coin(1_000);
    let inputs = vec![funds.by(&scene.wallet).sequence(0)];
    let early = Build { inputs, outputs: vec![(900, vec![0x51])], lock_time: 10_000, ..Build::default() }.sign();
    let p2sh = [&[0xa9, 0x14][..], &[0; 20], &[0x87]].concat();
    let outlawed = build(&[funds.by(&scene.wallet)], &[(900, p2sh)]);
    let twice = build(&[funds.by(&scene.wallet), funds.by(&scene.wallet)], &[(900, vec![0x51])]);
    let cases = [
        (&early, "invalid transaction: bad-txns-nonfinal", AnswerMeaning::Transient),
        (&outlawed, "invalid transaction: bad-txns-vout-p2sh", AnswerMeaning::Terminal),
        (&twice, "invalid transaction: bad-txns-inputs-duplicate", AnswerMeaning::Terminal),
    ];
    for (transaction, reason, meaning) in cases {
        let response = scene.post(&ef(transaction, &[&funds]));
        assert_eq!((response.status, status(&response), read(&response)), (200, "REJECTED", meaning));
        assert_eq!(response.body["extraInfo"], reason);
        assert_eq!(status(&scene.get(transaction)), "REJECTED");
    }
}

#[test]
fn rivals_are_contested_until_one_is_mined() {
    let scene = Scene::new();
    let funds = scene.coin(1_000);
    let (first, second) = (scene.spend(&funds, 900), scene.spend(&funds, 800));
    scene.post(&ef(&first, &[&funds]));
    let forged = Wallet::from_seed(2).pay(std::slice::from_ref(&funds), &[0x51], 700);
    assert_eq!(scene.post(&ef(&forged, &[&funds])).status, 461);
    assert_eq!(status(&scene.get(&first)), "SEEN_ON_NETWORK", "what could not be mined contests nothing");
    let response = scene.post(&ef(&second, &[&funds]));
    assert_eq!((response.status, status(&response)), (200, "DOUBLE_SPEND_ATTEMPTED"));
    assert_eq!(read(&response), AnswerMeaning::Contested);
    assert_eq!(response.body["competingTxs"], json!([first.txid().to_string()]));
    let first_now = scene.get(&first);
    assert_eq!(status(&first_now), "DOUBLE_SPEND_ATTEMPTED");
    assert_eq!(first_now.body["competingTxs"], json!([second.txid().to_string()]));

    scene.chain.mine(NOW).unwrap();
    let won = scene.get(&first);
    assert_eq!((status(&won), &won.body["extraInfo"]), ("MINED", &json!("previously double spend attempted")));
    let lost = scene.get(&second);
    assert_eq!((status(&lost), &lost.body["extraInfo"]), ("REJECTED", &json!("double spend attempted")));
    assert_eq!(read(&lost), AnswerMeaning::Terminal);
}

#[test]
fn a_coin_spent_in_a_block_is_missing_as_it_is_for_arc() {
    let scene = Scene::new();
    let funds = scene.coin(1_000);
    scene.post(&ef(&scene.spend(&funds, 900), &[&funds]));
    scene.chain.mine(NOW).unwrap();
    let late = scene.post(&ef(&scene.spend(&funds, 800), &[&funds]));
    assert_eq!((status(&late), read(&late)), ("SEEN_IN_ORPHAN_MEMPOOL", AnswerMeaning::ParentsUnknown));
}

#[test]
fn a_child_sent_first_is_seen_once_its_parents_are() {
    let scene = Scene::new();
    let funds = scene.coin(1_000);
    let parent = scene.spend(&funds, 900);
    let parents_coin = coin(&parent, 0);
    let child = scene.spend(&parents_coin, 800);
    let thief = Wallet::from_seed(2).pay(std::slice::from_ref(&parents_coin), &[0x51], 700);
    for orphan in [&child, &thief] {
        let response = scene.post(&ef(orphan, &[&parents_coin]));
        assert_eq!((status(&response), read(&response)), ("SEEN_IN_ORPHAN_MEMPOOL", AnswerMeaning::ParentsUnknown));
    }
    scene.post(&ef(&parent, &[&funds]));
    assert_eq!(status(&scene.get(&child)), "SEEN_ON_NETWORK");
    let thief = scene.get(&thief);
    assert_eq!((status(&thief), read(&thief)), ("REJECTED", AnswerMeaning::Terminal));
}

#[test]
fn policy_and_health_tell_what_is_so() {
    let scene = Scene::new();
    let policy = scene.ask("GET", "/v1/policy", "", b"");
    assert_eq!(policy.status, 200);
    assert_eq!(policy.body["policy"]["miningFee"], json!({ "satoshis": 1, "bytes": 1000 }));
    assert_eq!(policy.body["policy"]["maxtxsizepolicy"], json!(MAX_TRANSACTION_BYTES));
    assert_eq!(scene.ask("GET", "/v1/health", "", b"").body["healthy"], json!(true));
}

#[test]
fn what_is_not_there_is_not_found_and_rubbish_is_a_bad_request() {
    let scene = Scene::new();
    for (method, path, expected) in [
        ("GET", "/v1/nothing", 404),
        ("GET", "/", 404),
        ("GET", "/v1/tx", 404),
        ("DELETE", "/v1/txs", 404),
        ("GET", "/v1/tx/zz", 409),
        ("GET", "/v1/tx/00", 404),
        ("GET", "/v1/tx/", 404),
    ] {
        assert_eq!(scene.ask(method, path, "", b"").status, expected, "{method} {path}");
    }
    for (content_type, body) in [
        ("", &b"00"[..]),
        ("application/xml", b"00"),
        ("text/plain", b""),
        ("text/plain", b"0"),
        ("text/plain", b"zz"),
        ("application/json", b"{}"),
        ("application/json", b"{\"rawTx\":5}"),
        ("application/json", b"{\"rawTx\":\"\"}"),
        ("application/json", b"["),
        ("application/octet-stream", b""),
        ("application/octet-stream", &[1, 0, 0xbe, 0xef, 0, 0]),
        ("application/octet-stream", &[1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]),
    ] {
        for path in ["/v1/tx", "/v1/txs"] {
            let response = scene.ask("POST", path, content_type, body);
            let own = response.body["status"] == 400 || response.body["message"].is_string();
            assert_eq!((response.status, own), (400, true), "{path} {content_type} {body:?}: {response:?}");
        }
    }
}

#[test]
fn no_bytes_bring_it_down() {
    let scene = Scene::new();
    let funds = scene.coin(1_000);
    let good = ef(&scene.spend(&funds, 900), &[&funds]);
    for end in 0..good.len() {
        assert_eq!(scene.post(&good[..end]).status, 400, "{end} bytes");
    }
    // Each byte of the form, replaced by each of the values that lengths and counts are made of.
    for at in 0..good.len() {
        for byte in [0x00, 0x01, 0x4c, 0x7f, 0xfd, 0xfe, 0xff] {
            let mut bytes = good.clone();
            bytes[at] = byte;
            let response = scene.post(&bytes);
            assert!([200, 400, 460, 461, 462, 463, 464, 465].contains(&response.status), "{at} {byte}: {response:?}");
        }
    }
}
