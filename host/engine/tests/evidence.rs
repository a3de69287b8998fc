//! Verdicts that rest on who stands behind a submission.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a failed test")]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use support::{BREAK, CERTIFICATE_TYPE, CERTIFIED, NOW, RETAIN, WITNESS, World, topic, world, world_over};
use trellis_engine::domain::evidence::RevocationRule;
use trellis_engine::domain::row::{ContentId, Namespace, Row, RowKey};
use trellis_engine::domain::status::NetworkWord;
use trellis_engine::domain::time::{Sequence, Timestamp};
use trellis_engine::evidence::{Evidence, EvidenceError, KeptEvidence, SubmissionSignature};
use trellis_engine::federation::{Federation, FederationError, Federations, Organisation, VouchesFor};
use trellis_engine::ports::store::Store;
use trellis_engine::submit::{Submission, SubmitError, Submitted, TopicChoice};
use trellis_spv::hash::Txid;
use trellis_spv::identity::certificate::{CertificateType, FieldName, Revocation, VerifiableCertificate};
use trellis_spv::identity::key::{Counterparty, PrivateKey};
use trellis_spv::identity::submission::sign;
use trellis_spv::testing::{Issue, coin};
use trellis_spv::transaction::Transaction;

fn key(seed: u8) -> PrivateKey {
    PrivateKey::from_bytes([seed; 32]).unwrap()
}

const CERTIFIER: u8 = 10;
const BUYER: u8 = 20;
const SELLER: u8 = 21;

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// One organisation in one federation, whose certificates are revoked as `revocation` says.
fn trust(revocation: RevocationRule, expires: Option<&str>) -> Federations {
    let rule = VouchesFor {
        certificate_type: CertificateType(CERTIFICATE_TYPE),
        fields: vec![FieldName::new("role").unwrap()],
        expires: expires.map(|field| FieldName::new(field).unwrap()),
    };
    let certifiers = BTreeMap::from([(key(CERTIFIER).public_key().serialize(), "registry".to_owned())]);
    let acme = Organisation { certifiers, vouches: vec![rule] };
    let trade = Federation { organisations: names(&["acme"]), trusts: vec![], revocation };
    let federations = BTreeMap::from([("trade".to_owned(), trade)]);
    Federations::new(BTreeMap::from([("acme".to_owned(), acme)]), federations).unwrap()
}

/// A certificate about `subject`: (certifier, serial, revocation, fields, revealed).
fn certificate(
    subject: u8,
    certifier: u8,
    serial: u8,
    revocation: Revocation,
    fields: &[(&str, &str)],
    revealed: &[&str],
) -> VerifiableCertificate {
    let (certifier, subject) = (key(certifier), key(subject));
    let issue = Issue {
        certifier: &certifier,
        subject: &subject,
        certificate_type: CERTIFICATE_TYPE,
        serial_number: [serial; 32],
        revocation,
        fields,
    };
    issue.shown_to(&Counterparty::Anyone, revealed)
}

fn role(subject: u8, serial: u8, revocation: Revocation) -> VerifiableCertificate {
    certificate(subject, CERTIFIER, serial, revocation, &[("role", "buyer")], &["role"])
}

fn signature(signer: u8, txid: &Txid, rule: &str) -> SubmissionSignature {
    let topic = topic(rule);
    let signature = sign(&key(signer), txid, topic.as_str()).unwrap();
    SubmissionSignature { signer: key(signer).public_key(), topic, signature }
}

fn evidence(txid: &Txid, rule: &str, signers: &[u8], certificates: Vec<VerifiableCertificate>) -> Evidence {
    Evidence { signatures: signers.iter().map(|signer| signature(*signer, txid, rule)).collect(), certificates }
}

