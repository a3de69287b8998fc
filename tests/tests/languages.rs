//! Plugins in JavaScript and Python: on a host they are what the same plugin in Rust is, verdict by verdict and answer by answer.

use std::process::Command;

use serde_json::{Value, json};
use trellis_spv::testing::{Coin, Wallet, coin};
use trellis_spv::transaction::Transaction;
use trellis_system_tests::authored::{Authored, Language, succeed};
use trellis_system_tests::binary::{self, workspace};
use trellis_system_tests::configuration::Configuration;
use trellis_system_tests::host::Host;
use trellis_system_tests::tokens::{hello, with_change};
use trellis_system_tests::world::World;

/// Fuel of a call for plugins that carry a language along, unless an operator says otherwise.
const INTERPRETED_FUEL: u64 = 1_000_000_000;
/// Simple calls need at most so small a part of it: real rules are not simple.
const ROOM: u64 = 100;

const NONE: Vec<u32> = Vec::new();

/// The languages beside Rust whose tools are there.
fn others() -> Vec<Language> {
    [Language::JavaScript, Language::Python].into_iter().filter(|language| language.is_there()).collect()
}

/// The same plugin as `helloworld`, in another language.
fn hello_world(language: Language) -> Authored {
    let file = match language {
        Language::JavaScript => "src/topic.js",
        _ => "src/hello_world/topic.py",
    };
    let its_words = (file, "no output is a message", "no output is a Hello World message");
    Authored::new(language, "hello-world", "topic-manager,lookup-service", &[its_words])
}

/// `helloworld` as it comes with the host, and the same in the other languages, each with a topic and a service.
fn in_every_language(languages: &[Language]) -> Configuration {
    let mut configuration = Configuration::new()
        .builtin("helloworld", "helloworld", "")
        .topic("tm_rust", "helloworld")
        .service("ls_rust", "helloworld", &["tm_rust"]);
    for language in languages {
        let name = language.name();
        let project = hello_world(*language);
        let (topic, service) = (format!("tm_{name}"), format!("ls_{name}"));
        configuration =
            configuration.file(name, &project.component(), "").topic(&topic, name).service(&service, name, &[&topic]);
    }
    configuration
}

/// One host with the plugin in every language, to which everything is submitted for all of its topics at once.
struct Scene {
    world: World,
    host: Host,
    languages: Vec<&'static str>,
    wallet: Wallet,
    coins: Vec<Coin>,
}

impl Scene {
    fn new(languages: &[Language]) -> Self {
        let world = World::new();
        let wallet = Wallet::from_seed(1);
        let coins = world.coins(&wallet, 6, 1_000);
        world.publish();
        let host = Host::start(&in_every_language(languages), &world);
        let languages = ["rust"].into_iter().chain(languages.iter().map(|language| language.name())).collect();
        Self { world, host, languages, wallet, coins }
    }

    /// What is the same for every language, for this purpose and in the words of one of them.
    #[track_caller]
    fn same(&self, what: &str, of: impl Fn(&str) -> Value) -> Value {
        let mut answers = self.languages.iter().map(|language| (language, of(language)));
        let (_, first) = answers.next().expect("Rust");
        answers.for_each(|(language, answer)| assert_eq!(answer, first, "{what}: {language} and Rust differ"));
        first
    }

    /// Submits for every topic and answers the STEAK's entry that all of them have.
    #[track_caller]
    fn submit(&self, transaction: &Transaction) -> [Vec<u32>; 3] {
        let topics: Vec<String> = self.languages.iter().map(|language| format!("tm_{language}")).collect();
        let topics: Vec<&str> = topics.iter().map(String::as_str).collect();
        let reply = self.host.client().submit(&topics, &self.world.beef_bytes(&[transaction])).expect(200);
        let entry = |language: &str| json!(reply.admittance(&format!("tm_{language}")));
        serde_json::from_value(self.same("the verdict", entry)).expect("an entry of the STEAK")
    }

