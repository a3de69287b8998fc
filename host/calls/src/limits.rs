//! Every limit a plugin runs under: one table, each number with its reason.
//!
//! Numbers that a verdict or an operator may care about are fields of [`Limits`] and can be overridden per plugin, by the
//! name of the field. The constants below that are no field are limits of the host itself.

use std::collections::BTreeMap;
use std::time::Duration;

/// Kibibyte.
const KIB: u64 = 1024;
/// Mebibyte.
const MIB: u64 = 1024 * KIB;

/// Largest component file. The largest language runtime measured (Python) makes 18 MB of it.
pub const MAX_FILE_BYTES: u64 = 24 * MIB;
/// Most linear memory of one call, over all its memories: every language measured runs in it, and with all slots taken the
/// host still knows its worst case (slots times this). The pool reserves exactly as much, so it cannot be overridden upwards.
pub const MAX_MEMORY_BYTES: u64 = 64 * MIB;
/// Most linear memories of one component: the JavaScript runtime measured has three.
pub const MAX_MEMORIES: u32 = 4;
/// Most tables of one component: no language runtime measured needs more, and an empty slot for one costs address space only.
pub const MAX_TABLES: u32 = 64;
/// Most core instances of one component: Python's has 38.
pub const MAX_CORE_INSTANCES: u32 = 64;
/// Most elements of one table; the largest measured has 753.
pub const MAX_TABLE_ELEMENTS: usize = 20_000;
/// Stack of a plugin's WebAssembly frames, in bytes: far below a thread's stack, so that overflow is a trap, never a crash.
pub const MAX_WASM_STACK_BYTES: usize = 512 * KIB as usize;
/// Most bytes one crossing of the boundary may copy out of a plugin (arguments of a host call, or the result). Without it a
/// list of aliased megabytes lifts to gigabytes in the host.
pub const MAX_CROSSING_BYTES: usize = 4 * MIB as usize;
/// Longest refusal shown to a client, in bytes: a few sentences.
pub const MAX_REFUSAL_BYTES: usize = 1024;
/// Longest single log line, in bytes: a panic with its location, or a row of figures.
pub const MAX_LOG_LINE_BYTES: usize = 1024;
/// Longest name of a plugin, in characters (`wit/0.1.0/roles.wit`).
pub const MAX_NAME_CHARACTERS: usize = 64;
/// Longest short description, in characters (`wit/0.1.0/roles.wit`).
pub const MAX_SHORT_DESCRIPTION_CHARACTERS: usize = 256;
/// Longest version text of a plugin, in characters: a semantic version with build metadata.
pub const MAX_VERSION_CHARACTERS: usize = 64;
/// Longest URL of a description, in characters: what browsers and proxies carry without trouble.
pub const MAX_URL_CHARACTERS: usize = 2048;
/// Longest documentation, in bytes (`wit/0.1.0/roles.wit`).
pub const MAX_DOCUMENTATION_BYTES: usize = 64 * KIB as usize;
/// Most rows of one `state.scan` (`wit/0.1.0/imports.wit`).
pub const MAX_SCAN_ROWS: u32 = 1000;

/// How often the clock behind deadlines ticks. Finer would cost wake-ups, coarser would make deadlines vague.
pub const EPOCH_TICK: Duration = Duration::from_millis(10);

/// Most memory of the process that compiles, in bytes. Cranelift needs a multiple of the component's size; Python's 18 MB
/// component fits.
pub const MAX_COMPILE_MEMORY_BYTES: u64 = 3 * KIB * MIB;
/// Most time of one compilation, wall clock. The slowest component measured needs 14 s on a quiet machine; this leaves room
/// for a busy one.
pub const MAX_COMPILE_TIME: Duration = Duration::from_secs(180);
/// Largest compiled file, in bytes: machine code is two to four times the component (measured: 35 MB for 18 MB).
pub const MAX_COMPILED_BYTES: u64 = 256 * MIB;

/// Fuel a microsecond of CPU burns, for whoever has to pay for it. Measured: 200 in an empty loop, which does nothing but count
/// fuel, 2,500 to 5,000 in code that works.
pub const FUEL_PER_MICROSECOND: u64 = 500;
/// What a call costs before its first instruction, in fuel: a fresh instance takes about 8 µs.
pub const INSTANCE_WORK: u64 = 8 * FUEL_PER_MICROSECOND;
/// What a call into the host costs, in fuel: 0.1 µs to cross the boundary, and about a microsecond where a row is read.
pub const HOST_CALL_WORK: u64 = FUEL_PER_MICROSECOND;
/// What a scanned row costs, in fuel: as much as one that is read alone.
pub const SCANNED_ROW_WORK: u64 = FUEL_PER_MICROSECOND;
/// What a byte handed to or taken from a plugin costs, in fuel: 2 ns, for it is copied several times on its way.
pub const CROSSING_BYTE_WORK: u64 = 1;
/// What a hashed byte costs, in fuel: 2 ns, SHA-256 without hardware support.
pub const HASHED_BYTE_WORK: u64 = 1;
/// What a signature verified or a key derived costs, in fuel: about 40 µs.
pub const CURVE_OPERATION_WORK: u64 = 40 * FUEL_PER_MICROSECOND;

