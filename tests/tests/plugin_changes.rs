//! Plugins are upgraded, tried, paused and given back while the host serves, and whatever goes wrong, what serves goes on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use trellis_plugins_embedded as embedded;
use trellis_spv::testing::{Coin, Wallet};
use trellis_spv::transaction::Transaction;
use trellis_system_tests::binary;
use trellis_system_tests::client::Reply;
use trellis_system_tests::configuration::Configuration;
use trellis_system_tests::host::{Host, wait_for};
use trellis_system_tests::tokens::{hello, with_change};
use trellis_system_tests::world::World;

fn builtin(id: &str) -> &'static [u8] {
    embedded::find(id).unwrap().wasm
}

/// A host with a plugin from a file, and coins to try it with.
struct Scene {
    world: World,
    host: Host,
    wallet: Wallet,
    coins: Vec<Coin>,
}

/// The plugin's id; its topic is `tm_swap`, its service `ls_swap`.
const ID: &str = "swap";

fn swap_file(world: &World) -> PathBuf {
    world.folder().join("swap.wasm")
}

impl Scene {
    /// `tables` says what else is under the plugin.
    fn new(component: &[u8], tables: &str) -> Self {
        let world = World::new();
        let wallet = Wallet::from_seed(4);
        let coins = world.coins(&wallet, 40, 10_000);
        fs::write(swap_file(&world), component).unwrap();
        let file = swap_file(&world);
        let configuration = Configuration::new()
            .tables(&format!("[[plugin]]\nid = \"{ID}\"\nfile = '{}'\n{tables}\n", file.display()))
            .builtin("beside", "anytx", "")
            .topic("tm_swap", ID)
            .topic("tm_beside", "beside")
            .service("ls_swap", ID, &["tm_swap"]);
        world.publish();
        let host = Host::start(&configuration, &world);
        Self { world, host, wallet, coins }
    }

    fn plugin(&self) -> Value {
        let all = self.host.admin().get("/admin/plugins").expect(200).json();
        all.as_array().unwrap().iter().find(|plugin| plugin["id"] == ID).unwrap().clone()
    }

    fn sha256(&self) -> String {
        self.plugin()["sha256"].as_str().unwrap().to_owned()
    }

    fn upload(&self, component: &[u8], mode: &str) -> Reply {
        let headers = [("content-type", "application/octet-stream")];
        self.host.admin().post(&format!("/admin/plugins/{ID}?mode={mode}"), &headers, component)
    }

    fn change(&self, what: &str) -> Reply {
        self.host.admin().post_json(&format!("/admin/plugins/{ID}/{what}"), &[], &json!({}))
    }

    /// Waits until no candidate is on its way.
    fn settled(&self) -> Value {
        wait_for("the candidate to settle", || Some(self.plugin()).filter(|plugin| plugin["candidate"].is_null()))
    }

    fn coin(&mut self) -> Coin {
        self.coins.pop().unwrap()
    }

    /// A transaction that only `anytx` wants.
    fn plain(&mut self) -> Transaction {
        let coin = self.coin();
        with_change(&self.wallet, &[coin], vec![(1, self.wallet.p2pkh())])
    }

    fn submit(&self, topic: &str, transaction: &Transaction) -> Reply {
        self.host.client().submit(&[topic], &self.world.beef_bytes(&[transaction]))
    }

    /// How many outputs of a plain transaction the plugin admits now.
    fn admits_plain(&mut self) -> usize {
        let plain = self.plain();
        self.submit("tm_swap", &plain).expect(200).json()["tm_swap"]["outputsToAdmit"].as_array().unwrap().len()
    }

    fn trellis(&self, arguments: &[&str]) -> (bool, String) {
        let mut command = Command::new(binary::trellis());
        let output = command.args(arguments).args(["--url", self.host.admin().url()]).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(text).unwrap())
    }
}

fn write(file: &Path, bytes: &[u8]) {
    fs::write(file, bytes).unwrap();
}

