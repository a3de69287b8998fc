//! Identity: the unmodified `IdentityClient` of `@bsv/sdk` publishes, finds and takes back certificates, nobody publishes
//! those of others, and certifiers make it known what they revoked. Its promises are in `tests/sdk/identity-client.test.mjs`.

use trellis_system_tests::configuration::Configuration;
use trellis_system_tests::promises;

#[test]
fn certificates_are_published_found_and_revoked_and_nobody_speaks_for_another() {
    let configuration = Configuration::usual()
        .builtin("identity", "identity", "")
        .builtin("certificate-revocation", "certificate-revocation", "")
        .topic("tm_identity", "identity")
        .topic("tm_certificate_revocation", "certificate-revocation")
        .service("ls_identity", "identity", &["tm_identity"])
        .service("ls_certificate_revocation", "certificate-revocation", &["tm_certificate_revocation"]);
    promises::keep("identity-client.test.mjs", |_| configuration, &[]);
}
