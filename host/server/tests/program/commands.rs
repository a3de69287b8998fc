//! The commands that end by themselves.

use crate::harness::{Host, User, text, trellis, write};
use serde_json::Value;

#[test]
fn the_demo_tells_its_story_and_ends_well() {
    let output = trellis(&["demo"]);
    assert!(output.status.success(), "{}", text(&output));
    for part in ["coinsRemoved", "ERR_DOUBLE_SPEND", "ERR_NOT_VERIFIED", "SEEN_ON_NETWORK", "Everything agrees"] {
        assert!(text(&output).contains(part), "no {part} in {}", text(&output));
    }
}

#[test]
fn a_configuration_is_checked_and_its_example_printed() {
    let folder = tempfile::tempdir().unwrap();
    let example = trellis(&["config", "example"]);
    assert!(example.status.success());
    let file = write(folder.path(), "trellis.toml", &example.stdout);
    let checked = trellis(&["config", "check", file.to_str().unwrap()]);
    assert!(checked.status.success(), "{}", text(&checked));
    let with_policy = |policy: &str| {
        let example = String::from_utf8(example.stdout.clone()).unwrap();
        let file = write(folder.path(), "other.toml", example.replace("policy = \"after-commit\"", policy));
        trellis(&["config", "check", file.to_str().unwrap()])
    };
    assert!(with_policy("policy = \"gate\"").status.success());
    let checked = with_policy("policy = \"sometimes\"");
    assert_eq!(checked.status.code(), Some(1));
    assert!(text(&checked).contains("gate") && text(&checked).contains("after-commit"), "{}", text(&checked));
}

#[test]
fn a_beef_is_submitted_looked_up_and_converted_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::dev(&folder.path().join("data"));
    let url = format!("http://{}", host.public);
    let alice = User::new(21);
    let post = alice.say("from the command line", &alice.coin(&host, 1_000));
    let file = write(folder.path(), "post.beef", hex::encode(post.beef.to_bytes()));
    let file = file.to_str().unwrap();
    let output = trellis(&["submit", file, "--topic", "tm_helloworld", "--url", &url]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "tm_helloworld: admitted outputs 0\n", "{}", text(&output));
    let output = trellis(&["submit", file, "-t", "tm_helloworld", "--url", &url, "--json"]);
    let receipt: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(receipt["topics"]["tm_helloworld"]["outputsToAdmit"][0], 0);
    let output = trellis(&["lookup", "ls_helloworld", "{\"message\":\"from the command line\"}", "--url", &url]);
    assert!(text(&output).contains(&format!("{}.0", post.transaction.txid())), "{}", text(&output));
    let here = trellis(&["ef", file]);
    let there =
        trellis(&["ef", "--txid", &post.transaction.txid().to_string(), "--url", &format!("http://{}", host.admin)]);
    assert_eq!(text(&here), text(&there));
}

#[test]
fn errors_say_what_happened_and_what_to_do() {
    for (arguments, parts) in [
        (&["submit", "/nowhere.beef", "-t", "tm_a"][..], &["/nowhere.beef", "cannot read"][..]),
        (&["lookup", "ls_a", "{}", "--url", "http://127.0.0.1:1"], &["http://127.0.0.1:1", "Is the host running"]),
        (&["store", "check", "--data-dir", "/nowhere"], &["/nowhere", "no store"]),
        (&["config", "check", "/nowhere.toml"], &["/nowhere.toml", "config example"]),
        (&["serve", "--config", "/nowhere.toml"], &["/nowhere.toml", "config example"]),
    ] {
        let output = trellis(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        for part in parts {
            assert!(text(&output).contains(part), "no {part} in {}", text(&output));
        }
    }
}
