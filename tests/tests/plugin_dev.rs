//! `trellis plugin dev`: an author edits, and the host that runs judges by what was written.

use std::fs::{self, File};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use trellis_spv::beef::{self, Beef, BeefEntry};
use trellis_spv::testing::{Coin, Wallet, coin};
use trellis_system_tests::authored::{Authored, succeed};
use trellis_system_tests::client::Client;
use trellis_system_tests::host::wait_for;
use trellis_system_tests::ports;
use trellis_system_tests::tokens::hello;

/// The plugin, with its topic and its service.
const ID: &str = "dev-tickets";
const TOPIC: &str = "tm_dev_tickets";
const SERVICE: &str = "ls_dev_tickets";

/// Where the project says how long a message is at least.
const RULE: &str = "src/message.rs";

const NONE: Vec<u32> = Vec::new();

/// A project, and `trellis plugin dev` in its folder.
struct Author {
    project: Authored,
    dev: Child,
    folder: TempDir,
    client: Client,
    admin: Client,
    wallet: Wallet,
}

impl Author {
    fn new() -> Self {
        let project = Authored::to_be_changed(ID, "topic-manager,lookup-service");
        // The SDK takes what it takes, and nobody's patience.
        succeed(&mut build(&project));
        let folder = TempDir::new().unwrap();
        let log = File::create(folder.path().join("log")).unwrap();
        let (port, admin_port) = (ports::free(), ports::free());
        let mut command = project.trellis();
        command.args(["plugin", "dev", "--port", &port.to_string(), "--admin-port", &admin_port.to_string()]);
        command.arg("--data-dir").arg(folder.path().join("data"));
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let client = |port| Client::new(format!("http://127.0.0.1:{port}"));
        let (dev, client, admin) = (command.spawn().unwrap(), client(port), client(admin_port));
        let mut author = Self { project, dev, folder, client, admin, wallet: Wallet::from_seed(11) };
        author.wait("trellis plugin dev", |author| {
            author.client.try_get("/health/ready").ok().filter(|reply| reply.status == 200)
        });
        author
    }

    /// Waits until `look` answers something, or the program ends.
    fn wait<T>(&mut self, what: &str, look: impl Fn(&Self) -> Option<T>) -> T {
        wait_for(what, || {
            let ended = self.dev.try_wait().unwrap();
            assert!(ended.is_none(), "{what}: the program ended with {ended:?}");
            look(self)
        })
    }

    /// All that the program printed, and what it runs.
    fn said(&self) -> String {
        // The last character may still be on its way.
        String::from_utf8_lossy(&fs::read(self.folder.path().join("log")).unwrap()).into_owned()
    }

    /// Writes what the rule's constant is.
    fn rule(&self, least: &str) {
        let file = self.project.folder().join(RULE);
        let text = fs::read_to_string(&file).unwrap();
        let line = text.lines().find(|line| line.starts_with("const TEXT_LEAST")).unwrap();
        fs::write(&file, text.replace(line, &format!("const TEXT_LEAST: usize = {least};"))).unwrap();
    }

    /// The digest of the component that serves.
    fn serves(&self) -> String {
        let all: Vec<Value> = serde_json::from_slice(&self.admin.get("/admin/plugins").expect(200).body).unwrap();
        let plugin = all.iter().find(|plugin| plugin["id"] == ID).unwrap();
        plugin["sha256"].as_str().unwrap().to_owned()
    }

    /// Waits until another component than this one serves.
    fn serves_another_than(&mut self, before: &str) -> String {
        self.wait("another component to serve", |author| Some(author.serves()).filter(|now| now != before))
    }

