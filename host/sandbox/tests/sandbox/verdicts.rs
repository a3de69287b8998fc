//! Calls that go well: what goes in, what comes out, the same every time.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use trellis_engine::domain::time::Timestamp;
use trellis_engine::ports::plugins::{
    FoundOutput, HostFailure, IndexNotice, LookupFindings, PluginError, PluginHost, Plugins, SourceOutput, StatePage,
    StateRange, TopicSubmission, TransactionView,
};
use trellis_plugins_embedded as embedded;
use trellis_sandbox::{Language, Limits};
use trellis_spv::hash::{Outpoint, Txid};

use crate::support::{Bench, LOCKING_SCRIPT, Reports, Rows, config, judge, plugin_id, service, topic, transaction};

#[test]
fn the_first_party_plugins_load_and_describe_themselves() {
    let mut bench = Bench::new();
    for plugin in embedded::all() {
        let loaded = bench.load(config(plugin.id, plugin.wasm, &[], &[])).unwrap();
        assert!(loaded.inspection.topic_manager && loaded.inspection.lookup_service);
        let description = bench.sandbox.description(&plugin_id(plugin.id)).unwrap();
        assert!(!description.name.is_empty() && !description.documentation.is_empty());
        assert_eq!(description.sha256, loaded.inspection.sha256);
    }
    let ids = bench.sandbox.ids();
    let ids: Vec<_> = ids.iter().map(|id| &*id.0).collect();
    assert_eq!(ids, ["anytx", "certificate-revocation", "helloworld", "identity"]);
}

#[test]
fn a_verdict_arrives_as_the_plugin_gave_it() {
    let mut bench = Bench::new();
    bench.load(config("anytx", embedded::ANYTX, &[], &[])).unwrap();
    let judgement = judge(&bench.sandbox, "anytx", None, &mut Rows::default()).unwrap();
    assert_eq!(judgement.outputs_to_admit, [0, 1, 2]);
    assert!(judgement.coins_to_retain.is_empty());
    assert!(judgement.cost.fuel > 0);
}

#[test]
fn the_largest_transaction_of_the_door_is_judged_within_the_default_limits() {
    let mut bench = Bench::new();
    bench.load(config("anytx", embedded::ANYTX, &[("retain", "true")], &[])).unwrap();
    let transaction = transaction(20_000, 20_000);
    let sources = vec![Some(SourceOutput { satoshis: 1, locking_script: &LOCKING_SCRIPT }); 20_000];
    let previous_coins: Vec<u32> = (0..20_000).collect();
    let submission = TopicSubmission {
        topic: &topic(),
        view: TransactionView { transaction: &transaction, sources: &sources },
        previous_coins: &previous_coins,
        off_chain_values: None,
    };
    let id = plugin_id("anytx");
    let judgement = bench.sandbox.identify_admissible_outputs(&id, &submission, &mut Rows::default()).unwrap();
    assert_eq!((judgement.outputs_to_admit.len(), judgement.coins_to_retain.len()), (20_000, 20_000));
    let (used, fuel) = (judgement.cost.fuel, Limits::of(Language::Compiled).judge_fuel);
    assert!(used < fuel / 2, "{used} of {fuel}: a plugin needs room for work of its own");
}

#[test]
fn a_configured_plugin_reads_its_configuration() {
    let mut bench = Bench::new();
    bench.load(config("anytx", embedded::ANYTX, &[("retain", "true")], &[])).unwrap();
    let judgement = judge(&bench.sandbox, "anytx", None, &mut Rows::default()).unwrap();
    assert_eq!(judgement.coins_to_retain, [0, 1]);
}

#[test]
fn admitting_nothing_is_an_answer_and_a_refusal_is_not_a_fault() {
    let bench = Bench::hostile(&[], &[]);
    let nothing = bench.judge("admit-nothing", &mut Rows::default()).unwrap();
    assert!(nothing.outputs_to_admit.is_empty());
    match bench.judge("refuse", &mut Rows::default()) {
        Err(PluginError::Refusal(text)) => assert_eq!(text, "a hostile refusal"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_same_call_gives_the_same_result_for_the_same_fuel_in_any_sandbox() {
    let benches = [Bench::hostile(&[], &[]), Bench::hostile(&[], &[])];
    let first = benches[0].judge("count", &mut Rows::default()).unwrap();
    for round in 0..100 {
        for bench in &benches {
            let mut host = Rows::default();
            assert_eq!(bench.judge("count", &mut host).unwrap(), first, "round {round}");
            assert_eq!(host.rows, [(b"count".to_vec(), b"1".to_vec())].into());
        }
    }
}

#[test]
fn no_call_sees_what_another_left_in_memory() {
    let bench = Bench::hostile(&[], &[]);
    let mut host = Rows::default();
    for count in 1..=3 {
        bench.judge("count", &mut host).unwrap();
        assert_eq!(host.rows[b"count".as_slice()], count.to_string().into_bytes(), "only `state` remembers");
    }
}

#[test]
fn threads_call_at_once_without_disturbing_each_other() {
    let bench = Bench::hostile(&[], &[]);
    let alone = bench.judge("check-state", &mut Rows::default()).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..50 {
                    assert_eq!(bench.judge("check-state", &mut Rows::default()).unwrap(), alone);
                    assert!(bench.judge("panic", &mut Rows::default()).is_err());
                }
            });
        }
    });
}