fn submit(
    world: &World,
    rules: &[&str],
    beef: &[u8],
    evidence: Option<&Evidence>,
    now: Timestamp,
) -> Result<Submitted, SubmitError> {
    let topics: Vec<_> = rules.iter().map(|rule| topic(rule)).collect();
    let topics = TopicChoice::Named(&topics);
    world.engine.submit(&Submission { beef, off_chain_values: None, topics, require_all: false, evidence }, now)
}

/// What the topic of a rule saw of who stands behind a transaction.
fn saw(world: &World, rule: &str, transaction: &Transaction) -> Option<String> {
    let id = world.engine.hosting().topic(&topic(rule)).unwrap().id;
    let key = RowKey::State(Namespace::Topic(id), transaction.txid().internal().to_vec());
    match world.store.get(&key, world.store.durable()).unwrap()?.row {
        Row::State(value) => Some(String::from_utf8(value).unwrap()),
        other => panic!("{other:?}"),
    }
}

fn refusal(answer: &Submitted, rule: &str) -> String {
    assert_eq!((answer.sequence, answer.steak[&topic(rule)].is_empty()), (None, true));
    answer.refusals[&topic(rule)].clone()
}

const BUYER_SAW: &str = r#"1 signers, ["1 [(\"role\", \"buyer\")] [\"trade\"]"]"#;

#[test]
fn a_topic_that_wants_certificates_takes_what_a_holder_signed_and_says_what_is_missing() {
    let world = world(&[CERTIFIED]);
    world.engine.trust(trust(RevocationRule::BestEffort(None), None));
    let paid = world.pay(&[world.coin(1_000)]);
    let (txid, beef) = (paid.txid(), world.beef(&[&paid]));
    let wants = "topic `tm_certified` takes what somebody signed who has a certificate of type \
        BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc= for which federation `trade` vouches, revealing `role`; ";
    let bring = ". Bring, as evidence, a signature over the txid and the topic, and the signer's certificate with a keyring for anyone";
    let refused = |evidence: Option<&Evidence>| {
        let text = refusal(&submit(&world, &[CERTIFIED], &beef, evidence, NOW).unwrap(), CERTIFIED);
        text.strip_prefix(wants)
            .and_then(|text| text.strip_suffix(bring))
            .unwrap_or_else(|| panic!("{text}"))
            .to_owned()
    };
    let with = |certificate| refused(Some(&evidence(&txid, CERTIFIED, &[BUYER], vec![certificate])));
    let serial = "certificate AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

    assert_eq!(refused(None), "nobody signed the transaction for this topic");
    assert_eq!(
        refused(Some(&evidence(&txid, WITNESS, &[BUYER], vec![]))),
        "nobody signed the transaction for this topic"
    );
    assert_eq!(
        refused(Some(&evidence(&txid, CERTIFIED, &[BUYER], vec![]))),
        "it was signed, but no certificate about a signer came with it"
    );
    let hidden = certificate(BUYER, CERTIFIER, 1, Revocation::Unnamed, &[("role", "buyer")], &[]);
    assert_eq!(with(hidden), format!("{serial}: it does not reveal the field `role`"));
    let foreign = certificate(BUYER, 11, 1, Revocation::Unnamed, &[("role", "buyer")], &["role"]);
    let certifier = hex::encode(key(11).public_key().serialize());
    assert_eq!(
        with(foreign),
        format!("{serial}: its certifier {certifier} belongs to no organisation that federation `trade` trusts")
    );
    let own = certificate(BUYER, BUYER, 1, Revocation::Unnamed, &[("role", "buyer")], &["role"]);
    assert!(with(own).contains("belongs to no organisation"));

    let good = evidence(&txid, CERTIFIED, &[BUYER], vec![role(BUYER, 1, Revocation::Unnamed)]);
    let taken = submit(&world, &[CERTIFIED], &beef, Some(&good), NOW).unwrap();
    assert_eq!(taken.steak[&topic(CERTIFIED)].outputs_to_admit, [0]);
    assert_eq!(saw(&world, CERTIFIED, &paid).unwrap(), BUYER_SAW);
    world.assert_sound();
}

