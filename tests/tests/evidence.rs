//! Who stands behind a submission: evidence that anyone can check, demanded by topics, kept with what was applied. Its promises are in
//! `tests/sdk/evidence.test.mjs`.

use std::path::PathBuf;

use serde_json::json;
use trellis_spv::identity::certificate::{CertificateType, Revocation};
use trellis_spv::identity::key::{Counterparty, PrivateKey};
use trellis_spv::testing::Issue;
use trellis_system_tests::binary;
use trellis_system_tests::configuration::Configuration;
use trellis_system_tests::evidence::{certificate, identity};
use trellis_system_tests::host::Host;
use trellis_system_tests::promises;
use trellis_system_tests::world::World;

const CERTIFIER: [u8; 32] = [0x5a; 32];
const TYPE: [u8; 32] = [7; 32];

fn key(secret: [u8; 32]) -> PrivateKey {
    PrivateKey::from_bytes(secret).unwrap()
}

fn public(secret: [u8; 32]) -> String {
    identity(&key(secret))
}

/// Writes the federations file: organisation `acme` in federation `trade`.
fn federations(world: &World) -> PathBuf {
    let file = world.folder().join("federations.toml");
    let text = format!(
        r#"[certifier.registry]
key = "{}"
[organisation.acme]
certifiers = ["registry"]
[[organisation.acme.vouches]]
type = "{}"
fields = ["role"]
[federation.trade]
organisations = ["acme"]
revocation = "tracked"
revocation-topic = "tm_certificate_revocation"
"#,
        public(CERTIFIER),
        CertificateType(TYPE),
    );
    std::fs::write(&file, text).unwrap();
    file
}

/// Orders are for certified parties only; certifiers say in a topic of their own what is revoked.
fn configuration(world: &World) -> Configuration {
    let tables = format!(
        r#"[identity]
federations = '{}'
[[topic]]
name = "tm_orders"
plugin = "anytx"
certified = {{ type = "{}", fields = ["role"], federation = "trade" }}
[[topic]]
name = "tm_certificate_revocation"
plugin = "revocation"
"#,
        federations(world).display(),
        CertificateType(TYPE),
    );
    Configuration::new()
        .builtin("anytx", "anytx", "")
        .builtin("revocation", "certificate-revocation", "")
        .tables(&tables)
}

#[test]
fn a_certified_topic_takes_what_certified_parties_signed_and_keeps_what_anyone_can_check() {
    let folder = tempfile::tempdir().unwrap();
    let shared = folder.path().join("federations.toml");
    let (certifier, file) = (hex::encode(CERTIFIER), shared.display().to_string());
    let configuration = |world: &World| {
        let configuration = configuration(world);
        // Where the script can change it.
        std::fs::rename(federations(world), &shared).unwrap();
        std::os::unix::fs::symlink(&shared, world.folder().join("federations.toml")).unwrap();
        configuration
    };
    promises::keep("evidence.test.mjs", configuration, &[("FEDERATIONS", &file), ("CERTIFIER", &certifier)]);
}

#[test]
fn identity_explain_says_who_vouches_and_why_or_why_not() {
    let world = World::new();
    world.publish();
    let mut host = Host::start(&configuration(&world), &world);
    let explain = |what: &str| {
        let mut command = binary::command();
        command.args(["identity", "explain", what, "--url", host.admin().url()]);
        let output = command.output().unwrap();
        let (said, failed) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (output.status.success(), format!("{said}{failed}"))
    };
    let explained = |what: &str, expected: &[&str]| {
        let (success, said) = explain(what);
        assert!(success, "{said}");
        for expected in expected {
            assert!(said.contains(expected), "{said}");
        }
    };
    let registry = "certifies as `registry` for organisation `acme`, which federation `trade` trusts";
    explained(&public(CERTIFIER), &[registry]);
    explained(&public([9; 32]), &["certifies for no organisation in the federations file"]);
    let own = host.client().post_json(
        "/.well-known/auth",
        &[],
        &json!({
            "version": "0.1", "messageType": "initialRequest", "identityKey": public([9; 32]), "initialNonce": "AAAA",
        }),
    );
    let own = own.expect(200).json()["identityKey"].as_str().unwrap().to_owned();
    explained(&own, &["is this host's own identity key"]);

    let shown = |certifier: [u8; 32], name: &str, revealed: &[&str]| {
        let (certifier, subject) = (key(certifier), key([3; 32]));
        let issue = Issue {
            certifier: &certifier,
            subject: &subject,
            certificate_type: TYPE,
            serial_number: [1; 32],
            revocation: Revocation::Unnamed,
            fields: &[("role", "buyer\u{1b}[2J")],
        };
        let file = world.folder().join(name);
        std::fs::write(&file, certificate(&issue.shown_to(&Counterparty::Anyone, revealed)).to_string()).unwrap();
        file.display().to_string()
    };
    let unnamed =
        "federation `trade`: nobody vouches: it names no revocation outpoint, and topic `tm_certificate_revocation`";
    explained(&shown(CERTIFIER, "known.json", &["role"]), &["reveals role = buyer\\u{1b}[2J", unnamed]);
    explained(
        &shown([4; 32], "foreign.json", &["role"]),
        &["belongs to no organisation that federation `trade` trusts"],
    );
    explained(
        &shown([3; 32], "own.json", &[]),
        &["itself: it says what somebody says of himself", "reveals nothing to anyone"],
    );
    let (success, said) = explain("nothing.json");
    assert!(
        !success && said.contains("is no identity key (66 hexadecimal digits), and no file that can be read"),
        "{said}"
    );
    let forged = std::fs::read_to_string(world.folder().join("known.json"))
        .unwrap()
        .replace("\"signature\":\"30", "\"signature\":\"31");
    let file = world.folder().join("forged.json");
    std::fs::write(&file, forged).unwrap();
    let (success, said) = explain(&file.display().to_string());
    assert!(!success && said.contains("signature is not DER"), "{said}");
    assert!(host.end().success());
}