#[test]
fn the_host_keeps_what_the_interface_promises_of_state_and_crypto() {
    let bench = Bench::hostile(&[], &[]);
    let mut host = Rows::default();
    bench.judge("check-state", &mut host).unwrap();
    bench.judge("check-crypto", &mut host).unwrap();
    assert!(host.rows.is_empty());
}

#[test]
fn a_lookup_service_follows_an_output_from_admission_to_eviction() {
    let bench = Bench::hostile(&[], &[]);
    let (topic, service) = (topic(), service());
    let transaction = transaction(1, 2);
    let outpoint = Outpoint::new(transaction.txid(), 1);
    let at = Timestamp(1_700_000_000_000_000);
    let steps = [
        (
            IndexNotice::Admitted {
                topic: &topic,
                outpoint,
                transaction: &transaction,
                admitted_at: at,
                off_chain_values: None,
            },
            "admitted",
        ),
        (
            IndexNotice::Spent {
                topic: &topic,
                outpoint,
                transaction: &transaction,
                input: 0,
                output: SourceOutput { satoshis: 5, locking_script: &[0x51] },
                off_chain_values: None,
                retained: true,
                spent_at: at,
            },
            "spent and retained",
        ),
        (IndexNotice::NoLongerRetained { topic: &topic, outpoint, transaction: &transaction }, "no longer retained"),
    ];
    let mut host = Rows::default();
    for (notice, status) in steps {
        bench.sandbox.index(&plugin_id("hostile"), &service, &notice, &mut host).unwrap();
        assert!(std::mem::take(&mut host.spent).fuel > 0);
        assert_eq!(host.rows.values().collect::<Vec<_>>(), [status.as_bytes()]);
    }
    let evicted = IndexNotice::Evicted { topic: &topic, outpoint };
    bench.sandbox.index(&plugin_id("hostile"), &service, &evicted, &mut host).unwrap();
    assert!(host.rows.is_empty());
}

#[test]
fn outpoints_cross_the_boundary_in_display_order_and_back() {
    let bench = Bench::hostile(&[], &[]);
    let (topic, service) = (topic(), service());
    let transaction = transaction(1, 2);
    let outpoint = Outpoint::new(transaction.txid(), 1);
    let mut host = Rows::default();
    let notice = IndexNotice::Admitted {
        topic: &topic,
        outpoint,
        transaction: &transaction,
        admitted_at: Timestamp(7),
        off_chain_values: Some(b"values"),
    };
    bench.sandbox.index(&plugin_id("hostile"), &service, &notice, &mut host).unwrap();
    let key = host.rows.keys().next().unwrap();
    assert_eq!(key[..32], outpoint.txid.display_bytes(), "the plugin got the id people read");
    let found = bench.sandbox.lookup(&plugin_id("hostile"), &service, "\"behave\"", &mut host).unwrap();
    assert_eq!(found, LookupFindings::Outputs(vec![FoundOutput { outpoint, history_depth: 0, context: None }]));
}