#[test]
fn evidence_that_proves_nothing_is_a_bad_request_that_says_which_part_of_it() {
    let world = world(&[WITNESS]);
    world.engine.trust(trust(RevocationRule::BestEffort(None), None));
    let (paid, other) = (world.pay(&[world.coin(1_000)]), world.pay(&[world.coin(2_000)]));
    let (txid, beef) = (paid.txid(), world.beef(&[&paid]));
    let refused = |evidence: &Evidence| match submit(&world, &[WITNESS], &beef, Some(evidence), NOW).unwrap_err() {
        SubmitError::Evidence(error) => error,
        other => panic!("{other}"),
    };
    let buyer = key(BUYER).public_key().serialize();
    let signed = |certificates| evidence(&txid, WITNESS, &[BUYER], certificates);

    assert_eq!(refused(&Evidence::default()), EvidenceError::NoSignature);
    let replayed = evidence(&other.txid(), WITNESS, &[BUYER], vec![]);
    let forged = refused(&replayed);
    assert_eq!(forged, EvidenceError::Signature { signer: buyer, topic: topic(WITNESS), txid });
    assert!(forged.to_string().contains("[2, \"overlay submission\"], key id \"1\" and counterparty \"anyone\""));
    let mut elsewhere = evidence(&txid, CERTIFIED, &[BUYER], vec![]);
    elsewhere.signatures[0].topic = topic(WITNESS);
    assert!(matches!(refused(&elsewhere), EvidenceError::Signature { .. }));
    assert!(matches!(
        refused(&evidence(&txid, WITNESS, &[BUYER, BUYER], vec![])),
        EvidenceError::SignatureTwice { .. }
    ));
    let many = vec![role(BUYER, 1, Revocation::Unnamed); 33];
    assert_eq!(refused(&signed(many)), EvidenceError::TooMuch { what: "certificates", actual: 33, limit: 32 });
    let long = "x".repeat(40_000);
    let large = certificate(BUYER, CERTIFIER, 9, Revocation::Unnamed, &[("role", &long)], &[]);
    let several: Vec<_> = (0..6).map(|_| large.clone()).collect();
    assert!(matches!(refused(&signed(several)), EvidenceError::TooMuch { what: "bytes", .. }));
    let about_seller = refused(&signed(vec![role(SELLER, 1, Revocation::Unnamed)]));
    assert!(matches!(about_seller, EvidenceError::WrongSubject { .. }), "{about_seller}");
    let twice = vec![role(BUYER, 1, Revocation::Unnamed), role(BUYER, 1, Revocation::Unnamed)];
    assert!(matches!(refused(&signed(twice)), EvidenceError::CertificateTwice(_)));
    // Signed by another than the certifier it names.
    let mut forged = role(BUYER, 1, Revocation::Unnamed).certificate().clone();
    forged.certifier = key(11).public_key();
    let forged = VerifiableCertificate::new(forged, Default::default()).unwrap();
    assert!(refused(&signed(vec![forged])).to_string().contains("is not the one of its certifier"));
    // A keyring of another certificate decrypts nothing.
    let mine = role(BUYER, 1, Revocation::Unnamed);
    let keyring = role(BUYER, 2, Revocation::Unnamed).keyring().clone();
    let locked = VerifiableCertificate::new(mine.certificate().clone(), keyring).unwrap();
    assert!(refused(&signed(vec![locked])).to_string().contains("does not decrypt"));
    assert_eq!(world.store.durable(), Sequence(0));
}