    /// Says something, paid by the faucet. Answers what the topic admitted.
    fn say(&self, text: &str) -> Vec<u32> {
        let (mut beef, coin) = self.coin();
        let transaction = hello(&self.wallet, &[coin], text);
        beef.subject = transaction.txid();
        beef.transactions.push(BeefEntry::Raw { transaction, bump: None });
        let [admitted, retained, removed] =
            self.client.submit(&[TOPIC], &beef.to_bytes()).expect(200).admittance(TOPIC);
        assert_eq!([retained, removed], [NONE, NONE]);
        admitted
    }

    fn coin(&self) -> (Beef, Coin) {
        let wanted = json!({ "publicKey": hex::encode(self.wallet.public_key()), "satoshis": 1_000 });
        let granted = self.admin.post_json("/dev/faucet", &[], &wanted).expect(200).json();
        let beef = beef::parse(&hex::decode(granted["beef"].as_str().unwrap()).unwrap()).unwrap();
        let BeefEntry::Raw { transaction, .. } = beef.transactions.last().unwrap() else { panic!("{granted}") };
        let coin = coin(transaction, u32::try_from(granted["outputIndex"].as_u64().unwrap()).unwrap());
        (beef, coin)
    }

    /// How many messages the service finds.
    fn found(&self) -> usize {
        self.client.lookup(SERVICE, &json!({})).expect(200).json()["outputs"].as_array().unwrap().len()
    }

    /// What the compiler says when the author asks it.
    fn compiler(&self) -> String {
        let output = build(&self.project).output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    }
}

impl Drop for Author {
    fn drop(&mut self) {
        let _ = self.dev.kill();
        let _ = self.dev.wait();
        if std::thread::panicking() {
            eprintln!("trellis plugin dev said\n{}", self.said());
        }
    }
}

/// What `trellis plugin dev` runs, where it runs it.
fn build(project: &Authored) -> Command {
    let mut command = project.cargo();
    command.env_remove("CARGO_TARGET_DIR").arg("plugin");
    command
}

#[test]
fn an_edit_changes_the_verdict_and_a_build_that_fails_is_shown_while_what_served_goes_on_serving() {
    let mut author = Author::new();
    assert_eq!(author.say("hello"), [0]);
    author.wait("the cases", |author| (author.said().matches("passes ").count() >= 2).then_some(()));
    let first = author.serves();

    author.rule("10");
    let longer = author.serves_another_than(&first);
    assert_eq!(author.say("hello"), NONE);
    assert_eq!(author.say("hello, all of you"), [0]);
    author.wait("the cases to say what is decided otherwise now", |author| {
        author.said().contains("DIFFERS").then_some(())
    });

    author.rule("\"ten\"");
    author.wait("the build to fail", |author| {
        author.said().contains("the build failed; what was built before goes on serving").then_some(())
    });
    let compiler = author.compiler();
    assert!(compiler.contains("error[E0308]: mismatched types") && compiler.contains(RULE), "{compiler}");
    assert!(author.said().contains(compiler.trim()), "it is not told what the compiler says:\n{compiler}");
    assert_eq!(author.serves(), longer);
    assert_eq!(author.say("hello"), NONE);
    assert_eq!(author.say("hello, all of you"), [0]);

    author.rule("3");
    let mended = author.serves_another_than(&longer);
    assert_ne!(mended, first);
    assert_eq!(author.say("hello"), [0]);
    assert_eq!(author.say("hi"), NONE);
    assert_eq!(author.found(), 4, "what came before any of the edits is found as ever");
    author.wait("the author to be told of both", |author| {
        (author.said().matches("serves now").count() == 2).then_some(())
    });

    let configuration = author.project.folder().join("trellis.toml");
    let hosted = fs::read_to_string(&configuration).unwrap();
    let more = format!("\n[[topic]]\nname = \"tm_more\"\nplugin = \"{ID}\"\n");
    fs::write(&configuration, hosted + &more).unwrap();
    author.wait("the topic that was added", |author| {
        let topics = author.client.get("/listTopicManagers").expect(200).json();
        topics.get("tm_more").is_some().then_some(())
    });
    assert_eq!(author.say("hello"), [0]);
}
