//! Every refusal of a configuration has its text.

use std::path::Path;

use trellis_engine::domain::basket::BasketName;
use trellis_network::header_services::ServiceKind;

use super::checked::{BasketAccessSetup, Chain, RelayAccess, Secret};
use super::{Config, Problem, check, read};

const GOOD: &str = r#"
[node]
data-dir = "data"
network = "main"
[chain]
source = "headers-file"
path = "headers.json"
[[broadcast.arc]]
url = "https://arc.example.com/"
api-key-env = "ARC_KEY"
[[plugin]]
id = "hello"
builtin = "helloworld"
config = { text = "a", list = [1, "b"] }
[[topic]]
name = "tm_helloworld"
plugin = "hello"
[[lookup]]
name = "ls_helloworld"
plugin = "hello"
topics = ["tm_helloworld"]
"#;

const FILE_SOURCE: &str = "source = \"headers-file\"\npath = \"headers.json\"";

const SERVICES: &str = r#"source = "services"
checkpoint = "1:00000000839a8e6886ab5951d76f411475428afc90947ee320161bbf18eb6048"
[[chain.service]]
kind = "block-headers-service"
url = "http://127.0.0.1:8080/"
api-key-env = "ARC_KEY"
[[chain.service]]
kind = "whatsonchain"
url = "https://api.whatsonchain.com/v1/bsv/main""#;

fn environment(name: &str) -> Option<String> {
    match name {
        "ARC_KEY" | "TOKEN" => Some("secret".to_owned()),
        "BLANK" => Some(" ".to_owned()),
        _ => None,
    }
}

fn checked(text: &str) -> Result<Config, Vec<Problem>> {
    check::check(read::read(text, "trellis.toml").unwrap(), Path::new("/etc/trellis"), &environment)
}

