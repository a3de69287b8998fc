//! Baskets of a real manager, filled by submissions and asked over HTTP: what is there is there once, can be spent, and is sold once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use trellis_spv::beef::{self, BeefEntry};
use trellis_spv::testing::{Coin, Spend, Wallet, build, coin};
use trellis_spv::transaction::Transaction;
use trellis_system_tests::client::{Client, Reply};
use trellis_system_tests::configuration::{BASKET_TOKEN, Configuration};
use trellis_system_tests::host::Host;
use trellis_system_tests::tokens::{FEE, TOKEN};
use trellis_system_tests::world::World;

/// The plugin of all baskets here.
fn shop(world: &World) -> PathBuf {
    let file = world.folder().join("shop.wasm");
    fs::write(&file, trellis_plugins_embedded::SHOP).unwrap();
    file
}

/// `tm_shop` with open baskets, `tm_vault` with closed ones.
fn configuration(world: &World) -> Configuration {
    let file = shop(world);
    Configuration::new()
        .file("shop", &file, "")
        .file("vault", &file, "")
        .topic("tm_shop", "shop")
        .topic("tm_vault", "vault")
        .baskets(&["shop/*", "bag/*", "till"], "shop", &["tm_shop"], true)
        .baskets(&["vault/*"], "vault", &["tm_vault"], false)
        .behind_a_proxy()
}

/// An output that is a token.
fn token(wallet: &Wallet, basket: &str, asset: &str, amount: u64, tags: &str) -> (u64, Vec<u8>) {
    let amount = amount.to_string();
    let fields = [b"shop", basket.as_bytes(), asset.as_bytes(), amount.as_bytes(), tags.as_bytes()];
    (TOKEN, wallet.push_drop(&fields))
}

/// Spends coins of several wallets into tokens, and what is left after the fee into change of the first wallet.
fn exchange(spent: &[(&Wallet, Coin)], mut outputs: Vec<(u64, Vec<u8>)>) -> Transaction {
    let spends: Vec<Spend<'_>> = spent.iter().map(|(wallet, coin)| coin.by(wallet)).collect();
    let input: u64 = spent.iter().map(|(_, coin)| coin.satoshis).sum();
    let output: u64 = outputs.iter().map(|(satoshis, _)| satoshis).sum();
    outputs.push((input - output - FEE, spent[0].0.p2pkh()));
    build(&spends, &outputs)
}

/// A host whose baskets are filled with tokens of `wallet`, and the transaction that made them.
struct Stocked {
    world: World,
    host: Host,
    wallet: Wallet,
    issue: Transaction,
    coins: Vec<Coin>,
}

fn stocked(outputs: impl FnOnce(&Wallet) -> Vec<(u64, Vec<u8>)>) -> Stocked {
    let (world, wallet) = (World::new(), Wallet::from_seed(21));
    let mut coins = world.coins(&wallet, 6, 100_000);
    world.publish();
    let host = Host::start(&configuration(&world), &world);
    let issue = exchange(&[(&wallet, coins.remove(0))], outputs(&wallet));
    let _ = host.client().submit(&["tm_shop"], &world.beef_bytes(&[&issue])).expect(200);
    Stocked { world, host, wallet, issue, coins }
}

impl Stocked {
    fn client(&self) -> Client {
        self.host.client()
    }

    /// Submits what spends issued tokens.
    fn submit(&self, transaction: &Transaction) -> Reply {
        self.client().submit(&["tm_shop"], &self.world.beef_bytes(&[&self.issue, transaction]))
    }

    fn issued(&self, vout: u32) -> (&Wallet, Coin) {
        (&self.wallet, coin(&self.issue, vout))
    }

    fn fuel(&self, number: usize) -> (&Wallet, Coin) {
        (&self.wallet, self.coins[number].clone())
    }

    fn tokens_in(&self, basket: &str) -> u64 {
        let path = format!("/v1/baskets/{}", basket.replace('/', "%2F"));
        let reply = self.client().get(&path);
        if reply.status == 404 { 0 } else { reply.expect(200).json()["tokens"].as_u64().unwrap() }
    }

    fn check(mut self) {
        self.host.end();
        self.host.check_store();
    }
}

fn take(client: &Client, basket: &str, from: usize, body: &Value) -> Reply {
    let address = format!("10.0.{}.{}", from / 250, from % 250);
    let path = format!("/v1/baskets/{}/take", basket.replace('/', "%2F"));
    client.post_json(&path, &[("x-forwarded-for", &address)], body)
}

