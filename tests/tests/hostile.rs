//! The family of hostile plugins (`src/hostile.rs`) against the real binary: every member is caught, by name, and harms nobody else.
//! What a submission leaves behind that one of them breaks is looked at in `bad_plugins.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::json;
use trellis_plugins_embedded::{ANYTX, HOSTILE};
use trellis_spv::testing::{Coin, Wallet, coin};
use trellis_system_tests::binary;
use trellis_system_tests::client::{Client, Reply};
use trellis_system_tests::configuration::Configuration;
use trellis_system_tests::door::peak_memory;
use trellis_system_tests::host::{Host, wait_for};
use trellis_system_tests::hostile::{Caught, FAMILY, HARMLESS, Member, Told, faults, markdown, told};
use trellis_system_tests::soak;
use trellis_system_tests::tokens::{hello, split};
use trellis_system_tests::world::World;

const FAULT: &str = "ERR_PLUGIN_FAULT";

/// Who attacks at once.
const ATTACKERS: usize = 3;

/// How often each attacker goes through its share of the family.
const ROUNDS: usize = 3;

/// Memory that a second and third round of the whole family may leave in use beyond the first: far less than what one
/// member would leave that is not let go of (64 MiB of its own memory, four at a time).
const GROWTH: u64 = 256 << 20;

fn component(world: &World, name: &str, bytes: &[u8]) -> PathBuf {
    let file = world.folder().join(name);
    fs::write(&file, bytes).unwrap();
    file
}

fn text(source: &str) -> Vec<u8> {
    wat::parse_str(source).unwrap()
}

/// A name for a plugin that is told this.
fn id(member: &Member) -> String {
    let name: String =
        member.name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
    format!("{}-{name}", member.told.call())
}

/// The counter of a plugin's faults of a kind.
fn faults_counted(admin: &Client, plugin: &str, kind: &str) -> u64 {
    let metrics = String::from_utf8(admin.get("/metrics").expect(200).body).unwrap();
    let line = format!("trellis_plugin_faults_total{{plugin=\"{plugin}\",kind=\"{kind}\"}} ");
    metrics.lines().find_map(|found| found.strip_prefix(&line)).map_or(0, |count| count.parse().unwrap())
}

/// Holds an answer to a member's fault, in its own call and words.
fn assert_caught(member: &Member, reply: &Reply, plugin: &str) {
    let name = member.name;
    let message = reply.clone().refusal(502, FAULT);
    let words = [&format!("plugin `{plugin}` broke in {}", member.told.call()), member.reads];
    for word in words {
        assert!(message.contains(word), "{name}: no `{word}` in: {message}");
    }
    assert!(message.len() < 2_000, "{name}: {message}");
}

/// The plugin's share of the calls is all taken now and then: that is what keeps it from taking those of others.
fn once_there_is_room(ask: impl Fn() -> Reply) -> Reply {
    loop {
        let reply = ask();
        if reply.status != 503 {
            return reply;
        }
    }
}