/// What is said of the good file with one text in place of another.
fn refusal(old: &str, new: &str) -> String {
    assert!(GOOD.contains(old), "{old}");
    let problems = checked(&GOOD.replace(old, new)).unwrap_err();
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// What is said of the good file with more at its end.
fn refusal_of_more(more: &str) -> String {
    refusal("topics = [\"tm_helloworld\"]\n", &format!("topics = [\"tm_helloworld\"]\n{more}"))
}

const BASKET: &str = r#"
[[basket]]
names = ["shop/tickets", "prizes/*"]
manager = "hello"
topics = ["tm_helloworld"]
access = "token"
token-env = "TOKEN"
"#;

/// What is said of the good file with a good basket table in which one text stands in place of another.
fn refusal_of_basket(old: &str, new: &str) -> String {
    assert!(BASKET.contains(old), "{old}");
    refusal_of_more(&BASKET.replacen(old, new, 1))
}

#[test]
fn baskets_have_a_manager_its_topics_and_perhaps_a_token() {
    let config = checked(&(GOOD.to_owned() + BASKET)).unwrap();
    let setup = &config.baskets[0];
    assert_eq!((&*setup.manager.plugin.0, setup.manager.topics.len()), ("hello", 1));
    assert_eq!(setup.access, BasketAccessSetup::Token(Secret::new("secret".to_owned())));
    for (name, means) in [("shop/tickets", true), ("prizes/first", true), ("shop/other", false)] {
        assert_eq!(setup.means(&BasketName::new(name).unwrap()), means, "{name}");
    }
    let open = BASKET.replace("access = \"token\"\ntoken-env = \"TOKEN\"", "access = \"open\"");
    assert!(checked(&(GOOD.to_owned() + &open)).unwrap().baskets[0].access == BasketAccessSetup::Open);
}

#[test]
fn a_good_file_means_what_it_says() {
    let config = checked(GOOD).unwrap();
    assert_eq!(config.data_dir, Path::new("/etc/trellis/data"));
    assert_eq!(config.chain, Chain::HeadersFile("/etc/trellis/headers.json".into()));
    assert_eq!(config.listen.addresses.len(), 2);
    assert_eq!(config.listen.addresses[0].to_string(), "127.0.0.1:8080");
    assert_eq!(config.admin_listen.to_string(), "127.0.0.1:8081");
    assert_eq!(config.broadcasters[0].url, "https://arc.example.com");
    assert_eq!(config.broadcasters[0].api_key.as_ref().unwrap().reveal(), "secret");
    assert_eq!(config.plugins[0].configuration["text"], "a");
    assert_eq!(config.plugins[0].configuration["list"], r#"[1,"b"]"#);
    assert!(!format!("{config:?}").contains("\"secret\""), "secrets never reach a log");
}

#[test]
fn one_listen_address_needs_no_list() {
    let config = checked(&GOOD.replace("[node]", "[node]\nlisten = \"0.0.0.0:80\"")).unwrap();
    assert_eq!(config.listen.addresses.len(), 1);
    assert!(!config.listen.skip_absent);
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let text = refusal("[node]\ndata-dir = \"data\"", "[node]\nlisten = \"localhost\"");
    assert!(text.contains("data-dir") && text.contains("localhost"), "{text}");
}

#[test]
fn every_refusal_says_what_to_write_instead() {
    let cases: &[(String, &[&str])] = &[
        (refusal("network = \"main\"", ""), &["[node]", "`network`", "\"local\""]),
        (refusal("[node]", "[node]\nadmin-listen = \"8081\""), &["admin-listen", "\"8081\"", "127.0.0.1:8080"]),
        (refusal("[node]", "[node]\nlisten = []"), &["`listen`", "at least one"]),
        (refusal("[node]", "[node]\nlisten = \"127.0.0.1:8081\""), &["127.0.0.1:8081", "twice"]),
        (refusal("[node]", "[node]\nadmin-listen = \"0.0.0.0:8081\""), &["token-env", "127.0.0.1"]),
        (refusal("[node]", "[node]\nadvertised-url = \"overlay\""), &["advertised-url", "https://"]),
        (refusal("source = \"headers-file\"", "source = \"local\""), &["network = \"main\"", "headers-file"]),
        (refusal("path = \"headers.json\"", ""), &["[chain]", "`path`"]),
        (refusal(FILE_SOURCE, "source = \"services\""), &["`service`", "[[chain.service]]", "api.whatsonchain.com"]),
        (
            refusal(
                FILE_SOURCE,
                "source = \"services\"\npath = \"x\"\n[[chain.service]]\nkind = \"whatsonchain\"\nurl = \"a\"",
            ),
            &["path is of no use", "headers-file", "\"a\"", "https://"],
        ),
        (
            refusal(FILE_SOURCE, &format!("{FILE_SOURCE}\ncheckpoint = \"1:2\"")),
            &["checkpoint is of no use", "services"],
        ),
        (refusal(FILE_SOURCE, &SERVICES.replace("1:0000", "1;0000")), &["[chain] checkpoint", "<height>:<hash"]),
        (refusal(FILE_SOURCE, &SERVICES.replace("ARC_KEY", "UNSET")), &["[[chain.service]]", "UNSET"]),
        (refusal("[[broadcast.arc]]", "[broadcast]\npolicy = \"none\"\n[[broadcast.arc]]"), &["none", "remove"]),
        (
            refusal("[[broadcast.arc]]\nurl = \"https://arc.example.com/\"\napi-key-env = \"ARC_KEY\"", ""),
            &["[[broadcast.arc]]", "policy = \"none\""],
        ),
        (refusal("\"ARC_KEY\"", "\"UNSET\""), &["UNSET", "not set", "key"]),
        (refusal("\"ARC_KEY\"", "\"BLANK\""), &["BLANK", "empty"]),
        (refusal("https://arc.example.com/", "arc.example.com"), &["arc.example.com", "https://"]),
        (refusal_of_more("[admin]\ntoken-env = \"UNSET\""), &["[admin]", "token-env", "UNSET"]),
        (refusal_of_more("[relay]\naccess = \"authenticated\""), &["[relay]", "`token-env`", "environment variable"]),
        (
            refusal_of_more("[relay]\naccess = \"authenticated\"\ntoken-env = \"UNSET\""),
            &["[relay]", "token-env", "UNSET"],
        ),
        (
            refusal_of_more("[relay]\naccess = \"open\"\ntoken-env = \"TOKEN\""),
            &["token-env", "no use", "authenticated"],
        ),
        (refusal_of_more("[limits]\nbody-memory = 5"), &["body-memory", "33554432"]),
        (refusal_of_more("[limits]\ntrusted-proxies = [\"proxy\"]"), &["trusted-proxies", "proxy"]),
        (refusal("id = \"hello\"", "id = \"Hello world\""), &["Hello world", "lower-case"]),
        (refusal_of_more("[[plugin]]\nid = \"hello\"\nbuiltin = \"anytx\""), &["\"hello\"", "twice"]),
        (refusal_of_more("[[topic]]\nname = \"tm_helloworld\"\nplugin = \"hello\""), &["tm_helloworld", "twice"]),
        (refusal("builtin = \"helloworld\"", ""), &["`file`", "`builtin`"]),
        (refusal("builtin = \"helloworld\"", "file = \"x.wasm\""), &["/etc/trellis/x.wasm", "cannot be read"]),
        (refusal("builtin = \"helloworld\"", "builtin = \"hello\""), &["\"hello\"", "helloworld", "anytx"]),
        (refusal("id = \"hello\"", "id = \"hello\"\nsha256 = \"abc\""), &["sha256", "64"]),
        (refusal("id = \"hello\"", "id = \"hello\"\nlimits = { judge-fuel = 0 }"), &["judge-fuel", "between"]),
        (refusal("name = \"tm_helloworld\"", "name = \"helloworld\""), &["helloworld", "`tm_`"]),
        (refusal("name = \"tm_helloworld\"", "name = \"tm_Hello\""), &["tm_Hello", "lower-case"]),
        (
            refusal("plugin = \"hello\"\n[[lookup]]", "plugin = \"helo\"\n[[lookup]]"),
            &["\"helo\"", "did you mean \"hello\""],
        ),
        (refusal("[\"tm_helloworld\"]", "[\"tm_heloworld\"]"), &["tm_heloworld", "did you mean \"tm_helloworld\""]),
        (refusal("[\"tm_helloworld\"]", "[]"), &["ls_helloworld", "no topics"]),
        (
            refusal("plugin = \"hello\"\n[[lookup]]", "plugin = \"hello\"\nreads = [\"tm_helloworld\"]\n[[lookup]]"),
            &["[[topic]]", "\"tm_helloworld\" reads itself", "`reads`"],
        ),
        (
            refusal_of_more("reads = [\"tm_heloworld\", \"tm_helloworld\", \"tm_helloworld\"]"),
            &["[[lookup]] \"ls_helloworld\" reads", "did you mean \"tm_helloworld\"", "twice"],
        ),
        (refusal_of_basket("manager = \"hello\"", "manager = \"helo\""), &["[[basket]]", "did you mean \"hello\""]),
        (
            refusal_of_basket("tm_helloworld", "tm_heloworld"),
            &["[[basket]] \"hello\"", "did you mean \"tm_helloworld\""],
        ),
        (refusal_of_basket("[\"tm_helloworld\"]", "[]"), &["[[basket]] \"hello\"", "no topics"]),
        (refusal_of_basket("[\"shop/tickets\", \"prizes/*\"]", "[]"), &["[[basket]] \"hello\"", "no names"]),
        (refusal_of_basket("shop/tickets", "Shop"), &["[[basket]] \"hello\"", "\"Shop\"", "\"shop/*\""]),
        (refusal_of_basket("shop/tickets", "prizes/first"), &["\"prizes/first\"", "\"prizes/*\"", "one manager"]),
        (refusal_of_basket("", BASKET), &["\"hello\"", "twice", "basket manager"]),
        (refusal_of_basket("token-env = \"TOKEN\"", ""), &["[[basket]] \"hello\"", "needs token-env"]),
        (refusal_of_basket("\"TOKEN\"", "\"UNSET\""), &["[[basket]]", "UNSET", "bearer token"]),
        (refusal_of_basket("access = \"token\"", ""), &["token-env is of no use", "access = \"token\""]),
    ];
    for (text, parts) in cases {
        for part in *parts {
            assert!(text.contains(part), "no {part} in: {text}");
        }
    }
}

#[test]
fn headers_may_come_from_services() {
    let Chain::Services(checkpoint, services) = checked(&GOOD.replace(FILE_SOURCE, SERVICES)).unwrap().chain else {
        panic!("not from services")
    };
    assert_eq!(checkpoint.unwrap().height, 1);
    assert_eq!([services[0].kind, services[1].kind], [ServiceKind::BlockHeadersService, ServiceKind::WhatsOnChain]);
    assert_eq!(services[0].url, "http://127.0.0.1:8080");
    assert_eq!(services[0].api_key.as_ref().unwrap().reveal(), "secret");
    let local = format!("[node]\ndata-dir = \"data\"\nnetwork = \"local\"\n[chain]\n{SERVICES}\n");
    assert!(checked(&local).unwrap_err().contains(&Problem::ServicesForLocal));
}

#[test]
fn an_open_second_listener_needs_a_token() {
    let text = GOOD.replace("[node]", "[node]\nadmin-listen = \"0.0.0.0:8081\"") + "[admin]\ntoken-env = \"TOKEN\"\n";
    assert_eq!(checked(&text).unwrap().admin_token.unwrap().reveal(), "secret");
}

#[test]
fn nothing_is_relayed_unless_the_file_says_for_whom() {
    let relay = |lines: &str| checked(&format!("{GOOD}[relay]\n{lines}\n")).unwrap().relay;
    assert_eq!(checked(GOOD).unwrap().relay, RelayAccess::Off);
    assert_eq!(relay(""), RelayAccess::Off);
    assert_eq!(relay("access = \"off\""), RelayAccess::Off);
    assert_eq!(relay("access = \"open\""), RelayAccess::Open);
    let authenticated = relay("access = \"authenticated\"\ntoken-env = \"TOKEN\"");
    assert_eq!(authenticated, RelayAccess::Authenticated(Secret::new("secret".to_owned())));
}

#[test]
fn a_local_network_needs_neither_chain_nor_arc() {
    let text = "[node]\ndata-dir = \"data\"\nnetwork = \"local\"\n";
    assert_eq!(checked(text).unwrap().chain, Chain::Local("/etc/trellis/data/local-chain.json".into()));
}

#[test]
fn a_development_host_takes_what_a_file_hosts_and_nothing_else() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("trellis.toml");
    let hosting = &GOOD[GOOD.find("[[plugin]]").unwrap()..];
    // A whole configuration whose secrets are not here, and one that only says what to host.
    for text in [GOOD, hosting] {
        std::fs::write(&file, text).unwrap();
        let config = super::load_hosting(&file, &|_| None).unwrap();
        assert_eq!(config.topics[0].name.as_str(), "tm_helloworld");
        assert_eq!((config.plugins.len(), config.services.len(), config.broadcasters.len()), (1, 1, 0));
        assert!(matches!(config.chain, Chain::Local(_)));
    }
    std::fs::write(&file, hosting.replace("helloworld\"]", "heloworld\"]")).unwrap();
    let problems = super::load_hosting(&file, &|_| None).unwrap_err().to_string();
    assert!(problems.contains("did you mean \"tm_helloworld\""), "{problems}");
}

#[test]
fn what_is_closed_is_a_path_of_the_public_listener_that_need_not_be_open() {
    let with = |paths: &str| checked(&format!("{GOOD}\n[access]\nauthenticated = [{paths}]\n"));
    let access = with("\"/submit\", \"/v1/events/\", \"/v1\"").unwrap().access;
    assert_eq!(access.paths, ["/submit", "/v1/events", "/v1"]);
    for (paths, parts) in [
        ("\"/.well-known/auth\"", &["/.well-known/auth", "say there who they are"][..]),
        ("\"/\"", &["/.well-known/auth", "narrower"]),
        ("\"/.well-known\"", &["/.well-known/auth"]),
        ("\"/health/\"", &["/health", "watches"]),
        ("\"/health/live\"", &["/health/live"]),
        ("\"/openapi.json\"", &["/openapi.json", "how to ask"]),
        ("\"/arc-ingest\"", &["/arc-ingest", "broadcasters"]),
        ("\"/v1/event\"", &["/v1/event", "did you mean \"/v1/events\""]),
        ("\"submit\"", &["submit", "did you mean \"/submit\""]),
        ("\"/v1/topics/tm_a\"", &["/v1/topics", "[[topic]]"]),
        ("\"/lookup\", \"/lookup/\"", &["/lookup", "twice"]),
    ] {
        let text = refusal_of_more(&format!("\n[access]\nauthenticated = [{paths}]\n"));
        for part in parts {
            assert!(text.contains(part) && text.contains("[access]"), "no {part} for {paths}: {text}");
        }
    }
}

#[test]
fn a_topic_is_open_unless_it_says_otherwise() {
    assert!(checked(GOOD).unwrap().access.topics.is_empty());
    let closed = GOOD.replacen("[[topic]]\n", "[[topic]]\naccess = \"authenticated\"\n", 1);
    assert_eq!(checked(&closed).unwrap().access.topics.len(), 1);
    let open = GOOD.replacen("[[topic]]\n", "[[topic]]\naccess = \"open\"\n", 1);
    assert!(checked(&open).unwrap().access.topics.is_empty());
}

#[test]
fn who_wants_a_certificate_names_a_federation_and_no_stream() {
    let path = "[[access.certified]]\npath = \"/v1/topics\"\n\
                type = \"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\"\nfederation = \"trade\"\n";
    let text = refusal_of_more(path);
    assert!(text.contains("[[access.certified]]") && text.contains("federations"), "{text}");
    let text = refusal_of_more(&path.replace("/v1/topics", "/v1"));
    assert!(text.contains("/v1/events") && text.contains("narrower"), "{text}");
    for (old, new) in [
        ("access = \"token\"\ntoken-env = \"TOKEN\"", "access = \"certified\""),
        ("access = \"token\"\ntoken-env = \"TOKEN\"", "certified = { type = \"x\", federation = \"trade\" }"),
    ] {
        let text = refusal_of_basket(old, new);
        assert!(text.contains("[[basket]]") && text.contains("write both, or neither"), "{text}");
    }
}
