//! Looking at plugins, and checking them, from the command line.

use serde_json::Value;

use crate::harness::{text, trellis, write};

fn embedded(id: &str) -> &'static [u8] {
    trellis_plugins_embedded::find(id).unwrap().wasm
}

#[test]
fn a_component_says_what_it_is_and_what_it_may_call_without_running() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "identity.wasm", embedded("identity"));
    let said = trellis(&["plugin", "inspect", file.to_str().unwrap()]);
    assert!(said.status.success(), "{}", text(&said));
    for part in ["bsv:overlay@0.1.0", "topic-manager, lookup-service", "identity.verify-certificate", "state.scan"] {
        assert!(text(&said).contains(part), "no {part} in {}", text(&said));
    }
    let json = trellis(&["plugin", "inspect", file.to_str().unwrap(), "--json"]);
    let report: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(report["bytes"], embedded("identity").len());
    assert_eq!(report["roles"], serde_json::json!(["topic-manager", "lookup-service"]));
}

#[test]
fn a_component_is_checked_as_a_host_would_load_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "helloworld.wasm", embedded("helloworld"));
    let said = trellis(&["plugin", "check", file.to_str().unwrap()]);
    assert!(said.status.success(), "{}", text(&said));
    for part in ["calls itself", "describe: ", "documentation: ", "passes: two fresh runs came to the same"] {
        assert!(text(&said).contains(part), "no {part} in {}", text(&said));
    }
    let json = trellis(&["plugin", "check", file.to_str().unwrap(), "--json"]);
    let report: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(report["fuel"][0][0], "describe");
    assert!(report["fuel"][0][1].as_u64().unwrap() > 0);
}

#[test]
fn what_does_not_pass_says_why_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let module = [&b"\0asm"[..], &[1, 0, 0, 0]].concat();
    for (name, bytes, part) in [
        ("module.wasm", module, "wasm-component-ld"),
        ("text.wasm", b"hello".to_vec(), "not WebAssembly"),
        ("cut.wasm", embedded("anytx")[..1_000].to_vec(), "damaged or unsupported component"),
    ] {
        let file = write(folder.path(), name, bytes);
        for command in ["inspect", "check"] {
            let said = trellis(&["plugin", command, file.to_str().unwrap()]);
            assert_eq!(said.status.code(), Some(1), "{}", text(&said));
            assert!(text(&said).contains(part) && text(&said).contains(name), "{}", text(&said));
        }
    }
    let nowhere = trellis(&["plugin", "check", "/nowhere.wasm"]);
    assert!(!nowhere.status.success() && text(&nowhere).contains("cannot read /nowhere.wasm"), "{}", text(&nowhere));
}