/// Outpoints of tokens in a body.
fn outpoints(tokens: &Value) -> Vec<String> {
    let outpoint = |token: &Value| format!("{}.{}", token["txid"].as_str().unwrap(), token["outputIndex"]);
    tokens.as_array().unwrap_or_else(|| panic!("no tokens: {tokens}")).iter().map(outpoint).collect()
}

#[test]
fn basket_operation_creates_moves_and_consumes_are_seen_in_every_list_and_sum() {
    let stocked = stocked(|wallet| {
        (1..=3).map(|seat| token(wallet, "shop/tickets", "seat", 1, &format!("row-{seat},balcony"))).collect()
    });
    let client = stocked.client();
    let list = client.get("/v1/baskets").expect(200).json();
    assert_eq!(list["baskets"], json!([{ "name": "shop/tickets", "manager": "shop", "tokens": 3 }]));
    let summary = client.get("/v1/baskets/shop%2Ftickets").expect(200).json();
    assert_eq!((summary["tokens"].as_u64(), summary["amount"].as_str()), (Some(3), Some("3")));
    assert_eq!(summary["assets"]["groups"], json!([{ "name": "seat", "tokens": 3, "amount": "3" }]));
    let balcony = json!({ "name": "balcony", "tokens": 3, "amount": "3" });
    assert!(summary["tags"]["groups"].as_array().unwrap().contains(&balcony), "{summary}");
    // A name may also stand in a path as it is.
    assert_eq!(client.get("/v1/baskets/shop/tickets").expect(200).json(), summary);
    let by = client.get("/v1/baskets/shop%2Ftickets?by=tag&limit=1").expect(200).json();
    assert_eq!((by["groups"].as_array().unwrap().len(), by["cursor"].is_string()), (1, true));

    let found = client.get("/v1/baskets/shop/tickets/tokens?tagsAll=row-2&tagsAll=balcony").expect(200).json();
    let [second] = found["tokens"].as_array().unwrap().as_slice() else { panic!("{found}") };
    let owner = hex::encode(stocked.wallet.public_key());
    assert_eq!((second["owner"].as_str(), second.get("claimed")), (Some(owner.as_str()), None));
    assert_eq!((second["outputIndex"].as_u64(), second["topic"].as_str()), (Some(1), Some("tm_shop")));

    // One moves, one is redeemed.
    let buyer = Wallet::from_seed(22);
    let moved = exchange(&[stocked.fuel(0), stocked.issued(0)], vec![token(&buyer, "bag/buyer", "seat", 1, "")]);
    let _ = stocked.submit(&moved).expect(200);
    let redeemed = exchange(&[stocked.fuel(1), stocked.issued(1)], Vec::new());
    let _ = stocked.submit(&redeemed).expect(200);
    let before = summary["sequence"].as_u64().unwrap();
    let tokens = |query: &str| {
        outpoints(&client.get(&format!("/v1/baskets/shop/tickets/tokens{query}")).expect(200).json()["tokens"])
    };
    assert_eq!(tokens(""), [format!("{}.2", stocked.issue.txid())]);
    assert_eq!(tokens(&format!("?at={before}")).len(), 3, "the past stays as it was");
    let owner = hex::encode(buyer.public_key());
    let balance = client.get(&format!("/v1/baskets/bag%2Fbuyer/balances?asset=seat&owner={owner}")).expect(200).json();
    assert_eq!(balance["balances"], json!([{ "asset": "seat", "owner": owner, "tokens": 1, "amount": "1" }]));
    stocked.check();
}

