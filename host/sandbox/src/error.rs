//! Why a plugin is not loaded. Every text says what was found, what the host offers and what to do.

use trellis_engine::ports::plugins::{PluginError, PluginId};

use crate::cache::CacheError;
use trellis_calls::limits::LimitError;

/// Why a plugin is not loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file is too large.
    #[error(
        "the file has {size} bytes, {limit} are allowed; strip debug information and names, or raise the limit `file-bytes`"
    )]
    TooLarge {
        /// Its size in bytes.
        size: usize,
        /// The limit in bytes.
        limit: u64,
    },
    /// The file is not the one the operator pinned.
    #[error(
        "the file's SHA-256 is {}, but the configuration pins {}; put the pinned file back, or pin this one after you have checked where it came from",
        hex::encode(.actual), hex::encode(.pinned)
    )]
    Pin {
        /// What the configuration says.
        pinned: [u8; 32],
        /// What the file has.
        actual: [u8; 32],
    },
    /// No WebAssembly at all. Compiled code (`.cwasm`) ends here too: it is never taken from outside.
    #[error(
        "the file is not WebAssembly: a plugin is a component, a `.wasm` file as the build writes it (never compiled code, `.cwasm`)"
    )]
    NotWasm,
    /// Compiled for a processor.
    #[error(
        "the file is {0}, made for a processor, not WebAssembly (compiled plugins, `.cwasm`, are such files too, and are never taken from outside); build for wasm32-unknown-unknown (`cargo plugin` in a project of `trellis plugin new`), and take the `.wasm` file that is written then"
    )]
    Native(&'static str),
    /// A core module.
    #[error(
        "the file is a core WebAssembly module, not a component; build for wasm32-unknown-unknown with the linker `wasm-component-ld` (`cargo plugin` in a project of `trellis plugin new`), or wrap the module with `wasm-tools component new`"
    )]
    CoreModule,
    /// Damaged, or made by a tool that is too new or too old.
    #[error("the file is a damaged or unsupported component: {text} (at byte {offset}); build it again")]
    Malformed {
        /// Where.
        offset: usize,
        /// What.
        text: String,
    },
    /// It imports what this host does not have.
    #[error(
        "it imports what no plugin gets: {}. {}", .imports.join(", "),
        if *.wasi {
            "Plugins run without WASI (no files, clock, random, environment): build for wasm32-unknown-unknown with the linker `wasm-component-ld` (Rust), pass --stub-wasi (componentize-py) or --backend-qjs-stub-wasi (jco)"
        } else {
            "Only interfaces of `bsv:overlay` are available: remove the others from the plugin's world"
        }
    )]
    ForeignImports {
        /// All of them, as the component names them.
        imports: Vec<String>,
        /// Whether WASI is among them.
        wasi: bool,
    },
    /// Built for another version of the interface.
    #[error(
        "it was built for bsv:overlay {wanted}, this host offers {offered}; rebuild the plugin with an SDK for {offered}, or run a host that offers {wanted}"
    )]
    Version {
        /// What the component names.
        wanted: String,
        /// What the host has.
        offered: &'static str,
    },
    /// Built for a later patch version and uses its functions.
    #[error(
        "it was built for bsv:overlay {wanted} and calls {}, which this host ({offered}) does not have; upgrade the host, or build the plugin without them", .functions.join(", ")
    )]
    UnknownFunctions {
        /// As `interface.function`.
        functions: Vec<String>,
        /// What the component names.
        wanted: String,
        /// What the host has.
        offered: &'static str,
    },
    /// It does not export `plugin`.
    #[error(
        "it does not export `plugin`, by which a component describes itself{}; implement it with the SDK's macro", exported(.exports)
    )]
    NoDescription {
        /// What it exports.
        exports: Vec<String>,
    },
    /// It exports no role.
    #[error("it exports no role (`topic-manager`, `lookup-service`, `basket-manager`){}; implement at least one of them", exported(.exports))]
    NoRole {
        /// What it exports.
        exports: Vec<String>,
    },
    /// It exports or imports a function of another type than the interface says.
    #[error(
        "one of its functions does not have the type the interface gives it: {0}; build it with the WIT files of this host's version"
    )]
    Signature(String),
    /// It starts with more memory than its calls get.
    #[error(
        "it starts with {wanted} bytes of memory, its calls get {limit}; give it smaller static data, or raise its limit `memory-bytes`"
    )]
    Memory {
        /// What it starts with, in bytes.
        wanted: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// It broke, or refused, when asked to describe itself.
    #[error("it cannot describe itself: {0}")]
    Describe(PluginError),
    /// A limit the operator set is no limit.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// No compiled code.
    #[error(transparent)]
    Code(#[from] CacheError),
    /// Two plugins of one id.
    #[error("plugin id `{0}` is used twice; ids are unique")]
    Duplicate(PluginId),
}

fn exported(exports: &[String]) -> String {
    if exports.is_empty() { " (it exports nothing)".into() } else { format!(" (it exports {})", exports.join(", ")) }
}

/// Why there is no sandbox.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// wasmtime does not start.
    #[error(
        "the WebAssembly engine does not start: {0}; it reserves address space for its instances, so `ulimit -v` must be unlimited, and it needs a 64-bit processor"
    )]
    Engine(String),
    /// No thread for the clock behind deadlines.
    #[error("the system has no thread for the sandbox's clock: {0}")]
    Ticker(std::io::Error),
    /// The folder of compiled code cannot be used.
    #[error(transparent)]
    Cache(#[from] CacheError),
}
