//! Tickets: an organiser makes them, sellers take and sell them side by side, buyers pass them on, tear them, and cheat.

use std::collections::BTreeSet;

use rand::Rng;
use serde_json::{Value, json};
use trellis_spv::beef::{self, BeefEntry};
use trellis_spv::testing::{Wallet, coin};

use super::deed::{Deed, Make, Piece, Token};
use super::desk::{Desk, Purse};
use super::held::Held;
use super::setup::Role;

const TOPIC: [&str; 1] = ["tm_tickets"];
const AVAILABLE: &str = "tickets/available";
const SOLD: &str = "tickets/sold";

/// Seats of each event.
const SEATS: [&str; 6] = ["A-1", "A-2", "A-3", "B-1", "B-2", "B-3"];

/// Satoshis of a new ticket, and what remains in it of them after each time it changes hands.
const NEW: u64 = 600;
const PASSED_ON: [u64; 2] = [500, 400];

/// Buyers each seller has. Two sellers who both were given a seat sell it to different people, so only one of them does.
const BUYERS: u64 = 4;

/// Longest pause of the organiser, and of a seller with nothing to sell, in milliseconds.
const PAUSE: u64 = 40;

fn ticket(owner: &Wallet, event: &str, seat: &str, satoshis: u64) -> Make {
    let is_sellers = owner.public_key() == Role::Seller.wallet().public_key();
    let row = seat.split('-').next().expect("a row");
    let token = Token {
        topic: TOPIC[0].to_owned(),
        basket: if is_sellers { AVAILABLE } else { SOLD }.to_owned(),
        asset: event.to_owned(),
        amount: 1,
        owner: Some(hex::encode(owner.public_key())),
        tags: BTreeSet::from([format!("row:{row}"), format!("seat:{seat}")]),
    };
    Make { satoshis, script: owner.push_drop(&[b"ticket", event.as_bytes(), seat.as_bytes()]), token }
}

/// Makes tickets, and tries to make some twice.
pub fn organise(desk: &mut Desk<'_>, organiser: &mut Purse) -> Option<()> {
    let seller = Role::Seller.wallet();
    loop {
        let event = desk.name("night");
        let make = |seats: &[&str]| seats.iter().map(|seat| ticket(&seller, &event, seat, NEW)).collect();
        desk.right(&Deed::new(&TOPIC, &[&organiser.coin()?], make(&SEATS)))?;
        if desk.one_in(3) {
            desk.wrong(&Deed::new(&TOPIC, &[&organiser.coin()?], make(&["Z-1", "Z-2", "Z-1"])))?;
        }
        desk.pause(PAUSE);
    }
}

/// A seat that somebody has.
struct Seat {
    event: String,
    name: String,
    piece: Piece,
}

impl Seat {
    fn to(&self, owner: &Wallet, satoshis: u64) -> Make {
        ticket(owner, &self.event, &self.name, satoshis)
    }
}

/// Sells what is available, and does with it what its buyers do.
pub fn sell(desk: &mut Desk<'_>, stranger: &mut Purse) -> Option<()> {
    loop {
        let seats = take(desk)?;
        if seats.is_empty() {
            desk.pause(PAUSE);
            continue;
        }
        let buyer = buyer(desk);
        let spent: Vec<&Piece> = seats.iter().map(|seat| &seat.piece).collect();
        let sale = Deed::new(&TOPIC, &spent, seats.iter().map(|seat| seat.to(&buyer, PASSED_ON[0])).collect());
        if !desk.contested(&sale)? {
            continue;
        }
        let seat = Seat { piece: sale.piece(0, &buyer), ..seats.into_iter().next().expect("a seat") };
        let friend = self::buyer(desk);
        let own = [&seat.piece];
        match desk.random.random_range(0..5) {
            0 => drop(desk.right(&Deed::new(&TOPIC, &own, vec![seat.to(&friend, PASSED_ON[1])]))?),
            // Torn at the door.
            1 => drop(desk.right(&Deed::new(&TOPIC, &own, Vec::new()))?),
            2 => desk.wrong(&Deed::new(&TOPIC, &own, vec![seat.to(&buyer, 100), seat.to(&friend, 100)]))?,
            3 => {
                let forged = vec![ticket(&buyer, &desk.name("forged night"), SEATS[0], NEW)];
                desk.wrong(&Deed::new(&TOPIC, &[&stranger.coin()?], forged))?;
            }
            _ => {}
        }
    }
}

fn buyer(desk: &mut Desk<'_>) -> Wallet {
    Wallet::from_seed(2_000 + BUYERS * desk.who + desk.random.random_range(0..BUYERS))
}

/// Takes one seat or two out of the basket, mostly for a while.
fn take(desk: &mut Desk<'_>) -> Option<Vec<Seat>> {
    let mut wanted = json!({ "count": desk.random.random_range(1..=2) });
    if !desk.one_in(4) {
        wanted["reserveSeconds"] = json!(1);
    }
    let reply = desk.post("/v1/baskets/tickets%2Favailable/take", &wanted)?;
    // There is none yet, or none is left, or this seller has reserved as many as it may.
    if [404, 409, 429].contains(&reply.status) {
        return Some(Vec::new());
    }
    let body = reply.expect(200).json();
    let beef = hex::decode(body["beef"].as_str().expect("a BEEF")).expect("hexadecimal");
    let entries = beef::parse(&beef).unwrap_or_else(|error| panic!("{error}")).transactions;
    let all: Vec<_> = entries
        .into_iter()
        .map(|entry| match entry {
            BeefEntry::Raw { transaction, bump } => (transaction, bump.is_some()),
            BeefEntry::TxidOnly(txid) => panic!("{txid} is left out of what is to be spent"),
        })
        .collect();
    let past: Vec<_> = all.iter().filter(|(_, is_proven)| !is_proven).map(|(of, _)| of.clone()).collect();
    let seat = |token: &Value| {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let txid = text(&token["txid"]);
        let (of, _) = all.iter().find(|(of, _)| of.txid().to_string() == txid).expect("the token's transaction");
        let vout = u32::try_from(token["outputIndex"].as_u64().expect("an index")).expect("an index");
        Seat {
            event: text(&token["asset"]),
            name: seat_of(token),
            piece: Piece { owner: Role::Seller.wallet(), coin: coin(of, vout), past: past.clone() },
        }
    };
    Some(body["tokens"].as_array().expect("tokens").iter().map(seat).collect())
}

fn seat_of(token: &Value) -> String {
    let mut tags = token["tags"].as_array().expect("tags").iter().filter_map(Value::as_str);
    tags.find_map(|tag| tag.strip_prefix("seat:")).expect("a seat").to_owned()
}

/// No seat is there twice, neither in one basket nor in both, and none that was never made.
///
/// # Panics
/// One is.
pub fn assert_true(held: &Held) {
    let mut seats = BTreeSet::new();
    for token in [AVAILABLE, SOLD].iter().flat_map(|basket| held.tokens_in(basket)) {
        let (event, seat) = (token["asset"].as_str().expect("an event"), seat_of(token));
        assert!(SEATS.contains(&seat.as_str()) && !event.starts_with("forged"), "{token}");
        assert!(seats.insert((event, seat)), "oversold: {token}");
    }
}
