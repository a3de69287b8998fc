//! What happens to plugins while they are called: others take their place, they are paused, they have their share.

use std::sync::mpsc::channel;
use std::time::Duration;

use trellis_engine::ports::plugins::{FaultKind, HostFailure, PluginError, PluginHost, Plugins, StatePage, StateRange};
use trellis_plugins_embedded as embedded;
use trellis_sandbox::LoadError;
use trellis_spv::hash::Txid;

use super::support::*;

fn builtin(id: &str) -> &'static [u8] {
    embedded::find(id).unwrap().wasm
}

#[test]
fn a_candidate_takes_a_plugins_place_and_its_record_begins() {
    let mut bench = Bench::hostile(&[], &[]);
    let id = plugin_id("hostile");
    assert!(!bench.sandbox.promote(&id), "there is no candidate");
    bench.load(config(&id.candidate().0, builtin("anytx"), &[], &[("judge_fuel", 7_000_000)])).unwrap();
    bench.judge("behave", &mut Rows::default()).unwrap();
    assert_eq!(bench.sandbox.description(&id).unwrap().sha256, bench.sandbox.inspection(&id).unwrap().sha256);
    let before = bench.sandbox.description(&id).unwrap();
    assert!(bench.sandbox.promote(&id));
    let after = bench.sandbox.description(&id).unwrap();
    assert_ne!(before.sha256, after.sha256);
    assert_eq!(bench.sandbox.limits(&id).unwrap().judge_fuel, 7_000_000);
    assert_eq!(bench.sandbox.ids(), vec![id.clone()], "the candidate is the plugin now");
    let judged = bench.judge("panic", &mut Rows::default()).unwrap();
    assert_eq!(judged.outputs_to_admit, [0, 1, 2], "the new one knows no behaviours");
    assert_eq!(bench.sandbox.record(&id).unwrap().calls, 1);
    assert!(bench.sandbox.unload(&id) && !bench.sandbox.unload(&id));
    let gone = bench.judge("behave", &mut Rows::default());
    assert!(matches!(gone, Err(PluginError::NotLoaded(_))), "{gone:?}");
}

#[test]
fn a_candidate_that_cannot_be_loaded_leaves_the_plugin_as_it_was() {
    let mut bench = Bench::hostile(&[], &[]);
    let candidate = plugin_id("hostile").candidate();
    let refused = bench.load(config(&candidate.0, b"\0asm no component", &[], &[]));
    assert!(refused.is_err());
    let twice = bench.load(config("hostile", builtin("anytx"), &[], &[]));
    assert!(matches!(twice, Err(LoadError::Duplicate(_))), "{twice:?}");
    bench.judge("behave", &mut Rows::default()).unwrap();
}

#[test]
fn a_plugin_that_breaks_again_and_again_is_not_called_until_it_is_resumed() {
    let bench = Bench::hostile(&[], &[("faults_before_pause", 3)]);
    let id = plugin_id("hostile");
    let fault = |behaviour: &str| match bench.judge(behaviour, &mut Rows::default()) {
        Err(PluginError::Fault(fault)) => *fault,
        other => panic!("{other:?}"),
    };
    assert_eq!([(); 2].map(|()| fault("panic").kind), [FaultKind::Panic; 2]);
    bench.judge("behave", &mut Rows::default()).unwrap();
    assert_eq!([(); 3].map(|()| fault("panic").kind), [FaultKind::Panic; 3]);
    let paused = fault("behave");
    assert_eq!(paused.kind, FaultKind::Paused);
    let text = paused.to_string();
    for part in ["`hostile`", "paused", "3 calls in a row broke", "a hostile panic", "trellis plugins resume hostile"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let record = bench.sandbox.record(&id).unwrap();
    assert_eq!((record.faults[&FaultKind::Panic], record.faults[&FaultKind::Paused]), (5, 1));
    assert!(record.fuel > 0 && record.memory_high_water > 0, "{record:?}");
    assert!(bench.sandbox.resume(&id));
    bench.judge("behave", &mut Rows::default()).unwrap();
}

/// Says when it is inside a call, and waits there.
struct Waiting<'w>(&'w dyn Fn());

impl PluginHost for Waiting<'_> {
    fn state_get(&mut self, _: &[u8]) -> Result<Option<Vec<u8>>, HostFailure> {
        (self.0)();
        Ok(None)
    }
    fn state_set(&mut self, _: &[u8], _: Option<&[u8]>) -> Result<(), HostFailure> {
        Ok(())
    }
    fn state_scan(&mut self, _: &StateRange) -> Result<StatePage, HostFailure> {
        Ok(StatePage::default())
    }
    fn transaction(&mut self, _: &Txid) -> Result<Option<Vec<u8>>, HostFailure> {
        Ok(None)
    }
    fn atomic_beef(&mut self, _: &Txid) -> Result<Option<Vec<u8>>, HostFailure> {
        Ok(None)
    }
}

#[test]
fn a_plugin_has_its_share_of_the_calls_and_leaves_the_rest_to_others() {
    let mut bench = Bench::with(|options| {
        (options.slots, options.share) = (2, 1);
        options.patience = Duration::from_millis(20);
    });
    bench.load(config("hostile", embedded::HOSTILE, &[], &[])).unwrap();
    bench.load(config("other", builtin("helloworld"), &[], &[])).unwrap();
    let (entered, inside) = channel();
    let (go_on, may_go_on) = channel::<()>();
    let may_go_on = std::sync::Mutex::new(may_go_on);
    std::thread::scope(|scope| {
        let sandbox = &bench.sandbox;
        let slow = scope.spawn(move || {
            let wait = || {
                entered.send(()).unwrap();
                may_go_on.lock().unwrap().recv().unwrap();
            };
            sandbox.lookup(&plugin_id("hostile"), &service(), "\"count\"", &mut Waiting(&wait)).is_ok()
        });
        inside.recv().unwrap();
        let second = bench.judge("behave", &mut Rows::default());
        assert!(matches!(second, Err(PluginError::Busy)), "its share is taken: {second:?}");
        let said = second.unwrap_err().to_string();
        assert!(said.contains("into this plugin or into all") && said.contains("try again"), "{said}");
        let other = sandbox.lookup(&plugin_id("other"), &service(), "\"findAll\"", &mut Rows::default());
        assert!(!matches!(other, Err(PluginError::Busy)), "another one has a slot: {other:?}");
        go_on.send(()).unwrap();
        slow.join().unwrap();
    });
    bench.judge("behave", &mut Rows::default()).unwrap();
    assert_eq!(bench.sandbox.record(&plugin_id("hostile")).unwrap().busy, 1);
}
