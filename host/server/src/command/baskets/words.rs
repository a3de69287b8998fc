//! Answers about baskets as text for people.

use crate::http::body::baskets::{
    BalancesBody, BasketBody, BasketListBody, FiguresBody, GroupsBody, OrganisedBody, TakenBody, TokenBody,
    TokenListBody,
};

/// Where a list goes on.
fn more(cursor: Option<&String>) -> String {
    cursor.map(|cursor| format!("there may be more: --cursor {cursor}\n")).unwrap_or_default()
}

fn figures(figures: &FiguresBody) -> String {
    format!("{} tokens, amount {}", figures.tokens, figures.amount)
}

pub(super) fn list(found: &BasketListBody) -> String {
    let mut text: String = found
        .baskets
        .iter()
        .map(|basket| format!("{}: {} tokens (managed by {})\n", basket.name, basket.tokens, basket.manager))
        .collect();
    if found.baskets.is_empty() && found.withheld == 0 {
        text.push_str("no basket has tokens\n");
    }
    if found.withheld > 0 {
        text.push_str(&format!("{} more need a token: --token\n", found.withheld));
    }
    text + &more(found.cursor.as_ref())
}

pub(super) fn basket(found: &BasketBody) -> String {
    let mut text = format!(
        "{}: {} (managed by {}, sequence {})\n",
        found.name,
        figures(&found.whole),
        found.manager,
        found.sequence
    );
    for (by, found) in [("asset", &found.assets), ("owner", &found.owners), ("tag", &found.tags)] {
        text.push_str(&groups_within(by, found));
        if let Some(cursor) = &found.cursor {
            text.push_str(&format!("  there may be more: --by {by} --cursor {cursor}\n"));
        }
    }
    text
}

fn groups_within(by: &str, found: &GroupsBody) -> String {
    found.groups.iter().map(|group| format!("  {by} {}: {}\n", group.name, figures(&group.figures))).collect()
}

pub(super) fn groups(by: &str, found: &GroupsBody) -> String {
    groups_within(by, found) + &more(found.cursor.as_ref())
}

fn token(token: &TokenBody) -> String {
    let mut text = format!("{}.{}  {} {}", token.txid, token.output_index, token.amount, token.asset);
    if let Some(owner) = &token.owner {
        let claimed = if token.claimed { " (claimed)" } else { "" };
        text.push_str(&format!("  of {owner}{claimed}"));
    }
    if !token.tags.is_empty() {
        text.push_str(&format!("  [{}]", token.tags.join(", ")));
    }
    text + "\n"
}

pub(super) fn tokens(found: &TokenListBody) -> String {
    found.tokens.iter().map(token).collect::<String>() + &more(found.cursor.as_ref())
}

pub(super) fn balances(found: &BalancesBody) -> String {
    let balance = |balance: &crate::http::body::baskets::BalanceBody| {
        format!("{} of {}: {}\n", balance.asset, balance.owner, figures(&balance.figures))
    };
    found.balances.iter().map(balance).collect::<String>() + &more(found.cursor.as_ref())
}

pub(super) fn organised(organised: &OrganisedBody) -> String {
    let mut text = String::new();
    for (basket, tokens) in &organised.baskets {
        text.push_str(&format!("{basket}:\n"));
        tokens.iter().for_each(|found| text.push_str(&format!("  {}", token(found))));
    }
    text + &format!("{} satoshis in all; BEEF: {}\n", organised.satoshis, organised.beef)
}

pub(super) fn taken(taken: &TakenBody) -> String {
    let mut text: String = taken.tokens.iter().map(token).collect();
    text.push_str(&format!("amount {}, {} satoshis; BEEF: {}\n", taken.amount, taken.satoshis, taken.beef));
    if let Some(reservation) = &taken.reservation {
        text.push_str(&format!("kept until {}, or `trellis baskets release {}`\n", reservation.until, reservation.id));
    }
    text
}
