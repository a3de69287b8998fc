//! Who stands behind a submission, and what a certificate is worth, as a plugin hears of it.

use serde_json::Value;
use trellis_engine::domain::evidence::{KnownCertificate, TopicEvidence, Vouching};
use trellis_engine::ports::plugins::{FaultKind, PluginError, Plugins};
use trellis_plugins_embedded as embedded;
use trellis_sandbox::LoadError;
use trellis_sandbox::limits::CURVE_OPERATION_WORK;
use trellis_spv::hash::{Outpoint, Txid};

use crate::support::{Bench, Rows, config, plugin_id, service};

/// A certificate of the unmodified `@bsv/sdk` whose keyring is for anyone, as JSON.
fn shown_to_anyone() -> Value {
    let vectors = include_str!("../../../spv/tests/vectors/identity.json");
    let vectors: Value = serde_json::from_str(vectors).unwrap();
    let mut all = vectors["certificates"].as_array().unwrap().iter();
    let vector = all.find(|vector| vector["label"] == "shown to anyone").unwrap();
    let mut certificate = vector["certificate"].clone();
    certificate["keyring"] = vector["keyring"].clone();
    certificate
}

/// What the hostile guest's topic manager refuses with.
fn refusal(bench: &Bench, behaviour: &str, host: &mut Rows) -> String {
    match bench.judge(behaviour, host) {
        Err(PluginError::Refusal(text)) => text,
        other => panic!("{behaviour}: {other:?}"),
    }
}

fn verdict(bench: &Bench, certificate: &Value) -> String {
    refusal(bench, &format!("verify-certificate:{certificate}"), &mut Rows::default())
}

#[test]
fn signers_and_certificates_reach_the_topic_manager_as_they_are() {
    let bench = Bench::hostile(&[], &[]);
    let certificate = KnownCertificate {
        certificate_type: [0; 32],
        serial_number: [0; 32],
        subject: [2; 33],
        certifier: [3; 33],
        revocation: Some(Outpoint::new(Txid::from_internal([0x11; 32]), 7)),
        revealed: vec![("name".into(), "Alice".into())],
        vouched_by: vec![Vouching {
            federation: "banks".into(),
            organisation: "first".into(),
            fields: vec!["name".into()],
        }],
    };
    let evidence = TopicEvidence { signers: vec![[3; 33], [2; 33]], certificates: vec![certificate] };
    let mut host = Rows { evidence: Some(evidence), ..Rows::default() };
    let (two, three) = ("02".repeat(33), "03".repeat(33));
    assert_eq!(refusal(&bench, "signers", &mut host), format!("Some({three}) of [{three}, {two}]"));
    let text = refusal(&bench, "certificates", &mut host);
    let zeros = "A".repeat(43) + "=";
    for part in [
        format!("certificate_type: {zeros}, serial_number: {zeros}, subject: {two}, certifier: {three}"),
        format!("revocation: Some(Outpoint {{ txid: {}, output_index: 7 }})", "11".repeat(32)),
        r#"revealed: [Field { name: "name", value: "Alice" }]"#.into(),
        r#"vouched_by: [Vouching { federation: "banks", organisation: "first", fields: ["name"] }]"#.into(),
    ] {
        assert!(text.contains(&part), "{text} lacks {part}");
    }
}

#[test]
fn who_judges_nothing_and_asks_who_stands_behind_it_breaks() {
    for behaviour in ["signers", "certificates"] {
        let bench = Bench::hostile(&[], &[]);
        let query = format!("\"{behaviour}\"");
        match bench.sandbox.lookup(&plugin_id("hostile"), &service(), &query, &mut Rows::default()) {
            Err(PluginError::Fault(fault)) => assert_eq!(fault.kind, FaultKind::NotAllowed, "{behaviour}: {fault}"),
            other => panic!("{behaviour}: {other:?}"),
        }
        let mut bench = Bench::new();
        match bench.load(config("hostile", embedded::HOSTILE, &[("behave-describe", behaviour)], &[])) {
            Err(LoadError::Describe(PluginError::Fault(fault))) => {
                assert_eq!(fault.kind, FaultKind::NotAllowed, "{behaviour}: {fault}");
                let text =
                    "`identity.signers` and `identity.certificates` are for a topic manager that judges a submission";
                assert!(fault.to_string().contains(text), "{fault}");
            }
            other => panic!("{behaviour}: {other:?}"),
        }
    }
}

