//! Tokens, and what they are found under, in the engine's words and in the model's.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use trellis_engine::domain::basket::{BasketName, NameDigest, Token, TokensOf};
use trellis_engine::domain::event::{BasketOperation, BasketReversal, Placed, Taken};
use trellis_engine::ports::plugins::Operation;
use trellis_model::event::{self, BasketChange, Told};
use trellis_model::manager::{self, PAYEE, names};
use trellis_model::token::{self, Kind, Name, Part};
use trellis_spv::testing::Wallet;

use super::world::{WALLET, outpoint};

/// What the host calls a name: the payee is called by the key that everything is paid to.
pub fn text(name: Name) -> String {
    static KEY: OnceLock<String> = OnceLock::new();
    let key = || Wallet::from_seed(WALLET).public_key().iter().map(|byte| format!("{byte:02x}")).collect();
    if name == PAYEE { KEY.get_or_init(key).clone() } else { name.to_owned() }
}

/// The name of a text.
pub fn name(kind: Kind, called: &str) -> Name {
    let found = names().into_iter().find(|(of, name)| *of == kind && text(name) == called);
    found.unwrap_or_else(|| panic!("nobody gave the name {called}")).1
}

fn basket(name: Name) -> BasketName {
    BasketName::new(&text(name)).unwrap()
}

pub fn digest(kind: Kind, name: Name) -> NameDigest {
    match kind {
        Kind::Basket => basket(name).digest(),
        Kind::Asset => NameDigest::asset(&text(name)),
        Kind::Owner => NameDigest::owner(&text(name)),
        Kind::Tag => NameDigest::tag(&text(name)),
    }
}

/// The name of a digest.
pub fn named(of: NameDigest) -> (Kind, Name) {
    static NAMES: OnceLock<BTreeMap<NameDigest, (Kind, Name)>> = OnceLock::new();
    let all = || names().into_iter().map(|(kind, name)| (digest(kind, name), (kind, name))).collect();
    NAMES.get_or_init(all)[&of]
}

pub fn engine_token(token: &token::Token) -> Token {
    Token {
        basket: basket(token.basket),
        asset: text(token.asset),
        amount: token.amount,
        owner: token.owner.map(text),
        tags: token.tags.iter().map(|tag| text(tag)).collect(),
        data: token.data.clone(),
    }
}

pub fn model_token(token: &Token) -> token::Token {
    token::Token {
        basket: name(Kind::Basket, token.basket.as_str()),
        asset: name(Kind::Asset, &token.asset),
        amount: token.amount,
        owner: token.owner.as_deref().map(|owner| name(Kind::Owner, owner)),
        tags: token.tags.iter().map(|tag| name(Kind::Tag, tag)).collect(),
        data: token.data.clone(),
    }
}

pub fn engine_part(part: Part) -> TokensOf {
    let [basket, asset, owner, tag] =
        [Kind::Basket, Kind::Asset, Kind::Owner, Kind::Tag].map(|kind| move |name| digest(kind, name));
    match part {
        Part::Basket(of) => TokensOf::Basket(basket(of)),
        Part::Asset(of, which) => TokensOf::Asset(basket(of), asset(which)),
        Part::Owner(of, which) => TokensOf::Owner(basket(of), owner(which)),
        Part::Tag(of, which) => TokensOf::Tag(basket(of), tag(which)),
        Part::Balance(of, which, whose) => TokensOf::Balance(basket(of), asset(which), owner(whose)),
    }
}

pub fn model_part(part: TokensOf) -> Part {
    let name = |of| named(of).1;
    match part {
        TokensOf::Basket(of) => Part::Basket(name(of)),
        TokensOf::Asset(of, asset) => Part::Asset(name(of), name(asset)),
        TokensOf::Owner(of, owner) => Part::Owner(name(of), name(owner)),
        TokensOf::Tag(of, tag) => Part::Tag(name(of), name(tag)),
        TokensOf::Balance(of, asset, owner) => Part::Balance(name(of), name(asset), name(owner)),
    }
}

pub fn operation(told: manager::Operation) -> Operation {
    match told {
        manager::Operation::Create(output, token) => Operation::Create { output, token: engine_token(&token) },
        manager::Operation::Move(input, from, output, token) => {
            Operation::Move { input, from: basket(from), output, token: engine_token(&token) }
        }
        manager::Operation::Consume(input, from) => Operation::Consume { input, from: basket(from) },
    }
}

fn told(basket: &BasketName, asset: &str, amount: u64) -> Told {
    Told { basket: name(Kind::Basket, basket.as_str()), asset: name(Kind::Asset, asset), amount }
}

/// What subscribers hear of a change of a basket.
pub fn heard(operation: &BasketOperation) -> event::BasketOperation {
    let taken = operation
        .taken
        .as_ref()
        .map(|Taken { basket, outpoint: of, asset, amount }| (outpoint(of), told(basket, asset, *amount)));
    let placed =
        operation.placed.as_ref().map(|Placed { basket, vout, asset, amount }| (*vout, told(basket, asset, *amount)));
    event::BasketOperation { taken, placed }
}

/// What they hear when it is taken back.
pub fn reversal(told: &BasketReversal) -> BasketChange {
    let outpoints = |of: &[trellis_spv::hash::Outpoint]| {
        let mut outpoints: Vec<_> = of.iter().map(outpoint).collect();
        outpoints.sort();
        outpoints
    };
    BasketChange {
        basket: name(Kind::Basket, told.basket.as_str()),
        removed: outpoints(&told.removed),
        placed: outpoints(&told.placed),
    }
}
