//! Lends a call's borrowed host to a store, for exactly as long as the call runs.
//!
//! wasmtime wants the data of a store to be `'static`, while the host of a call is a mutable borrow of its caller. Without
//! `unsafe` the guest would have to run as a coroutine that hands each request out to the borrow's owner: measured, 1.2 µs
//! per call and a stack switch per host call, of the 12 µs a call may take. So the lifetime is erased here, and nowhere
//! else, behind an interface that stays sound whatever safe code does with it.

use std::cell::Cell;
use std::ptr::NonNull;
use std::rc::Rc;

use trellis_engine::ports::plugins::PluginHost;

/// A handle on a lent host. `'static` and cloneable, but it reaches the host only while [`lend`] runs.
///
/// The `Rc` also keeps it on the thread that lent: it is neither `Send` nor `Sync`.
#[derive(Clone)]
pub(crate) struct Lent(Rc<Cell<Option<NonNull<dyn PluginHost>>>>);

/// Runs `body` with a handle on `host`. Afterwards, also when `body` panics, the handle reaches nothing any more.
pub(crate) fn lend<R>(host: &mut dyn PluginHost, body: impl FnOnce(Lent) -> R) -> R {
    struct TakeBack(Lent);
    impl Drop for TakeBack {
        fn drop(&mut self) {
            self.0.0.set(None);
        }
    }

    let lent = Lent(Rc::new(Cell::new(Some(erase(NonNull::from(host))))));
    let _take_back = TakeBack(lent.clone());
    body(lent)
}

/// Forgets how long the borrow behind `host` lives.
#[allow(unsafe_code)]
fn erase<'a>(host: NonNull<dyn PluginHost + 'a>) -> NonNull<dyn PluginHost> {
    // SAFETY: both are the same fat pointer; only the lifetime bound of the trait object differs, and a pointer may dangle.
    // It is dereferenced in `Lent::with` alone, which argues why it does not dangle there.
    unsafe { std::mem::transmute::<NonNull<dyn PluginHost + 'a>, NonNull<dyn PluginHost>>(host) }
}

impl Lent {
    /// Lets `body` use the host. `None` where it has been taken back, or is in use further up the stack.
    #[allow(unsafe_code)]
    pub(crate) fn with<R>(&self, body: impl FnOnce(&mut dyn PluginHost) -> R) -> Option<R> {
        struct PutBack<'a>(&'a Lent, NonNull<dyn PluginHost>);
        impl Drop for PutBack<'_> {
            fn drop(&mut self) {
                self.0.0.set(Some(self.1));
            }
        }

        let mut put_back = PutBack(self, self.0.take()?);
        // SAFETY: the cell held a pointer, so `lend` has not returned: this thread is inside its `body` (the handle cannot
        // leave the thread, and this build of wasmtime has no fibers), hence the caller's exclusive borrow, which `lend`
        // holds, is alive. It is not aliased: `lend` does not touch `host` again, and while this reference lives the cell is
        // empty, so no second one can be made.
        let host = unsafe { put_back.1.as_mut() };
        Some(body(host))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trellis_calls::NoHost;

    #[test]
    fn a_handle_that_escapes_reaches_nothing() {
        let escaped = lend(&mut NoHost, |lent| {
            assert!(lent.with(|_| ()).is_some());
            lent
        });
        assert!(escaped.with(|_| ()).is_none());
    }

    #[test]
    fn a_handle_reaches_nothing_after_a_panic() {
        let mut escaped = None;
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            lend(&mut NoHost, |lent| {
                escaped = Some(lent);
                panic!("the guest's host call panicked");
            })
        }));
        assert!(panicked.is_err());
        assert!(escaped.unwrap().with(|_| ()).is_none());
    }

    #[test]
    fn there_is_never_a_second_reference_to_the_host() {
        lend(&mut NoHost, |lent| {
            let inner = lent.with(|_| lent.with(|_| ()).is_none());
            assert_eq!(inner, Some(true));
            assert!(lent.with(|_| ()).is_some(), "it is usable again afterwards");
        });
    }
}