#[test]
fn an_upload_takes_a_plugins_place_survives_restarts_and_can_be_given_up() {
    let mut scene = Scene::new(builtin("anytx"), "");
    assert_eq!(scene.admits_plain(), 2);
    let message = hello(&scene.wallet.clone(), &[scene.coin()], "before");
    let _ = scene.submit("tm_swap", &message).expect(200);
    let before = scene.sha256();

    let new = scene.world.folder().join("new.wasm");
    write(&new, builtin("helloworld"));
    let (passes, said) = scene.trellis(&["plugins", "upgrade", ID, new.to_str().unwrap()]);
    assert!(passes && said.contains("serves now"), "{said}");
    let plugin = scene.settled();
    assert_eq!(
        (plugin["source"].as_str(), plugin["lastChange"]["outcome"].as_str()),
        (Some("uploaded"), Some("promoted"))
    );
    assert_ne!(plugin["sha256"], before);
    assert_eq!(scene.admits_plain(), 0, "helloworld wants messages only");
    // What was there before it was told to its index.
    let found = scene.host.client().find("ls_swap", &json!("findAll")).outpoints();
    assert!(found.iter().any(|outpoint| outpoint.txid == message.txid()), "{found:?}");

    scene.host.end();
    scene.host.start_again();
    assert_eq!(scene.admits_plain(), 0, "the upload serves after a restart");
    let (passes, said) = scene.trellis(&["plugins", "restore", ID]);
    assert!(passes, "{said}");
    let plugin = scene.settled();
    assert!(plugin["source"].as_str().unwrap().starts_with("file "), "{plugin}");
    assert_eq!(scene.sha256(), before);
    assert_eq!(scene.admits_plain(), 2);
    scene.host.kill_9();
    scene.host.start_again();
    assert_eq!(scene.admits_plain(), 2);
    let _ = scene.change("promote").refusal(409, "ERR_NOTHING_TO_CHANGE");
    scene.host.end();
    let _ = scene.host.check_store();
}

#[test]
fn an_upload_that_the_configuration_keeps_out_is_named_with_its_file_and_given_up_by_deleting_that() {
    let mut scene = Scene::new(builtin("anytx"), "");
    let configured = scene.sha256();
    let _ = scene.upload(builtin("helloworld"), "replace").expect(200);
    let _ = scene.settled();
    scene.host.end();

    // The operator pins the component of the file, and has forgotten the upload.
    let config = scene.host.config_file();
    let text = fs::read_to_string(&config).unwrap();
    let id = format!("id = \"{ID}\"\n");
    fs::write(&config, text.replace(&id, &format!("{id}sha256 = \"{configured}\"\n"))).unwrap();
    scene.host.spawn();
    assert!(!scene.host.wait_until_ready_or_dead(), "it starts with a component that is not pinned");
    assert!(!scene.host.lives_after(Duration::ZERO));
    let kept = scene.host.data_folder().join(format!("plugins/{ID}.wasm"));
    let said = scene.host.log();
    for part in [&*configured, "the upload kept in the data folder", &kept.display().to_string(), "delete that file"] {
        assert!(said.contains(part), "no {part} in {said}");
    }

    fs::remove_file(kept).unwrap();
    scene.host.start_again();
    assert_eq!((scene.sha256(), scene.admits_plain()), (configured, 2));
    assert!(scene.plugin()["source"].as_str().unwrap().starts_with("file "));
    scene.host.end();
    let _ = scene.host.check_store();
}

#[test]
fn what_cannot_take_a_plugins_place_says_why_and_what_serves_goes_on() {
    let mut scene = Scene::new(builtin("anytx"), "");
    let before = scene.sha256();
    let no_lookup = embedded::find("shop").map_or(embedded::SHOP, |found| found.wasm);
    for (component, words) in [
        (&b"\0asm\x01\0\0\0"[..], "core WebAssembly module"),
        (b"no wasm at all", "not WebAssembly"),
        (no_lookup, "has no lookup-service, which `ls_swap` needs"),
    ] {
        let said = scene.upload(component, "replace").refusal(422, "ERR_COMPONENT");
        assert!(said.contains(words), "{said}");
        assert_eq!(scene.sha256(), before);
    }
    let said = scene.host.admin().post("/admin/plugins/nobody", &[], b"").refusal(404, "ERR_UNKNOWN_PLUGIN");
    assert!(said.contains("beside, swap") && said.contains("[[plugin]]"), "{said}");
    // Only asked.
    let passes = scene.upload(builtin("helloworld"), "check").expect(200).json();
    assert_eq!((passes["outcome"].as_str(), &passes["plugin"]["candidate"]), (Some("passes"), &Value::Null));
    assert_eq!(scene.upload(builtin("anytx"), "replace").expect(200).json()["outcome"], "same");
    assert_eq!(scene.sha256(), before);
    assert_eq!(scene.admits_plain(), 2);
}

