//! Everything the host says it holds at one sequence: read page by page, and counted again.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use trellis_spv::hash::Outpoint;

use super::deed::Token;
use crate::client::Client;

/// Entries of a page: as many as the host gives.
const PAGE: usize = 1_000;

/// What is held.
#[derive(Debug)]
pub struct Held {
    /// At this sequence.
    pub sequence: u64,
    /// The baskets, each with its tokens as the host told them.
    baskets: BTreeMap<String, Vec<Value>>,
}

impl Held {
    /// Reads everything, and counts it again: what the host has counted and summed is what it lists, and every token of a basket
    /// is an unspent output of its topic, and the other way round.
    ///
    /// # Panics
    /// It is not.
    #[must_use]
    pub fn read(client: &Client) -> Self {
        let overview = client.get("/v1/topics").expect(200).json();
        let sequence = overview["sequence"].as_u64().expect("a sequence");
        let mut outputs = BTreeSet::new();
        for topic in overview["topics"].as_array().expect("topics") {
            let name = topic["topic"].as_str().expect("a name");
            let found = pages(client, &format!("/v1/topics/{name}/outputs?at={sequence}"), "outputs", "after", "next");
            assert_eq!(topic["liveOutputs"], found.len(), "outputs of {name} at {sequence}");
            let satoshis: u64 = found.iter().map(|output| output["satoshis"].as_u64().expect("satoshis")).sum();
            assert_eq!(topic["liveSatoshis"], satoshis, "satoshis in {name} at {sequence}");
            outputs.extend(found.iter().map(|output| (name.to_owned(), text(&output["outpoint"]))));
        }
        let listed = pages(client, &format!("/v1/baskets?at={sequence}"), "baskets", "cursor", "cursor");
        let mut baskets = BTreeMap::new();
        let mut placed = BTreeSet::new();
        for basket in listed {
            let name = text(&basket["name"]);
            let path = format!("/v1/baskets/{}", name.replace('/', "%2F"));
            let tokens = pages(client, &format!("{path}/tokens?at={sequence}"), "tokens", "cursor", "cursor");
            assert_eq!(basket["tokens"], tokens.len(), "tokens in {name} at {sequence}");
            assert_summed(client, &path, sequence, &tokens);
            for token in &tokens {
                let is_new = placed.insert((text(&token["topic"]), outpoint(token).to_string()));
                assert!(is_new, "in two baskets: {token}");
            }
            baskets.insert(name, tokens);
        }
        assert!(placed == outputs, "baskets and topics differ at {sequence}: {:?}", difference(&placed, &outputs));
        Self { sequence, baskets }
    }

    /// The tokens of all baskets.
    pub fn tokens(&self) -> impl Iterator<Item = &Value> {
        self.baskets.values().flatten()
    }

    /// The tokens of a basket; none where it was never filled.
    pub fn tokens_in(&self, basket: &str) -> impl Iterator<Item = &Value> + use<'_> {
        self.baskets.get(basket).into_iter().flatten()
    }

    /// Everything in it is what it is to be, and nothing else is there.
    ///
    /// # Panics
    /// It is not.
    pub fn assert_is(&self, wanted: &BTreeMap<Outpoint, &Token>) {
        let mut found = BTreeMap::new();
        for (basket, tokens) in &self.baskets {
            found.extend(tokens.iter().map(|token| (outpoint(token), read(basket, token))));
        }
        for (outpoint, token) in wanted {
            let held = found.remove(outpoint);
            assert_eq!(held.as_ref(), Some(*token), "{outpoint} at {}", self.sequence);
        }
        assert!(found.is_empty(), "nobody made these, or they are spent, at {}: {found:?}", self.sequence);
    }
}

/// A token as it was told.
fn read(basket: &str, token: &Value) -> Token {
    let tags = token["tags"].as_array().expect("tags");
    Token {
        topic: text(&token["topic"]),
        basket: basket.to_owned(),
        asset: text(&token["asset"]),
        amount: token["amount"].as_u64().expect("an amount"),
        owner: token["owner"].as_str().map(str::to_owned),
        tags: tags.iter().map(text).collect(),
    }
}

/// How many tokens, and how much is in them.
type Figures = (u64, u128);

/// The sums of a basket, as a whole and by asset, owner and tag, are those of its tokens.
fn assert_summed(client: &Client, path: &str, at: u64, tokens: &[Value]) {
    let whole = client.get(&format!("{path}?at={at}")).expect(200).json();
    let mut sums: BTreeMap<(&str, String), Figures> = BTreeMap::new();
    let mut add = |by, name: &Value, amount| {
        let figures = sums.entry((by, text(name))).or_default();
        *figures = (figures.0 + 1, figures.1 + amount);
    };
    let mut sum: Figures = (0, 0);
    for token in tokens {
        let amount = u128::from(token["amount"].as_u64().expect("an amount"));
        sum = (sum.0 + 1, sum.1 + amount);
        add("asset", &token["asset"], amount);
        if token["owner"].is_string() {
            add("owner", &token["owner"], amount);
        }
        token["tags"].as_array().expect("tags").iter().for_each(|tag| add("tag", tag, amount));
    }
    assert_eq!(figures(&whole), sum, "{path} at {at}");
    for by in ["asset", "owner", "tag"] {
        let groups = pages(client, &format!("{path}?by={by}&at={at}"), "groups", "cursor", "cursor");
        let told: BTreeMap<String, Figures> =
            groups.iter().map(|group| (text(&group["name"]), figures(group))).collect();
        let counted = sums.iter().filter(|((kind, _), _)| *kind == by);
        let counted: BTreeMap<String, Figures> = counted.map(|((_, name), sum)| (name.clone(), *sum)).collect();
        assert_eq!(told, counted, "{path} by {by} at {at}");
    }
}

fn figures(body: &Value) -> Figures {
    let amount = text(&body["amount"]).parse().expect("a number");
    (body["tokens"].as_u64().expect("a number"), amount)
}

/// All entries of a list, page by page.
fn pages(client: &Client, path: &str, entries: &str, parameter: &str, next: &str) -> Vec<Value> {
    let mut all = Vec::new();
    let mut from = String::new();
    loop {
        let join = if path.contains('?') { '&' } else { '?' };
        let page = client.get(&format!("{path}{join}limit={PAGE}{from}")).expect(200).json();
        all.extend(page[entries].as_array().expect("entries").iter().cloned());
        match page[next].as_str() {
            None => return all,
            Some(cursor) => from = format!("&{parameter}={cursor}"),
        }
    }
}

fn outpoint(token: &Value) -> Outpoint {
    let vout = token["outputIndex"].as_u64().and_then(|index| u32::try_from(index).ok()).expect("an index");
    Outpoint::new(text(&token["txid"]).parse().expect("a txid"), vout)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned()
}

fn difference<'s, T: Ord>(one: &'s BTreeSet<T>, other: &'s BTreeSet<T>) -> Vec<&'s T> {
    one.symmetric_difference(other).collect()
}