#[test]
fn the_whole_family_attacks_at_once_and_other_topics_are_served() {
    let world = World::new();
    let wallet = Wallet::from_seed(4);
    let coins = world.coins(&wallet, 2 + ATTACKERS, 1_000_000);
    world.publish();
    let guest = component(&world, "hostile.wasm", HOSTILE);
    // Otherwise so many faults in a row would have it paused.
    let limits = "grants = [\"identity\"]\nlimits = { faults-before-pause = 1000000 }";
    let plugin = format!("[[plugin]]\nid = \"hostile\"\nfile = '{}'\n{limits}\n", guest.display());
    let configuration = Configuration::usual().tables(&plugin).topic("tm_hostile", "hostile").service(
        "ls_hostile",
        "hostile",
        &["tm_hostile"],
    );
    let mut host = Host::start(&configuration, &world);
    let process = host.process();

    let attack = |coin: &Coin, share: usize| {
        let client = host.client();
        let beef = world.beef_bytes(&[&hello(&wallet, std::slice::from_ref(coin), "mine")]);
        for member in faults(Told::Judging).skip(share).step_by(ATTACKERS) {
            let reply =
                once_there_is_room(|| client.submit_with_values(&["tm_hostile"], &beef, member.name.as_bytes()));
            assert_caught(member, &reply, "hostile");
        }
        for member in faults(Told::Asked).skip(share).step_by(ATTACKERS) {
            let reply = once_there_is_room(|| client.lookup("ls_hostile", &json!(member.name)));
            assert_caught(member, &reply, "hostile");
        }
    };
    let attack_at_once = || {
        thread::scope(|scope| {
            let attackers: Vec<_> = (0..ATTACKERS)
                .map(|share| (share, &coins[2 + share]))
                .map(|(share, coin)| scope.spawn(move || attack(coin, share)))
                .collect();
            attackers.into_iter().for_each(|attacker| attacker.join().unwrap());
        });
        peak_memory(&host)
    };

    let over = AtomicBool::new(false);
    let (served, peaks) = thread::scope(|scope| {
        let bystander = scope.spawn(|| {
            let client = host.client();
            let (mut last, mut served) = (coins[0].clone(), 0);
            while !over.load(Ordering::Relaxed) {
                let message = hello(&wallet, &[last], &format!("still served, {served}"));
                let reply = client.submit(&["tm_helloworld"], &world.beef_bytes(&[&message]));
                assert_eq!(reply.admittance("tm_helloworld")[0], [0]);
                let found = client.lookup("ls_helloworld", &json!({ "message": format!("still served, {served}") }));
                assert_eq!(found.expect(200).json()["outputs"].as_array().map(Vec::len), Some(1));
                // The BEEF carries every unproven ancestor; only the first few are worth carrying.
                (last, served) = if served % 20 == 19 { return served } else { (coin(&message, 1), served + 1) };
            }
            served
        });
        let peaks: Vec<u64> = (0..ROUNDS).map(|_| attack_at_once()).collect();
        over.store(true, Ordering::Relaxed);
        (bystander.join().unwrap(), peaks)
    });
    println!("{served} messages were taken and found meanwhile; peak memory after each round: {peaks:?}");
    assert!(served > 0);
    assert!(peaks[ROUNDS - 1] - peaks[0] < GROWTH, "memory grows with every round: {peaks:?}");

    // Every kind of fault is counted, once for each time.
    let mut expected: BTreeMap<&str, u64> = BTreeMap::new();
    for member in faults(Told::Judging).chain(faults(Told::Asked)) {
        let Caught::Fault(kind) = member.caught else { unreachable!() };
        *expected.entry(kind).or_default() += ROUNDS as u64;
    }
    let (client, admin) = (host.client(), host.admin());
    for (kind, count) in expected {
        assert_eq!(faults_counted(&admin, "hostile", kind), count, "faults of kind {kind}");
    }
    // The same process is as well as before, and the same plugin judges as before.
    assert_eq!(client.get("/health/ready").expect(200).json()["status"], "ok");
    assert_eq!(host.process(), process);
    let message = hello(&wallet, &coins[1..2], "and on it goes");
    let reply = client.submit_with_values(&["tm_hostile"], &world.beef_bytes(&[&message]), b"behave");
    assert_eq!(reply.admittance("tm_hostile")[0], [0, 1]);
    assert!(host.end().success());
    host.check_store();
}