#[test]
fn a_file_that_changes_is_an_upgrade_and_a_broken_one_is_shown_and_not_used() {
    let mut scene = Scene::new(builtin("anytx"), "");
    let file = swap_file(&scene.world);
    write(&file, b"half a compo");
    let problem =
        wait_for("the broken file to be noticed", || scene.plugin()["fileProblem"].as_str().map(str::to_owned));
    assert!(problem.contains("not WebAssembly"), "{problem}");
    assert_eq!(scene.admits_plain(), 2);
    write(&file, builtin("helloworld"));
    wait_for("the new component to serve", || {
        Some(()).filter(|()| scene.plugin()["lastChange"]["outcome"] == "promoted")
    });
    assert_eq!(scene.plugin()["fileProblem"], Value::Null);
    assert_eq!(scene.admits_plain(), 0);
}

#[test]
fn a_candidate_in_the_shadow_shows_what_it_would_say_before_it_is_promoted() {
    let mut scene = Scene::new(builtin("anytx"), "");
    assert_eq!(scene.upload(builtin("helloworld"), "shadow").expect(200).json()["outcome"], "watching");
    assert_eq!(scene.admits_plain(), 2, "it only watches");
    // Neither a question nor what does not pass takes its place beside the plugin.
    assert_eq!(scene.upload(builtin("helloworld"), "check").expect(200).json()["outcome"], "passes");
    let _ = scene.upload(b"no wasm at all", "shadow").refusal(422, "ERR_COMPONENT");
    let message = hello(&scene.wallet.clone(), &[scene.coin()], "hi");
    let _ = scene.submit("tm_swap", &message).expect(200);
    let shadow = scene.plugin()["candidate"]["shadow"].clone();
    assert_eq!((shadow["judged"].as_u64(), shadow["disagreed"].as_u64()), (Some(2), Some(2)), "{shadow}");
    let last = &shadow["last"][1];
    assert_eq!(last["txid"], message.txid().to_string());
    assert!(last["plugin"].as_str().unwrap().contains("admits outputs [0, 1]"), "{last}");
    assert!(last["candidate"].as_str().unwrap().contains("admits outputs [0]"), "{last}");
    let (passes, said) = scene.trellis(&["plugins", "promote", ID]);
    assert!(passes && said.contains("serves now"), "{said}");
    assert_eq!(scene.admits_plain(), 0);
}

#[test]
fn what_a_publisher_did_not_sign_or_the_pin_does_not_name_is_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let (key, component) = (folder.path().join("key"), folder.path().join("signed.wasm"));
    write(&key, "07".repeat(32).as_bytes());
    write(&component, builtin("helloworld"));
    let sign = Command::new(binary::trellis()).args(["plugin", "sign"]).arg(&component).arg("--key").arg(&key).output();
    let said = String::from_utf8(sign.unwrap().stdout).unwrap();
    let public = said.split("key = \"").nth(1).unwrap().split('"').next().unwrap();

    // The first one has no signature beside its file either: the host does not start without.
    let world = World::new();
    let file = swap_file(&world);
    write(&file, builtin("anytx"));
    let tables = format!(
        "[[publisher]]\nname = \"acme\"\nkey = \"{public}\"\n[[plugin]]\nid = \"{ID}\"\nfile = '{}'\npublisher = \"acme\"\n",
        file.display()
    );
    let configuration = Configuration::new().tables(&tables).topic("tm_swap", ID);
    world.publish();
    let mut host = Host::prepare(&configuration, &world);
    host.spawn();
    assert!(!host.wait_until_ready_or_dead() && !host.lives_after(Duration::ZERO));
    assert!(host.log().contains("publisher \"acme\" signed, and no signature came with"), "{}", host.log());
    let sign = |file: &Path| {
        let output = Command::new(binary::trellis()).args(["plugin", "sign"]).arg(file).arg("--key").arg(&key).output();
        assert!(output.unwrap().status.success());
    };
    sign(&file);
    host.start_again();

    let upload = |signature: Option<String>| {
        let mut headers = vec![("content-type", "application/octet-stream".to_owned())];
        headers.extend(signature.map(|signature| ("x-trellis-signature", signature)));
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        host.admin().post(&format!("/admin/plugins/{ID}"), &headers, builtin("helloworld"))
    };
    let said = upload(None).refusal(403, "ERR_NOT_ACCEPTED");
    assert!(said.contains("no signature came with the component"), "{said}");
    let other = fs::read_to_string(file.with_extension("wasm.sig")).unwrap().trim().to_owned();
    let said = upload(Some(other)).refusal(403, "ERR_NOT_ACCEPTED");
    assert!(said.contains("is not publisher \"acme\"'s over this component"), "{said}");
    let right = fs::read_to_string(folder.path().join("signed.wasm.sig")).unwrap().trim().to_owned();
    assert_eq!(upload(Some(right)).expect(200).json()["outcome"], "promoting");
    drop(host);

    let pinned = format!("sha256 = \"{}\"", embedded::find("anytx").map(|found| sha256(found.wasm)).unwrap());
    let scene = Scene::new(builtin("anytx"), &pinned);
    let said = scene.upload(builtin("helloworld"), "replace").refusal(403, "ERR_NOT_ACCEPTED");
    assert!(said.contains("pins") && said.contains("reload the configuration"), "{said}");
}

