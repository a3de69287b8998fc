//! Panics of plugins: their text is caught where they happen, and goes into the plugin's log, as the SDK sends it out of a component.

use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

/// Why a thread unwinds whose call the host ended. No panic: nobody is told of it.
pub(super) struct Stopped;

/// How a plugin's function ended.
pub(super) enum Ended<A> {
    /// It returned.
    Answered(A),
    /// It panicked; its log has the text.
    Panicked,
}

thread_local! {
    /// Whether this thread runs a plugin.
    static IN_PLUGIN: Cell<bool> = const { Cell::new(false) };
    /// The text of its panic.
    static TEXT: RefCell<String> = const { RefCell::new(String::new()) };
}

/// From now on the texts of plugins' panics are kept, and those of everybody else told as before.
pub(super) fn listen() {
    static LISTEN: Once = Once::new();
    LISTEN.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if IN_PLUGIN.get() {
                TEXT.replace(panic.to_string());
            } else {
                before(panic);
            }
        }));
    });
}

/// Runs a plugin's function. A panic goes into the plugin's log; an end that the host made goes on.
pub(super) fn caught<A>(body: impl FnOnce() -> A) -> Ended<A> {
    IN_PLUGIN.set(true);
    match panic::catch_unwind(AssertUnwindSafe(body)) {
        Ok(answer) => Ended::Answered(answer),
        Err(ended) if ended.is::<Stopped>() => panic::resume_unwind(ended),
        Err(_) => {
            trellis_plugin::log::error(TEXT.take());
            Ended::Panicked
        }
    }
}