#[test]
fn basket_operation_pages_hold_every_token_once_and_cursors_are_bound_to_their_list() {
    let stocked = stocked(|wallet| (0..23).map(|number| token(wallet, "shop/tickets", "seat", number, "a")).collect());
    let client = stocked.client();
    let (mut found, mut cursor, mut first) = (Vec::new(), String::new(), None);
    loop {
        let page = client.get(&format!("/v1/baskets/shop/tickets/tokens?limit=5{cursor}")).expect(200).json();
        found.extend(outpoints(&page["tokens"]));
        let Some(next) = page["cursor"].as_str() else { break };
        first.get_or_insert_with(|| (next.to_owned(), page["sequence"].clone()));
        cursor = format!("&cursor={next}");
    }
    let all: BTreeSet<_> = found.iter().collect();
    assert_eq!((found.len(), all.len()), (23, 23));
    let (first, sequence) = first.unwrap();
    for elsewhere in [
        format!("/v1/baskets/shop/tickets/tokens?asset=seat&cursor={first}"),
        format!("/v1/baskets/shop/tickets/tokens?at={sequence}&cursor={first}"),
        format!("/v1/baskets/shop/tickets/balances?cursor={first}"),
        format!("/v1/baskets?cursor={first}"),
    ] {
        let message = client.get(&elsewhere).refusal(400, "ERR_CURSOR");
        assert!(message.contains("`cursor`"), "{elsewhere}: {message}");
    }
    stocked.check();
}

#[test]
fn basket_operation_that_loses_something_is_refused_whole() {
    let stocked = stocked(|wallet| vec![token(wallet, "shop/tickets", "seat", 5, "")]);
    let less = exchange(&[stocked.fuel(0), stocked.issued(0)], vec![token(&stocked.wallet, "bag/a", "seat", 4, "")]);
    let message = stocked.submit(&less).refusal(422, "ERR_ORGANISE_REFUSED");
    assert!(message.contains("5 of seat are spent, but 4 made"), "{message}");
    let foreign = exchange(&[stocked.fuel(1)], vec![token(&stocked.wallet, "vault/gold", "bar", 1, "")]);
    let message = stocked.submit(&foreign).refusal(502, "ERR_PLUGIN_FAULT");
    assert!(message.contains("not its own") && message.contains("plugin `shop`"), "{message}");
    assert_eq!((stocked.tokens_in("shop/tickets"), stocked.tokens_in("bag/a")), (1, 0));
    stocked.check();
}

#[test]
fn organise_tokens_answers_a_beef_to_spend_from() {
    let stocked = stocked(|wallet| {
        let seats = (0..4).map(|_| token(wallet, "shop/tickets", "seat", 1, ""));
        let gold = (1..=4).map(|amount| token(wallet, "till", "gold", amount * 10, ""));
        seats.chain(gold).collect()
    });
    let client = stocked.client();
    let needs = json!({ "requirements": [
        { "basket": "shop/tickets", "filter": { "asset": "seat" }, "count": 2 },
        { "basket": "till", "filter": { "asset": "gold", "minAmount": 20 }, "amount": 45 },
    ]});
    let organised = client.post_json("/v1/baskets/organise", &[], &needs).expect(200).json();
    assert_eq!(client.post_json("/v1/baskets/organise", &[], &needs).expect(200).json(), organised);
    assert_eq!(outpoints(&organised["baskets"]["shop/tickets"]).len(), 2);
    let gold: Vec<_> = organised["baskets"]["till"]
        .as_array()
        .unwrap()
        .iter()
        .map(|token| token["amount"].as_u64().unwrap())
        .collect();
    assert!(gold.iter().sum::<u64>() >= 45 && gold.iter().all(|amount| *amount >= 20), "{organised}");
    assert_eq!(organised["requirements"][1]["amount"].as_str(), Some(gold.iter().sum::<u64>().to_string().as_str()));

    // All it takes to spend them is in the answer.
    let mut beef = beef::parse(&hex::decode(organised["beef"].as_str().unwrap()).unwrap()).unwrap();
    let held: BTreeMap<_, _> = beef
        .transactions
        .iter()
        .filter_map(|entry| match entry {
            BeefEntry::Raw { transaction, .. } => Some((transaction.txid().to_string(), transaction.clone())),
            BeefEntry::TxidOnly(_) => None,
        })
        .collect();
    let chosen = ["shop/tickets", "till"].iter().flat_map(|basket| organised["baskets"][*basket].as_array().unwrap());
    let coins = chosen.map(|token| {
        let vout = u32::try_from(token["outputIndex"].as_u64().unwrap()).unwrap();
        (&stocked.wallet, coin(&held[token["txid"].as_str().unwrap()], vout))
    });
    let spent: Vec<_> = std::iter::once(stocked.fuel(0)).chain(coins).collect();
    let outputs = vec![
        token(&stocked.wallet, "bag/buyer", "seat", 2, ""),
        token(&stocked.wallet, "till", "gold", gold.iter().sum(), ""),
    ];
    let spend = exchange(&spent, outputs);
    let fuel = stocked.world.beef(&[&spend]);
    let known: BTreeSet<_> = beef.transactions.iter().map(BeefEntry::txid).collect();
    let (offset, more) = (beef.bumps.len(), fuel.bumps);
    beef.bumps.extend(more);
    for entry in fuel.transactions.into_iter().filter(|entry| !known.contains(&entry.txid())) {
        beef.transactions.push(match entry {
            BeefEntry::Raw { transaction, bump } => {
                BeefEntry::Raw { transaction, bump: bump.map(|bump| bump + offset) }
            }
            other => other,
        });
    }
    beef.subject = spend.txid();
    let _ = client.submit(&["tm_shop"], &beef.to_bytes()).expect(200);
    assert_eq!((stocked.tokens_in("bag/buyer"), stocked.tokens_in("shop/tickets")), (1, 2));
    stocked.check();
}