    /// Asks every service and answers what all of them said: the outputs, or the message of the refusal.
    #[track_caller]
    fn ask(&self, query: &Value) -> Value {
        self.same(&format!("the answer to {query}"), |language| {
            let service = format!("ls_{language}");
            let reply = self.host.client().lookup(&service, query);
            match reply.status {
                200 => reply.json(),
                // The service is named, and each has a name of its own.
                status => json!({ "status": status, "refusal": reply.error().1.replace(&service, "the service") }),
            }
        })
    }

    /// How many outputs an answer has.
    #[track_caller]
    fn found(&self, query: &Value) -> usize {
        let answer = self.ask(query);
        answer["outputs"].as_array().unwrap_or_else(|| panic!("no outputs in {answer}")).len()
    }
}

#[test]
fn a_plugin_judges_and_answers_the_same_whatever_it_is_written_in() {
    let languages = others();
    if languages.is_empty() {
        return;
    }
    let mut scene = Scene::new(&languages);
    let (wallet, coins) = (&scene.wallet, &scene.coins);

    let messages: Vec<Transaction> = ["hello", "hello", "grüße €😀"]
        .iter()
        .zip(coins)
        .map(|(text, coin)| hello(wallet, std::slice::from_ref(coin), text))
        .collect();
    for message in &messages {
        assert_eq!(scene.submit(message), [vec![0], NONE, NONE]);
    }

    // No message: the wrong form, one field, too short, somebody else's signature.
    let signed = wallet.signed_push_drop(&[b"hello"]);
    let mut other_text = signed.clone();
    other_text[36] ^= 1;
    let outputs = vec![
        (0, vec![0, 0x6a, 1, 7]),
        (1, wallet.signed_push_drop(&[b"h"])),
        (1, wallet.signed_push_drop(&[b"hello", b"world"])),
        (1, other_text),
    ];
    let refused = with_change(wallet, &coins[3..4], outputs);
    assert_eq!(scene.submit(&refused), [NONE, NONE, NONE]);

    let outputs = vec![(1, wallet.signed_push_drop(&[b"first"])), (1, vec![0x51]), (1, signed)];
    assert_eq!(scene.submit(&with_change(wallet, &coins[4..5], outputs)), [vec![0, 2], NONE, NONE]);

    assert_eq!(scene.found(&json!({})), 5);
    assert_eq!(scene.found(&json!("findAll")), 5);
    assert_eq!(scene.found(&json!({ "message": "hello", "sortOrder": "asc" })), 3);
    assert_eq!(scene.found(&json!({ "message": "grüße €😀" })), 1);
    assert_eq!(scene.found(&json!({ "limit": 2, "skip": 1 })), 2);
    assert_eq!(scene.found(&json!({ "startDate": "2020-01-01", "endDate": "2199-12-31T23:59:59.999+01:00" })), 5);
    assert_eq!(scene.found(&json!({ "endDate": 1_000 })), 0);
    for query in [
        json!(null),
        json!([]),
        json!("everything"),
        json!({ "message": 1 }),
        json!({ "nonsense": 1 }),
        json!({ "findAll": false }),
        json!({ "limit": 0 }),
        json!({ "limit": 1.5 }),
        json!({ "skip": -1 }),
        json!({ "sortOrder": "up" }),
        json!({ "startDate": "yesterday" }),
        json!({ "endDate": true }),
    ] {
        let answer = scene.ask(&query);
        assert_eq!(answer["status"], 400, "{query}: {answer}");
    }

    // A message is spent: it leaves topic and index, and another takes its place.
    let spent = coin(&messages[0], 0);
    let spending = hello(wallet, &[spent, coins[5].clone()], "again");
    assert_eq!(scene.submit(&spending), [vec![0], NONE, vec![0]]);
    assert_eq!(scene.found(&json!({ "message": "hello" })), 2);
    assert_eq!(scene.found(&json!({ "message": "again" })), 1);

    for language in &languages {
        for call in ["identify-admissible-outputs", "output-admitted", "output-spent", "lookup"] {
            let per_call = fuel_per_call(&scene.host, language.name(), call);
            println!("{} {call}: {per_call} units of fuel", language.name());
            assert!(per_call < INTERPRETED_FUEL / ROOM, "{} {call}: {per_call}", language.name());
        }
    }
    assert!(scene.host.end().success());
    scene.host.check_store();
}