/// What a component was written in, as far as its limits are concerned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    /// Compiled to WebAssembly: Rust, C, Zig and the like.
    Compiled,
    /// A language runtime inside the component: JavaScript, Python. Measured: 100 to 1,000 times the fuel for the same work.
    Interpreted,
}

/// Limits of one plugin's calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Fuel of `identify-admissible-outputs`. One unit is about one WebAssembly instruction.
    pub judge_fuel: u64,
    /// Fuel of each call that tells a lookup service what happened to an output.
    pub index_fuel: u64,
    /// Fuel of `lookup`.
    pub lookup_fuel: u64,
    /// Fuel of `describe` and of `documentation`.
    pub describe_fuel: u64,
    /// Wall-clock backstop of any call, in milliseconds.
    pub deadline_ms: u64,
    /// Linear memory of a call over all its memories, in bytes.
    pub memory_bytes: u64,
    /// Calls into the host during one call.
    pub host_calls: u64,
    /// Bytes handed to the plugin by the host during one call: rows, raw transactions, BEEF.
    pub read_bytes: u64,
    /// Bytes of keys and values written to `state` during one call.
    pub written_bytes: u64,
    /// Rows read by `state.scan` during one call.
    pub scanned_rows: u64,
    /// Bytes hashed by `crypto` during one call.
    pub hashed_bytes: u64,
    /// Signatures verified and keys derived by `crypto` during one call.
    pub curve_operations: u64,
    /// Bytes logged during one call; what comes later is left out of the log, and the log says so.
    pub logged_bytes: u64,
    /// Outputs in one answer to a lookup.
    pub found_outputs: u64,
    /// Size of the component file, in bytes.
    pub file_bytes: u64,
    /// Bytes of keys and values that each topic or service of it may hold in `state`.
    pub state_bytes: u64,
    /// Calls that break in a row before it is paused: nothing calls it then until the operator says so.
    pub faults_before_pause: u64,
}

impl Limits {
    /// Compiled languages: about 100 ms. A verdict on a simple transaction takes 3,000 units, one on the largest the door lets
    /// through (20,000 inputs, all of them previous coins, and as many outputs) 45 million, most of it in unpacking the record.
    const COMPILED_FUEL: u64 = 100_000_000;
    /// Language runtimes: about a second. A simple verdict takes half a million units (Hello World in JavaScript and in Python);
    /// very large transactions need an override, which is the operator's decision, because one call may then take many seconds.
    const INTERPRETED_FUEL: u64 = 1_000_000_000;
    /// Compiled languages. Fuel ends a call long before; this ends what fuel does not count: a slow store behind host calls, a
    /// machine that swaps.
    const COMPILED_DEADLINE_MS: u64 = 5_000;
    /// Language runtimes: the same head room over their fuel.
    const INTERPRETED_DEADLINE_MS: u64 = 20_000;

    /// The defaults for a language.
    #[must_use]
    pub const fn of(language: Language) -> Self {
        let (fuel, deadline_ms) = match language {
            Language::Compiled => (Self::COMPILED_FUEL, Self::COMPILED_DEADLINE_MS),
            Language::Interpreted => (Self::INTERPRETED_FUEL, Self::INTERPRETED_DEADLINE_MS),
        };
        Self {
            judge_fuel: fuel,
            index_fuel: fuel,
            lookup_fuel: fuel,
            // The first instruction of an interpreter is its start-up; describing needs no more than judging.
            describe_fuel: fuel,
            deadline_ms,
            memory_bytes: MAX_MEMORY_BYTES,
            // At about 0.1 µs each, 1 ms of crossings.
            host_calls: 10_000,
            // The largest submission accepted at the door, once.
            read_bytes: 32 * MIB,
            // A quarter of what one commit may carry over all topics and services.
            written_bytes: MIB,
            // Ten full pages: what a lookup can walk without becoming a table scan.
            scanned_rows: 10_000,
            // About 40 ms of SHA-256 without hardware support.
            hashed_bytes: 16 * MIB,
            // As many as the door allows signature checks in one submission: 2,000 at about 40 µs are 80 ms.
            curve_operations: 2_000,
            // A page of text.
            logged_bytes: 16 * KIB,
            // With the BEEF of each, more than a client can use in one answer.
            found_outputs: 10_000,
            file_bytes: MAX_FILE_BYTES,
            // A million rows of a kilobyte: what a busy service collects in years, and what a disk can hold of many such.
            state_bytes: 1024 * MIB,
            // Not one call in between that came to anything: it is broken, not unlucky. Few enough to spare the machine, and too many
            // for a client to bring about beside others who use the plugin.
            faults_before_pause: 50,
        }
    }

