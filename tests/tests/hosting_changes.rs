//! Topics, lookup services and plugins come and go with the configuration while the host serves, and nobody else notices.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a failed test")]

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use trellis_spv::hash::Outpoint;
use trellis_spv::testing::{Coin, Wallet};
use trellis_system_tests::configuration::Configuration;
use trellis_system_tests::host::{Host, wait_for};
use trellis_system_tests::tokens::{hello, with_change};
use trellis_system_tests::world::World;

/// Submissions before anything changes.
const BEFORE: usize = 10;

/// Submissions while it does.
const MEANWHILE: usize = 60;

/// More than a service lists in these tests; the most it answers at once.
const MOST: usize = 500;

const ADDED: &str = r#"
[[plugin]]
id = "messages"
builtin = "helloworld"

[[topic]]
name = "tm_messages"
plugin = "messages"

[[lookup]]
name = "ls_added"
plugin = "anytx"
topics = ["tm_anytx"]

[[lookup]]
name = "ls_messages"
plugin = "messages"
topics = ["tm_messages"]
"#;

struct Scene {
    world: World,
    host: Host,
    wallet: Wallet,
    coins: Vec<Coin>,
    before: String,
}

impl Scene {
    fn new() -> Self {
        let world = World::new();
        let wallet = Wallet::from_seed(4);
        let coins = world.coins(&wallet, BEFORE + MEANWHILE + 10, 10_000);
        world.publish();
        let configuration = Configuration::new().builtin("anytx", "anytx", "").topic("tm_anytx", "anytx").service(
            "ls_anytx",
            "anytx",
            &["tm_anytx"],
        );
        let host = Host::start(&configuration, &world);
        let before = fs::read_to_string(host.config_file()).unwrap();
        Self { world, host, wallet, coins, before }
    }

    fn beefs(&mut self, count: usize) -> Vec<Vec<u8>> {
        let paid = |coin: Coin| with_change(&self.wallet, &[coin], vec![(1, self.wallet.p2pkh())]);
        let transactions: Vec<_> = self.coins.drain(..count).map(paid).collect();
        transactions.iter().map(|transaction| self.world.beef_bytes(&[transaction])).collect()
    }

    fn submit(&self, topic: &str, beef: &[u8]) {
        let _ = self.host.client().submit(&[topic], beef).expect(200);
    }

    /// Has the host read a configuration.
    fn read_again(&self, configuration: &str) {
        fs::write(self.host.config_file(), configuration).unwrap();
        let process = self.host.process().to_string();
        assert!(Command::new("kill").args(["-HUP", &process]).status().unwrap().success());
    }

    fn hosted(&self) -> Vec<String> {
        let names = |path: &str| {
            let list = self.host.client().get(path).expect(200).json();
            list.as_object().unwrap().keys().cloned().collect::<Vec<_>>()
        };
        [names("/listTopicManagers"), names("/listLookupServiceProviders")].concat()
    }

    fn plugins(&self) -> Vec<String> {
        let all = self.host.admin().get("/admin/plugins").expect(200).json();
        all.as_array().unwrap().iter().map(|plugin| plugin["id"].as_str().unwrap().to_owned()).collect()
    }

    fn listed(&self, service: &str) -> BTreeSet<Outpoint> {
        let everything = json!({ "findAll": true, "limit": MOST });
        wait_for("the rebuild", || (self.host.client().lookup(service, &everything).status == 200).then_some(()));
        let found = self.host.client().find(service, &everything);
        found.outputs.into_iter().map(|(outpoint, _)| outpoint).collect()
    }
}