#[test]
fn organise_tokens_says_what_is_missing_and_what_is_wrong() {
    let stocked = stocked(|wallet| (0..3).map(|_| token(wallet, "shop/tickets", "seat", 7, "")).collect());
    let client = stocked.client();
    let organise = |needs: Value| client.post_json("/v1/baskets/organise", &[], &json!({ "requirements": needs }));
    let short = organise(json!([
        { "basket": "shop/tickets", "count": 2 },
        { "basket": "shop/tickets", "filter": { "asset": "seat" }, "amount": 15 },
    ]));
    let message = short.refusal(409, "ERR_INSUFFICIENT_INVENTORY");
    assert!(message.contains("requirement 1 asks for an amount of 15"), "{message}");
    let body = short.json();
    let [requirement] = body["requirements"].as_array().unwrap().as_slice() else { panic!("{body}") };
    assert_eq!(requirement["available"], json!({ "tokens": 1, "amount": "7" }));
    assert_eq!(requirement["used"], json!({ "tokens": 2, "amount": "14" }));
    assert_eq!((requirement["requirement"].as_u64(), requirement["amount"].as_u64()), (Some(1), Some(15)));

    let of = |more: Value| {
        let mut need = json!({ "basket": "shop/tickets", "count": 1 });
        need.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        organise(json!([need]))
    };
    for (reply, status, code, word) in [
        (organise(json!([{ "basket": "nobodys", "count": 1 }])), 404, "ERR_BASKET_NOT_FOUND", "nobodys"),
        (organise(json!([{ "basket": "shop/never", "count": 1 }])), 404, "ERR_BASKET_NOT_FOUND", "shop/never"),
        (organise(json!([])), 400, "ERR_PARAMETER", "`requirements`"),
        (of(json!({ "count": -1 })), 400, "ERR_PARAMETER", "`requirements[0].count`"),
        (of(json!({ "count": 0 })), 400, "ERR_PARAMETER", "`count`"),
        (of(json!({ "amount": 1 })), 400, "ERR_PARAMETER", "exclude each other"),
        (of(json!({ "filter": { "asset": 5 } })), 400, "ERR_PARAMETER", "`requirements[0].filter.asset`"),
        (
            of(json!({ "filter": { "maxAmount": 9_007_199_254_740_992_u64 } })),
            400,
            "ERR_PARAMETER",
            "filter.maxAmount`",
        ),
        (client.get("/v1/baskets/shop/tickets/tokens?minAmount=-1"), 400, "ERR_PARAMETER", "`minAmount`"),
        (client.get("/v1/baskets/shop/tickets/tokens?limit=0"), 400, "ERR_PARAMETER", "`limit`"),
        (client.get("/v1/baskets/shop/tickets/tokens?colour=red"), 400, "ERR_PARAMETER", "`colour`"),
        (client.get("/v1/baskets/shop/tickets/tokens?at=1000000"), 400, "ERR_SEQUENCE", "1000000"),
        (client.get("/v1/baskets/nobodys/tokens"), 404, "ERR_BASKET_NOT_FOUND", "nobodys"),
        (
            take(&client, "shop/tickets", 1, &json!({ "count": 1, "reserveSeconds": 901 })),
            400,
            "ERR_PARAMETER",
            "`reserveSeconds`",
        ),
        (client.delete("/v1/reservations/zz"), 400, "ERR_RESERVATION", "hexadecimal"),
        (client.delete(&format!("/v1/reservations/{}", "0".repeat(32))), 404, "ERR_RESERVATION_NOT_FOUND", "no such"),
    ] {
        let message = reply.refusal(status, code);
        assert!(message.contains(word), "no {word} in: {message}");
    }
    stocked.check();
}