#[test]
fn a_trap_in_any_export_is_a_fault_of_that_call() {
    let world = World::new();
    let wallet = Wallet::from_seed(4);
    let guest = component(&world, "hostile.wasm", HOSTILE);
    let places = [Told::Organising, Told::Admitted, Told::Spent, Told::NoLongerRetained, Told::Evicted];
    let members: Vec<&Member> = places.into_iter().flat_map(faults).collect();
    let coins = world.coins(&wallet, members.len(), 10_000);
    world.publish();
    let mut configuration = Configuration::usual();
    for (number, member) in members.iter().enumerate() {
        let (id, topic) = (id(member), format!("tm_{number}"));
        // Every basket has one manager, so each has its own.
        let does = member.name.replace("loot/", &format!("loot{number}/"));
        let told = format!("behave-{} = \"{does}\"", member.told.call());
        configuration = configuration.file(&id, &guest, &told).topic(&topic, "anytx");
        configuration = match member.told {
            Told::Organising => configuration.baskets(&[&format!("loot{number}/*")], &id, &[&topic], true),
            _ => configuration.service(&format!("ls_{number}"), &id, &[&topic]),
        };
    }
    let mut host = Host::start(&configuration, &world);
    let (client, admin) = (host.client(), host.admin());
    for (number, (member, coin_spent)) in members.iter().zip(&coins).enumerate() {
        let (plugin, topic) = (id(member), format!("tm_{number}"));
        let Caught::Fault(kind) = member.caught else { unreachable!() };
        let made = split(&wallet, std::slice::from_ref(coin_spent), 2);
        let spent = split(&wallet, &[coin(&made, 0)], 2);
        let submit = |transactions: &[_]| client.submit(&[&topic, "tm_anytx"], &world.beef_bytes(transactions));
        match member.told {
            Told::Organising | Told::Admitted => assert_caught(member, &submit(&[&made]), &plugin),
            Told::Spent | Told::NoLongerRetained => {
                let _ = submit(&[&made]).expect(200);
                assert_caught(member, &submit(&[&made, &spent]), &plugin);
                assert!(client.transaction(&spent.txid()).is_none(), "{plugin}");
            }
            _ => {
                let _ = submit(&[&made]).expect(200);
                let (outpoint, url) = (format!("{}.1", made.txid()), admin.url().to_owned());
                let mut evict = binary::command();
                evict.args(["evict", &outpoint, "--reason", "a test", "--dependents", "keep", "--url", &url]);
                let output = evict.output().unwrap();
                assert!(output.status.success(), "a service that breaks keeps nobody from evicting: {output:?}");
                assert!(host.log().contains(member.reads), "{}", host.log());
                // Counted before the process ends, and the counters with it.
                assert!(faults_counted(&admin, &plugin, kind) >= 1, "{plugin}: no fault of kind {kind} was counted");
                // What cannot forget is asked again in time, at the latest when the host starts, and until it can health shows it.
                assert!(host.end().success());
                host.start_again();
                let told = "plugins broke on 1 transactions whose spends stand";
                wait_for("health to tell of it", || client.get("/health").text().contains(told).then_some(()));
                assert_eq!(client.get("/health/ready").status, 200, "degraded is not broken");
            }
        }
        // That operations do not fit is found by the host behind the sandbox, which counts calls.
        let is_of_the_sandbox = !member.name.starts_with("create-") && !member.name.starts_with("consume-");
        if member.told != Told::Evicted && (is_of_the_sandbox || member.name == "create-in:") {
            assert!(faults_counted(&admin, &plugin, kind) >= 1, "{plugin}: no fault of kind {kind} was counted");
        }
    }
    assert!(host.end().success());
    host.check_store();
}

#[test]
fn who_breaks_when_asked_what_concerns_it_is_named_and_who_names_topics_is_served() {
    let world = World::new();
    let wallet = Wallet::from_seed(4);
    let members: Vec<&Member> = faults(Told::Relevance).collect();
    let coins = world.coins(&wallet, members.len(), 10_000);
    world.publish();
    let guest = component(&world, "hostile.wasm", HOSTILE);
    for (member, coin) in members.into_iter().zip(&coins) {
        let told = format!("behave-is-relevant = \"{}\"", member.name);
        let configuration = Configuration::usual().file("hostile", &guest, &told).topic("tm_hostile", "hostile");
        let host = Host::start(&configuration, &world);
        let beef = world.beef_bytes(&[&split(&wallet, std::slice::from_ref(coin), 2)]);
        let headers = [("content-type", "application/octet-stream"), ("x-topics", "\"auto\"")];
        assert_caught(member, &host.client().post("/submit", &headers, &beef), "hostile");
        let named = host.client().submit(&["tm_anytx"], &beef);
        assert_eq!(named.admittance("tm_anytx")[0], [0, 1]);
    }
}

