//! Names and identifiers in text.
//!
//! Promised: the host and the SDK of plugins take the same texts and show them alike; what is shown is read as the same; a
//! transaction id has one spelling but for the case of its digits, and a name has one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trellis_engine::domain::name::{MAX_NAME_BYTES, ServiceName, TopicName};
use trellis_spv::hash::{Outpoint, Txid};

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let txid = text.parse::<Txid>().map(|txid| txid.to_string()).ok();
    assert_eq!(text.parse::<trellis_plugin::Txid>().map(|txid| txid.to_string()).ok(), txid);
    let outpoint = text.parse::<Outpoint>().map(|outpoint| outpoint.to_string()).ok();
    assert_eq!(text.parse::<trellis_plugin::Outpoint>().map(|outpoint| outpoint.to_string()).ok(), outpoint);
    if let Some(shown) = txid {
        assert_eq!(shown, text.to_ascii_lowercase());
    }
    if let Some(shown) = outpoint {
        assert_eq!(shown.parse::<Outpoint>(), text.parse());
    }
    let topic = TopicName::new(text).map(|name| name.as_str().to_owned());
    let service = ServiceName::new(text).map(|name| name.as_str().to_owned());
    assert!(topic.is_err() || service.is_err());
    for name in [topic, service].into_iter().flatten() {
        assert!(name == text && name.len() <= MAX_NAME_BYTES && name.is_ascii());
    }
});
