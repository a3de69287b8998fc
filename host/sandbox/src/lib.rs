//! Plugins as WebAssembly components: check, compile, load, call. The only crate that knows wasmtime.
//!
//! A plugin sees nothing but what `wit/` gives it: no file, clock, random number, socket or environment. Every call runs in a
//! fresh instance under the limits of [`Limits`] and ends in an answer, a refusal or a named fault; never in a crash of the host.
//!
//! What a call may ask and must answer, whatever runs it, is `trellis-calls`; its limits and observers are handed on from here.
//!
//! What this crate does not know: stores, HTTP, configuration files, other plugins' data.
//!
//! | module | one job |
//! |---|---|
//! | `sandbox` | plugins under their ids, and the engine's port over them |
//! | `check` | what a component is, wants and offers, read before anything of it runs |
//! | `compile` | compiling, in a child process under limits |
//! | `cache` | compiled code on disk |
//! | `load` | linking, and letting the plugin describe itself |
//! | `run` | one call: slot, fresh store, fresh instance |
//! | `reused` | one instance for many verdicts, to measure what a fresh one costs |
//! | `call` | what a call's store holds |
//! | `host_functions` | what a plugin may call, as the linker wants it |
//! | `arguments`, `results` | into and out of the interface's records |
//! | `record` | what calls came to, and the pause of a plugin that breaks again and again |
//! | `fault`, `error` | what went wrong, in words |
//! | `lend` | the one lifetime that is erased, and why that is sound |

mod arguments;
mod bindings;
mod cache;
mod call;
mod check;
mod compile;
mod error;
mod fault;
mod host_functions;
mod lend;
mod load;
mod record;
mod results;
mod reused;
mod run;
mod sandbox;
mod slots;
mod ticker;
mod wasm_engine;

pub use cache::{CacheError, CodeOrigin};
pub use check::{INTERFACE_VERSION, Inspection, inspect};
pub use compile::{CompileError, CompileLimits, Compiler, compile_child_main};
pub use error::{LoadError, SandboxError};
pub use load::PluginConfig;
pub use record::PluginRecord;
pub use sandbox::{DEFAULT_PATIENCE, DEFAULT_SLOTS, Loaded, Sandbox, SandboxOptions};
pub use trellis_calls::limits::{self, Language, LimitError, LimitOverrides, Limits};
pub use trellis_calls::{CallObserver, CallOutcome, CallReport, LogLine, Unobserved, configuration_digest};
