//! One call on a thread of its own, which asks the caller's thread for what the host has to say.
//!
//! The host of a call is a mutable borrow of its caller, and a plugin's functions reach it from anywhere below. So the plugin runs
//! beside its caller: what it asks travels through a channel as a function, and the caller, who has the borrow, runs that. A fresh
//! thread is a fresh instance as well: nothing in its thread-local memory is of an earlier call.

use std::sync::mpsc::{self, Sender};
use std::thread;

use trellis_calls::{Place, RunningCall, Stop};
use trellis_engine::ports::plugins::{PluginError, PluginHost};
use trellis_plugin::Refusal;
use trellis_plugin::native_host::with_host_functions;

use super::functions::Asking;
use super::panics::{self, Ended};

/// Something the plugin asks. Answers with why the call must end, if it must.
pub(super) type Request = Box<dyn FnOnce(&mut RunningCall, &mut dyn PluginHost) -> Option<Stop> + Send>;

/// Runs a plugin's function, and answers what it asks meanwhile.
pub(super) fn run<A: Send>(
    running: &mut RunningCall,
    host: &mut dyn PluginHost,
    place: &Place<'_>,
    body: impl FnOnce() -> Result<A, Refusal> + Send,
) -> Result<A, PluginError> {
    panics::listen();
    let (requests, asked) = mpsc::channel::<Request>();
    let (ended, stopped) = thread::scope(|scope| {
        let plugin = scope.spawn(move || on_this_thread(requests, body));
        let mut stopped = None;
        for request in asked {
            let stop = request(running, host);
            stopped = stopped.or(stop);
        }
        (plugin.join(), stopped)
    });
    match (stopped, ended) {
        // Whatever the plugin made of it: in a component the call would have ended there.
        (Some(stop), _) => Err(place.of_stop(&stop)),
        (None, Ok(Ended::Answered(Ok(answer)))) => Ok(answer),
        (None, Ok(Ended::Answered(Err(refusal)))) => Err(place.refusal(refusal.text())),
        (None, Ok(Ended::Panicked) | Err(_)) => Err(place.panic(running.panic())),
    }
}

fn on_this_thread<A>(
    requests: Sender<Request>,
    body: impl FnOnce() -> Result<A, Refusal>,
) -> Ended<Result<A, Refusal>> {
    with_host_functions(Box::new(Asking(requests)), || panics::caught(body))
}
