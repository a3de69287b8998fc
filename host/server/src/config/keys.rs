//! The keys each table knows, taken from the serde types themselves, so that the two cannot differ.

use std::sync::LazyLock;

use serde::de::value::Error;
use serde::de::{DeserializeOwned, Error as _, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};
use trellis_sandbox::Limits;

use super::file::{
    AccessTable, AdminTable, ArcTable, BasketTable, BroadcastTable, CertifiedPathTable, CertifiedTable, ChainTable,
    EventsTable, IdentityTable, LimitsTable, LookupTable, NodeTable, PluginTable, PolicyTable, PublisherTable,
    RelayTable, ServiceTable, Tables, TopicTable,
};

/// A table of the file: how it is written, and its keys.
#[derive(Debug, Clone, Copy)]
pub struct KnownTable {
    /// The key that holds it in its parent.
    pub key: &'static str,
    /// As an operator writes its header.
    pub header: &'static str,
    /// The keys it knows.
    pub keys: fn() -> &'static [&'static str],
    /// The tables inside it whose keys are known too; others (a plugin's `config`) are free.
    pub tables: &'static [KnownTable],
}

/// The file itself.
pub const FILE: KnownTable = KnownTable {
    key: "",
    header: "the file",
    keys: keys_of::<Tables>,
    tables: &[
        leaf("node", "[node]", keys_of::<NodeTable>),
        KnownTable {
            key: "chain",
            header: "[chain]",
            keys: keys_of::<ChainTable>,
            tables: &[leaf("service", "[[chain.service]]", keys_of::<ServiceTable>)],
        },
        KnownTable {
            key: "broadcast",
            header: "[broadcast]",
            keys: keys_of::<BroadcastTable>,
            tables: &[leaf("arc", "[[broadcast.arc]]", keys_of::<ArcTable>)],
        },
        leaf("policy", "[policy]", keys_of::<PolicyTable>),
        leaf("relay", "[relay]", keys_of::<RelayTable>),
        KnownTable {
            key: "access",
            header: "[access]",
            keys: keys_of::<AccessTable>,
            tables: &[leaf("certified", "[[access.certified]]", keys_of::<CertifiedPathTable>)],
        },
        leaf("admin", "[admin]", keys_of::<AdminTable>),
        leaf("identity", "[identity]", keys_of::<IdentityTable>),
        leaf("limits", "[limits]", keys_of::<LimitsTable>),
        leaf("events", "[events]", keys_of::<EventsTable>),
        leaf("publisher", "[[publisher]]", keys_of::<PublisherTable>),
        KnownTable {
            key: "plugin",
            header: "[[plugin]]",
            keys: keys_of::<PluginTable>,
            tables: &[leaf("limits", "limits of [[plugin]]", limit_keys)],
        },
        KnownTable {
            key: "topic",
            header: "[[topic]]",
            keys: keys_of::<TopicTable>,
            tables: &[leaf("certified", "certified of [[topic]]", keys_of::<CertifiedTable>)],
        },
        leaf("lookup", "[[lookup]]", keys_of::<LookupTable>),
        KnownTable {
            key: "basket",
            header: "[[basket]]",
            keys: keys_of::<BasketTable>,
            tables: &[leaf("certified", "certified of [[basket]]", keys_of::<CertifiedTable>)],
        },
    ],
};

const fn leaf(key: &'static str, header: &'static str, keys: fn() -> &'static [&'static str]) -> KnownTable {
    KnownTable { key, header, keys, tables: &[] }
}

/// The limits an operator may set for a plugin, written with dashes as all keys of the file.
#[must_use]
pub fn limit_keys() -> &'static [&'static str] {
    static TEXTS: LazyLock<Vec<String>> =
        LazyLock::new(|| Limits::NAMES.iter().map(|name| name.replace('_', "-")).collect());
    static KEYS: LazyLock<Vec<&'static str>> = LazyLock::new(|| TEXTS.iter().map(String::as_str).collect());
    &KEYS
}

/// The keys a struct's derived `Deserialize` asks for.
fn keys_of<T: DeserializeOwned>() -> &'static [&'static str] {
    let mut keys: &'static [&'static str] = &[];
    // The deserializer never answers a value, so this is an error by construction; what counts is what it was asked for.
    let _ = T::deserialize(KeyListener(&mut keys));
    keys
}

/// Hears which fields a type wants, and gives it nothing.
struct KeyListener<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for KeyListener<'_> {
    type Error = Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        *self.0 = fields;
        Err(Error::custom("only the keys were wanted"))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("not a table"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_are_those_an_operator_writes() {
        assert!(keys_of::<NodeTable>().contains(&"admin-listen"));
        assert_eq!(keys_of::<TopicTable>(), ["name", "plugin", "reads", "certified", "access"]);
    }

    #[test]
    fn every_table_is_a_key_of_its_parent_and_has_keys() {
        fn walk(table: &KnownTable) {
            assert!(!(table.keys)().is_empty(), "{}", table.header);
            for inner in table.tables {
                assert!((table.keys)().contains(&inner.key), "{} in {}", inner.key, table.header);
                walk(inner);
            }
        }
        walk(&FILE);
    }
}
