//! Steps at which a test can have the process die, as a power cut or `kill -9` would. Builds for release have none.
//!
//! What is lost between two steps shows only where the process really ends there, so the steps are in the program itself; the
//! variable `TRELLIS_FAULT_POINT` (`<step>:<passes>`) is read once, and only in builds with debug assertions.

/// A step: the process dies here when a test wants it to.
#[cfg(debug_assertions)]
pub fn fault_point(step: &str) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicUsize, Ordering};

    static WANTED: OnceLock<Option<(String, AtomicUsize)>> = OnceLock::new();
    let wanted = WANTED.get_or_init(|| {
        let text = std::env::var("TRELLIS_FAULT_POINT").ok()?;
        let (step, passes) = text.split_once(':')?;
        Some((step.to_owned(), AtomicUsize::new(passes.parse().ok()?)))
    });
    if let Some((wanted, passes)) = wanted
        && wanted == step
        && passes.fetch_sub(1, Ordering::SeqCst) == 1
    {
        // No destructor, no flush, no word to anybody.
        std::process::abort();
    }
}

/// A step: nothing happens.
#[cfg(not(debug_assertions))]
pub const fn fault_point(_: &str) {}
