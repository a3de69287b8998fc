//! Agreements of several parties: a topic takes only what every party signed that the terms name, each known to a federation by a
//! certificate that was not revoked. Its promises are in `tests/sdk/agreements.test.mjs`.

use std::fs;

use trellis_spv::identity::key::PrivateKey;
use trellis_system_tests::configuration::Configuration;
use trellis_system_tests::promises;
use trellis_system_tests::world::World;

/// The certificates' type in the script: 32 bytes of 7.
const TYPE: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";

/// A federation of one organisation, whose certifier has the private key of 32 bytes of 7.
fn federations() -> String {
    let certifier = PrivateKey::from_bytes([7; 32]).unwrap().public_key();
    format!(
        "[certifier.chamber]\nkey = \"{certifier}\"\n\
         [organisation.chamber]\ncertifiers = [\"chamber\"]\n\
         [[organisation.chamber.vouches]]\ntype = \"{TYPE}\"\nfields = [\"name\", \"registration\"]\n\
         [federation.trade]\norganisations = [\"chamber\"]\ntrusts = []\n\
         revocation = \"tracked\"\nrevocation-topic = \"tm_certificate_revocation\"\n"
    )
}

fn configuration(world: &World) -> Configuration {
    let (told, file) = (world.folder().join("told.wasm"), world.folder().join("federations.toml"));
    fs::write(&told, trellis_plugins_embedded::HOSTILE).unwrap();
    fs::write(&file, federations()).unwrap();
    Configuration::new()
        .file("told", &told, "")
        .builtin("certificate-revocation", "certificate-revocation", "")
        .topic("tm_told", "told")
        .topic("tm_certificate_revocation", "certificate-revocation")
        .tables(&format!("[identity]\nfederations = '{}'\n", file.display()))
}

#[test]
fn an_agreement_is_admitted_when_all_its_parties_signed_and_are_vouched_for() {
    promises::keep("agreements.test.mjs", configuration, &[]);
}
