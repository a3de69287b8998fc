//! The unmodified `@bsv/sdk` against the real binary: what an app does, and may rely on. Scenarios are in `tests/sdk`.

use std::fs::{self, File};
use std::net::TcpListener;
use std::process::{Child, Stdio};

use tempfile::TempDir;
use trellis_system_tests::binary;
use trellis_system_tests::client::Client;
use trellis_system_tests::configuration::Configuration;
use trellis_system_tests::host::{Host, wait_for};
use trellis_system_tests::world::World;
use trellis_system_tests::{ports, sdk};

/// Where the SDK's preset `local` looks, always.
const LOCAL_PRESET: &str = "http://localhost:8080";

/// Runs a scenario against a host of its own and audits the store afterwards.
fn scenario(name: &str, configuration: impl FnOnce(&World) -> Configuration) {
    let world = World::new();
    let mut host = Host::start(&configuration(&world), &world);
    let headers = world.headers_file();
    let url = format!("http://127.0.0.1:{}", host.port());
    if let Some(said) = sdk::run("run.mjs", &[name, &url, headers.to_str().expect("a path in UTF-8")]) {
        assert!(said.ends_with(&format!("ok {name}\n")), "{said}");
        assert!(host.end().success());
        host.check_store();
    }
}

fn usual(_: &World) -> Configuration {
    Configuration::usual()
}

#[test]
fn a_message_is_admitted_and_found_in_both_forms() {
    scenario("admission", usual);
}

#[test]
fn a_burn_is_acknowledged_with_the_coins_it_removed() {
    scenario("burn", usual);
}

#[test]
fn a_resubmission_is_answered_as_the_first_time() {
    scenario("resubmission", usual);
}

#[test]
fn a_double_spend_is_refused_and_names_the_winner() {
    scenario("doubleSpend", usual);
}

#[test]
fn an_invalid_proof_is_refused() {
    scenario("invalidProof", usual);
}

#[test]
fn history_reaches_the_client_across_mined_ancestors() {
    scenario("history", |_| {
        Configuration::new().builtin("history", "anytx", "retain = true").topic("tm_history", "history").service(
            "ls_history",
            "history",
            &["tm_history"],
        )
    });
}

#[test]
fn a_proof_of_one_of_fifty_ancestors_shrinks_what_is_served_to_the_byte() {
    scenario("shrinking", usual);
}

#[test]
fn off_chain_values_reach_the_plugin_and_the_first_ones_stay() {
    scenario("offChainValues", |world| {
        let file = world.folder().join("told.wasm");
        fs::write(&file, trellis_plugins_embedded::HOSTILE).unwrap();
        Configuration::new().file("told", &file, "").topic("tm_told", "told").topic("tm_told_later", "told")
    });
}

#[test]
fn context_comes_back_and_nothing_is_an_answer() {
    scenario("contextAndNothing", usual);
}

/// `trellis dev` as a newcomer starts it; ends with the test.
struct Dev {
    child: Child,
    folder: TempDir,
    /// Of the second listener, where the faucet is.
    admin_port: u16,
}

impl Dev {
    /// On port 8080, because the preset can look nowhere else.
    fn start() -> Self {
        for address in ["127.0.0.1:8080", "[::1]:8080"] {
            if let Err(error) = TcpListener::bind(address)
                && error.kind() == std::io::ErrorKind::AddrInUse
            {
                panic!(
                    "{address} is taken by another program, and the preset `local` of @bsv/sdk can only be tested there"
                );
            }
        }
        let folder = TempDir::new().unwrap();
        let log = File::create(folder.path().join("log")).unwrap();
        let admin_port = ports::free();
        let mut command = binary::command();
        command.arg("dev").arg("--data-dir").arg(folder.path().join("data"));
        command.arg("--admin-port").arg(admin_port.to_string());
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let dev = Self { child: command.spawn().unwrap(), folder, admin_port };
        let client = Client::new(LOCAL_PRESET);
        wait_for("trellis dev", || client.try_get("/health/ready").ok().filter(|reply| reply.status == 200));
        dev
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("{}", fs::read_to_string(self.folder.path().join("log")).unwrap_or_default());
        }
    }
}

/// One test for all of it: there is one port 8080.
#[test]
fn an_app_with_the_preset_local_works_against_trellis_dev() {
    let dev = Dev::start();
    let faucet = format!("http://127.0.0.1:{}/dev/faucet", dev.admin_port);
    for name in ["admission", "burn", "resubmission", "doubleSpend", "invalidProof", "contextAndNothing"] {
        if let Some(said) = sdk::run("run.mjs", &[name, LOCAL_PRESET, &faucet]) {
            assert!(said.ends_with(&format!("ok {name}\n")), "{said}");
        }
    }
}
