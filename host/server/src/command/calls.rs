//! `submit`, `lookup`, `ef`: clients of a running host.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use trellis_spv::beef::{self, BeefEntry};
use trellis_spv::extended_format;
use trellis_spv::hash::Txid;

use super::relay::RelayToken;
use super::{CommandResult, input};
use crate::client::{Client, Submission};
use crate::http::body::{ReceiptBody, TopicReceiptBody};
use crate::http::submit::AUTO;

/// Arguments of `submit`.
#[derive(Debug, clap::Args)]
pub struct SubmitArguments {
    /// The BEEF, as bytes or hexadecimal text; `-` reads standard input
    pub file: PathBuf,
    /// A topic; repeat it for several
    #[arg(long = "topic", short, required_unless_present = "auto")]
    pub topics: Vec<String>,
    /// Have the host find the topics: those that hold a coin the transaction spends, and those whose plugin says that it
    /// concerns them
    #[arg(long = "topics", value_parser = [AUTO], conflicts_with = "topics")]
    pub auto: Option<String>,
    /// Bytes to send along, kept with the submission but not on the chain
    #[arg(long, value_name = "FILE")]
    pub off_chain_values: Option<PathBuf>,
    /// Who stands behind it: a JSON file with signatures and certificates, as /openapi.json describes `EvidenceBody`
    #[arg(long, value_name = "FILE")]
    pub evidence: Option<PathBuf>,
    /// Store nothing unless every topic takes it
    #[arg(long)]
    pub require_all: bool,
    /// The host
    #[arg(long, default_value = "http://localhost:8080")]
    pub url: String,
    /// Print all that came of it as JSON
    #[arg(long)]
    pub json: bool,
}

/// Submits a BEEF.
///
/// # Errors
/// The input cannot be read, or the host refuses it.
pub fn submit(arguments: &SubmitArguments) -> CommandResult {
    let beef = input::read(&arguments.file)?;
    let off_chain_values = arguments.off_chain_values.as_deref().map(input::read).transpose()?;
    let evidence = arguments.evidence.as_deref().map(input::read).transpose()?;
    let topics: Vec<&str> = arguments.topics.iter().map(String::as_str).collect();
    let receipt = Client::new(&arguments.url).submit_for_receipt(&Submission {
        beef: &beef,
        topics: &topics,
        off_chain_values: off_chain_values.as_deref(),
        require_all: arguments.require_all,
        evidence: evidence.as_deref(),
    })?;
    if arguments.json {
        println!("{}", serde_json::to_string(&receipt)?);
    } else {
        print!("{}", in_words(&receipt));
    }
    Ok(())
}

/// What each topic decided, a line each.
pub(super) fn in_words(receipt: &ReceiptBody) -> String {
    let list = |indices: &[u32]| indices.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    let mut text = String::new();
    for (topic, TopicReceiptBody { admittance: entry, refusal }) in &receipt.topics {
        let mut parts = Vec::new();
        for (what, indices) in [
            ("admitted outputs", &entry.outputs_to_admit),
            ("kept the coins of inputs", &entry.coins_to_retain),
            ("let go of the coins of inputs", &entry.coins_removed),
        ] {
            if !indices.is_empty() {
                parts.push(format!("{what} {}", list(indices)));
            }
        }
        if let Some(refusal) = refusal {
            parts.push(format!("refused it: {refusal}"));
        }
        let what = if parts.is_empty() { "did not want it".to_owned() } else { parts.join(", ") };
        text.push_str(&format!("{topic}: {what}\n"));
    }
    for topic in &receipt.not_hosted {
        text.push_str(&format!("{topic}: not hosted there\n"));
    }
    for (topic, fault) in &receipt.unjudged {
        text.push_str(&format!("{topic}: judges it later: {fault}\n"));
    }
    for (topic, reason) in &receipt.left_out {
        text.push_str(&format!("{topic}: left out: {reason}\n"));
    }
    text
}

/// Arguments of `lookup`.
#[derive(Debug, clap::Args)]
pub struct LookupArguments {
    /// The lookup service
    pub service: String,
    /// The query: JSON, or a text that is taken as a JSON text
    pub query: String,
    /// The host
    #[arg(long, default_value = "http://localhost:8080")]
    pub url: String,
    /// Print the answer as the host gave it
    #[arg(long)]
    pub json: bool,
}

/// Asks a lookup service.
///
/// # Errors
/// The host refuses the query.
pub fn lookup(arguments: &LookupArguments) -> CommandResult {
    let query = serde_json::from_str(&arguments.query).unwrap_or_else(|_| json!(arguments.query));
    let answer = Client::new(&arguments.url).lookup(&arguments.service, &query)?;
    match answer.get("outputs").and_then(Value::as_array) {
        Some(outputs) if !arguments.json => {
            println!("{} outputs", outputs.len());
            for output in outputs {
                println!("{}", output_in_words(output));
            }
        }
        _ => println!("{answer}"),
    }
    Ok(())
}