#[test]
fn what_could_make_a_verdict_another_one_has_no_effect() {
    let world = World::new();
    let wallet = Wallet::from_seed(4);
    let coins = world.coins(&wallet, 2, 10_000);
    world.publish();
    let guest = component(&world, "hostile.wasm", HOSTILE);
    let configuration = Configuration::usual().file("hostile", &guest, "").topic("tm_hostile", "hostile").service(
        "ls_hostile",
        "hostile",
        &["tm_hostile"],
    );
    let hosts = [Host::start(&configuration, &world), Host::start(&configuration, &world)];
    let beef = world.beef_bytes(&[&split(&wallet, &coins[..1], 2)]);
    let judge = |host: &Host, told: &str| {
        let headers = [
            ("content-type", "application/octet-stream"),
            ("x-topics", "[\"tm_hostile\"]"),
            ("x-trellis-require", "all"),
            ("x-includes-off-chain-values", "true"),
        ];
        let body = trellis_spv::beef::join_off_chain_values(&beef, told.as_bytes());
        host.client().post("/submit", &headers, &body)
    };
    for member in told(Told::Judging).filter(|member| member.caught == Caught::NoEffect) {
        let name = member.name;
        if name.starts_with("log-") {
            // Judged as if it had said nothing; the log has what fits, and nothing forged.
            let beef = world.beef_bytes(&[&hello(&wallet, &coins[1..], name)]);
            let host = Host::start(&configuration, &world);
            let reply = host.client().submit_with_values(&["tm_hostile"], &beef, name.as_bytes());
            assert_eq!(reply.admittance("tm_hostile")[0], [0, 1], "{name}");
            // The log shows a text as a programmer would write it.
            let words = member.reads.replace('\\', "\\\\");
            let log = wait_for("the plugin's words in the log", || Some(host.log()).filter(|log| log.contains(&words)));
            assert!(!log.lines().any(|line| line.starts_with("faked line")), "{log}");
            continue;
        }
        let mut seen = BTreeSet::new();
        for _ in 0..3 {
            for host in &hosts {
                // What came before leaves memory behind, of every size.
                for before in ["memory", "refuse-leftovers", "panic"] {
                    let _ = judge(host, before);
                }
                let reply = judge(host, name);
                assert_eq!(reply.status, 422, "{name}: {}", reply.text());
                let (_, message) = reply.error();
                let says = !["refuse-nan", "refuse-addresses"].contains(&name);
                assert!(!says || message.contains(member.reads), "{name}: {message}");
                seen.insert(message);
            }
        }
        assert_eq!(seen.len(), 1, "{name} differs from call to call, or host to host: {seen:?}");
    }
    for member in told(Told::Asked).filter(|member| member.caught == Caught::NoEffect) {
        let reply = hosts[0].client().lookup("ls_hostile", &json!(member.name)).expect(200);
        assert_eq!(reply.json()["outputs"], json!([]), "{}", member.name);
    }
}

#[test]
fn what_cannot_be_loaded_stops_the_start_and_the_text_says_why() {
    let world = World::new();
    world.publish();
    let guest = component(&world, "hostile.wasm", HOSTILE);
    let members = [Told::Loaded, Told::Describing, Told::Documenting].into_iter().flat_map(told);
    // That the compiling process is stopped takes its three minutes; with other limits `host/sandbox` tests it each time.
    let bombs = soak::count("TRELLIS_SOAK_BOMBS", 0);
    for member in members.filter(|member| bombs > 0 || member.name != "compile bomb") {
        let file = component(&world, "bad.wasm", &bytes(member));
        let (file, config) = match member.told {
            Told::Loaded => (&file, String::new()),
            _ => (&guest, format!("behave-{} = \"{}\"", member.told.call(), member.name)),
        };
        let pin = if member.name == "another file" { "7".repeat(64) } else { String::new() };
        let pin = if pin.is_empty() { pin } else { format!("sha256 = \"{pin}\"") };
        let file = file.display();
        let plugin = format!(
            "[[plugin]]\nid = \"bad\"\nfile = '{file}'\ngrants = [\"identity\"]\nconfig = {{ {config} }}\n{pin}\n"
        );
        let configuration = Configuration::new().tables(&plugin).topic("tm_bad", "bad");
        let mut host = Host::prepare(&configuration, &world);
        host.spawn();
        assert!(!host.wait_until_ready_or_dead(), "a host started with: {}", member.name);
        let log = host.log();
        for word in ["plugin `bad`", member.reads] {
            assert!(log.contains(word), "{}: no `{word}` in:\n{log}", member.name);
        }
    }
}