#[test]
fn a_certificate_that_expired_counts_for_nothing_and_the_refusal_says_when() {
    let world = world(&[CERTIFIED]);
    world.engine.trust(trust(RevocationRule::BestEffort(None), Some("until")));
    let ask = |until: Option<&str>| {
        let paid = world.pay(&[world.coin(1_000)]);
        let fields: Vec<_> = [("role", "buyer")].into_iter().chain(until.map(|until| ("until", until))).collect();
        let revealed: Vec<_> = fields.iter().map(|(name, _)| *name).collect();
        let certificate = certificate(BUYER, CERTIFIER, 1, Revocation::Unnamed, &fields, &revealed);
        let evidence = evidence(&paid.txid(), CERTIFIED, &[BUYER], vec![certificate]);
        submit(&world, &[CERTIFIED], &world.beef(&[&paid]), Some(&evidence), NOW).unwrap()
    };
    // The time of these tests is 2027-01-15T08:00:00Z.
    for (until, text) in [
        (Some("2027-01-14"), "it expired: its field `until` says 2027-01-14"),
        (Some("2027-01-15T08:00:00Z"), "it expired"),
        (Some("next year"), "it does not reveal the field `until`, which says until when it holds"),
        (None, "it does not reveal the field `until`"),
    ] {
        let refused = refusal(&ask(until), CERTIFIED);
        assert!(refused.contains(text), "{refused}");
    }
    for until in ["2027-01-15", "2027-01-15T08:00:01Z"] {
        assert!(!ask(Some(until)).steak[&topic(CERTIFIED)].is_empty(), "{until}");
    }
}

/// A transaction whose first output revokes certificates, submitted to the revocation topic.
fn issued(world: &World) -> (Transaction, Revocation) {
    let issued = world.pay(&[world.coin(5_000)]);
    world.submit(&[RETAIN], &world.beef(&[&issued])).unwrap();
    let outpoint = coin(&issued, 0).outpoint;
    (issued, Revocation::Outpoint(outpoint))
}

fn tracked() -> Federations {
    trust(RevocationRule::Tracked(topic(RETAIN)), None)
}

/// Submits a new transaction that the buyer signed for the certified topic.
fn buy(world: &World, revocation: Revocation) -> (Transaction, Submitted) {
    let paid = world.pay(&[world.coin(1_000)]);
    let evidence = evidence(&paid.txid(), CERTIFIED, &[BUYER], vec![role(BUYER, 1, revocation)]);
    let answer = submit(world, &[CERTIFIED], &world.beef(&[&paid]), Some(&evidence), NOW).unwrap();
    (paid, answer)
}

#[test]
fn a_tracked_certificate_is_dead_once_its_outpoint_is_spent_and_what_nobody_knows_is_not_believed() {
    let world = world(&[CERTIFIED, RETAIN]);
    world.engine.trust(tracked());
    let unknown = Revocation::Outpoint(coin(&world.pay(&[world.coin(9_000)]), 0).outpoint);
    assert!(
        refusal(&buy(&world, unknown).1, CERTIFIED).contains("topic `tm_retain` does not hold its revocation outpoint")
    );
    assert!(refusal(&buy(&world, Revocation::Unnamed).1, CERTIFIED).contains("it names no revocation outpoint"));

    let (issued, revocation) = issued(&world);
    assert!(!buy(&world, revocation).1.steak[&topic(CERTIFIED)].is_empty());
    let revoked = world.pay(&[coin(&issued, 0)]);
    world.submit(&[RETAIN], &world.beef(&[&issued, &revoked])).unwrap();
    let refused = refusal(&buy(&world, revocation).1, CERTIFIED);
    assert!(refused.contains("it is revoked: topic `tm_retain` holds its revocation outpoint"), "{refused}");
    world.assert_sound();
}

#[test]
fn with_best_effort_only_what_is_known_as_spent_is_dead() {
    let world = world(&[CERTIFIED, RETAIN, WITNESS]);
    world.engine.trust(trust(RevocationRule::BestEffort(Some(topic(RETAIN))), None));
    let unknown = Revocation::Outpoint(coin(&world.pay(&[world.coin(9_000)]), 0).outpoint);
    for revocation in [unknown, Revocation::Unnamed] {
        assert!(!buy(&world, revocation).1.steak[&topic(CERTIFIED)].is_empty());
    }
    // A spend is a spend, whatever topic it was submitted to.
    for tells in [RETAIN, WITNESS] {
        let (issued, revocation) = issued(&world);
        assert!(!buy(&world, revocation).1.steak[&topic(CERTIFIED)].is_empty());
        let revoked = world.pay(&[coin(&issued, 0)]);
        world.submit(&[tells], &world.beef(&[&issued, &revoked])).unwrap();
        assert!(refusal(&buy(&world, revocation).1, CERTIFIED).contains("it is revoked"), "told to {tells}");
    }
}