fn output_in_words(output: &Value) -> String {
    let bytes: Vec<u8> = serde_json::from_value(output.get("beef").cloned().unwrap_or_default()).unwrap_or_default();
    let vout = output.get("outputIndex").and_then(Value::as_u64).unwrap_or_default();
    let Ok(beef) = beef::parse(&bytes) else { return format!("output {vout} of a BEEF that cannot be read") };
    let satoshis = beef.transactions.iter().find_map(|entry| match entry {
        BeefEntry::Raw { transaction, .. } if transaction.txid() == beef.subject => {
            transaction.satoshis(u32::try_from(vout).ok()?)
        }
        _ => None,
    });
    let satoshis = satoshis.map(|satoshis| format!("  {satoshis} satoshis")).unwrap_or_default();
    format!("{}.{vout}{satoshis}  ({} bytes of BEEF)", beef.subject, bytes.len())
}

/// Arguments of `ef`.
#[derive(Debug, clap::Args)]
pub struct EfArguments {
    /// A BEEF, as bytes or hexadecimal text; `-` reads standard input. Converted here and not verified, unless a host is named
    #[arg(required_unless_present = "txid")]
    pub file: Option<PathBuf>,
    /// A host that verifies the BEEF and converts it
    #[arg(long, value_name = "URL", requires = "file")]
    pub host: Option<String>,
    /// What opens the host to whoever has something relayed
    #[command(flatten)]
    pub token: RelayToken,
    /// A transaction that a host holds, asked for at its second listener
    #[arg(long, conflicts_with = "file")]
    pub txid: Option<Txid>,
    /// The second listener of the host that holds it
    #[arg(long, default_value = "http://localhost:8081")]
    pub url: String,
    /// Print JSON with the txid
    #[arg(long)]
    pub json: bool,
}

/// Prints a transaction in Extended Format, hexadecimal.
///
/// # Errors
/// The input is no BEEF, an output it spends is missing, or the host refuses the BEEF or does not hold the transaction.
pub fn ef(arguments: &EfArguments) -> CommandResult {
    let (txid, extended) = match (&arguments.txid, &arguments.file) {
        (Some(txid), _) => {
            let bytes = Client::new(&arguments.url).get(&format!("/admin/transactions/{txid}/ef"))?;
            (*txid, String::from_utf8(bytes)?)
        }
        (None, file) => {
            let beef = input::read(file.as_deref().unwrap_or_else(|| Path::new("-")))?;
            match &arguments.host {
                Some(url) => {
                    let client = Client::new(url).with_token(arguments.token.token.clone());
                    let converted = client.convert(&beef)?;
                    (converted.txid.parse()?, converted.extended_format)
                }
                None => {
                    let (txid, bytes) = convert(&beef)?;
                    (txid, hex::encode(bytes))
                }
            }
        }
    };
    if arguments.json {
        println!("{}", json!({ "txid": txid.to_string(), "extendedFormat": extended }));
    } else {
        println!("{extended}");
    }
    Ok(())
}

/// The subject of a BEEF in Extended Format. Nothing is verified: the network will.
fn convert(bytes: &[u8]) -> Result<(Txid, Vec<u8>), Box<dyn std::error::Error>> {
    let beef = beef::parse(bytes)?;
    let find = |txid: &Txid| {
        beef.transactions.iter().find_map(|entry| match entry {
            BeefEntry::Raw { transaction, .. } if transaction.txid() == *txid => Some(transaction),
            _ => None,
        })
    };
    let subject = find(&beef.subject).ok_or("the BEEF names its subject by txid only: send it in full")?;
    let extended = extended_format::encode(subject, |outpoint| {
        let parent = find(&outpoint.txid)?;
        Some((parent.satoshis(outpoint.vout)?, parent.locking_script(outpoint.vout)?.to_vec()))
    })?;
    Ok((beef.subject, extended))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::body::AdmittanceBody;

    #[test]
    fn a_receipt_reads_as_sentences() {
        let entry = |admit: &[u32], removed: &[u32], refusal: Option<&str>| TopicReceiptBody {
            admittance: AdmittanceBody {
                outputs_to_admit: admit.to_vec(),
                coins_to_retain: vec![],
                coins_removed: removed.to_vec(),
            },
            refusal: refusal.map(str::to_owned),
        };
        let receipt = ReceiptBody {
            txid: String::new(),
            sequence: Some(1),
            repeated: false,
            topics: [
                ("tm_a".to_owned(), entry(&[0, 2], &[1], None)),
                ("tm_b".to_owned(), entry(&[], &[], None)),
                ("tm_c".to_owned(), entry(&[], &[], Some("not today"))),
            ]
            .into(),
            operations: vec![],
            not_hosted: vec!["tm_d".to_owned()],
            unjudged: [("tm_e".to_owned(), "it broke".to_owned())].into(),
            left_out: [("tm_f".to_owned(), "it broke as well".to_owned())].into(),
        };
        let expected = "tm_a: admitted outputs 0, 2, let go of the coins of inputs 1\n\
                        tm_b: did not want it\n\
                        tm_c: refused it: not today\n\
                        tm_d: not hosted there\n\
                        tm_e: judges it later: it broke\n\
                        tm_f: left out: it broke as well\n";
        assert_eq!(in_words(&receipt), expected);
    }
}