#[test]
fn what_the_configuration_adds_is_hosted_complete_while_others_are_served() {
    let mut scene = Scene::new();
    for beef in scene.beefs(BEFORE) {
        scene.submit("tm_anytx", &beef);
    }
    let beefs = scene.beefs(MEANWHILE);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            beefs.iter().for_each(|beef| scene.submit("tm_anytx", beef));
            done.store(true, Ordering::SeqCst);
        });
        // There and back, for as long as somebody submits.
        for configuration in [format!("{}{ADDED}", scene.before), scene.before.clone()].iter().cycle() {
            scene.read_again(configuration);
            let is_added = configuration.contains("tm_messages");
            wait_for("what the configuration says", || {
                (scene.hosted().contains(&"tm_messages".to_owned()) == is_added).then_some(())
            });
            if done.load(Ordering::SeqCst) {
                break;
            }
        }
    });
    scene.read_again(&format!("{}{ADDED}", scene.before));
    let hosted = ["tm_anytx", "tm_messages", "ls_added", "ls_anytx", "ls_messages"];
    wait_for("what is added", || (scene.hosted() == hosted).then_some(()));
    assert_eq!(scene.plugins(), ["anytx", "messages"]);
    let all = scene.listed("ls_anytx");
    assert!(all.len() >= 2 * (BEFORE + MEANWHILE), "{}", all.len());
    assert_eq!(scene.listed("ls_added"), all);

    let message = hello(&scene.wallet.clone(), &[scene.coins.pop().unwrap()], "hi");
    let beef = scene.world.beef_bytes(&[&message]);
    let receipt = scene.host.client().submit(&["tm_messages", "tm_anytx"], &beef).expect(200).json();
    assert_eq!(receipt["tm_messages"]["outputsToAdmit"], json!([0]));
    assert_eq!(scene.listed("ls_messages").len(), 1);

    // A restart finds the same.
    assert!(scene.host.end().success());
    scene.host.check_store();
    scene.host.start_again();
    assert_eq!(scene.hosted(), hosted);
    assert_eq!(scene.listed("ls_added"), scene.listed("ls_anytx"));
}

#[test]
fn what_the_configuration_drops_is_gone_and_what_it_closes_is_closed() {
    let mut scene = Scene::new();
    scene.read_again(&format!("{}{ADDED}", scene.before));
    wait_for("what is added", || (scene.plugins().len() == 2).then_some(()));
    scene.read_again(&scene.before.clone());
    wait_for("what is dropped", || (scene.plugins() == ["anytx"]).then_some(()));
    let beefs = scene.beefs(2);
    let _ = scene.host.client().submit(&["tm_messages"], &beefs[0]).refusal(400, "ERR_TOPIC_NOT_HOSTED");
    let _ = scene.host.client().lookup("ls_messages", &json!({})).refusal(400, "ERR_SERVICE_NOT_HOSTED");
    scene.submit("tm_anytx", &beefs[0]);

    let open = "[[topic]]\nname = \"tm_anytx\"\n";
    assert!(scene.before.contains(open));
    scene.read_again(&scene.before.replace(open, &format!("{open}access = \"authenticated\"\n")));
    wait_for("the door to close", || {
        (scene.host.client().lookup("ls_anytx", &json!({ "findAll": true })).status == 401).then_some(())
    });
    let _ = scene.host.client().submit(&["tm_anytx"], &beefs[1]).refusal(401, "ERR_AUTH_REQUIRED");
    assert_eq!(scene.hosted(), ["tm_anytx", "ls_anytx"]);
}

#[test]
fn what_cannot_be_hosted_is_said_and_changes_nothing() {
    let mut scene = Scene::new();
    let basket =
        "\n[[basket]]\nnames = [\"shelf\"]\nmanager = \"messages\"\ntopics = [\"tm_anytx\"]\naccess = \"open\"\n";
    let no_file = "\n[[plugin]]\nid = \"nowhere\"\nfile = \"/nowhere/at-all.wasm\"\n";
    let cases = [
        (format!("{}{ADDED}{basket}", scene.before), "has no basket-manager"),
        (format!("{}{ADDED}{no_file}", scene.before), "nowhere/at-all.wasm"),
    ];
    for (configuration, words) in cases {
        scene.read_again(&configuration);
        wait_for("the complaint", || scene.host.log().contains(words).then_some(()));
        assert_eq!(
            (scene.hosted(), scene.plugins()),
            (["tm_anytx", "ls_anytx"].map(String::from).to_vec(), vec!["anytx".to_owned()])
        );
        let beef = scene.beefs(1).remove(0);
        scene.submit("tm_anytx", &beef);
    }
}