#[test]
fn a_revocation_that_comes_while_a_topic_judges_has_it_judge_again() {
    let world = world(&[CERTIFIED, RETAIN]);
    world.engine.trust(tracked());
    let (issued, revocation) = issued(&world);
    let revoked = world.pay(&[coin(&issued, 0)]);
    let (engine, beef) = (Arc::clone(&world.engine), world.beef(&[&issued, &revoked]));
    *world.plugins.meanwhile.lock().unwrap() = Some(Box::new(move || {
        let topics = [topic(RETAIN)];
        let topics = TopicChoice::Named(&topics);
        let revocation = Submission { beef: &beef, off_chain_values: None, topics, require_all: true, evidence: None };
        engine.submit(&revocation, NOW).unwrap();
    }));
    assert!(refusal(&buy(&world, revocation).1, CERTIFIED).contains("it is revoked"));
    assert!(world.plugins.meanwhile.lock().unwrap().is_none());
}

fn refuse(world: &World, transaction: &Transaction) {
    let word = NetworkWord { broadcaster: "test".into(), code: 463, text: "no".into(), at: NOW };
    world.engine.take_back(&transaction.txid(), &word, NOW).unwrap();
}

#[test]
fn what_a_revocation_changed_is_judged_again_when_the_network_refuses_it() {
    let world = world(&[CERTIFIED, RETAIN, WITNESS]);
    world.engine.trust(tracked());
    let (issued, revocation) = issued(&world);
    let (before, _) = buy(&world, revocation);
    let revoked = world.pay(&[coin(&issued, 0)]);
    world.submit(&[RETAIN], &world.beef(&[&issued, &revoked])).unwrap();
    // A witness takes what is signed whatever its certificate is worth; it saw nobody vouch.
    let seen = world.pay(&[world.coin(1_000)]);
    let signed = evidence(&seen.txid(), WITNESS, &[BUYER], vec![role(BUYER, 1, revocation)]);
    submit(&world, &[WITNESS], &world.beef(&[&seen]), Some(&signed), NOW).unwrap();
    assert_eq!(saw(&world, WITNESS, &seen).unwrap(), r#"1 signers, ["1 [(\"role\", \"buyer\")] []"]"#);

    // Who judges again reads who vouched then, not whom the operator trusts today.
    world.engine.trust(Federations::default());
    refuse(&world, &revoked);
    assert_eq!(saw(&world, WITNESS, &seen).unwrap(), BUYER_SAW, "judged again without the revocation");
    assert_eq!(saw(&world, CERTIFIED, &before).unwrap(), BUYER_SAW);
    world.engine.trust(tracked());
    assert!(!buy(&world, revocation).1.steak[&topic(CERTIFIED)].is_empty());
    world.assert_sound();
}

#[test]
fn a_verdict_goes_with_the_transaction_that_had_the_revocation_outpoint_and_can_come_again_after_it() {
    let world = world(&[CERTIFIED, RETAIN]);
    world.engine.trust(tracked());
    let (issued, revocation) = issued(&world);
    let (bought, _) = buy(&world, revocation);
    refuse(&world, &issued);
    assert_eq!(saw(&world, CERTIFIED, &bought), None);
    world.mine(&[&issued]);
    world.submit(&[RETAIN], &world.beef(&[&issued])).unwrap();
    let evidence = evidence(&bought.txid(), CERTIFIED, &[BUYER], vec![role(BUYER, 1, revocation)]);
    let again = submit(&world, &[CERTIFIED], &world.beef(&[&bought]), Some(&evidence), NOW).unwrap();
    assert!(!again.steak[&topic(CERTIFIED)].is_empty(), "{:?}", again.refusals);
    assert_eq!(saw(&world, CERTIFIED, &bought).unwrap(), BUYER_SAW);
    world.assert_sound();
}

#[test]
fn what_was_taken_back_comes_back_with_its_evidence() {
    let world = world(&[CERTIFIED]);
    world.engine.trust(trust(RevocationRule::BestEffort(None), None));
    let (bought, _) = buy(&world, Revocation::Unnamed);
    refuse(&world, &bought);
    assert_eq!(saw(&world, CERTIFIED, &bought), None);
    world.engine.trust(Federations::default());
    let back = world.engine.try_again(&bought.txid(), NOW).unwrap().unwrap();
    assert!(!back.steak[&topic(CERTIFIED)].is_empty(), "{:?}", back.refusals);
    assert_eq!(saw(&world, CERTIFIED, &bought).unwrap(), BUYER_SAW);
    world.assert_sound();
}

#[test]
fn evidence_is_kept_with_the_applied_record_and_read_again_after_a_restart() {
    let first = world(&[CERTIFIED]);
    first.engine.trust(trust(RevocationRule::BestEffort(None), None));
    let (bought, _) = buy(&first, Revocation::Unnamed);
    let again = world_over(Arc::clone(&first.store), &[CERTIFIED]);
    let durable = again.store.durable();
    let Some(Row::Applied(applied)) =
        again.store.get(&RowKey::Applied(bought.txid()), durable).unwrap().map(|found| found.row)
    else {
        panic!("no applied record")
    };
    let [kept] = applied.carried.evidence.as_slice() else { panic!("{applied:?}") };
    let bytes = again.store.content(&ContentId::Carried(kept.sha256)).unwrap().unwrap();
    let kept = KeptEvidence::from_bytes(&bytes).unwrap();
    let [(signer, name, signature)] = kept.signatures.as_slice() else { panic!("{kept:?}") };
    assert_eq!((*signer, name), (key(BUYER).public_key().serialize(), &topic(CERTIFIED)));
    trellis_spv::identity::submission::verify(&key(BUYER).public_key(), &bought.txid(), name.as_str(), signature)
        .unwrap();
    kept.certificates[0].certificate.reveal_to_anyone().unwrap();
    assert_eq!(KeptEvidence::from_bytes(&kept.to_bytes()).unwrap(), kept);
    for end in 0..bytes.len() {
        assert!(KeptEvidence::from_bytes(&bytes[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn a_topic_that_judges_later_sees_the_evidence_of_every_submission_of_the_transaction() {
    let world = world(&[CERTIFIED, WITNESS]);
    world.engine.trust(trust(RevocationRule::BestEffort(None), None));
    let paid = world.pay(&[world.coin(1_000)]);
    let (txid, beef) = (paid.txid(), world.beef(&[&paid]));
    let mut both = evidence(&txid, WITNESS, &[SELLER], vec![]);
    both.signatures.push(signature(BUYER, &txid, CERTIFIED));
    both.certificates.push(role(BUYER, 1, Revocation::Unnamed));
    submit(&world, &[WITNESS], &beef, Some(&both), NOW).unwrap();
    assert_eq!(saw(&world, WITNESS, &paid).unwrap(), "1 signers, []");
    // The second submission brings the seller's word for the other topic; the buyer's was kept.
    let more = evidence(&txid, CERTIFIED, &[SELLER], vec![]);
    let answer = submit(&world, &[CERTIFIED], &beef, Some(&more), NOW).unwrap();
    assert!(!answer.steak[&topic(CERTIFIED)].is_empty());
    assert_eq!(saw(&world, CERTIFIED, &paid).unwrap(), BUYER_SAW.replace("1 signers", "2 signers"));
    world.assert_sound();
}

#[test]
fn evidence_of_one_transaction_is_bounded_however_often_it_comes() {
    let world = world(&[RETAIN, BREAK]);
    let paid = world.pay(&[world.coin(1_000)]);
    world.mine(&[&paid]);
    let (txid, beef) = (paid.txid(), world.beef(&[&paid]));
    world.submit(&[RETAIN], &beef).unwrap();
    // The topic's plugin breaks, so it has not judged, and whoever likes may bring it again.
    let bring = |seed: u8| {
        let evidence = evidence(&txid, BREAK, &[seed], vec![]);
        submit(&world, &[BREAK], &beef, Some(&evidence), NOW)
    };
    for seed in 1..=64 {
        assert_eq!(bring(seed).unwrap().unjudged.len(), 1);
    }
    let refused = bring(65).unwrap_err();
    assert!(matches!(refused, SubmitError::Evidence(EvidenceError::TooOften)), "{refused}");
    assert_eq!(bring(64).unwrap().unjudged.len(), 1, "what is kept may come again");
    assert_eq!(submit(&world, &[BREAK], &beef, None, NOW).unwrap().unjudged.len(), 1);
    world.assert_sound();
}

#[test]
fn federations_trust_the_members_of_others_and_a_circle_is_refused() {
    let organisation = |seed: u8| {
        let certifiers = BTreeMap::from([(key(seed).public_key().serialize(), format!("certifier {seed}"))]);
        let rule = VouchesFor {
            certificate_type: CertificateType(CERTIFICATE_TYPE),
            fields: vec![FieldName::new("role").unwrap()],
            expires: None,
        };
        Organisation { certifiers, vouches: vec![rule] }
    };
    let organisations =
        || BTreeMap::from([("acme".to_owned(), organisation(10)), ("globex".to_owned(), organisation(11))]);
    let federation = |members: &[&str], trusts: &[&str]| Federation {
        organisations: names(members),
        trusts: names(trusts),
        revocation: RevocationRule::BestEffort(None),
    };
    let of = |federations: &[(&str, Federation)]| {
        let federations =
            federations.iter().map(|(name, federation)| ((*name).to_owned(), federation.clone())).collect();
        Federations::new(organisations(), federations)
    };
    let trading =
        of(&[("trade", federation(&["acme"], &["customs"])), ("customs", federation(&["globex"], &[]))]).unwrap();
    let shown = certificate(BUYER, 11, 1, Revocation::Unnamed, &[("role", "buyer")], &["role"]);
    let known = trellis_engine::domain::evidence::KnownCertificate::new(
        shown.certificate(),
        &shown.reveal_to_anyone().unwrap(),
    );
    let by: Vec<_> = trading.vouch(&known, NOW).into_iter().map(|(by, _)| (by.federation, by.organisation)).collect();
    let expected = [("customs", "globex"), ("trade", "globex")].map(|(one, two)| (one.to_owned(), two.to_owned()));
    assert_eq!(by, expected);

    let circle = of(&[("a", federation(&[], &["b"])), ("b", federation(&[], &["c"])), ("c", federation(&[], &["b"]))]);
    assert_eq!(circle.unwrap_err(), FederationError::Circle(names(&["b", "c", "b"])));
    let unknown = of(&[("a", federation(&["nobody"], &[]))]).unwrap_err();
    assert!(matches!(unknown, FederationError::UnknownOrganisation { .. }), "{unknown}");
    let unknown = of(&[("a", federation(&[], &["nobody"]))]).unwrap_err();
    assert!(matches!(unknown, FederationError::UnknownFederation { .. }), "{unknown}");
    let shared = BTreeMap::from([("acme".to_owned(), organisation(10)), ("globex".to_owned(), organisation(10))]);
    let shared = Federations::new(shared, BTreeMap::new()).unwrap_err();
    assert!(matches!(shared, FederationError::SharedCertifier { .. }), "{shared}");
}
