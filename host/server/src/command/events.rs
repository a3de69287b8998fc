//! `events`: follows a running host, event by event, and goes on where it was after every break.

use std::io::{self, BufRead, Write};
use std::time::Duration;

use super::CommandResult;
use crate::client::{Client, ClientError};
use crate::http::body::events::{
    AppliedBody, BasketDifferenceBody, EventBody, InBlockBody, OperationBody, PlaceBody, TopicDifferenceBody, WhatBody,
};

/// Pause before the host is called again.
const PAUSE: Duration = Duration::from_secs(1);

/// Arguments of `events`.
#[derive(Debug, clap::Args)]
pub struct EventsArguments {
    /// Only events that touch one of these topics, separated by commas
    #[arg(long, value_delimiter = ',')]
    pub topics: Vec<String>,
    /// Only events that touch one of these baskets, separated by commas
    #[arg(long, value_delimiter = ',')]
    pub baskets: Vec<String>,
    /// The last sequence known: what comes after it is told, 0 tells everything. Without it, events from now on
    #[arg(long)]
    pub after: Option<u64>,
    /// Print each event as the host gave it, one line of JSON
    #[arg(long)]
    pub json: bool,
    /// The host
    #[arg(long, default_value = "http://localhost:8080")]
    pub url: String,
}

/// Prints a line for each event until it is interrupted.
///
/// # Errors
/// The host refuses the subscription, or cannot be reached at all.
pub fn events(arguments: &EventsArguments) -> CommandResult {
    let client = Client::new(&arguments.url);
    let path = format!("/v1/events?topics={}&baskets={}", arguments.topics.join(","), arguments.baskets.join(","));
    let (mut cursor, mut reached) = (arguments.after, false);
    loop {
        match client.event_stream(&path, cursor) {
            Ok(stream) => {
                reached = true;
                if let Err(error) = follow(stream, &mut cursor, &mut io::stdout().lock(), arguments.json) {
                    // Whoever reads along has had enough.
                    return if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error.into()) };
                }
            }
            Err(error) if reached && passes(&error) => eprintln!("{error}; trying again"),
            Err(error) => return Err(error.into()),
        }
        std::thread::sleep(PAUSE);
    }
}

/// Whether trying again may help.
const fn passes(error: &ClientError) -> bool {
    matches!(error, ClientError::Unreachable { .. } | ClientError::Refused { status: 429 | 503, .. })
}

/// Prints a stream to its end, however it comes. The cursor is what was printed last.
fn follow(stream: impl BufRead, cursor: &mut Option<u64>, out: &mut impl Write, json: bool) -> io::Result<()> {
    let (mut id, mut data) = (None, None);
    // A stream that breaks off has ended; so has one that is no text.
    for line in stream.lines().map_while(Result::ok) {
        if let Some(text) = line.strip_prefix("id: ") {
            id = text.parse().ok();
        } else if let Some(text) = line.strip_prefix("data: ") {
            data = Some(text.to_owned());
        } else if line.is_empty() {
            if let Some(text) = data.take() {
                match serde_json::from_str::<EventBody>(&text) {
                    Ok(event) if !json => writeln!(out, "{}", in_words(&event))?,
                    // Also what a newer host tells that this program has no words for.
                    _ => writeln!(out, "{text}")?,
                }
                out.flush()?;
            }
            *cursor = id.take().or(*cursor);
        }
    }
    Ok(())
}