/// What a call used on average, as the host's metrics say.
fn fuel_per_call(host: &Host, plugin: &str, call: &str) -> u64 {
    let metrics = String::from_utf8(host.admin().get("/metrics").expect(200).body).expect("text");
    let number = |what: &str| -> u64 {
        let line = format!("trellis_plugin_{what}_total{{plugin=\"{plugin}\",call=\"{call}\"}} ");
        let found = metrics.lines().find_map(|found| found.strip_prefix(&line));
        found.unwrap_or_else(|| panic!("no {line} in {metrics}")).parse().expect("a number")
    };
    number("fuel") / number("calls")
}

#[test]
fn the_cases_of_hello_world_hold_in_every_language() {
    for language in others() {
        let project = hello_world(language);
        let cases = workspace().join("plugins/helloworld/cases");
        let mut command = binary::command();
        succeed(command.args(["plugin", "test"]).arg(project.component()).arg("--cases").arg(cases));
    }
}

#[test]
fn a_mistake_in_a_plugin_is_a_fault_that_says_where_and_never_a_refusal() {
    for language in others() {
        let (file, from, to) = match language {
            Language::JavaScript => ("src/topic.js", "return admit(admitted)", "return admit(admited)"),
            _ => (
                "src/hello_world/topic.py",
                "return AdmittanceInstructions(admitted)",
                "return AdmittanceInstructions(admited)",
            ),
        };
        let project = Authored::new(language, "hello-world", "topic-manager,lookup-service", &[(file, from, to)]);
        let configuration =
            Configuration::new().file("mistaken", &project.component(), "").topic("tm_mistaken", "mistaken");
        let world = World::new();
        let wallet = Wallet::from_seed(2);
        let message = hello(&wallet, &world.coins(&wallet, 1, 1_000), "hello");
        world.publish();
        let host = Host::start(&configuration, &world);
        let reply = host.client().submit(&["tm_mistaken"], &world.beef_bytes(&[&message]));
        let said = reply.refusal(502, "ERR_PLUGIN_FAULT");
        for part in ["mistaken", "identify-admissible-outputs", "admited", "topic."] {
            assert!(said.contains(part), "{}: no {part} in {said}", language.name());
        }
    }
}

#[test]
fn what_the_sdk_of_a_language_promises_it_keeps() {
    for language in others() {
        let tests = workspace().join("sdk").join(language.name()).join("tests");
        match language {
            Language::JavaScript => {
                let project = Authored::new(language, "sdk-itself", "topic-manager", &[]);
                project.test();
                let sdk = project.folder().join("trellis-plugin/tests");
                std::fs::create_dir_all(&sdk).expect("a folder for tests");
                let mut command = project.command("node");
                command.args(["--import", "trellis-plugin/stand-in", "--test"]);
                for file in std::fs::read_dir(&tests).expect("the SDK's tests").map(|file| file.expect("a file")) {
                    let copy = sdk.join(file.file_name());
                    std::fs::copy(file.path(), &copy).expect("to copy a test");
                    command.arg(copy);
                }
                succeed(&mut command);
            }
            _ => {
                let sdk = workspace().join("sdk/python");
                let mut command = Command::new("python3");
                command.env("PYTHONPATH", &sdk).args(["-B", "-m", "unittest", "discover", "-s"]).arg(&tests);
                succeed(&mut command);
            }
        }
    }
}
