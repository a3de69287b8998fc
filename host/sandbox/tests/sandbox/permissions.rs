//! What each call may ask of the host.

use trellis_engine::domain::time::Timestamp;
use trellis_engine::ports::plugins::{FaultKind, IndexNotice, PluginError, Plugins, TransactionView};
use trellis_plugins_embedded as embedded;
use trellis_sandbox::LoadError;
use trellis_spv::hash::{Outpoint, Txid};

use crate::support::{Bench, Rows, config, plugin_id, service, topic, transaction};

#[test]
fn a_lookup_reads_rows_and_ancestors_but_writes_nothing() {
    let bench = Bench::hostile(&[], &[]);
    let mut host = Rows { held: Some((Txid::from_internal([0; 32]), vec![1])), ..Rows::default() };
    host.rows.insert(b"k".to_vec(), b"v".to_vec());
    let before = host.clone();
    let ask = |query: &str, host: &mut Rows| bench.sandbox.lookup(&plugin_id("hostile"), &service(), query, host);
    for query in ["\"transaction\"", "\"atomic-beef\""] {
        assert!(ask(query, &mut host).is_ok(), "{query}");
    }
    match ask("\"refuse-state:k\"", &mut host) {
        Err(PluginError::Refusal(text)) => assert_eq!(text, "v"),
        other => panic!("{other:?}"),
    }
    for query in ["\"write:x\"", "\"remove\"", "\"raw-transaction\""] {
        match ask(query, &mut host) {
            Err(PluginError::Fault(fault)) => assert_eq!(fault.kind, FaultKind::NotAllowed, "{query}: {fault}"),
            other => panic!("{query}: {other:?}"),
        }
    }
    assert_eq!((host.rows, host.held), (before.rows, before.held));
}

#[test]
fn an_index_call_may_read_the_transaction_and_its_ancestors() {
    for behaviour in ["transaction", "atomic-beef", "raw-transaction", "write:x", "remove"] {
        let bench = Bench::hostile(&[("behave-output-admitted", behaviour)], &[]);
        let transaction = transaction(1, 1);
        let notice = IndexNotice::Admitted {
            topic: &topic(),
            outpoint: Outpoint::new(transaction.txid(), 0),
            transaction: &transaction,
            admitted_at: Timestamp(1),
            off_chain_values: None,
        };
        let told = bench.sandbox.index(&plugin_id("hostile"), &service(), &notice, &mut Rows::default());
        assert!(told.is_ok(), "{behaviour}: {told:?}");
    }
}

#[test]
fn describing_itself_a_plugin_sees_only_its_configuration() {
    let topics = "refuse-topic-state:tm_other k";
    for behaviour in ["count", "write:x", topics, "transaction", "raw-transaction", "panic", "loop", "memory"] {
        let mut bench = Bench::new();
        let loaded = bench.load(config("hostile", embedded::HOSTILE, &[("behave-describe", behaviour)], &[]));
        match loaded {
            Err(LoadError::Describe(PluginError::Fault(fault))) => assert_eq!(fault.call, "describe", "{behaviour}"),
            other => panic!("{behaviour}: {other:?}"),
        }
        assert_eq!(bench.sandbox.ids().len(), 0, "nothing of it stays loaded");
    }
}

#[test]
fn a_plugin_whose_documentation_breaks_is_not_loaded() {
    let mut bench = Bench::new();
    let error =
        bench.load(config("hostile", embedded::HOSTILE, &[("behave-documentation", "panic")], &[])).unwrap_err();
    assert!(error.to_string().contains("broke in documentation: panicked at"), "{error}");
}

#[test]
fn what_a_plugin_says_about_itself_is_cut_and_escaped() {
    let describe = |key: &str, behaviour: &str| {
        let mut bench = Bench::new();
        bench.load(config("hostile", embedded::HOSTILE, &[(key, behaviour)], &[])).unwrap();
        bench.sandbox.description(&plugin_id("hostile")).unwrap().clone()
    };
    assert_eq!(describe("behave-describe", "long-name").name.chars().count(), 65, "64 and the mark of the cut");
    assert_eq!(describe("behave-describe", "long-name:64").name.chars().count(), 64);
    assert_eq!(describe("behave-describe", "long-sentence").short_description.chars().count(), 257);
    let escaped = describe("behave-describe", "control");
    assert_eq!(escaped.name, "Host\\u{1b}[31mile\\r\\n");
    assert!(escaped.short_description.ends_with("guest.\\u{202e}"));
    assert_eq!(describe("behave-documentation", "long").documentation.chars().count(), (64 << 10) + 1);
}

/// What the hostile guest's topic manager refuses with, when told to refuse with what it read.
fn read(behaviour: &str, host: &mut Rows) -> String {
    match Bench::hostile(&[], &[]).judge(behaviour, host) {
        Err(PluginError::Refusal(text)) => text,
        other => panic!("{behaviour}: {other:?}"),
    }
}