fn in_words(event: &EventBody) -> String {
    let list = |txids: &[String]| txids.join(" ");
    let what = match &event.what {
        WhatBody::Applied { transactions } => {
            format!("applied {}", transactions.iter().map(applied).collect::<Vec<_>>().join("; "))
        }
        WhatBody::Status { txid, status, block_height } => {
            let height = block_height.map(|height| format!(" at height {height}")).unwrap_or_default();
            format!("status {txid} {status}{height}")
        }
        WhatBody::Proven { transactions } => format!("proven {}", in_blocks(transactions)),
        WhatBody::Orphaned { transactions } => format!("orphaned {}", in_blocks(transactions)),
        WhatBody::Evicted { transactions, topics, baskets } => {
            format!("evicted {}{}", list(transactions), differences(topics, baskets))
        }
        WhatBody::Reverted { transactions, judged_again, topics, baskets, .. } => {
            let again = match judged_again.len() {
                0 => String::new(),
                count => format!(", {count} judged again"),
            };
            format!("reverted {}{again}{}", list(transactions), differences(topics, baskets))
        }
    };
    let left_out = match event.left_out {
        0 => String::new(),
        count => format!(" ({count} parts left out)"),
    };
    format!("{} {} {what}{left_out}", event.sequence, event.time)
}

fn applied(applied: &AppliedBody) -> String {
    let mut text = applied.txid.clone();
    for change in &applied.topics {
        text.push_str(&format!(", {} +{} -{}", change.topic, change.admitted.len(), change.spent.len()));
    }
    for operation in &applied.operations {
        text.push_str(&format!(", {}", in_basket(operation)));
    }
    text
}

fn in_basket(operation: &OperationBody) -> String {
    let token = |place: &PlaceBody| format!("{} {}", place.amount, place.asset);
    match (&operation.taken, &operation.placed) {
        (Some(from), Some(to)) => format!("{} from {} to {}", token(to), from.basket, to.basket),
        (None, Some(to)) => format!("{} into {}", token(to), to.basket),
        (Some(from), None) => format!("{} out of {}", token(from), from.basket),
        (None, None) => operation.manager.clone(),
    }
}

fn in_blocks(transactions: &[InBlockBody]) -> String {
    let one = |found: &InBlockBody| format!("{} at height {}", found.txid, found.block_height);
    transactions.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn differences(topics: &[TopicDifferenceBody], baskets: &[BasketDifferenceBody]) -> String {
    let mut text = String::new();
    for change in topics {
        let gained = change.admitted.len() + change.unspent.len();
        let lost = change.removed.len() + change.spent.len();
        text.push_str(&format!(", {} +{gained} -{lost}", change.topic));
    }
    for change in baskets {
        text.push_str(&format!(", {} +{} -{}", change.basket, change.placed.len(), change.removed.len()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = concat!(
        ": nothing else\nid: 4\n\n",
        "id: 5\nevent: applied\ndata: {\"sequence\":5,\"time\":\"then\",\"event\":\"applied\",\"transactions\":[{\"txid\":\"ab\",",
        "\"topics\":[{\"topic\":\"tm_a\",\"admitted\":[\"ab.0\"],\"spent\":[]}],\"operations\":[{\"manager\":\"shop\",",
        "\"placed\":{\"basket\":\"shop/tickets\",\"outpoint\":\"ab.0\",\"asset\":\"seat\",\"amount\":2}}]}],\"leftOut\":1}\n\n",
        "id: 6\nevent: status\ndata: {\"sequence\":6,\"time\":\"then\",\"event\":\"status\",\"txid\":\"ab\",\"status\":\"mined\",",
        "\"blockHeight\":9,\"leftOut\":0}\n\n",
        "id: 7\nevent: novel\ndata: {\"event\":\"novel\"}\n\n",
        "id: 8\nevent: status\ndata: {\"seq",
    );

    #[test]
    fn a_stream_is_printed_line_by_line_and_the_cursor_is_what_was_printed_last() {
        let (mut cursor, mut printed) = (Some(3), Vec::new());
        follow(STREAM.as_bytes(), &mut cursor, &mut printed, false).unwrap();
        let expected = "5 then applied ab, tm_a +1 -0, 2 seat into shop/tickets (1 parts left out)\n\
            6 then status ab mined at height 9\n{\"event\":\"novel\"}\n";
        assert_eq!((String::from_utf8(printed).unwrap().as_str(), cursor), (expected, Some(7)));
        let mut printed = Vec::new();
        follow(STREAM.as_bytes(), &mut cursor, &mut printed, true).unwrap();
        assert_eq!(printed.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"{")).count(), 3);
    }
}
