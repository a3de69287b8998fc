//! `outbox`, `retry`, `evict`: an operator's hands on a running host.

use clap::ValueEnum;
use serde_json::{Value, json};
use trellis_spv::hash::{Outpoint, Txid};

use super::CommandResult;
use crate::client::Client;
use crate::http::body::operator::{EvictedBody, OutboxOverviewBody, TriedAgainBody};

/// Where an operator's commands go.
#[derive(Debug, clap::Args)]
pub struct AdminArguments {
    /// The host's second listener
    #[arg(long, default_value = "http://localhost:8081", global = true)]
    pub url: String,
    /// The host's admin token, where it has one
    #[arg(long, env = "TRELLIS_ADMIN_TOKEN", hide_env_values = true, global = true)]
    pub token: Option<String>,
    /// Print the answer as JSON
    #[arg(long, global = true)]
    pub json: bool,
}

impl AdminArguments {
    pub(super) fn client(&self) -> Client {
        Client::new(&self.url).with_token(self.token.clone())
    }

    pub(super) fn print(&self, answer: &impl serde::Serialize, in_words: &str) -> CommandResult {
        if self.json {
            println!("{}", serde_json::to_string(answer)?);
        } else {
            print!("{in_words}");
        }
        Ok(())
    }
}

/// Arguments of `outbox`.
#[derive(Debug, clap::Args)]
pub struct OutboxArguments {
    /// Where to ask
    #[command(flatten)]
    pub admin: AdminArguments,
}

/// Shows what waits for the network, and what it does not take.
///
/// # Errors
/// The host cannot be asked.
pub fn outbox(arguments: &OutboxArguments) -> CommandResult {
    let overview: OutboxOverviewBody = arguments.admin.client().get_json("/admin/outbox")?;
    arguments.admin.print(&overview, &overview_in_words(&overview))
}

fn overview_in_words(overview: &OutboxOverviewBody) -> String {
    let mut text = format!("{} transactions wait to be told to the network\n", overview.pending);
    for broadcaster in &overview.resting {
        let (name, until, message) = (&broadcaster.name, &broadcaster.resting_until, &broadcaster.message);
        text.push_str(&format!("{name} does not answer and is left alone until {until}: {message}\n"));
    }
    if let Some(until) = &overview.storm_until {
        text.push_str(&format!("refusals are not acted upon until {until}: there were too many of them at once\n"));
    }
    if !overview.dead_letters.is_empty() {
        text.push_str("given up (send one again with `trellis retry <txid>`):\n");
    }
    for letter in &overview.dead_letters {
        let words = letter.network.as_ref().map(|word| word.message.as_str()).unwrap_or("nothing was said");
        text.push_str(&format!("  {} after {} attempts: {words}\n", letter.txid, letter.attempts));
    }
    text
}

/// Arguments of `retry`.
#[derive(Debug, clap::Args)]
pub struct RetryArguments {
    /// The transaction
    pub txid: Txid,
    /// Where to ask
    #[command(flatten)]
    pub admin: AdminArguments,
}

/// Has a host send a dead letter again, or submit again what was taken back.
///
/// # Errors
/// It is neither, or is refused again.
pub fn retry(arguments: &RetryArguments) -> CommandResult {
    let path = format!("/admin/transactions/{}/retry", arguments.txid);
    let answer: TriedAgainBody = arguments.admin.client().post_json(&path, &json!({}))?;
    arguments.admin.print(&answer, &format!("{}: {}\n", arguments.txid, answer.what))
}

/// What is to become of what depends on the bytes of an evicted output's transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DependentsArgument {
    /// Name them and do nothing
    Name,
    /// Keep them, and the bytes with them
    Keep,
    /// Evict them as well
    Evict,
}

/// Arguments of `evict`.
#[derive(Debug, clap::Args)]
pub struct EvictArguments {
    /// The output: <txid>.<index>
    pub outpoint: Outpoint,
    /// Why; told to whoever submits it again
    #[arg(long)]
    pub reason: String,
    /// What is to become of other outputs of its transaction, and of unproven transactions that spend it
    #[arg(long, value_enum, default_value = "name")]
    pub dependents: DependentsArgument,
    /// Where to ask
    #[command(flatten)]
    pub admin: AdminArguments,
}

/// Evicts an output from a host.
///
/// # Errors
/// The output is not there, or others depend on it.
pub fn evict(arguments: &EvictArguments) -> CommandResult {
    let dependents = match arguments.dependents {
        DependentsArgument::Name => "name",
        DependentsArgument::Keep => "keep",
        DependentsArgument::Evict => "evict",
    };
    let body: Value = json!({
        "txid": arguments.outpoint.txid.to_string(),
        "outputIndex": arguments.outpoint.vout,
        "reason": arguments.reason,
        "dependents": dependents,
    });
    let evicted: EvictedBody = arguments.admin.client().post_json("/admin/evictOutpoint", &body)?;
    let (outputs, transactions) = (evicted.outputs.len(), evicted.transactions.len());
    let topics = evicted.topics.join(", ");
    let bytes = match transactions {
        0 => "its transaction's bytes stay, because others depend on them".to_owned(),
        count => format!("the bytes of {count} transactions are gone"),
    };
    let topics = if topics.is_empty() { "no topic held it".to_owned() } else { format!("from {topics}") };
    arguments.admin.print(&evicted, &format!("evicted {outputs} outputs ({topics}); {bytes}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::body::NetworkWordBody;
    use crate::http::body::operator::{BroadcasterBody, DeadLetterBody};

    #[test]
    fn an_overview_says_what_is_wrong_and_what_to_do() {
        let network =
            NetworkWordBody { broadcaster: "arc".into(), code: 465, message: "fee too low".into(), at: "then".into() };
        let overview = OutboxOverviewBody {
            pending: 2,
            dead_letters: vec![DeadLetterBody { txid: "ab".into(), attempts: 10, network: Some(network) }],
            resting: vec![BroadcasterBody {
                name: "arc".into(),
                resting_until: "noon".into(),
                message: "refused".into(),
            }],
            storm_until: Some("one".into()),
        };
        let expected = "2 transactions wait to be told to the network\n\
            arc does not answer and is left alone until noon: refused\n\
            refusals are not acted upon until one: there were too many of them at once\n\
            given up (send one again with `trellis retry <txid>`):\n  ab after 10 attempts: fee too low\n";
        assert_eq!(overview_in_words(&overview), expected);
    }
}
