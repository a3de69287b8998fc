//! The JSON of a headers file.
//!
//! Promised: what is read has exactly the heights, roots and times that any reader of JSON finds, each height once, the
//! highest as tip; and is read again as the same.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use trellis_network::headers_file::HeaderSet;

fuzz_target!(|input: &[u8]| {
    let Ok(set) = HeaderSet::parse(input) else { return };
    assert!(!set.is_empty());
    let any: BTreeMap<String, Value> = serde_json::from_slice(input).expect("any reader of JSON takes it");
    assert_eq!(any.len(), set.len(), "each height once");
    let mut again = serde_json::Map::new();
    for (height, value) in any {
        let number: u32 = height.parse().expect("a height");
        let header = set.get(number).expect("a header at that height");
        let root = value.as_str().or_else(|| value["root"].as_str()).expect("a root");
        assert_eq!(header.root.to_string(), root.to_ascii_lowercase());
        assert_eq!(header.time.map(u64::from), value.get("time").and_then(Value::as_u64));
        assert!(Some(number) <= set.tip());
        let root = header.root.to_string();
        again.insert(height, header.time.map_or_else(|| json!(root), |time| json!({ "root": root, "time": time })));
    }
    assert!(set.tip().is_some_and(|tip| set.get(tip).is_some()));
    let again = Value::Object(again).to_string();
    assert_eq!(HeaderSet::parse(again.as_bytes()).expect("what was written is read"), set);
});
