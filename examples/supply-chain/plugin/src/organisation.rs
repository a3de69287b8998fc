//! Who takes part: the table `organisations` of the plugin's configuration, an entry for each topic.
//!
//! ```toml
//! [plugin.config.organisations]
//! tm_producer = { key = "02…", basket = "producer/stock" }
//! tm_carrier = { key = "03…", basket = "carrier/in-transit", receives-from = "tm_producer" }
//! ```

use std::collections::BTreeMap;

use trellis_plugin::{Refusal, config};

/// The organisations by their topics.
pub(crate) struct Organisations(BTreeMap<String, BTreeMap<String, String>>);

impl Organisations {
    pub(crate) fn configured() -> Result<Self, Refusal> {
        let organisations = config::get("organisations").and_then(|json| serde_json::from_str(&json).ok());
        organisations.map(Self).ok_or_else(|| {
            "this host's supply chain has no table `organisations` in its config; tell the operator".into()
        })
    }

    /// The organisation behind a topic.
    pub(crate) fn behind(&self, topic: &str) -> Result<Organisation<'_>, Refusal> {
        let organisation = || {
            let (topic, table) = self.0.get_key_value(topic)?;
            Organisation::read(topic, table)
        };
        organisation().ok_or_else(|| {
            format!("this host's supply chain has no organisation with key and basket for {topic}; tell the operator")
                .into()
        })
    }

    /// Who receives from an organisation.
    pub(crate) fn receivers<'o>(&'o self, topic: &'o str) -> impl Iterator<Item = Organisation<'o>> {
        let all = self.0.iter().filter_map(|(topic, table)| Organisation::read(topic, table));
        all.filter(move |organisation| organisation.receives_from == Some(topic))
    }
}

/// One organisation.
pub(crate) struct Organisation<'o> {
    pub(crate) topic: &'o str,
    /// Goods it has are locked by this key.
    pub(crate) key: Vec<u8>,
    /// Where goods it has lie.
    pub(crate) basket: &'o str,
    /// The topic its goods come from; an organisation without one makes them.
    pub(crate) receives_from: Option<&'o str>,
}

impl<'o> Organisation<'o> {
    fn read(topic: &'o str, table: &'o BTreeMap<String, String>) -> Option<Self> {
        Some(Self {
            topic,
            key: hex::decode(table.get("key")?).ok()?,
            basket: table.get("basket")?,
            receives_from: table.get("receives-from").map(String::as_str),
        })
    }
}

/// A configuration for tests.
#[cfg(test)]
pub(crate) mod testing {
    use trellis_plugin::stand_in;

    pub(crate) const PRODUCER: [u8; 33] = [2; 33];
    pub(crate) const CARRIER: [u8; 33] = [3; 33];

    /// A producer and a carrier.
    pub(crate) fn configure() {
        stand_in::reset();
        let [producer, carrier] = [PRODUCER, CARRIER].map(hex::encode);
        let producer = format!(r#""tm_producer":{{"key":"{producer}","basket":"producer/stock"}}"#);
        let carrier =
            format!(r#""tm_carrier":{{"key":"{carrier}","basket":"carrier/vans","receives-from":"tm_producer"}}"#);
        stand_in::set_config("organisations", &format!("{{{producer},{carrier}}}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_who_receives_from_whom() {
        testing::configure();
        let organisations = Organisations::configured().unwrap();
        let carrier = organisations.behind("tm_carrier").unwrap();
        assert_eq!((carrier.key, carrier.receives_from), (testing::CARRIER.to_vec(), Some("tm_producer")));
        let receivers: Vec<&str> = organisations.receivers("tm_producer").map(|receiver| receiver.topic).collect();
        assert_eq!(receivers, ["tm_carrier"]);
        assert_eq!(organisations.receivers("tm_carrier").count(), 0);
        assert!(organisations.behind("tm_shop").is_err());
    }

    #[test]
    fn without_a_table_the_operator_is_named() {
        trellis_plugin::stand_in::reset();
        assert!(Organisations::configured().is_err_and(|refusal| refusal.text().contains("operator")));
    }
}
