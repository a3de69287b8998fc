//! What each call may ask of the host.

use trellis_engine::domain::time::Timestamp;
use trellis_engine::ports::plugins::{FaultKind, IndexNotice, PluginError, Plugins};
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
    for behaviour in ["count", "write:x", "transaction", "raw-transaction", "panic", "loop", "memory"] {
        let mut bench = Bench::new();
        let loaded = bench.load(config("hostile", embedded::HOSTILE, &[("behave-describe", behaviour)], &[]));
        match loaded {
            Err(LoadError::Describe(PluginError::Fault(fault))) => assert_eq!(fault.call, "describe", "{behaviour}"),
            other => panic!("{behaviour}: {other:?}"),
        }
        assert_eq!(bench.sandbox.ids().count(), 0, "nothing of it stays loaded");
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
