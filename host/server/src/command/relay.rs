//! `broadcast`: transactions to the network, through a running host.

use std::path::PathBuf;

use super::{CommandResult, input};
use crate::client::Client;
use crate::http::body::relay::{BroadcastAnswerBody, RefusedMemberBody, RelayedBody};

/// Where what is to be relayed goes.
#[derive(Debug, clap::Args)]
pub struct RelayToken {
    /// The token for relaying, where the host asks for one
    #[arg(long, env = "TRELLIS_RELAY_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
}

/// Arguments of `broadcast`.
#[derive(Debug, clap::Args)]
pub struct BroadcastArguments {
    /// BEEFs, as bytes or hexadecimal text; `-` reads standard input. Several may rest on one another, in any order
    #[arg(required = true, num_args = 1..)]
    pub files: Vec<PathBuf>,
    /// The host
    #[arg(long, default_value = "http://localhost:8080")]
    pub url: String,
    /// What opens the host to whoever has something relayed
    #[command(flatten)]
    pub token: RelayToken,
    /// Print the host's answer as JSON
    #[arg(long)]
    pub json: bool,
}

/// Has a host tell the network of transactions.
///
/// # Errors
/// An input cannot be read, or the host refuses one of them.
pub fn broadcast(arguments: &BroadcastArguments) -> CommandResult {
    let beefs = arguments.files.iter().map(|file| input::read(file)).collect::<Result<Vec<_>, _>>()?;
    let client = Client::new(&arguments.url).with_token(arguments.token.token.clone());
    if let [beef] = beefs.as_slice() {
        let relayed = client.broadcast(beef)?;
        if arguments.json {
            println!("{}", serde_json::to_string(&relayed)?);
        } else {
            println!("{}", in_words(&relayed));
        }
        return Ok(());
    }
    let answer = client.broadcast_batch(&beefs)?;
    let mut refused = 0;
    for (file, member) in arguments.files.iter().zip(&answer.transactions) {
        let line = match member {
            BroadcastAnswerBody::Relayed(relayed) => in_words(relayed),
            BroadcastAnswerBody::Refused(RefusedMemberBody { code, message, .. }) => {
                refused += 1;
                format!("{}: {message} ({code})", file.display())
            }
        };
        if !arguments.json {
            println!("{line}");
        }
    }
    if arguments.json {
        println!("{}", serde_json::to_string(&answer)?);
    }
    match refused {
        0 => Ok(()),
        _ => Err(format!("{refused} of {} transactions were refused", beefs.len()).into()),
    }
}

fn in_words(relayed: &RelayedBody) -> String {
    let height = relayed.block_height.map(|height| format!(" in block {height}")).unwrap_or_default();
    format!("{}  {}{height}", relayed.txid, relayed.status)
}