    /// These limits with an operator's overrides, by field name.
    ///
    /// # Errors
    /// [`LimitError`] names the limit.
    pub fn with(mut self, overrides: &LimitOverrides) -> Result<Self, LimitError> {
        for (name, &value) in overrides {
            let unknown = || LimitError::Unknown { name: crate::text::line(name, MAX_NAME_CHARACTERS) };
            let (field, most) = self.field(name).ok_or_else(unknown)?;
            if value == 0 || value > most {
                return Err(LimitError::OutOfRange { name: name.clone(), value, most });
            }
            *field = value;
        }
        Ok(self)
    }

    /// Names an override may have.
    pub const NAMES: [&'static str; 17] = [
        "judge_fuel",
        "index_fuel",
        "lookup_fuel",
        "describe_fuel",
        "deadline_ms",
        "memory_bytes",
        "host_calls",
        "read_bytes",
        "written_bytes",
        "scanned_rows",
        "hashed_bytes",
        "curve_operations",
        "logged_bytes",
        "found_outputs",
        "file_bytes",
        "state_bytes",
        "faults_before_pause",
    ];

    /// A limit and the most an operator may set it to.
    fn field(&mut self, name: &str) -> Option<(&mut u64, u64)> {
        /// No call may hold a slot longer than this, whatever the operator thinks of the plugin.
        const LONGEST_DEADLINE_MS: u64 = 600_000;
        /// Fuel is kept in a signed number by the engine.
        const MOST_FUEL: u64 = i64::MAX as u64;
        Some(match name {
            "judge_fuel" => (&mut self.judge_fuel, MOST_FUEL),
            "index_fuel" => (&mut self.index_fuel, MOST_FUEL),
            "lookup_fuel" => (&mut self.lookup_fuel, MOST_FUEL),
            "describe_fuel" => (&mut self.describe_fuel, MOST_FUEL),
            "deadline_ms" => (&mut self.deadline_ms, LONGEST_DEADLINE_MS),
            "memory_bytes" => (&mut self.memory_bytes, MAX_MEMORY_BYTES),
            "host_calls" => (&mut self.host_calls, u64::MAX),
            "read_bytes" => (&mut self.read_bytes, u64::MAX),
            "written_bytes" => (&mut self.written_bytes, u64::MAX),
            "scanned_rows" => (&mut self.scanned_rows, u64::MAX),
            "hashed_bytes" => (&mut self.hashed_bytes, u64::MAX),
            "curve_operations" => (&mut self.curve_operations, u64::MAX),
            "logged_bytes" => (&mut self.logged_bytes, u64::MAX),
            "found_outputs" => (&mut self.found_outputs, u64::MAX),
            "file_bytes" => (&mut self.file_bytes, u64::MAX),
            "state_bytes" => (&mut self.state_bytes, u64::MAX),
            "faults_before_pause" => (&mut self.faults_before_pause, u64::MAX),
            _ => return None,
        })
    }
}

/// A limit's name as an operator writes it.
pub(crate) fn in_words(name: &str) -> String {
    name.replace('_', "-")
}

/// An operator's `limits = {…}` of one plugin: field names of [`Limits`] and their values.
pub type LimitOverrides = BTreeMap<String, u64>;

/// Why an override is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// No such limit.
    #[error("there is no limit `{}`; the limits are: {}", in_words(name), Limits::NAMES.map(in_words).join(", "))]
    Unknown {
        /// The name given.
        name: String,
    },
    /// Zero, or more than the host can give.
    #[error("limit `{}` cannot be {value}: it must be between 1 and {most}", in_words(name))]
    OutOfRange {
        /// The limit.
        name: String,
        /// The value given.
        value: u64,
        /// The most it can be.
        most: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_limit_can_be_overridden_and_nothing_else() {
        let defaults = Limits::of(Language::Compiled);
        for name in Limits::NAMES {
            let changed = defaults.with(&LimitOverrides::from([(name.to_owned(), 7)])).unwrap();
            assert_ne!(changed, defaults, "{name}");
        }
        let error = defaults.with(&LimitOverrides::from([("fuel".to_owned(), 7)])).unwrap_err();
        assert!(error.to_string().contains("`fuel`") && error.to_string().contains("judge-fuel"), "{error}");
    }

    #[test]
    fn memory_beyond_the_pool_and_zero_are_refused() {
        let defaults = Limits::of(Language::Compiled);
        for value in [0, MAX_MEMORY_BYTES + 1] {
            let error = defaults.with(&LimitOverrides::from([("memory_bytes".to_owned(), value)])).unwrap_err();
            assert!(matches!(error, LimitError::OutOfRange { .. }));
        }
    }
}
