//! Compiling a component, in a process of its own.
//!
//! Fuel does not bound compilation: a small component can be made to take gigabytes and minutes. The child runs under memory,
//! CPU and wall-clock limits, one at a time, and is killed when it exceeds them; the host only loses the plugin.

mod child;
mod order;
mod parent;

pub use child::compile_child_main;
pub use parent::{CompileError, CompileLimits, Compiler};