#[test]
fn a_certificate_is_verified_and_read_for_whoever_asks() {
    let certificate = shown_to_anyone();
    let text = verdict(&Bench::hostile(&[], &[]), &certificate);
    for name in certificate["keyring"].as_object().unwrap().keys() {
        assert!(text.contains(&format!("name: {name:?}")), "{text}");
    }
    assert!(text.contains("alice@example.org"), "{text}");
}

#[test]
fn what_is_wrong_with_a_certificate_is_said_and_no_fault() {
    let bench = Bench::hostile(&[], &[]);
    let good = shown_to_anyone();
    let forged = |certificate: &mut Value| certificate["fields"]["email"] = certificate["fields"]["firstName"].clone();
    type Change<'a> = &'a dyn Fn(&mut Value);
    let changes: [(&str, Change<'_>); 9] = [
        ("signature is not the one of its certifier", &forged),
        ("is not base64 of 32 bytes", &|certificate| certificate["type"] = "AAAA".into()),
        ("subject", &|certificate| certificate["subject"] = "02".repeat(33).replace("02", "00").into()),
        ("not hexadecimal", &|certificate| certificate["certifier"] = "nobody".into()),
        ("revocation outpoint", &|certificate| certificate["revocationOutpoint"] = "none".into()),
        ("not base64 with padding", &|certificate| certificate["fields"]["email"] = "?".into()),
        ("DER", &|certificate| certificate["signature"] = "30".into()),
        ("which the certificate does not have", &|certificate| certificate["keyring"]["other"] = "AAAA".into()),
        ("does not decrypt", &|certificate| {
            certificate["keyring"]["email"] = certificate["keyring"]["firstName"].clone();
        }),
    ];
    for (says, change) in changes {
        let mut certificate = good.clone();
        change(&mut certificate);
        let text = verdict(&bench, &certificate);
        assert!(text.contains(says), "{says}: {text}");
    }
    let mut hidden = good;
    hidden["keyring"] = Value::Object(serde_json::Map::new());
    assert_eq!(verdict(&bench, &hidden), "[]", "nothing revealed is nothing wrong");
}

#[test]
fn a_certificate_costs_its_signature_and_each_key_of_its_keyring_whatever_comes_of_it() {
    let mut certificate = shown_to_anyone();
    let keys = certificate["keyring"].as_object().unwrap().len() as u64;
    let cost = |certificate: &Value| {
        let mut host = Rows::default();
        refusal(&Bench::hostile(&[], &[]), &format!("verify-certificate:{certificate}"), &mut host);
        host.spent.host_work
    };
    assert!(cost(&certificate) > (2 + 4 * keys) * CURVE_OPERATION_WORK);
    certificate["signature"] = "30".into();
    assert!(cost(&certificate) > (2 + 4 * keys) * CURVE_OPERATION_WORK, "a malformed one too");

    let bench = Bench::hostile(&[], &[("curve_operations", 1 + 4 * keys)]);
    let behaviour = format!("verify-certificate:{certificate}");
    match bench.judge(&behaviour, &mut Rows::default()) {
        Err(PluginError::Fault(fault)) => {
            assert_eq!(fault.kind, FaultKind::Budget, "{fault}");
            assert!(fault.to_string().contains("limit `curve-operations`"), "{fault}");
        }
        other => panic!("{other:?}"),
    }
}
