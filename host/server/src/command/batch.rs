//! `batch`: several submissions in one request, as one or each by itself.

use std::path::PathBuf;

use super::calls::in_words;
use super::{CommandResult, input};
use crate::client::{Client, ClientError, Submission};
use crate::http::body::ReceiptBody;
use crate::http::body::batch::{BatchReceiptBody, MemberErrorBody, MemberReceiptBody};
use crate::http::submit::AUTO;

/// Arguments of `batch`.
#[derive(Debug, clap::Args)]
pub struct BatchArguments {
    /// BEEFs, as bytes or hexadecimal text; `-` reads standard input. They may spend one another, in any order, and leave out
    /// parents that are among them
    #[arg(required = true, num_args = 1..)]
    pub files: Vec<PathBuf>,
    /// The topics of each, separated by commas; `auto` has the host find them
    #[arg(long, required = true, value_delimiter = ',')]
    pub topics: Vec<String>,
    /// All take effect in one commit, or nothing is stored
    #[arg(long)]
    pub atomic: bool,
    /// Store nothing of a transaction unless every topic takes it
    #[arg(long)]
    pub require_all: bool,
    /// The host
    #[arg(long, default_value = "http://localhost:8080")]
    pub url: String,
    /// Print all that came of it as JSON
    #[arg(long)]
    pub json: bool,
}

/// Submits BEEFs as one batch.
///
/// # Errors
/// An input cannot be read, or the host refuses one of them.
pub fn batch(arguments: &BatchArguments) -> CommandResult {
    let beefs = arguments.files.iter().map(|file| input::read(file)).collect::<Result<Vec<_>, _>>()?;
    let topics = topics(&arguments.topics)?;
    let require_all = arguments.require_all;
    let members: Vec<Submission<'_>> = beefs
        .iter()
        .map(|beef| Submission { beef, topics: &topics, off_chain_values: None, require_all, evidence: None })
        .collect();
    let answer = Client::new(&arguments.url).submit_batch(&members, arguments.atomic);
    let receipt = answer.map_err(|error| blamed(&arguments.files, error))?;
    if arguments.json {
        println!("{}", serde_json::to_string(&receipt)?);
    } else {
        print!("{}", receipt_in_words(&arguments.files, &receipt));
    }
    let refused = receipt.members.iter().filter(|member| matches!(member, MemberReceiptBody::Failed(_))).count();
    match refused {
        0 => Ok(()),
        _ => Err(format!(
            "{refused} of {} transactions were refused, the others stand; mend what is said of each, and submit it again \
             (with --atomic it is all or none)",
            receipt.members.len()
        )
        .into()),
    }
}

/// The topics named; none to have the host find them.
fn topics(named: &[String]) -> Result<Vec<&str>, String> {
    match named {
        [one] if one == AUTO => Ok(Vec::new()),
        several if several.iter().any(|name| name == AUTO) => {
            Err(format!("--topics {}: name topics, or `{AUTO}` alone", several.join(",")))
        }
        several => Ok(several.iter().map(String::as_str).collect()),
    }
}

/// An error with the file that the host blames.
fn blamed(files: &[PathBuf], error: ClientError) -> Box<dyn std::error::Error> {
    let ClientError::Refused { member: Some(member), .. } = &error else { return error.into() };
    let Some(file) = files.get(*member) else { return error.into() };
    let file = file.display();
    format!("{file} is to blame (member {member}): {error}. Mend it or leave it out, and submit the batch again").into()
}

fn receipt_in_words(files: &[PathBuf], receipt: &BatchReceiptBody) -> String {
    let mut text = String::new();
    for (file, member) in files.iter().zip(&receipt.members) {
        let file = file.display();
        match member {
            MemberReceiptBody::Failed(MemberErrorBody { code, message, .. }) => {
                text.push_str(&format!("{file}: {message} ({code})\n"));
            }
            MemberReceiptBody::Heard(heard) => {
                text.push_str(&format!("{file}: {}{}\n", heard.txid, standing(heard)));
                in_words(heard).lines().for_each(|line| text.push_str(&format!("    {line}\n")));
            }
        }
    }
    text
}

fn standing(ReceiptBody { sequence, repeated, .. }: &ReceiptBody) -> String {
    let sequence = sequence.map(|sequence| format!("  sequence {sequence}")).unwrap_or_default();
    let repeated = if *repeated { "  as before" } else { "" };
    format!("{sequence}{repeated}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn topics_are_named_or_left_to_the_host_but_not_both() {
        assert_eq!(topics(&named(&["tm_a", "tm_b"])), Ok(vec!["tm_a", "tm_b"]));
        assert_eq!(topics(&named(&["auto"])), Ok(vec![]));
        let error = topics(&named(&["tm_a", "auto"])).unwrap_err();
        assert!(error.contains("tm_a,auto") && error.contains("alone"), "{error}");
    }

    #[test]
    fn an_error_of_a_batch_names_the_file_to_blame() {
        let files = [PathBuf::from("one.beef"), PathBuf::from("two.beef")];
        let refused = |member| ClientError::Refused {
            url: "http://host".to_owned(),
            status: 409,
            code: "ERR_DOUBLE_SPEND".to_owned(),
            message: "it is spent".to_owned(),
            member,
        };
        let text = blamed(&files, refused(Some(1))).to_string();
        assert!(text.starts_with("two.beef") && text.contains("it is spent") && text.contains("again"), "{text}");
        assert_eq!(blamed(&files, refused(None)).to_string(), refused(None).to_string());
    }
}
