//! Seeds of everything that comes from the wire, from files, and from ARC.

use serde_json::json;
use trellis_engine::domain::evidence::{KnownCertificate, RevocationRule, Vouching};
use trellis_engine::domain::name::TopicName;
use trellis_engine::evidence::{KeptCertificate, KeptEvidence};
use trellis_network::arc::TxStatus;
use trellis_network::local_chain::LocalChain;
use trellis_spv::beef::{Beef, join_off_chain_values};
use trellis_spv::extended_format;
use trellis_spv::hash::{Outpoint, Txid};
use trellis_spv::identity::certificate::Revocation;
use trellis_spv::identity::key::{Counterparty, PrivateKey};
use trellis_spv::merkle::MerkleProof;
use trellis_spv::script::{SIGHASH_ALL, SIGHASH_ANYONECANPAY, SIGHASH_FORKID, SIGHASH_SINGLE};
use trellis_spv::testing::{Issue, merkle_proofs, push};
use trellis_spv::verify::verify;

use crate::local::{GENESIS, NOW, chain_with_coin, fund, journal_path, spend};
use crate::material::{locks, material, policy, wallets};
use crate::script_case;

pub(super) fn beefs() -> Vec<Vec<u8>> {
    for beef in &material().beefs {
        verify(beef, &material().chain, &(), &policy()).expect("an accepted BEEF");
    }
    material().beefs.iter().map(Beef::to_bytes).collect()
}

/// Those of the vectors of `@bsv/sdk`, signed and not.
pub(super) fn certificates() -> Vec<Vec<u8>> {
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("../../../../host/spv/tests/vectors/identity.json")).expect("vectors");
    let certificates = vectors["certificates"].as_array().expect("certificates");
    let texts = certificates.iter().flat_map(|vector| [&vector["signed"], &vector["unsigned"]]);
    texts.map(|text| hex::decode(text.as_str().expect("a text")).expect("hexadecimal")).collect()
}

/// Nobody; and somebody who signed twice, with a certificate for which two federations vouch.
pub(super) fn evidence() -> Vec<Vec<u8>> {
    let key = |seed| PrivateKey::from_bytes([seed; 32]).expect("a key");
    let (certifier, subject) = (key(1), key(2));
    let issue = Issue {
        certifier: &certifier,
        subject: &subject,
        certificate_type: [3; 32],
        serial_number: [4; 32],
        revocation: Revocation::Unnamed,
        fields: &[("role", "buyer"), ("phone", "555")],
    };
    let certificate = issue.shown_to(&Counterparty::Anyone, &["role"]);
    let revealed = certificate.reveal_to_anyone().expect("what it reveals");
    let topic = |name| TopicName::new(name).expect("a topic");
    let vouching = |federation: &str| Vouching {
        federation: federation.to_owned(),
        organisation: "acme".to_owned(),
        fields: vec!["role".to_owned()],
    };
    let vouched = vec![
        (vouching("trade"), RevocationRule::Tracked(topic("tm_revoked"))),
        (vouching("customs"), RevocationRule::BestEffort(None)),
    ];
    let known = KnownCertificate::new(certificate.certificate(), &revealed);
    let signature = |name| (subject.public_key().serialize(), topic(name), vec![0x30, 6, 2, 1, 1, 2, 1, 1]);
    let all = KeptEvidence {
        signatures: vec![signature("tm_orders"), signature("tm_payments")],
        certificates: vec![KeptCertificate { certificate, known, vouched }],
    };
    vec![KeptEvidence::default().to_bytes(), all.to_bytes()]
}

pub(super) fn transactions() -> Vec<Vec<u8>> {
    material().transactions.iter().map(|transaction| transaction.raw().to_vec()).collect()
}

/// Out of the BEEFs, of blocks of several sizes, and two proofs of one block together.
pub(super) fn bumps() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for bump in material().beefs.iter().flat_map(|beef| &beef.bumps) {
        let mut bytes = Vec::new();
        bump.write(&mut bytes);
        seeds.push(bytes);
    }
    for size in [1, 2, 3, 5, 11] {
        let txids: Vec<Txid> = (0..size).map(|n| Txid::from_internal([n; 32])).collect();
        let (_, proofs) = merkle_proofs(7, &txids);
        let all: Vec<(Txid, &MerkleProof)> = txids.iter().copied().zip(&proofs).collect();
        for some in [&all[..1], &all[all.len() - 1..], &all[..]] {
            let mut bytes = Vec::new();
            trellis_spv::bump::Bump::merge(some).expect("proofs of one block").write(&mut bytes);
            seeds.push(bytes);
        }
    }
    seeds.sort();
    seeds.dedup();
    seeds
}

pub(super) fn extended_formats() -> Vec<Vec<u8>> {
    let source = |outpoint: &Outpoint| Some((u64::from(outpoint.vout), wallets()[0].p2pkh()));
    let encode = |transaction| extended_format::encode(transaction, source).expect("every source is known");
    material().transactions.iter().map(encode).collect()
}

pub(super) fn off_chain_values() -> Vec<Vec<u8>> {
    let beef = material().beefs[0].to_bytes();
    vec![
        join_off_chain_values(&beef, b"values"),
        join_off_chain_values(b"beef", b""),
        join_off_chain_values(b"", &[1; 9]),
    ]
}

