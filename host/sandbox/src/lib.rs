//! Plugins as WebAssembly components: check, compile, load, call. The only crate that knows wasmtime.
//!
//! A plugin sees nothing but what `wit/` gives it: no file, clock, random number, socket or environment. Every call runs in a
//! fresh instance under the limits of [`Limits`] and ends in an answer, a refusal or a named fault; never in a crash of the host.
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
//! | `call` | what a call is about, may do and has left |
//! | `host_functions` | what a plugin may call |
//! | `arguments`, `results` | into and out of the interface's records; results are checked |
//! | `record` | what calls came to, and the pause of a plugin that breaks again and again |
//! | `fault`, `error` | what went wrong, in words |
//! | `limits` | every number, with its reason |
//! | `lend` | the one lifetime that is erased, and why that is sound |

mod arguments;
mod bindings;
mod cache;
mod call;
mod check;
mod compile;
mod cryptography;
mod error;
mod fault;
mod host_functions;
mod lend;
pub mod limits;
mod load;
mod no_host;
mod observe;
mod record;
mod results;
mod run;
mod sandbox;
mod slots;
mod text;
mod ticker;
mod wasm_engine;

pub use cache::{CacheError, CodeOrigin};
pub use check::{INTERFACE_VERSION, Inspection, inspect};
pub use compile::{CompileError, CompileLimits, Compiler, compile_child_main};
pub use error::{LoadError, SandboxError};
pub use limits::{Language, LimitError, LimitOverrides, Limits};
pub use load::PluginConfig;
pub use observe::{CallObserver, CallOutcome, CallReport, Unobserved};
pub use record::PluginRecord;
pub use sandbox::{DEFAULT_PATIENCE, DEFAULT_SLOTS, Loaded, Sandbox, SandboxOptions};
