//! A ledger: postings over two accounts and more, alone and in batches, and what is no posting.

use std::collections::BTreeSet;

use rand::Rng;

use super::deed::{Deed, Make, Piece, Token};
use super::desk::{Desk, Meant, Purse};
use super::held::Held;
use crate::client::Client;

/// The accounts.
pub const ACCOUNTS: [&str; 4] = ["tm_cash", "tm_bank", "tm_sales", "tm_tax"];

/// The row of a topic's state with the account's balance, as the host writes keys.
const BALANCE: &str = "62616c616e6365";

fn entry(coin: &Piece, topic: &'static str, cents: i64) -> Make {
    let (account, side) = (topic.trim_start_matches("tm_"), if cents > 0 { "debit" } else { "credit" });
    let token = Token {
        topic: topic.to_owned(),
        basket: format!("ledger/{account}/{side}"),
        asset: "cents".to_owned(),
        amount: cents.unsigned_abs(),
        owner: None,
        tags: BTreeSet::new(),
    };
    let script =
        coin.owner.push_drop(&[b"entry", topic.as_bytes(), cents.to_string().as_bytes(), b"a day at the till"]);
    Make { satoshis: 1, script, token }
}

/// A posting of whoever has this coin.
fn posting(coin: &Piece, entries: &[(&'static str, i64)]) -> Deed {
    let topics: BTreeSet<&'static str> = entries.iter().map(|(topic, _)| *topic).collect();
    let topics: Vec<&'static str> = topics.into_iter().collect();
    Deed::new(&topics, &[coin], entries.iter().map(|(topic, cents)| entry(coin, topic, *cents)).collect())
}

/// A posting over all accounts.
#[must_use]
pub fn closing(bookkeeper: &mut Purse) -> Option<Deed> {
    let entries = [("tm_cash", 3), ("tm_bank", -1), ("tm_sales", -1), ("tm_tax", -1)];
    Some(posting(&bookkeeper.coin()?, &entries))
}

fn random_posting(desk: &mut Desk<'_>, bookkeeper: &mut Purse) -> Option<Deed> {
    let (net, tax) = (desk.random.random_range(1..1_000), desk.random.random_range(1..100));
    let entries = match desk.random.random_range(0..3) {
        0 => vec![("tm_bank", net), ("tm_cash", -net)],
        1 => vec![("tm_sales", net), ("tm_tax", tax), ("tm_cash", -net), ("tm_bank", -tax)],
        _ => vec![("tm_cash", net + tax), ("tm_sales", -net), ("tm_tax", -tax)],
    };
    Some(posting(&bookkeeper.coin()?, &entries))
}

/// Posts, and tries to post what does not come to zero, is not the bookkeeper's, or would reach half of its accounts.
pub fn post(desk: &mut Desk<'_>, bookkeeper: &mut Purse, stranger: &mut Purse) -> Option<()> {
    loop {
        let first = random_posting(desk, bookkeeper)?;
        desk.right(&first)?;
        let mut several = Vec::new();
        while several.len() < 3 {
            several.push(random_posting(desk, bookkeeper)?);
        }
        match desk.random.random_range(0..6) {
            0 | 1 => drop(desk.together(&several, Meant::Right)?),
            2 => drop(desk.one_by_one(&several)?),
            3 => {
                several.push(posting(&bookkeeper.coin()?, &[("tm_cash", 5), ("tm_sales", -4)]));
                desk.together(&several, Meant::Wrong)?;
            }
            4 => {
                let gift = [("tm_cash", 500), ("tm_sales", -500)];
                desk.wrong(&posting(&stranger.coin()?, &gift))?;
            }
            _ => {
                let mut half = posting(&bookkeeper.coin()?, &[("tm_cash", 5), ("tm_sales", -5)]);
                half.topics.truncate(1);
                desk.wrong(&half)?;
            }
        }
    }
}

/// Reads the balances again and again until the host is gone: at every sequence they come to zero.
///
/// # Panics
/// They do not.
pub fn audit(client: &Client) -> Option<()> {
    loop {
        let reply = client.try_get("/v1/topics").ok()?;
        let at = reply.expect(200).json()["sequence"].as_u64().expect("a sequence");
        let mut sum = 0;
        for account in ACCOUNTS {
            sum += balance(client, account, at)?;
        }
        assert_eq!(sum, 0, "the accounts at {at}");
    }
}

fn balance(client: &Client, account: &str, at: u64) -> Option<i64> {
    let reply = client.try_get(&format!("/v1/topics/{account}/state?prefix={BALANCE}&at={at}")).ok()?;
    let body = reply.expect(200).json();
    let value = body["rows"].as_array().expect("rows").first().map(|row| row["value"].as_str().expect("a value"));
    let text = value.map(|value| String::from_utf8(hex::decode(value).expect("hexadecimal")).expect("a text"));
    Some(text.map_or(0, |text| text.parse().expect("a number")))
}

/// Every account's balance is what its baskets say, and all of them come to zero.
///
/// # Panics
/// They do not.
pub fn assert_true(client: &Client, held: &Held) {
    let mut sum = 0;
    for account in ACCOUNTS {
        let name = account.trim_start_matches("tm_");
        let side = |side: &str| {
            let tokens = held.tokens_in(&format!("ledger/{name}/{side}"));
            tokens.map(|token| token["amount"].as_i64().expect("an amount")).sum::<i64>()
        };
        let balance = balance(client, account, held.sequence).expect("an answer");
        assert_eq!(side("debit") - side("credit"), balance, "{account} at {}", held.sequence);
        sum += balance;
    }
    assert_eq!(sum, 0, "the accounts at {}", held.sequence);
}
