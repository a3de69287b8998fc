//! `topics`, `state`: what a running host's topics hold.

use super::CommandResult;
use crate::client::Client;
use crate::http::body::topics::{TopicStateBody, TopicsBody};

/// Arguments of `topics`.
#[derive(Debug, clap::Args)]
pub struct TopicsArguments {
    /// As it was at this sequence number
    #[arg(long, value_name = "SEQUENCE")]
    pub at: Option<u64>,
    /// The host
    #[arg(long, default_value = "http://localhost:8080")]
    pub url: String,
    /// Print the answer as the host gave it
    #[arg(long)]
    pub json: bool,
}

/// Lists the topics with what is in them.
///
/// # Errors
/// The host refuses.
pub fn topics(arguments: &TopicsArguments) -> CommandResult {
    let at = arguments.at.map(|at| format!("?at={at}")).unwrap_or_default();
    let body: TopicsBody = Client::new(&arguments.url).get_json(&format!("/v1/topics{at}"))?;
    if arguments.json {
        println!("{}", serde_json::to_string(&body)?);
        return Ok(());
    }
    println!("at sequence {}", body.sequence);
    for topic in body.topics {
        println!(
            "{}  {} of {} outputs unspent, {} satoshis, {} state rows, judged by `{}`",
            topic.topic, topic.live_outputs, topic.outputs, topic.live_satoshis, topic.state_rows, topic.plugin
        );
        println!("    hash {}", topic.hash);
    }
    Ok(())
}

/// Arguments of `state`.
#[derive(Debug, clap::Args)]
pub struct StateArguments {
    /// The topic
    pub topic: String,
    /// Only keys that begin with these bytes, in hexadecimal
    #[arg(long, default_value = "")]
    pub prefix: String,
    /// As it was at this sequence number
    #[arg(long, value_name = "SEQUENCE")]
    pub at: Option<u64>,
    /// The host
    #[arg(long, default_value = "http://localhost:8080")]
    pub url: String,
    /// Print one JSON document with all rows
    #[arg(long)]
    pub json: bool,
}

/// Prints a topic's state, all pages of it at one sequence.
///
/// # Errors
/// The host refuses.
pub fn state(arguments: &StateArguments) -> CommandResult {
    let client = Client::new(&arguments.url);
    let mut whole: Option<TopicStateBody> = None;
    loop {
        let mut query = format!("prefix={}&limit=1000", arguments.prefix);
        let (at, after) = match &whole {
            None => (arguments.at, None),
            Some(read) => (Some(read.sequence), read.next.clone()),
        };
        at.into_iter().for_each(|at| query.push_str(&format!("&at={at}")));
        after.into_iter().for_each(|after| query.push_str(&format!("&after={after}")));
        let page: TopicStateBody = client.get_json(&format!("/v1/topics/{}/state?{query}", arguments.topic))?;
        let read = match whole.take() {
            None => page,
            Some(mut read) => {
                read.rows.extend(page.rows);
                read.next = page.next;
                read
            }
        };
        if read.next.is_none() {
            return show(&read, arguments.json);
        }
        whole = Some(read);
    }
}

fn show(state: &TopicStateBody, json: bool) -> CommandResult {
    if json {
        println!("{}", serde_json::to_string(state)?);
        return Ok(());
    }
    println!("{} at sequence {}: {} rows, hash {}", state.topic, state.sequence, state.rows.len(), state.hash);
    for row in &state.rows {
        println!("{}  {}", readable(&row.key), readable(&row.value));
    }
    Ok(())
}

/// Text where the bytes are printable text, else hexadecimal.
fn readable(hexadecimal: &str) -> String {
    let bytes = hex::decode(hexadecimal).unwrap_or_default();
    match std::str::from_utf8(&bytes) {
        Ok(text) if !text.is_empty() && !text.chars().any(char::is_control) => format!("{text:?}"),
        _ => format!("0x{hexadecimal}"),
    }
}
