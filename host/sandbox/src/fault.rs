//! What an error of wasmtime means: a fault, the host's failure, or a busy sandbox.

use trellis_calls::limits::{MAX_CROSSING_BYTES, MAX_WASM_STACK_BYTES};
use trellis_calls::{Place, Stop};
use trellis_engine::ports::plugins::{FaultKind, PluginError};
use wasmtime::{PoolConcurrencyLimitError, Trap};

use crate::call::Exhausted;

/// How wasmtime's error begins when [`MAX_CROSSING_BYTES`] is exceeded; it has no public type. A test keeps watch.
const CROSSING_EXHAUSTED: &str = "too much data is being copied between the host and the guest";

/// What an error of wasmtime, or of a host function behind it, means. `panic` is the text of the guest's last panic.
pub(crate) fn of_error(place: &Place<'_>, error: &wasmtime::Error, panic: Option<&str>) -> PluginError {
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return place.of_stop(stop);
    }
    if let Some(exhausted) = error.downcast_ref::<Exhausted>() {
        return place.fault(FaultKind::Memory, exhausted.to_string());
    }
    if error.is::<PoolConcurrencyLimitError>() {
        return PluginError::Busy;
    }
    if let Some(trap) = error.downcast_ref::<Trap>() {
        return of_trap(place, *trap, panic);
    }
    let cause = error.root_cause().to_string();
    if cause.starts_with(CROSSING_EXHAUSTED) {
        let text = format!("it handed over more than {MAX_CROSSING_BYTES} bytes at once");
        return place.fault(FaultKind::Budget, text);
    }
    place.bad_result(&format!("something that cannot be read: {cause}"))
}

fn of_trap(place: &Place<'_>, trap: Trap, panic: Option<&str>) -> PluginError {
    let (kind, text) = match trap {
        Trap::UnreachableCodeReached => return place.panic(panic),
        Trap::OutOfFuel => {
            (FaultKind::OutOfFuel, format!("it used up its {} units of fuel", place.export.fuel(place.limits)))
        }
        Trap::Interrupt => {
            (FaultKind::Deadline, format!("it ran longer than {} ms of wall time", place.limits.deadline_ms))
        }
        Trap::StackOverflow => (
            FaultKind::StackOverflow,
            format!("its calls nested deeper than {MAX_WASM_STACK_BYTES} bytes of stack hold"),
        ),
        other => (FaultKind::Trap, other.to_string()),
    };
    place.fault(kind, text)
}
