//! Running one call: a slot, a fresh store and instance, the call, and never either of them again.

use std::sync::Arc;
use std::time::Duration;

use trellis_calls::limits::{EPOCH_TICK, Limits, MAX_CROSSING_BYTES};
use trellis_calls::results::Violation;
use trellis_calls::{CallObserver, CallOutcome, CallReport, CallSetup, Export, Place, RunningCall, Subject};
use trellis_engine::ports::plugins::{CallCost, PluginConfiguration, PluginError, PluginHost, PluginId};
use trellis_spv::transaction::Transaction;
use wasmtime::component::{Instance, InstancePre};
use wasmtime::{Engine, Store};

use crate::call::{CallState, MemoryLimiter};
use crate::error::SandboxError;
use crate::fault::of_error;
use crate::lend::lend;
use crate::record::Record;
use crate::slots::Slots;
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
            (Some(why), _) => Err(place(program, call).paused(&why)),
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
        let rest = program.record.enter(&report, fault, program.limits.faults_before_pause);
        self.observer.called(&report);
        host.spent(cost);
        drop(slot);
        // Its share is kept meanwhile, so that nobody calls it.
        std::thread::sleep(rest);
        drop(share);
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
        let place = place(program, call);
        lend(host, |lent| {
            let fuel = call.export.fuel(&program.limits);
            let memory = MemoryLimiter::new(program.limits.memory_bytes);
            let state = CallState { call: self.begin(program, call), memory, host: lent };
            let mut store = Store::new(&self.engine, state);
            let outcome = prepare(&mut store, program, fuel)
                .and_then(|()| program.instance.instantiate(&mut store))
                .and_then(|instance| enter(&mut store, &instance));
            // Fuel is on in this engine, so it can always be read.
            *cost = store.data().call.cost(fuel.saturating_sub(store.get_fuel().unwrap_or(fuel)));
            *memory_bytes = store.data().memory.used();
            match outcome {
                Ok(Ok(answer)) => check(answer).map_err(|violation| place.bad_result(&violation)),
                Ok(Err(refusal)) => Err(place.refusal(&refusal)),
                Err(error) => Err(of_error(&place, &error, store.data().call.panic())),
            }
        })
    }
}

impl Runtime {
    fn begin(&self, program: &Program, call: &Call<'_>) -> RunningCall {
        RunningCall::begin(&CallSetup {
            plugin: &program.id,
            export: call.export,
            subject: &call.subject,
            transaction: call.transaction,
            limits: &program.limits,
            configuration: &program.configuration,
            observer: &self.observer,
        })
    }

    /// Makes calls one after the other in one instance, each with its own budgets. For measuring only; nothing is recorded.
    pub(crate) fn run_in_one_instance<A>(
        &self,
        program: &Program,
        calls: &[Call<'_>],
        host: &mut dyn PluginHost,
        mut enter: impl FnMut(&mut Store<CallState>, &Instance, usize) -> wasmtime::Result<Result<A, String>>,
    ) -> Result<Vec<Result<A, String>>, PluginError> {
        let Some(first) = calls.first() else { return Ok(Vec::new()) };
        let _slot = self.slots.take(self.patience).ok_or(PluginError::Busy)?;
        lend(host, |lent| {
            let memory = MemoryLimiter::new(program.limits.memory_bytes);
            let state = CallState { call: self.begin(program, first), memory, host: lent };
            let mut store = Store::new(&self.engine, state);
            let broke = |call: &Call<'_>, error: &wasmtime::Error| of_error(&place(program, call), error, None);
            let instance = prepare(&mut store, program, first.export.fuel(&program.limits))
                .and_then(|()| program.instance.instantiate(&mut store))
                .map_err(|error| broke(first, &error))?;
            let mut told = Vec::with_capacity(calls.len());
            for (number, call) in calls.iter().enumerate() {
                store.data_mut().call = self.begin(program, call);
                let answer = prepare(&mut store, program, call.export.fuel(&program.limits))
                    .and_then(|()| enter(&mut store, &instance, number));
                told.push(answer.map_err(|error| broke(call, &error))?);
            }
            Ok(told)
        })
    }
}

fn place<'a>(program: &'a Program, call: &'a Call<'_>) -> Place<'a> {
    Place { plugin: &program.id, export: call.export, subject: &call.subject, limits: &program.limits }
}

fn prepare(store: &mut Store<CallState>, program: &Program, fuel: u64) -> wasmtime::Result<()> {
    store.limiter(|state| &mut state.memory);
    store.set_hostcall_fuel(MAX_CROSSING_BYTES);
    // The tick that is under way may end at once, so it does not count.
    let ticks = Duration::from_millis(program.limits.deadline_ms).as_nanos().div_ceil(EPOCH_TICK.as_nanos()) + 1;
    store.set_epoch_deadline(u64::try_from(ticks).unwrap_or(u64::MAX));
    store.set_fuel(fuel)
}