#[test]
fn organise_tokens_of_a_closed_basket_needs_its_token() {
    let (world, wallet) = (World::new(), Wallet::from_seed(23));
    let coins = world.coins(&wallet, 2, 10_000);
    world.publish();
    let mut host = Host::start(&configuration(&world), &world);
    let client = host.client();
    let stock = |coin: &Coin, topic: &str, basket: &str| {
        let issue = exchange(&[(&wallet, coin.clone())], vec![token(&wallet, basket, "bar", 1, "")]);
        let _ = client.submit(&[topic], &world.beef_bytes(&[&issue])).expect(200);
    };
    stock(&coins[0], "tm_vault", "vault/gold");
    stock(&coins[1], "tm_shop", "shop/tickets");
    let (right, wrong) = (format!("Bearer {BASKET_TOKEN}"), "Bearer guess".to_owned());
    let needs =
        json!({ "requirements": [{ "basket": "shop/tickets", "count": 1 }, { "basket": "vault/gold", "count": 1 }] });
    for (authorization, status) in [(None, 401), (Some(&wrong), 403), (Some(&right), 200)] {
        let headers: Vec<(&str, &str)> = authorization.iter().map(|token| ("authorization", token.as_str())).collect();
        for reply in [
            client.get_with("/v1/baskets/vault%2Fgold", &headers),
            client.get_with("/v1/baskets/vault/gold/tokens", &headers),
            client.get_with("/v1/baskets/vault%2Fgold/balances", &headers),
            client.post_json("/v1/baskets/vault%2Fgold/take", &headers, &json!({ "count": 1 })),
            client.post_json("/v1/baskets/organise", &headers, &needs),
        ] {
            let reply = reply.expect(status);
            if status != 200 {
                assert!(reply.refusal(status, "ERR_UNAUTHORIZED").contains("`vault/gold`"));
            }
        }
        let list = client.get_with("/v1/baskets", &headers).expect(200).json();
        let (shown, withheld) = (list["baskets"].as_array().unwrap().len(), list["withheld"].as_u64().unwrap_or(0));
        assert_eq!((shown, withheld), if status == 200 { (2, 0) } else { (1, 1) });
    }
    host.end();
    host.check_store();
}

#[test]
fn inventory_of_a_hundred_taken_five_hundred_times_at_once_is_sold_a_hundred_times() {
    const TOKENS: usize = 100;
    const TAKERS: usize = 500;
    let stocked = stocked(|wallet| (0..TOKENS).map(|_| token(wallet, "shop/tickets", "seat", 1, "")).collect());
    let (client, start) = (stocked.client(), Barrier::new(TAKERS));
    let (taken, refused) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for number in 0..TAKERS {
            let (client, start, taken, refused) = (client.clone(), &start, &taken, &refused);
            let work = move || {
                start.wait();
                loop {
                    let body = json!({ "count": 1, "filter": { "asset": "seat" }, "reserveSeconds": 600 });
                    let reply = take(&client, "shop/tickets", number, &body);
                    match reply.status {
                        200 => taken.lock().unwrap().push(reply.json()),
                        409 => refused.lock().unwrap().push(reply),
                        // Busy: asked to come again.
                        503 => {
                            thread::sleep(Duration::from_millis(200));
                            continue;
                        }
                        _ => panic!("{}", reply.text()),
                    }
                    return;
                }
            };
            thread::Builder::new().stack_size(256 * 1024).spawn_scoped(scope, work).unwrap();
        }
    });
    let (taken, refused) = (taken.into_inner().unwrap(), refused.into_inner().unwrap());
    assert_eq!((taken.len(), refused.len()), (TOKENS, TAKERS - TOKENS));
    let sold: BTreeSet<String> = taken.iter().flat_map(|taken| outpoints(&taken["tokens"])).collect();
    assert_eq!(sold.len(), TOKENS, "a token was handed out twice");
    for reply in refused {
        let message = reply.refusal(409, "ERR_INSUFFICIENT_INVENTORY");
        assert!(message.contains("1 tokens") && message.contains("100 more kept for somebody else"), "{message}");
        let body = reply.json();
        let [short] = body["requirements"].as_array().unwrap().as_slice() else { panic!("{body}") };
        assert_eq!(short["available"], json!({ "tokens": 0, "amount": "0" }));
        assert_eq!(short["reserved"], json!({ "tokens": 100, "amount": "100" }));
    }
    stocked.check();
}

