//! A plugin that breaks ends in a fault with its name, and the next call works. (`Bench::fault` makes that next call.)

use trellis_engine::ports::plugins::FaultKind::{self, *};
use trellis_engine::ports::plugins::{IndexNotice, PluginError, PluginFault, Plugins};
use trellis_sandbox::limits::{HASHED_BYTE_WORK, INSTANCE_WORK};
use trellis_spv::hash::{Outpoint, Txid};

use crate::support::{Bench, Rows, plugin_id, service, topic, transaction};

fn lookup_fault(bench: &Bench, query: &str) -> PluginFault {
    match bench.sandbox.lookup(&plugin_id("hostile"), &service(), &format!("\"{query}\""), &mut Rows::default()) {
        Err(PluginError::Fault(fault)) => *fault,
        other => panic!("{query}: {other:?}"),
    }
}

#[test]
fn each_way_to_break_has_its_name() {
    // Fuel and time to reach the limit that is meant, each time.
    let bench = Bench::hostile(&[], &[("judge_fuel", 1_000_000_000), ("deadline_ms", 600_000)]);
    let cases: [(&str, FaultKind, &str); 31] = [
        ("panic", Panic, "a hostile panic"),
        ("index-out-of-bounds", Panic, "index out of bounds: the len is 3 but the index is 7"),
        ("unreachable", Panic, "it stopped itself without saying why"),
        ("memory-fault", Trap, "out of bounds memory access"),
        ("loop", OutOfFuel, "1000000000 units of fuel"),
        ("recurse", StackOverflow, "524288 bytes of stack"),
        ("memory", Memory, "67108864 are allowed (limit `memory-bytes`)"),
        ("host-calls", Budget, "too many calls into the host: 10000 are allowed per call (limit `host-calls`)"),
        ("hash", Budget, "too many bytes hashed: 16777216 are allowed per call (limit `hashed-bytes`)"),
        ("log-line:5000000", Budget, "more than 4194304 bytes at once"),
        ("log-lines", Budget, "limit `host-calls`"),
        ("value-bytes:6145", Budget, "a value of 6145 bytes for `state`; at most 6144 are allowed"),
        ("value-bytes:5000000", Budget, "more than 4194304 bytes at once"),
        ("key-bytes:129", Budget, "a key of 129 bytes"),
        ("key-bytes:0", BadResult, "an empty key"),
        ("get-key-bytes:129", Budget, "a key of 129 bytes"),
        ("scan-limit:1001", BadResult, "a limit of 1001"),
        ("scan-limit:0", BadResult, "a limit of 0"),
        (
            "write-rows",
            Budget,
            "too many bytes written to `state`: 1048576 are allowed per call (limit `written-bytes`)",
        ),
        ("transaction", NotAllowed, "`ancestry` is for lookup services"),
        ("atomic-beef", NotAllowed, "`ancestry` is for lookup services"),
        ("admit-out-of-range", BadResult, "output 3 in outputs-to-admit, but the transaction has 3 outputs"),
        ("admit-highest-number", BadResult, "output 4294967295 in outputs-to-admit"),
        ("admit-twice", BadResult, "index 0 twice in outputs-to-admit"),
        ("admit-many", Budget, "more than 4194304 bytes at once"),
        ("admit-gigabyte", BadResult, "it returned something that cannot be read"),
        ("retain-foreign", BadResult, "input 4 in coins-to-retain, but it spends no output of the topic"),
        ("retain-not-previous", BadResult, "input 2 in coins-to-retain"),
        ("retain-twice", BadResult, "index 0 twice in coins-to-retain"),
        ("scan-rows", Budget, "limit `"),
        ("no such behaviour", Panic, "no behaviour is called"),
    ];
    for (behaviour, kind, text) in cases {
        let fault = bench.fault(behaviour);
        assert_eq!(fault.kind, kind, "{behaviour}: {fault}");
        assert!(fault.text.contains(text), "{behaviour}: {fault}");
        assert_eq!(fault.call, "identify-admissible-outputs");
        assert_eq!(fault.plugin, plugin_id("hostile"));
    }
}