#[test]
fn what_another_topic_holds_reaches_the_plugin_as_it_is() {
    let mut host = Rows::default();
    for key in ["a 1", "a 2", "b 1"] {
        host.other.insert(key.into(), format!("<{key}>").into());
    }
    assert_eq!(read("refuse-topic-state:tm_other a 1", &mut host), "<a 1>");
    assert_eq!(read("refuse-topic-state:tm_other c", &mut host), "none");
    assert_eq!(read("refuse-topic-rows:tm_other a", &mut host), "<a 1>,<a 2>");
    let output = |vout: u32| format!("refuse-topic-output:tm_other {}.{vout}", "11".repeat(32));
    let held = "Some(HeldOutput { satoshis: 7, locking_script: [81, 117, 81], spent: true })";
    assert_eq!(read(&output(1), &mut host), held);
    assert_eq!(read(&output(0), &mut host), "None");
}

#[test]
fn a_topic_that_is_not_granted_is_a_fault_that_says_what_to_configure() {
    let fault = Bench::hostile(&[], &[]).fault("refuse-topic-state:tm_secret key");
    assert_eq!(fault.kind, FaultKind::NotAllowed);
    let text = fault.to_string();
    for part in ["topic `tm_secret`", "is not granted", "reads = [\"tm_secret\"] under [[topic]] name = \"tm_test\""] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn what_is_read_of_topics_is_counted_and_checked_as_state_is() {
    let bench = Bench::hostile(&[], &[("host_calls", 3), ("read_bytes", 10)]);
    let mut host = Rows::default();
    host.other.insert(b"k".to_vec(), vec![1; 11]);
    for (behaviour, kind) in [
        ("refuse-topic-state:tm_other k", FaultKind::Budget),
        ("refuse-topic-rows:tm_other k", FaultKind::Budget),
        ("topic-key-bytes:129", FaultKind::Budget),
        ("topic-key-bytes:0", FaultKind::BadResult),
        ("topic-name:other", FaultKind::BadResult),
    ] {
        match bench.judge(behaviour, &mut host) {
            Err(PluginError::Fault(fault)) => assert_eq!(fault.kind, kind, "{behaviour}: {fault}"),
            other => panic!("{behaviour}: {other:?}"),
        }
    }
}

/// What the hostile guest says of the relevance of a transaction with two outputs.
fn relevance(behaviour: &str, host: &mut Rows) -> Result<bool, PluginError> {
    let bench = Bench::hostile(&[("behave-is-relevant", behaviour)], &[]);
    assert!(bench.sandbox.description(&plugin_id("hostile")).unwrap().topic_relevance);
    let transaction = transaction(1, 2);
    let view = TransactionView { transaction: &transaction, sources: &[None] };
    bench.sandbox.is_relevant(&plugin_id("hostile"), &topic(), view, host)
}

#[test]
fn a_plugin_says_whether_a_transaction_concerns_its_topic_and_reads_for_it() {
    let mut host = Rows::default();
    host.rows.insert(b"k".to_vec(), b"v".to_vec());
    for (behaviour, relevant) in
        [("", false), ("always", true), ("outputs:2", true), ("outputs:3", false), ("row:k", true), ("row:j", false)]
    {
        assert_eq!(relevance(behaviour, &mut host).unwrap(), relevant, "{behaviour}");
    }
    assert!(matches!(relevance("refuse", &mut host), Err(PluginError::Refusal(_))));
    host.other.insert(b"k".to_vec(), b"v".to_vec());
    match relevance("refuse-topic-state:tm_other k", &mut host) {
        Err(PluginError::Refusal(text)) => assert_eq!(text, "v"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn who_says_what_concerns_a_topic_writes_nothing_and_asks_for_no_ancestors() {
    for behaviour in ["write:x", "remove", "transaction", "atomic-beef"] {
        match relevance(behaviour, &mut Rows::default()) {
            Err(PluginError::Fault(fault)) => {
                assert_eq!((fault.kind, fault.call), (FaultKind::NotAllowed, "is-relevant"), "{behaviour}: {fault}");
                assert!(fault.about.unwrap().contains("tm_test"));
            }
            other => panic!("{behaviour}: {other:?}"),
        }
    }
}

#[test]
fn a_plugin_without_the_role_is_never_asked_what_concerns_its_topic() {
    let mut bench = Bench::new();
    let loaded = bench.load(config("anytx", embedded::ANYTX, &[], &[])).unwrap();
    assert!(!loaded.inspection.topic_relevance);
    let transaction = transaction(1, 1);
    let view = TransactionView { transaction: &transaction, sources: &[None] };
    let asked = bench.sandbox.is_relevant(&plugin_id("anytx"), &topic(), view, &mut Rows::default());
    assert!(matches!(asked, Err(PluginError::NotLoaded(_))), "{asked:?}");
}