#[test]
fn inventory_reservations_end_with_release_and_spend_and_survive_a_crash() {
    let mut stocked = stocked(|wallet| (0..2).map(|_| token(wallet, "shop/tickets", "seat", 1, "")).collect());
    let reserve =
        |client: &Client, from| take(client, "shop/tickets", from, &json!({ "count": 1, "reserveSeconds": 900 }));
    let client = stocked.client();
    let (first, second) = (reserve(&client, 1).expect(200).json(), reserve(&client, 2).expect(200).json());
    assert_ne!(outpoints(&first["tokens"]), outpoints(&second["tokens"]));
    assert_eq!(first["reservation"]["id"].as_str().unwrap().len(), 32);
    assert!(first["reservation"]["until"].as_str().unwrap().ends_with('Z'));

    stocked.host.kill_9();
    stocked.host.start_again();
    let client = stocked.client();
    let _ = reserve(&client, 3).refusal(409, "ERR_INSUFFICIENT_INVENTORY");
    let id = second["reservation"]["id"].as_str().unwrap();
    assert_eq!(client.delete(&format!("/v1/reservations/{id}")).expect(200).json()["released"], id);
    let _ = client.delete(&format!("/v1/reservations/{id}")).refusal(404, "ERR_RESERVATION_NOT_FOUND");
    assert_eq!(outpoints(&reserve(&client, 3).expect(200).json()["tokens"]), outpoints(&second["tokens"]));

    // Admission asks nobody's reservation, and a spend ends it.
    let vout = u32::try_from(first["tokens"][0]["outputIndex"].as_u64().unwrap()).unwrap();
    let spend =
        exchange(&[stocked.fuel(0), stocked.issued(vout)], vec![token(&stocked.wallet, "shop/tickets", "seat", 1, "")]);
    let _ = stocked.submit(&spend).expect(200);
    let again = reserve(&client, 4).expect(200).json();
    assert_eq!(outpoints(&again["tokens"]), [format!("{}.0", spend.txid())]);
    stocked.check();
}

#[test]
fn inventory_reservations_of_one_client_are_capped() {
    let stocked = stocked(|wallet| (0..25).map(|_| token(wallet, "shop/tickets", "seat", 1, "")).collect());
    let client = stocked.client();
    let reserve = |from| take(&client, "shop/tickets", from, &json!({ "count": 1, "reserveSeconds": 60 }));
    for _ in 0..20 {
        let _ = reserve(1).expect(200);
    }
    let message = reserve(1).refusal(429, "ERR_TOO_MANY_RESERVATIONS");
    assert!(message.contains("release one"), "{message}");
    let _ = reserve(2).expect(200);
    stocked.check();
}

#[test]
fn cross_basket_operation_swaps_ticket_and_payment_or_neither() {
    let buyer = Wallet::from_seed(24);
    let stocked = stocked(|seller| {
        vec![token(seller, "shop/tickets", "seat", 1, ""), token(&buyer, "bag/buyer", "gold", 20, "")]
    });
    let swap = |gold: u64| {
        let spent = [stocked.fuel(0), stocked.issued(0), (&buyer, coin(&stocked.issue, 1))];
        let outputs = vec![token(&buyer, "bag/buyer", "seat", 1, ""), token(&stocked.wallet, "till", "gold", gold, "")];
        exchange(&spent, outputs)
    };
    let baskets = || ["shop/tickets", "bag/buyer", "till"].map(|basket| stocked.tokens_in(basket));
    let message = stocked.submit(&swap(21)).refusal(422, "ERR_ORGANISE_REFUSED");
    assert!(message.contains("20 of gold are spent, but 21 made"), "{message}");
    assert_eq!(baskets(), [1, 1, 0]);
    let _ = stocked.submit(&swap(20)).expect(200);
    assert_eq!(baskets(), [0, 1, 1]);
    let till = stocked.client().get("/v1/baskets/till").expect(200).json();
    assert_eq!(till["owners"]["groups"][0]["name"], hex::encode(stocked.wallet.public_key()));
    stocked.check();
}