#[test]
fn each_way_to_answer_wrongly_has_its_name() {
    let bench = Bench::hostile(&[], &[("found_outputs", 100)]);
    let cases: [(&str, FaultKind, &str); 9] = [
        ("freeform-not-json", BadResult, "a freeform answer that is no JSON"),
        ("freeform-bytes:5000000", Budget, "more than 4194304 bytes at once"),
        ("many-outputs:101", BadResult, "101 outputs, but 100 are allowed in one answer (limit `found-outputs`)"),
        ("gigabyte", Budget, "more than 4194304 bytes at once"),
        ("short-txid", BadResult, "a transaction id of 31 bytes"),
        ("long-txid", BadResult, "a transaction id of 33 bytes"),
        ("empty-txid", BadResult, "a transaction id of 0 bytes"),
        ("malformed-txid", BadResult, "a transaction id of 31 bytes"),
        ("write:x", NotAllowed, "writing to `state` in `lookup`"),
    ];
    for (query, kind, text) in cases {
        let fault = lookup_fault(&bench, query);
        assert_eq!(fault.kind, kind, "{query}: {fault}");
        assert!(fault.text.contains(text), "{query}: {fault}");
        assert_eq!(fault.call, "lookup");
    }
    let met = bench.sandbox.lookup(&plugin_id("hostile"), &service(), "\"many-outputs:100\"", &mut Rows::default());
    assert!(met.is_ok(), "a limit met exactly is no fault: {met:?}");
}

#[test]
fn a_fault_names_plugin_topic_transaction_and_remedy() {
    let bench = Bench::hostile(&[], &[]);
    let text = bench.fault("panic").to_string();
    let txid = transaction(4, 3).txid();
    assert!(text.starts_with(&format!(
        "plugin `hostile` broke in identify-admissible-outputs (topic tm_test, transaction {txid}): panicked at "
    )));
    assert!(text.contains("a hostile panic") && text.contains("report it to its author"), "{text}");
    let text = lookup_fault(&bench, "panic").to_string();
    assert!(text.starts_with("plugin `hostile` broke in lookup (service ls_test): panicked at "), "{text}");
    assert!(bench.fault("loop").to_string().ends_with("raise its limit `judge-fuel`"));
    assert!(lookup_fault(&bench, "loop").to_string().ends_with("raise its limit `lookup-fuel`"));
}

