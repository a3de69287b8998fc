//! Looking at plugins, and checking them, from the command line.

use std::path::Path;
use std::process::Output;

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
        ("libnative.so", std::fs::read(env!("CARGO_BIN_EXE_trellis")).unwrap()[..100_000].to_vec(), "`cargo plugin`"),
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

/// The cases of Hello World, which plugins in every language are held to.
const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugins/helloworld/cases");

#[test]
fn a_component_is_held_to_its_cases_and_what_differs_is_shown_and_can_be_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "helloworld.wasm", embedded("helloworld"));
    let said = trellis(&["plugin", "test", file.to_str().unwrap(), "--cases", CASES]);
    assert!(said.status.success(), "{}", text(&said));
    assert!(
        text(&said).contains("passes    message, 14 steps: A message is found until it is spent."),
        "{}",
        text(&said)
    );

    let cases = folder.path().join("cases");
    std::fs::create_dir(&cases).unwrap();
    let overlay = std::fs::read(Path::new(CASES).join("overlay.json")).unwrap();
    write(&cases, "overlay.json", overlay);
    let case = std::fs::read_to_string(Path::new(CASES).join("message.json")).unwrap();
    let changed = write(&cases, "message.json", case.replacen("[\"hello.0\"]", "[\"hello.1\"]", 1));
    let said = trellis(&["plugin", "test", folder.path().to_str().unwrap()]);
    assert_eq!(said.status.code(), Some(1), "{}", text(&said));
    for part in [
        "DIFFERS   message",
        "step 3, lookup \"ls_helloworld\"",
        "  - { \"outputs\": [\"hello.1\"] }\n  + { \"outputs\": [\"hello.0\"] }",
        "1 of 1 cases came to something else than expected",
    ] {
        assert!(text(&said).contains(part), "no {part} in {}", text(&said));
    }
    let refreshed = trellis(&["plugin", "test", folder.path().to_str().unwrap(), "--refresh"]);
    assert!(refreshed.status.success() && text(&refreshed).contains("refreshed message"), "{}", text(&refreshed));
    assert_eq!(
        std::fs::read_to_string(changed).unwrap(),
        case,
        "a case that is refreshed looks as one that was written"
    );
}

#[test]
fn cases_that_cannot_be_meant_name_the_file_and_the_step() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "helloworld.wasm", embedded("helloworld"));
    let file = file.to_str().unwrap();
    let nowhere = trellis(&["plugin", "test", file]);
    assert!(!nowhere.status.success() && text(&nowhere).contains("overlay.json"), "{}", text(&nowhere));
    let cases = folder.path().join("cases");
    std::fs::create_dir(&cases).unwrap();
    write(&cases, "overlay.json", br#"{ "topics": [{ "name": "tm_helloworld" }] }"#);
    let none = trellis(&["plugin", "test", file]);
    assert!(!none.status.success() && text(&none).contains("holds no cases"), "{}", text(&none));
    for (step, part) in [
        (r#"{ "submit": "hello" }"#, "no step before this one makes a transaction \"hello\""),
        (r#"{ "wait": 1, "mine": "hello" }"#, "a step has one of transaction, certificate, submit"),
        (r#"{ "transaction": "hello", "output": [] }"#, "unknown field `output`"),
        (r#"{ "transaction": "hello", "outputs": [{ "token": ["hi"] }] }"#, "an output is {\"token\", \"of\"}"),
    ] {
        write(&cases, "greeting.json", format!(r#"{{ "about": "A greeting.", "steps": [{step}] }}"#));
        let said = trellis(&["plugin", "test", file]);
        assert_eq!(said.status.code(), Some(1), "{}", text(&said));
        assert!(text(&said).contains("greeting.json: step 1: ") && text(&said).contains(part), "{}", text(&said));
    }
}

fn new_plugin(folder: &Path, arguments: &[&str]) -> Output {
    let folder = folder.to_str().unwrap();
    trellis(&[&["plugin", "new"], arguments, &["--folder", folder]].concat())
}

#[test]
fn a_new_project_is_written_whole_and_says_what_comes_next() {
    let folder = tempfile::tempdir().unwrap();
    for (language, tests, component) in [
        ("rust", "cargo test", "target/wasm32-unknown-unknown/release/red_tickets.wasm"),
        ("javascript", "npm test", "red-tickets.wasm"),
        ("python", "python3 -m unittest", "red-tickets.wasm"),
    ] {
        let project = folder.path().join(language);
        let said = new_plugin(&project, &["red-tickets", "--lang", language]);
        assert!(said.status.success(), "{}", text(&said));
        // One command does it all, and stands first; the others are named behind it.
        let first = format!("What comes next:\n\n    cd {}\n    trellis plugin dev\n\n", project.display());
        let check = format!("    trellis plugin check {component}\n");
        for part in [&first, &format!("    {tests}\n"), "    trellis plugin test\n", &check] {
            assert!(text(&said).contains(part), "no {part} in {}", text(&said));
        }
        let toml = std::fs::read_to_string(project.join("trellis.toml")).unwrap();
        assert!(
            toml.contains("tm_red_tickets") && toml.contains("ls_red_tickets") && !toml.contains("[[basket]]"),
            "{toml}"
        );
        assert!(project.join("README.md").exists() && project.join(".gitignore").exists());
    }
}

#[test]
fn a_project_that_cannot_be_is_not_begun() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "precious.txt", "mine");
    for (arguments, part) in [
        (&["tickets"][..], "is not empty, and nothing in it was touched"),
        (&["Tickets"], "lower-case letters, digits and single hyphens"),
        (&["test"], "a word of its own"),
        (&["tickets", "--role", "topic-relevance"], "choose topic-manager as well"),
        (&["tickets", "--role", "topic-manger"], "basket-manager"),
        (&["tickets", "--lang", "cobol"], "javascript"),
    ] {
        let said = new_plugin(folder.path(), arguments);
        assert!(!said.status.success() && text(&said).contains(part), "{arguments:?}: {}", text(&said));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "{arguments:?}");
    }
}
