//! `identity explain`: who vouches for a key or a certificate on a running host, and why or why not.

use std::io::Read;
use std::path::PathBuf;

use super::CommandResult;
use super::operate::AdminArguments;
use crate::http::body::evidence::CertificateBody;
use crate::http::body::identity::{ExplainBody, ExplainedBody, ExplainedCertificateBody, ExplainedKeyBody};

/// What to ask about identities.
#[derive(Debug, clap::Subcommand)]
pub enum IdentityCommand {
    /// Say who vouches for a key or a certificate, and why or why not
    Explain(ExplainArguments),
}

/// Arguments of `identity explain`.
#[derive(Debug, clap::Args)]
pub struct ExplainArguments {
    /// An identity key (66 hexadecimal digits), or a file with a certificate as JSON, or - for standard input
    #[arg(value_name = "KEY|CERTIFICATE")]
    pub what: String,
    /// Where to ask
    #[command(flatten)]
    pub admin: AdminArguments,
}

/// Hexadecimal digits of an identity key.
const KEY_DIGITS: usize = 66;

/// Runs a command about identities.
///
/// # Errors
/// The host cannot be asked, or what is asked about is neither key nor certificate.
pub fn run(command: &IdentityCommand) -> CommandResult {
    let IdentityCommand::Explain(ExplainArguments { what, admin }) = command;
    let asked = asked(what)?;
    let answer: ExplainedBody = admin.client().post_json("/admin/identity/explain", &serde_json::to_value(&asked)?)?;
    let in_words = match &answer {
        ExplainedBody::Key(key) => key_in_words(key),
        ExplainedBody::Certificate(certificate) => certificate_in_words(certificate),
    };
    admin.print(&answer, &in_words)
}

fn asked(what: &str) -> Result<ExplainBody, Box<dyn std::error::Error>> {
    if what.len() == KEY_DIGITS && what.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(ExplainBody::Key(what.to_owned()));
    }
    let mut text = String::new();
    if what == "-" {
        std::io::stdin().read_to_string(&mut text)?;
    } else {
        let file = PathBuf::from(what);
        text = std::fs::read_to_string(&file).map_err(|error| {
            format!(
                "`{what}` is no identity key ({KEY_DIGITS} hexadecimal digits), and no file that can be read: {error}"
            )
        })?;
    }
    let certificate: CertificateBody = serde_json::from_str(&text)
        .map_err(|error| format!("`{what}` holds no certificate as @bsv/sdk writes it: {error}"))?;
    Ok(ExplainBody::Certificate(certificate))
}

fn key_in_words(key: &ExplainedKeyBody) -> String {
    let mut text = format!("key {}\n", key.key);
    if key.is_this_host {
        text.push_str("is this host's own identity key\n");
    }
    for entry in &key.certifies_for {
        let (federation, organisation, certifier) = (&entry.federation, &entry.organisation, &entry.certifier);
        text.push_str(&format!(
            "certifies as `{certifier}` for organisation `{organisation}`, which federation `{federation}` trusts\n"
        ));
    }
    if key.certifies_for.is_empty() {
        text.push_str(
            "certifies for no organisation in the federations file; whom it belongs to is said by certificates about it: explain one of those\n",
        );
    }
    text
}

fn certificate_in_words(certificate: &ExplainedCertificateBody) -> String {
    let ExplainedCertificateBody { certificate_type, serial_number, subject, certifier, .. } = certificate;
    let mut text = format!("certificate {serial_number} of type {certificate_type}\n  about     {subject}\n");
    let own = if certificate.is_self_signed { " (itself: it says what somebody says of himself)" } else { "" };
    text.push_str(&format!("  signed by {certifier}{own}\n"));
    let revocation = certificate.revocation_outpoint.as_deref().unwrap_or("nothing: it names no output");
    text.push_str(&format!("  revoked by spending {revocation}\n"));
    if certificate.revealed.is_empty() {
        text.push_str("  reveals nothing to anyone\n");
    }
    for (name, value) in &certificate.revealed {
        // What certifiers wrote is foreign text: a terminal must not obey it.
        text.push_str(&format!("  reveals {name} = {}\n", value.escape_debug()));
    }
    for word in &certificate.federations {
        let federation = &word.federation;
        match (&word.organisation, &word.why_not) {
            (Some(organisation), _) => {
                let fields = word.fields.join(", ");
                text.push_str(&format!(
                    "federation `{federation}`: organisation `{organisation}` vouches for {fields}\n"
                ));
            }
            (None, why_not) => {
                let why_not = why_not.as_deref().unwrap_or("it does not say why");
                text.push_str(&format!("federation `{federation}`: nobody vouches: {why_not}\n"));
            }
        }
    }
    if certificate.federations.is_empty() {
        text.push_str("this host knows no federations: name their file in [identity] federations\n");
    }
    text
}