/// A file that is hostile by itself.
fn bytes(member: &Member) -> Vec<u8> {
    let roles = r#"(instance $i)
        (export "bsv:overlay/plugin@0.1.0" (instance $i)) (export "bsv:overlay/topic-manager@0.1.0" (instance $i))"#;
    let importing = |imports: &str| text(&format!("(component {imports})"));
    match member.name {
        "no WebAssembly" => b"export default { admit: everything }".to_vec(),
        // As the engine writes it: an ELF file of its own.
        "compiled code" => [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 4096]].concat(),
        "core module" => text("(module)"),
        "cut short" => ANYTX[..ANYTX.len() / 2].to_vec(),
        "wasi" => importing(
            r#"(import "wasi:cli/environment@0.2.6" (instance)) (import "wasi:filesystem/types@0.2.6" (instance))"#,
        ),
        "foreign import" => importing(r#"(import "acme:things/stuff@1.0.0" (instance))"#),
        "later interface" => importing(r#"(import "bsv:overlay/state@9.0.0" (instance))"#),
        "no description" => text("(component)"),
        "no role" => text(r#"(component (instance $i) (export "bsv:overlay/plugin@0.1.0" (instance $i)))"#),
        "another type" => text(&format!("(component {roles})")),
        "40 MB" => padded(ANYTX, 40_000_000),
        "initial memory" => {
            text(&format!("(component (core module (memory 1025)) (core instance (instantiate 0)) {roles})"))
        }
        "compile bomb" => bomb(roles),
        "another file" => ANYTX.to_vec(),
        _ => Vec::new(),
    }
}

/// The component with a custom section that makes it this large.
fn padded(component: &[u8], size: usize) -> Vec<u8> {
    let length = size - component.len() - 6;
    let mut padded = component.to_vec();
    padded.push(0);
    // The length as a number of five bytes, seven bits each, and an empty name.
    padded.extend((0..5).map(|place| (length >> (7 * place)) as u8 & 0x7f | if place < 4 { 0x80 } else { 0 }));
    padded.resize(size, 0);
    padded
}

/// Less than a megabyte that would be compiled for hours: loops inside of loops.
fn bomb(roles: &str) -> Vec<u8> {
    let (loops, ends) = ("loop local.get 0 br_if 0 ".repeat(100_000), "end ".repeat(100_000));
    text(&format!("(component (core module (func (param i32) {loops} {ends})) {roles})"))
}

#[test]
fn every_behaviour_of_the_guest_is_in_the_family_or_harmless_and_the_readme_has_the_table() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/hostile");
    let known: BTreeSet<&str> =
        FAMILY.iter().map(|member| member.name.split(':').next().unwrap()).chain(HARMLESS.iter().copied()).collect();
    let mut met = BTreeSet::new();
    for file in fs::read_dir(folder.join("src")).unwrap().map(|entry| entry.unwrap().path()) {
        let source = fs::read_to_string(&file).unwrap();
        for line in source.lines().filter_map(|line| line.trim_start().strip_prefix('"')) {
            let Some((names, _)) = line.split_once(" =>") else { continue };
            for name in names.split(" | ").map(|name| name.trim_matches(['"', '\\'])).filter(|name| !name.is_empty()) {
                assert!(
                    known.contains(name),
                    "{}: `{name}` is no member of the family, and not harmless",
                    file.display()
                );
                met.insert(name.to_owned());
            }
        }
    }
    let gone: Vec<_> = HARMLESS.iter().filter(|name| !met.contains(**name)).collect();
    assert!(gone.is_empty(), "the guest does not know {gone:?} any more");
    let readme = fs::read_to_string(folder.join("README.md")).unwrap();
    assert!(readme.contains(&markdown()), "plugins/hostile/README.md is to have this table:\n{}", markdown());
}
