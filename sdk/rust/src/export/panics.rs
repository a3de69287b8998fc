//! Carries a panic's text out of the component. Without it the host sees a bare `unreachable` and nobody knows why.

use std::sync::Once;

static HOOK: Once = Once::new();

/// Sees to it that a panic is logged, as `panicked at <file>:<line>:<column>:` and its message. Called first in every
/// export.
pub(super) fn report() {
    HOOK.call_once(|| std::panic::set_hook(Box::new(|panic| crate::log::error(panic.to_string()))));
}