#[test]
fn a_notice_fault_names_the_output() {
    let bench = Bench::hostile(&[("behave-output-evicted", "panic")], &[]);
    let outpoint = Outpoint::new(Txid::from_internal([1; 32]), 5);
    let notice = IndexNotice::Evicted { topic: &topic(), outpoint };
    match bench.sandbox.index(&plugin_id("hostile"), &service(), &notice, &mut Rows::default()) {
        Err(PluginError::Fault(fault)) => {
            assert_eq!(fault.about.unwrap(), format!("service ls_test, topic tm_test, output {outpoint}"));
            assert_eq!(fault.call, "output-evicted");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn fuel_ends_a_call_exactly_and_the_deadline_only_where_fuel_does_not() {
    let endless = Bench::hostile(&[], &[("judge_fuel", i64::MAX as u64), ("deadline_ms", 50)]);
    let fault = endless.fault("loop");
    assert_eq!(fault.kind, Deadline);
    assert!(fault.text.contains("50 ms") && fault.remedy.contains("no verdict"), "{fault}");

    // Fuel is compared with its limit at calls and loops, so a call may overdraw a little; but always by the same.
    let used = Bench::hostile(&[], &[]).judge("spin:1000", &mut Rows::default()).unwrap().cost.fuel;
    let enough = Bench::hostile(&[], &[("judge_fuel", used)]);
    assert_eq!(enough.judge("spin:1000", &mut Rows::default()).unwrap().cost.fuel, used);
    let half = Bench::hostile(&[], &[("judge_fuel", used / 2)]);
    for _ in 0..20 {
        match half.judge("spin:1000", &mut Rows::default()) {
            Err(PluginError::Fault(fault)) => assert_eq!(fault.kind, OutOfFuel),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_call_is_paid_for_however_it_ends() {
    let bench = Bench::hostile(&[], &[("judge_fuel", 10_000_000)]);
    let cost = |behaviour| {
        let mut host = Rows::default();
        (bench.judge(behaviour, &mut host).err(), host.spent)
    };
    let (none, plain) = cost("behave");
    assert!(none.is_none() && plain.fuel > 0 && plain.host_work >= INSTANCE_WORK, "{none:?} {plain:?}");
    let (fault, looped) = cost("loop");
    assert!(matches!(&fault, Some(PluginError::Fault(fault)) if fault.kind == OutOfFuel), "{fault:?}");
    assert!(looped.fuel >= 10_000_000, "{looped:?}");
    let (fault, hashed) = cost("hash:2097152");
    assert!(hashed.host_work >= plain.host_work + 2_097_152 * HASHED_BYTE_WORK, "{fault:?} {hashed:?}");
    let (refusal, refused) = cost("refuse");
    assert!(matches!(refusal, Some(PluginError::Refusal(_))), "{refusal:?}");
    assert!(refused.fuel > 0, "{refused:?}");
}

#[test]
fn overridden_limits_are_the_ones_that_hold() {
    let bench = Bench::hostile(&[], &[("host_calls", 20), ("memory_bytes", 4 << 20), ("hashed_bytes", 1 << 20)]);
    assert!(bench.judge("host-calls:20", &mut Rows::default()).is_ok());
    assert!(bench.fault("host-calls:21").text.contains("20 are allowed"));
    assert!(bench.judge("hash:1048576", &mut Rows::default()).is_ok());
    assert_eq!(bench.fault("hash:2097152").kind, Budget);
    assert!(bench.fault("memory").text.contains("4194304 are allowed"));
}

#[test]
fn refusals_are_cut_and_escaped() {
    let bench = Bench::hostile(&[], &[]);
    let refusal = |behaviour: &str| match bench.judge(behaviour, &mut Rows::default()) {
        Err(PluginError::Refusal(text)) => text,
        other => panic!("{other:?}"),
    };
    assert_eq!(refusal("refuse-control"), "red \\u{1b}[31m alert\\r\\nfaked line\\u{0}\\u{202e}");
    let long = refusal("refuse-bytes:100000");
    assert!(long.len() <= 1024 + '…'.len_utf8() && long.ends_with('…'));
}

#[test]
fn a_store_failure_is_the_hosts_and_not_the_plugins() {
    let bench = Bench::hostile(&[], &[]);
    let mut host = Rows { failure: Some("bit rot"), ..Rows::default() };
    let failed = bench.judge("count", &mut host);
    assert!(matches!(&failed, Err(PluginError::Host(error)) if error.to_string().contains("bit rot")), "{failed:?}");
}

#[test]
fn memory_does_not_grow_with_calls_that_break() {
    let bench = Bench::hostile(&[], &[]);
    let resident = || {
        let statistics = std::fs::read_to_string("/proc/self/statm").unwrap();
        statistics.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
    };
    let round = || {
        for behaviour in ["memory", "panic", "log-line", "admit-many", "recurse", "allocate:8000000"] {
            let _ = bench.judge(behaviour, &mut Rows::default());
        }
        let _ = bench.sandbox.lookup(&plugin_id("hostile"), &service(), "\"gigabyte\"", &mut Rows::default());
    };
    round();
    let before = resident();
    (0..20).for_each(|_| round());
    // Other tests run in this process at the same time; a leak of one call's memory would be twenty times this.
    let grown = resident().saturating_sub(before);
    assert!(grown < 256 << 20, "{grown} bytes more after 20 rounds");
}