#[test]
fn a_freeform_answer_arrives_as_it_is() {
    let bench = Bench::hostile(&[], &[]);
    let query = r#"{"a":[1,2],"b":"ü"}"#;
    // Anything that is no behaviour of the guest's makes it panic; `echo` takes none of it apart.
    assert!(bench.sandbox.lookup(&plugin_id("hostile"), &service(), query, &mut Rows::default()).is_err());
    let answer = bench.sandbox.lookup(&plugin_id("hostile"), &service(), "\"echo\"", &mut Rows::default()).unwrap();
    assert_eq!(answer, LookupFindings::Freeform(r#"["ls_test","echo"]"#.into()));
}

#[test]
fn a_plugin_that_is_not_loaded_or_not_in_that_role_is_named() {
    let bench = Bench::new();
    let missing = judge(&bench.sandbox, "nobody", None, &mut Rows::default());
    assert!(matches!(missing, Err(PluginError::NotLoaded(id)) if id == plugin_id("nobody")));
}

#[test]
fn metrics_hear_of_every_call_its_outcome_time_and_fuel() {
    let reports = Reports::shared();
    let heard = reports.clone();
    let mut bench = Bench::with(|options| options.observer = heard);
    bench.load(config("hostile", embedded::HOSTILE, &[], &[])).unwrap();
    assert_eq!(
        reports.take(),
        [
            "hostile describe: answered, 1 ns after 1 ns, used fuel",
            "hostile documentation: answered, 1 ns after 1 ns, used fuel"
        ]
    );
    for behaviour in ["behave", "refuse", "panic", "admit-twice"] {
        let _ = bench.judge(behaviour, &mut Rows::default());
    }
    let outcomes: Vec<_> = reports.take();
    for (line, outcome) in outcomes.iter().zip(["answered", "refused", "panic", "bad_result"]) {
        assert!(line.starts_with(&format!("hostile identify-admissible-outputs: {outcome},")), "{line}");
    }
    assert_eq!(outcomes.len(), 4);
}

#[test]
fn the_configuration_digest_depends_on_component_and_configuration_alone() {
    let digest = |id: &str, wasm: &[u8], configuration: &[(&str, &str)]| {
        let mut bench = Bench::new();
        bench.load(config(id, wasm, configuration, &[("host_calls", 77)])).unwrap();
        bench.sandbox.description(&plugin_id(id)).unwrap().configuration_digest
    };
    let one = digest("one", embedded::ANYTX, &[("retain", "true"), ("a", "b")]);
    assert_eq!(one, digest("other", embedded::ANYTX, &[("a", "b"), ("retain", "true")]));
    assert_ne!(one, digest("one", embedded::ANYTX, &[("retain", "true")]));
    assert_ne!(one, digest("one", embedded::HELLOWORLD, &[("retain", "true"), ("a", "b")]));
}

#[test]
fn a_call_that_finds_every_slot_taken_is_told_so_and_the_next_one_works() {
    /// A host that keeps its call inside until it is let go.
    struct Waiting {
        inside: Sender<()>,
        go: Receiver<()>,
    }
    impl PluginHost for Waiting {
        fn state_get(&mut self, _: &[u8]) -> Result<Option<Vec<u8>>, HostFailure> {
            self.inside.send(()).unwrap();
            self.go.recv().unwrap();
            Ok(None)
        }
        fn state_set(&mut self, _: &[u8], _: Option<&[u8]>) -> Result<(), HostFailure> {
            Ok(())
        }
        fn state_scan(&mut self, _: &StateRange) -> Result<StatePage, HostFailure> {
            unreachable!()
        }
        fn transaction(&mut self, _: &Txid) -> Result<Option<Vec<u8>>, HostFailure> {
            unreachable!()
        }
        fn atomic_beef(&mut self, _: &Txid) -> Result<Option<Vec<u8>>, HostFailure> {
            unreachable!()
        }
    }
    let mut bench = Bench::with(|options| {
        options.slots = 1;
        options.patience = Duration::from_millis(20);
    });
    bench.load(config("hostile", embedded::HOSTILE, &[], &[])).unwrap();
    let (inside, entered) = channel();
    let (let_go, go) = channel();
    std::thread::scope(|scope| {
        let sandbox = &bench.sandbox;
        let slow = scope.spawn(move || {
            let mut host = Waiting { inside, go };
            sandbox.lookup(&plugin_id("hostile"), &service(), "\"count\"", &mut host).is_ok()
        });
        entered.recv().unwrap();
        let second = bench.judge("behave", &mut Rows::default());
        assert!(matches!(second, Err(PluginError::Busy)), "{second:?}");
        let_go.send(()).unwrap();
        assert!(!slow.join().unwrap(), "`count` writes, which a lookup may not");
    });
    assert!(bench.judge("behave", &mut Rows::default()).is_ok());
}

#[test]
fn a_raw_transaction_is_handed_over_where_the_call_has_one() {
    let bench = Bench::hostile(&[("behave-output-evicted", "raw-transaction")], &[]);
    bench.judge("raw-transaction", &mut Rows::default()).unwrap();
    let evicted = IndexNotice::Evicted { topic: &topic(), outpoint: Outpoint::new(Txid::from_internal([1; 32]), 0) };
    let refused = bench.sandbox.index(&plugin_id("hostile"), &service(), &evicted, &mut Rows::default());
    assert!(matches!(refused, Err(PluginError::Fault(_))), "{refused:?}");
}
