//! `dev net`: has the network of a running development host misbehave.

use std::path::PathBuf;

use trellis_spv::hash::Txid;

use crate::client::Client;
use crate::command::{CommandResult, input};
use crate::http::body::net::{
    DelayBody, DoubleSpendBody, DropCallbacksBody, NetBody, OutcomeBody, RejectBody, ReorgBody, ReorganisedBody,
    SettleBody,
};

/// Arguments of `dev net`.
#[derive(Debug, clap::Args)]
pub struct NetArguments {
    /// What the network is to do wrong.
    #[command(subcommand)]
    pub command: NetCommand,
    /// The host's second listener
    #[arg(long, global = true, default_value = "http://localhost:8081")]
    pub url: String,
    /// Print the host's answer as JSON
    #[arg(long, global = true)]
    pub json: bool,
}

/// What the network is to do wrong.
#[derive(Debug, clap::Subcommand)]
pub enum NetCommand {
    /// Show what goes wrong and what is planned
    Status,
    /// Have the network refuse transactions: the next new ones, or a given one, even after it was seen
    Reject {
        /// How many new transactions are refused
        #[arg(long, value_name = "COUNT", conflicts_with = "txid", default_value_t = 1)]
        next: u32,
        /// The transaction: at once if it waits for a block, else as soon as it comes
        #[arg(long)]
        txid: Option<Txid>,
        /// The node's words, which decide what the host makes of it: "invalid transaction: mempool min fee not met" is one
        /// broadcaster's policy, unknown words are final
        #[arg(long)]
        words: Option<String>,
    },
    /// Have broadcasts answered late, or not at all
    Delay {
        /// Milliseconds before every answer, until it is set to 0
        #[arg(required_unless_present = "fail")]
        milliseconds: Option<u64>,
        /// So many broadcasts fail: with --status they are not taken, without it they are, but the answer comes too late
        #[arg(long, value_name = "COUNT")]
        fail: Option<u32>,
        /// The HTTP status of failing broadcasts, 500 to 599
        #[arg(long, requires = "fail")]
        status: Option<u16>,
    },
    /// Have a transaction contested, the next new one or a given one: no block takes it until it is settled
    DoubleSpend {
        /// The transaction
        #[arg(long)]
        txid: Option<Txid>,
        /// The transaction it competes with; without it, one that nobody has
        #[arg(long, value_name = "TXID")]
        competing: Option<Txid>,
    },
    /// Decide about a transaction contested by double-spend
    Settle {
        /// The transaction
        txid: Txid,
        /// How it is decided
        outcome: OutcomeBody,
    },
    /// Replace the newest blocks by one more of others
    Reorg {
        /// How many blocks make way; 0 only with --rival, which then wins with the next block
        depth: u32,
        /// The new blocks have the transactions of the old ones, at other places; without it those wait for the next block
        #[arg(long)]
        mine_again: bool,
        /// This transaction waits all the same; repeat it for several
        #[arg(long, value_name = "TXID", requires = "mine_again")]
        except: Vec<Txid>,
        /// A raw transaction, as bytes or hexadecimal text, that is mined in place of whatever spends the same outputs: those
        /// transactions are gone, with what spends them. `-` reads standard input
        #[arg(long, value_name = "FILE")]
        rival: Option<PathBuf>,
    },
    /// Drop the callbacks of the stand-in for ARC
    DropCallbacks {
        /// Whether they are dropped
        #[arg(default_value = "on")]
        switch: Switch,
    },
    /// End everything that is planned or under way; what was refused stays refused
    Clear,
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Switch {
    /// From here on
    On,
    /// No longer
    Off,
}

/// Has the network misbehave, or says how it does.
///
/// # Errors
/// The host does not answer, or says why that cannot be.
pub fn net(arguments: NetArguments) -> CommandResult {
    let client = Client::new(&arguments.url);
    let text = |txid: Option<Txid>| txid.map(|txid| txid.to_string());
    let status = match arguments.command {
        NetCommand::Status => client.network()?,
        NetCommand::Reject { next, txid, words } => {
            let body = RejectBody { next: txid.is_none().then_some(next), txid: text(txid), words };
            client.misbehave("reject", &body)?
        }
        NetCommand::Delay { milliseconds, fail, status } => {
            client.misbehave("delay", &DelayBody { milliseconds, fail, status })?
        }
        NetCommand::DoubleSpend { txid, competing } => {
            client.misbehave("double-spend", &DoubleSpendBody { txid: text(txid), competing: text(competing) })?
        }
        NetCommand::Settle { txid, outcome } => {
            client.misbehave("settle", &SettleBody { txid: txid.to_string(), outcome })?
        }
        NetCommand::DropCallbacks { switch } => {
            client.misbehave("drop-callbacks", &DropCallbacksBody { on: switch == Switch::On })?
        }
        NetCommand::Clear => client.misbehave("clear", &())?,
        NetCommand::Reorg { depth, mine_again, except, rival } => {
            let rival = rival.as_deref().map(input::read).transpose()?.map(hex::encode);
            let except = except.iter().map(Txid::to_string).collect();
            let done = client.reorganise(&ReorgBody { depth, mine_again, except, rival })?;
            let words = if arguments.json { serde_json::to_string(&done)? } else { reorganised_in_words(&done) };
            println!("{words}");
            return Ok(());
        }
    };
    let words = if arguments.json { serde_json::to_string(&status)? } else { in_words(&status) };
    println!("{words}");
    Ok(())
}

fn reorganised_in_words(done: &ReorganisedBody) -> String {
    let mut lines = Vec::new();
    for (what, blocks) in [("gone", &done.gone), ("new ", &done.blocks)] {
        let line = |block: &crate::http::body::net::BlockBody| {
            format!("{what}  block {}  {}  {} transactions", block.height, block.hash, block.transactions.len())
        };
        lines.extend(blocks.iter().map(line));
    }
    for (what, txids) in [("waiting", &done.waiting), ("lost   ", &done.lost)] {
        lines.extend(txids.iter().map(|txid| format!("{what}  {txid}")));
    }
    lines.join("\n")
}

fn in_words(status: &NetBody) -> String {
    let NetBody { height, waiting, replaceable_blocks, reject, delay_milliseconds, fail, double_spend, callbacks } =
        status;
    let mut lines = vec![format!(
        "chain         height {height}, {waiting} transactions wait, {replaceable_blocks} blocks can make way"
    )];
    if reject.next > 0 {
        lines.push(format!("reject        the next {} new transactions: {}", reject.next, reject.words));
    }
    lines.extend(reject.txids.iter().map(|(txid, words)| format!("reject        {txid} when it comes: {words}")));
    if *delay_milliseconds > 0 {
        lines.push(format!("delay         {delay_milliseconds} ms before every answer"));
    }
    match (fail.next, fail.status) {
        (0, _) => {}
        (count, Some(status)) => lines.push(format!("fail          the next {count} broadcasts, with status {status}")),
        (count, None) => {
            lines.push(format!("fail          the next {count} broadcasts are taken and answered too late"))
        }
    }
    if double_spend.next {
        lines.push("double spend  the next new transaction".to_owned());
    }
    lines.extend(double_spend.planned.iter().map(|txid| format!("double spend  {txid} when it comes")));
    let contested = double_spend.contested.iter();
    lines.extend(contested.map(|(txid, rival)| format!("contested     {txid} by {rival}, until it is settled")));
    if lines.len() == 1 && !callbacks.drop {
        lines.push("nothing goes wrong".to_owned());
    }
    let dropping = if callbacks.drop { "are dropped; " } else { "" };
    lines.push(format!(
        "callbacks     {dropping}{} wait, {} taken, {} lost, {} dropped",
        callbacks.waiting, callbacks.taken, callbacks.lost, callbacks.dropped
    ));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_goes_wrong_reads_as_lines() {
        let quiet = json!({
            "height": 205, "replaceableBlocks": 5, "waiting": 1, "delayMilliseconds": 0,
            "reject": { "next": 0, "words": "", "txids": {} },
            "fail": { "next": 0, "status": null },
            "doubleSpend": { "next": false, "planned": [], "contested": {} },
            "callbacks": { "drop": false, "waiting": 0, "taken": 3, "lost": 0, "dropped": 0 },
        });
        let mut status: NetBody = serde_json::from_value(quiet).unwrap();
        let expected = "chain         height 205, 1 transactions wait, 5 blocks can make way\nnothing goes wrong\n\
                        callbacks     0 wait, 3 taken, 0 lost, 0 dropped";
        assert_eq!(in_words(&status), expected);
        (status.reject.next, status.reject.words) = (2, "no".to_owned());
        status.fail.next = 1;
        status.double_spend.contested.insert("aa".to_owned(), "bb".to_owned());
        status.callbacks.drop = true;
        let words = in_words(&status);
        for part in ["next 2 new transactions: no", "answered too late", "aa by bb", "are dropped"] {
            assert!(words.contains(part), "no {part} in {words}");
        }
        assert!(!words.contains("nothing goes wrong"));
    }
}