fn sha256(bytes: &[u8]) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    let output =
        Command::new(binary::trellis()).args(["plugin", "inspect", "--json"]).arg(file.path()).output().unwrap();
    let inspection: Value = serde_json::from_slice(&output.stdout).unwrap();
    inspection["sha256"].as_str().unwrap().to_owned()
}

#[test]
fn what_asks_who_stands_behind_submissions_needs_the_grant() {
    let scene = Scene::new(builtin("anytx"), "");
    let said = scene.upload(embedded::HOSTILE, "replace").refusal(403, "ERR_NOT_ACCEPTED");
    for word in ["`identity.", "not granted", "grants = [\"identity\"]"] {
        assert!(said.contains(word), "{word}: {said}");
    }
    let granted = Scene::new(builtin("anytx"), "grants = [\"identity\"]");
    assert_eq!(granted.upload(embedded::HOSTILE, "check").expect(200).json()["outcome"], "passes");
}

#[test]
fn a_plugin_that_breaks_again_and_again_is_paused_others_serve_and_the_operator_resumes_it() {
    let tables = "grants = [\"identity\"]\nlimits = { faults-before-pause = 3, state-bytes = 1000 }";
    let mut scene = Scene::new(embedded::HOSTILE, tables);
    let said_of = |scene: &mut Scene, values: &[u8]| {
        let plain = scene.plain();
        let beef = scene.world.beef_bytes(&[&plain]);
        scene.host.client().submit_with_values(&["tm_swap"], &beef, values).refusal(502, "ERR_PLUGIN_FAULT")
    };
    let quota = said_of(&mut scene, b"write-rows");
    assert!(quota.contains("limit `state-bytes`") && quota.contains("1000 are allowed"), "{quota}");
    for _ in 0..2 {
        said_of(&mut scene, b"panic");
    }
    let paused = said_of(&mut scene, b"behave");
    assert!(paused.contains("paused") && paused.contains("trellis plugins resume swap"), "{paused}");
    let record = scene.plugin()["record"].clone();
    assert_eq!(
        (record["faults"]["panic"].as_u64(), record["faults"]["budget"].as_u64()),
        (Some(2), Some(1)),
        "{record}"
    );
    let health = wait_for("health to tell", || {
        let health = scene.host.client().get("/health").expect(200).json();
        let text = health.to_string();
        text.contains("paused, because they broke again and again: swap").then_some(health)
    });
    assert_eq!(health["ready"], true, "it is degraded, not down: {health}");
    let plain = scene.plain();
    assert_eq!(scene.submit("tm_beside", &plain).admittance("tm_beside")[0], [0, 1], "others go on");
    let (passes, said) = scene.trellis(&["plugins", "resume", ID]);
    assert!(passes && said.contains("is called again"), "{said}");
    let plain = scene.plain();
    let beef = scene.world.beef_bytes(&[&plain]);
    let _ = scene.host.client().submit_with_values(&["tm_swap"], &beef, b"behave").expect(200);
    let metrics = String::from_utf8(scene.host.admin().get("/metrics").expect(200).body).unwrap();
    for line in ["trellis_plugin_paused{plugin=\"swap\"} 0", "trellis_plugin_memory_high_water_bytes{plugin=\"swap\"}"]
    {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
}

#[test]
fn hangup_brings_what_the_configuration_says_of_plugins_into_force() {
    let mut scene = Scene::new(builtin("anytx"), "limits = { judge-fuel = 50000000 }");
    let hang_up = |scene: &Scene| {
        let process = scene.host.process().to_string();
        assert!(Command::new("kill").args(["-HUP", &process]).status().unwrap().success());
    };
    let file = scene.host.config_file();
    let before = fs::read_to_string(&file).unwrap();
    write(&file, before.replace("50000000", "60000000").as_bytes());
    hang_up(&scene);
    wait_for("the new limit", || Some(()).filter(|()| scene.plugin()["limits"]["judge-fuel"] == 60_000_000));
    write(&file, before.replace("50000000", "\"many\"").as_bytes());
    hang_up(&scene);
    wait_for("the complaint", || {
        scene.host.log().contains("the configuration cannot be used; what was in force stays").then_some(())
    });
    assert_eq!(scene.settled()["limits"]["judge-fuel"], 60_000_000);
    assert_eq!(scene.admits_plain(), 2);
}
