//! A host with all four examples: their plugins and their own configuration files, with keys of the test's.

use std::fs;

use trellis_plugins_embedded::{EXAMPLES, Embedded};
use trellis_spv::testing::Wallet;

use crate::binary::workspace;
use crate::configuration::Configuration;
use crate::world::World;

/// Hexadecimal digits of a public key.
const KEY_DIGITS: usize = 66;

/// Whose keys stand in the configurations.
#[derive(Debug, Clone, Copy)]
pub enum Role {
    /// Makes tickets.
    Organiser,
    /// Has those that are available.
    Seller,
    /// Makes money.
    Issuer,
    /// The first organisation of the supply chain.
    Producer,
    /// The second.
    Carrier,
    /// The third.
    Warehouse,
    /// The last.
    Shop,
    /// Posts.
    Bookkeeper,
}

impl Role {
    /// The key of whoever has this role.
    #[must_use]
    pub fn wallet(self) -> Wallet {
        Wallet::from_seed(1_000 + self as u64)
    }
}

/// Whose keys an example names, in the order in which they stand in its file.
fn roles(example: &str) -> &'static [Role] {
    match example {
        "tickets" => &[Role::Organiser, Role::Seller],
        "marketplace" => &[Role::Issuer],
        "supply-chain" => &[Role::Producer, Role::Carrier, Role::Warehouse, Role::Shop],
        "ledger" => &[Role::Bookkeeper],
        other => panic!("the example {other} has keys nobody here knows"),
    }
}

/// All four examples on one host.
#[must_use]
pub fn configuration(world: &World) -> Configuration {
    EXAMPLES.iter().fold(Configuration::new().behind_a_proxy(), |configuration, example| {
        configuration.tables(&tables(world, example))
    })
}

fn tables(world: &World, example: &Embedded) -> String {
    let id = example.id;
    let component = world.folder().join(format!("{id}.wasm"));
    fs::write(&component, example.wasm).expect("to write the component");
    let file = workspace().join("examples").join(id).join("trellis.toml");
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let named = format!("file = \"{id}.wasm\"");
    assert!(text.contains(&named), "{} names another component", file.display());
    with_keys(&text.replace(&named, &format!("file = '{}'", component.display())), roles(id))
}

/// The text with these keys in place of those in it.
fn with_keys(text: &str, roles: &[Role]) -> String {
    let is_key = |part: &str| part.len() == KEY_DIGITS && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut roles = roles.iter();
    let mut with_key = |part: &str| match is_key(part) {
        true => hex::encode(roles.next().expect("a key too many in the example's file").wallet().public_key()),
        false => part.to_owned(),
    };
    // Keys are texts of TOML: what stands between two quotation marks.
    let parts: Vec<String> = text.split('"').map(&mut with_key).collect();
    assert!(roles.next().is_none(), "a key too few in the example's file");
    parts.join("\"")
}