pub(super) fn scripts() -> Vec<Vec<u8>> {
    let plain = SIGHASH_ALL | SIGHASH_FORKID;
    let other = SIGHASH_SINGLE | SIGHASH_FORKID | SIGHASH_ANYONECANPAY;
    let mut seeds = Vec::new();
    for lock in locks() {
        let is_hash = lock.starts_with(&[0x76, 0xa9]);
        let is_multisig = lock.ends_with(&[0xae]);
        let signatures = if is_multisig { 2 } else { u8::from(lock.contains(&0xac)) };
        let dummy: &[u8] = if is_multisig { &[0x00] } else { &[] };
        let shape = signatures | u8::from(is_hash) << 2;
        seeds.push(script_case::encode(shape, plain, &lock, dummy));
        // Of version 2, unfinal, before Genesis.
        seeds.push(script_case::encode(shape | 0b0110_1000, other, &lock, dummy));
    }
    let wrong_key = push(&wallets()[1].public_key());
    seeds.push(script_case::encode(1, plain, &wallets()[0].p2pkh(), &wrong_key));
    seeds
}

pub(super) fn headers_files() -> Vec<Vec<u8>> {
    let root = "0123456789abcdef".repeat(4);
    [
        json!({ "814435": root }),
        json!({ "0": { "root": root, "time": 1_697_040_000 }, "4294967295": { "root": root } }),
        json!({ "1": root, "2": { "time": 7, "root": root.to_uppercase() }, "30": root }),
    ]
    .map(|value| value.to_string().into_bytes())
    .to_vec()
}

pub(super) fn identifiers() -> Vec<Vec<u8>> {
    let txid = "00ffAB12".repeat(8);
    [txid.clone(), format!("{txid}.0"), format!("{txid}.4294967295"), "tm_helloworld".into(), "ls_a_1".into()]
        .map(String::into_bytes)
        .to_vec()
}

pub(super) fn arc_answers() -> Vec<Vec<u8>> {
    let txid = "ab".repeat(32);
    let answer = |status: u16, body: serde_json::Value| {
        [&(status - 100).to_le_bytes()[..], body.to_string().as_bytes()].concat()
    };
    let mut seeds: Vec<Vec<u8>> = TxStatus::ALL
        .iter()
        .map(|status| {
            let body = json!({ "status": 200, "title": "OK", "txStatus": status.name(), "txid": txid,
                "blockHeight": 814_435, "competingTxs": [txid], "extraInfo": "invalid transaction: mempool full" });
            answer(200, body)
        })
        .collect();
    for status in [400, 409, 460, 461, 465, 466, 472, 503] {
        let body = json!({ "type": "t", "title": "Fee too low", "status": status, "detail": "d", "txid": null });
        seeds.extend([answer(status, body.clone()), answer(200, body)]);
    }
    seeds
}

pub(super) fn arc_requests() -> Vec<Vec<u8>> {
    let (chain, coin) = chain_with_coin();
    let transaction = spend(&coin);
    let source = |outpoint: &Outpoint| chain.output(outpoint);
    let extended = extended_format::encode(&transaction, source).expect("the coin is known");
    let hex = hex::encode(&extended);
    let object = json!({ "rawTx": hex });
    vec![
        [&[0][..], &extended].concat(),
        [&[0][..], transaction.raw()].concat(),
        [&[1][..], &extended, material().transactions[0].raw()].concat(),
        [&[4][..], hex.as_bytes()].concat(),
        [&[5][..], hex.as_bytes(), b"\n", hex::encode(transaction.raw()).as_bytes()].concat(),
        [&[8][..], object.to_string().as_bytes()].concat(),
        [&[9][..], json!([object, object]).to_string().as_bytes()].concat(),
        [&[2][..], coin.outpoint.txid.to_string().as_bytes()].concat(),
    ]
}

/// The file of a chain with a coin, its spend and two blocks, and one that names its transactions by line.
pub(super) fn journals() -> Vec<Vec<u8>> {
    let path = journal_path();
    // Left by an earlier process of the same number.
    let _ = std::fs::remove_file(&path);
    let chain = LocalChain::open(&path, &GENESIS).expect("a new chain");
    let coin = fund(&chain);
    let empty = std::fs::read(&path).expect("the chain's file");
    chain.submit(&spend(&coin)).expect("the coin is spent");
    let waiting = std::fs::read(&path).expect("the chain's file");
    chain.mine(NOW).expect("a block");
    let mined = std::fs::read_to_string(&path).expect("the chain's file");
    drop(chain);
    std::fs::remove_file(&path).expect("the file goes");
    let mut named = mined.clone();
    for (number, id) in [(2, coin.outpoint.txid), (4, spend(&coin).txid())] {
        named = named.replace(&id.to_string(), &format!("#{number}"));
    }
    let half = waiting[..waiting.len() - 9].to_vec();
    // Transactions of another chain, of one output and of many, in a block whose hash is to be put right.
    let first = mined.lines().next().unwrap_or_default();
    let foreign = material().transactions.iter().map(|transaction| {
        let line = json!({ "tx": hex::encode(transaction.raw()) });
        let block = json!({ "time": 1_700_000_200, "transactions": ["#2"], "hash": "0".repeat(64) });
        format!("{first}\n{line}\n{}\n", json!({ "block": block })).into_bytes()
    });
    let ours = [empty, waiting, mined.clone().into_bytes(), named.into_bytes(), half];
    ours.into_iter().chain(foreign).collect()
}
