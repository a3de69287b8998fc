//! Running one call: a slot, a fresh store and instance, the call, and never either of them again.

use std::sync::Arc;
use std::time::Duration;

use trellis_engine::ports::plugins::{CallCost, PluginConfiguration, PluginError, PluginHost, PluginId};
use trellis_spv::transaction::Transaction;
use wasmtime::component::{Instance, InstancePre};
use wasmtime::{Engine, Store};

use crate::call::{Budget, CallState, Export, MemoryLimiter, Subject};
use crate::error::SandboxError;
use crate::fault::Place;
use crate::lend::lend;
use crate::limits::{EPOCH_TICK, INSTANCE_WORK, Limits, MAX_CROSSING_BYTES, MAX_REFUSAL_BYTES};
use crate::observe::{CallObserver, CallOutcome, CallReport};
use crate::record::Record;
use crate::results::Violation;
use crate::slots::Slots;
use crate::text;
use crate::ticker::Ticker;
use crate::wasm_engine::running_engine;

/// The engine with all that every call needs.
pub(crate) struct Runtime {
    pub(crate) engine: Engine,
    slots: Slots,
    patience: Duration,
    observer: Arc<dyn CallObserver>,
    _ticker: Ticker,
}

/// A linked component with what its calls are given.
pub(crate) struct Program {
    pub(crate) id: PluginId,
    pub(crate) instance: InstancePre<CallState>,
    pub(crate) limits: Limits,
    pub(crate) configuration: Arc<PluginConfiguration>,
    /// Its share of the calls at once: more would not end sooner, and keep others waiting.
    pub(crate) share: Slots,
    pub(crate) record: Record,
}

impl Program {
    pub(crate) fn new(
        id: PluginId,
        instance: InstancePre<CallState>,
        limits: Limits,
        configuration: Arc<PluginConfiguration>,
        share: u32,
    ) -> Self {
        Self { id, instance, limits, configuration, share: Slots::new(share as usize), record: Record::default() }
    }
}

/// One call to make.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) export: Export,
    pub(crate) subject: Subject<'a>,
    pub(crate) transaction: Option<&'a Transaction>,
}

impl Runtime {
    /// Starts the engine and its clock. At most `slots` calls run at once; the others wait at most `patience`.
    pub(crate) fn start(slots: u32, patience: Duration, observer: Arc<dyn CallObserver>) -> Result<Self, SandboxError> {
        let engine = running_engine(slots).map_err(|error| SandboxError::Engine(error.root_cause().to_string()))?;
        let ticker = Ticker::start(engine.clone()).map_err(SandboxError::Ticker)?;
        Ok(Self { engine, slots: Slots::new(slots as usize), patience, observer, _ticker: ticker })
    }

    /// Makes a call: `enter` calls the guest, `check` makes of its answer what the host may rely on. However it ends, `host`
    /// hears what it cost.
    pub(crate) fn run<A, R>(
        &self,
        program: &Program,
        call: &Call<'_>,
        host: &mut dyn PluginHost,
        enter: impl FnOnce(&mut Store<CallState>, &Instance) -> wasmtime::Result<Result<A, String>>,
        check: impl FnOnce(A) -> Result<R, Violation>,
    ) -> Result<(R, CallCost), PluginError> {
        let asked = self.observer.nanos();
        let paused = program.record.paused();
        // Its own share first: who waits for that keeps no slot from others.
        let share = paused.is_none().then(|| program.share.take(self.patience)).flatten();
        let slot = share.as_ref().and_then(|_| self.slots.take(self.patience));
        let started = self.observer.nanos();
        let (mut cost, mut memory_bytes) = (CallCost::default(), 0);
        let result = match (paused, &slot) {
            (Some(why), _) => Err(Place::new(program, call).paused(&why)),
            (None, None) => Err(PluginError::Busy),
            (None, Some(_)) => self.run_in_slot(program, call, host, enter, check, (&mut cost, &mut memory_bytes)),
        };
        let report = CallReport {
            plugin: &program.id,
            call: call.export.name(),
            outcome: CallOutcome::of(&result),
            nanos: self.observer.nanos().saturating_sub(started),
            waited_nanos: started.saturating_sub(asked),
            fuel: cost.fuel,
            memory_bytes,
        };
        let fault = match &result {
            Err(PluginError::Fault(fault)) => Some(fault.text.as_str()),
            _ => None,
        };
        program.record.enter(&report, fault, program.limits.faults_before_pause);
        self.observer.called(&report);
        host.spent(cost);
        result.map(|answer| (answer, cost))
    }

    fn run_in_slot<A, R>(
        &self,
        program: &Program,
        call: &Call<'_>,
        host: &mut dyn PluginHost,
        enter: impl FnOnce(&mut Store<CallState>, &Instance) -> wasmtime::Result<Result<A, String>>,
        check: impl FnOnce(A) -> Result<R, Violation>,
        (cost, memory_bytes): (&mut CallCost, &mut u64),
    ) -> Result<R, PluginError> {
        let place = Place::new(program, call);
        lend(host, |lent| {
            let fuel = call.export.fuel(&program.limits);
            let mut store = Store::new(
                &self.engine,
                CallState {
                    export: call.export,
                    budget: Budget::new(&program.limits),
                    memory: MemoryLimiter::new(program.limits.memory_bytes),
                    transaction: call.transaction.cloned(),
                    configuration: Arc::clone(&program.configuration),
                    panic: None,
                    plugin: program.id.clone(),
                    namespace: call.subject.namespace().into(),
                    host: lent,
                },
            );
            let outcome = prepare(&mut store, program, fuel)
                .and_then(|()| program.instance.instantiate(&mut store))
                .and_then(|instance| enter(&mut store, &instance));
            // Fuel is on in this engine, so it can always be read.
            cost.fuel = fuel.saturating_sub(store.get_fuel().unwrap_or(fuel));
            *memory_bytes = store.data().memory.used();
            cost.host_work = INSTANCE_WORK.saturating_add(store.data().budget.host_work());
            match outcome {
                Ok(Ok(answer)) => check(answer).map_err(|violation| place.bad_result(&violation)),
                Ok(Err(refusal)) => Err(PluginError::Refusal(text::line_of_bytes(&refusal, MAX_REFUSAL_BYTES))),
                Err(error) => Err(place.of_error(&error, store.data().panic.as_deref())),
            }
        })
    }
}

fn prepare(store: &mut Store<CallState>, program: &Program, fuel: u64) -> wasmtime::Result<()> {
    store.limiter(|state| &mut state.memory);
    store.set_hostcall_fuel(MAX_CROSSING_BYTES);
    // The tick that is under way may end at once, so it does not count.
    let ticks = Duration::from_millis(program.limits.deadline_ms).as_nanos().div_ceil(EPOCH_TICK.as_nanos()) + 1;
    store.set_epoch_deadline(u64::try_from(ticks).unwrap_or(u64::MAX));
    store.set_fuel(fuel)
}
