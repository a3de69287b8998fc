//! `trellis dev net`: the network of a running development host made to misbehave from the command line.

use crate::harness::{Host, User, text, trellis, write};
use serde_json::{Value, json};

/// Runs `trellis dev net …` against a host, as JSON.
fn net(host: &Host, arguments: &[&str]) -> Value {
    let url = format!("http://{}", host.admin);
    let output = trellis(&[&["dev", "net"], arguments, &["--url", &url, "--json"]].concat());
    assert!(output.status.success(), "{arguments:?}: {}", text(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What the stand-in for ARC says of a transaction.
fn standing(host: &Host, txid: &str) -> String {
    let found = host.admin_client().get_json::<Value>(&format!("/dev/arc/v1/tx/{txid}"));
    found.map(|body| body["txStatus"].as_str().unwrap_or_default().to_owned()).unwrap_or_default()
}

#[test]
fn the_network_of_a_running_host_misbehaves_on_command() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::dev(folder.path());
    let alice = User::new(31);
    let coin = alice.coin(&host, 1_000);
    assert_eq!(net(&host, &["reorg", "1"])["blocks"].as_array().map(Vec::len), Some(2));
    host.admin_client().mine().unwrap();

    assert_eq!(net(&host, &["double-spend"])["doubleSpend"]["next"], true);
    let post = alice.say("contested", &alice.coin(&host, 1_000));
    post.submit(&host, &["tm_anytx"]).unwrap();
    let txid = post.transaction.txid().to_string();
    while standing(&host, &txid).is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert_eq!(standing(&host, &txid), "DOUBLE_SPEND_ATTEMPTED");
    assert!(net(&host, &["status"])["doubleSpend"]["contested"][&txid].is_string());
    net(&host, &["settle", &txid, "seen"]);
    host.admin_client().mine().unwrap();
    assert_eq!(standing(&host, &txid), "MINED");

    let rival = alice.say("rival", &coin).transaction;
    let file = write(folder.path(), "rival.hex", hex::encode(rival.raw()));
    let done = net(&host, &["reorg", "0", "--rival", file.to_str().unwrap()]);
    assert_eq!(done["blocks"][0]["transactions"], json!([rival.txid().to_string()]));

    net(&host, &["reject", "--next", "3", "--words", "no"]);
    net(&host, &["delay", "20", "--fail", "2", "--status", "502"]);
    net(&host, &["drop-callbacks"]);
    let url = format!("http://{}", host.admin);
    let shown = trellis(&["dev", "net", "status", "--url", &url]);
    for part in ["next 3 new transactions: no", "20 ms", "next 2 broadcasts, with status 502", "are dropped"] {
        assert!(text(&shown).contains(part), "no {part} in {}", text(&shown));
    }
    assert_eq!(net(&host, &["clear"])["reject"]["next"], 0);
    assert!(host.stop().success());
}

#[test]
fn the_command_says_what_is_wrong_and_how_it_goes() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::dev(folder.path());
    let url = format!("http://{}", host.admin);
    for (arguments, parts) in [
        (&["reorg", "9"][..], &["ERR_DEV_NET", "9 blocks", "at most 0"][..]),
        (&["settle", &"00".repeat(32), "seen"], &["nothing to settle"]),
        (&["delay", "99999999"], &["at most 60000"]),
    ] {
        let output = trellis(&[&["dev", "net"], arguments, &["--url", &url]].concat());
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        for part in parts {
            assert!(text(&output).contains(part), "no {part} in {}", text(&output));
        }
    }
    let nowhere = trellis(&["dev", "net", "status", "--url", "http://127.0.0.1:1"]);
    assert!(text(&nowhere).contains("Is the host running"), "{}", text(&nowhere));
    let help = text(&trellis(&["dev", "net", "--help"]));
    for command in ["reject", "delay", "double-spend", "settle", "reorg", "drop-callbacks", "clear", "status"] {
        assert!(help.contains(command), "no {command} in {help}");
    }
}
