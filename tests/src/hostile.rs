//! The family of hostile plugins: what each member does, how it is caught, and what the operator reads.
//!
//! Most members are one guest (`plugins/hostile`) that is told how to misbehave; the others are files no host loads. The table is
//! also in `plugins/hostile/README.md`, which a test holds against this one.

use std::fmt;

use Told::{
    Admitted, Asked, Describing, Documenting, Evicted, Judging, Loaded, NoLongerRetained, Organising, Relevance, Spent,
};

/// When a member misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Told {
    /// A file that is to be loaded.
    Loaded,
    /// Asked to describe itself, when it is loaded.
    Describing,
    /// Asked for its documentation, when it is loaded.
    Documenting,
    /// Asked whether a transaction concerns its topic.
    Relevance,
    /// Asked for a verdict.
    Judging,
    /// Asked what a transaction means to its baskets.
    Organising,
    /// Told of an output that entered a topic.
    Admitted,
    /// Told of one that was spent.
    Spent,
    /// Told of one that left a topic's history.
    NoLongerRetained,
    /// Told of one that the operator took out.
    Evicted,
    /// Asked a question.
    Asked,
}

impl Told {
    /// The function of the interface; of a file that is not loaded none.
    #[must_use]
    pub const fn call(self) -> &'static str {
        match self {
            Self::Loaded => "(loading)",
            Self::Describing => "describe",
            Self::Documenting => "documentation",
            Self::Relevance => "is-relevant",
            Self::Judging => "identify-admissible-outputs",
            Self::Organising => "operations",
            Self::Admitted => "output-admitted",
            Self::Spent => "output-spent",
            Self::NoLongerRetained => "output-no-longer-retained",
            Self::Evicted => "output-evicted",
            Self::Asked => "lookup",
        }
    }
}

/// How a member is caught.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caught {
    /// The host does not start with it.
    NotLoaded,
    /// The call ends in a fault of this kind, by the name of its metric.
    Fault(&'static str),
    /// What it would do its mischief with is not there or bounded: the call goes on, and the next one comes to the same.
    NoEffect,
}

impl fmt::Display for Caught {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotLoaded => f.write_str("not loaded"),
            Self::Fault(kind) => write!(f, "fault `{kind}`"),
            Self::NoEffect => f.write_str("no effect"),
        }
    }
}

/// One way to be hostile.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    /// When it misbehaves.
    pub told: Told,
    /// What the guest is told to do, or what file it is.
    pub name: &'static str,
    /// How it is caught.
    pub caught: Caught,
    /// Words of what the operator reads; of what has no effect, what it comes to.
    pub reads: &'static str,
}

/// Every member.
pub const FAMILY: &[Member] = &[
    // Files.
    not_loaded(Loaded, "no WebAssembly", "the file is not WebAssembly"),
    not_loaded(Loaded, "compiled code", "a program or library of Linux (ELF), made for a processor"),
    not_loaded(Loaded, "core module", "core WebAssembly module, not a component"),
    not_loaded(Loaded, "cut short", "damaged or unsupported component"),
    not_loaded(
        Loaded,
        "wasi",
        "it imports what no plugin gets: wasi:cli/environment@0.2.6, wasi:filesystem/types@0.2.6",
    ),
    not_loaded(Loaded, "foreign import", "it imports what no plugin gets: acme:things/stuff@1.0.0"),
    not_loaded(Loaded, "later interface", "it was built for bsv:overlay 9.0.0, this host offers 0.1.0"),
    not_loaded(Loaded, "no description", "it does not export `plugin`"),
    not_loaded(Loaded, "no role", "it exports no role"),
    not_loaded(Loaded, "another type", "does not have the type the interface gives it"),
    not_loaded(Loaded, "40 MB", "strip debug information and names"),
    not_loaded(Loaded, "initial memory", "4 memories of 64 MiB"),
    not_loaded(Loaded, "compile bomb", "compiling it took longer than 180 s and was stopped"),
    not_loaded(Loaded, "another file", "pins 7777777777777777"),
    // Describing themselves.
    not_loaded(Describing, "panic", "a hostile panic"),
    not_loaded(Describing, "loop", "raise its limit `describe-fuel`"),
    not_loaded(Describing, "memory", "limit `memory-bytes`"),
    not_loaded(Describing, "recurse", "nested deeper"),
    not_loaded(Describing, "refuse", "a hostile refusal"),
    not_loaded(Describing, "count", "it may not use this here"),
    not_loaded(Documenting, "unreachable", "it stopped itself without saying why"),
    // Saying what concerns them. The submitters who then are told to name topics are those who had topics found.
    fault(Relevance, "panic", "panic", "a hostile panic"),
    fault(Relevance, "loop", "out_of_fuel", "raise its limit `judge-fuel`"),
    fault(Relevance, "write:x", "not_allowed", "it may not use this here"),
    // Judging: ways to trap.
    fault(Judging, "panic", "panic", "a hostile panic"),
    fault(Judging, "write-and-panic:x", "panic", "after a write"),
    fault(Judging, "index-out-of-bounds", "panic", "index out of bounds: the len is 3 but the index is 7"),
    fault(Judging, "unreachable", "panic", "stopped itself"),
    fault(Judging, "memory-fault", "trap", "out of bounds memory access"),
    // Not to come back in time or in memory.
    fault(Judging, "loop", "out_of_fuel", "units of fuel"),
    fault(Judging, "recurse", "stack_overflow", "nested deeper"),
    fault(Judging, "recurse-with-memory", "trap", "out of bounds memory access"),
    fault(Judging, "memory", "memory", "limit `memory-bytes`"),
    // Too much of the host.
    fault(Judging, "host-calls", "budget", "too many calls into the host: 10000 are allowed"),
    fault(Judging, "hash:1073741824", "budget", "too many bytes hashed"),
    fault(Judging, "log-line:5000000", "budget", "more than 4194304 bytes at once"),
    fault(Judging, "log-lines", "budget", "too many calls into the host"),
    fault(Judging, "write-rows", "budget", "too many bytes written"),
    fault(Judging, "value-bytes", "budget", "a value of 6145 bytes"),
    fault(Judging, "key-bytes", "budget", "a key of 129 bytes"),
    fault(Judging, "get-key-bytes", "budget", "a key of 129 bytes"),
    fault(Judging, "topic-key-bytes", "budget", "a key of 129 bytes"),
    fault(Judging, "scan-limit", "bad_result", "a limit of 1001"),
    fault(Judging, "scan-rows", "budget", "too many calls into the host"),
    // What is none of their business.
    fault(Judging, "transaction", "not_allowed", "`ancestry` is for lookup services"),
    fault(Judging, "atomic-beef", "not_allowed", "`ancestry` is for lookup services"),
    fault(Judging, "malformed-txid", "not_allowed", "it may not use this here"),
    fault(Judging, "topic-name:tm_helloworld", "not_allowed", "write reads = [\"tm_helloworld\"]"),
    fault(Judging, "topic-name:__proto__", "bad_result", "it called the host with"),
    // Text that is none.
    fault(Judging, "refuse-malformed-text", "bad_result", "cannot be read"),
    fault(Judging, "log-malformed-text", "bad_result", "cannot be read"),
    // Verdicts that cannot be.
    fault(
        Judging,
        "admit-out-of-range",
        "bad_result",
        "output 2 in outputs-to-admit, but the transaction has 2 outputs",
    ),
    fault(Judging, "admit-highest-number", "bad_result", "output 4294967295 in outputs-to-admit"),
    fault(Judging, "admit-twice", "bad_result", "index 0 twice in outputs-to-admit"),
    fault(Judging, "admit-many", "out_of_fuel", "units of fuel"),
    fault(Judging, "admit-many:2000000", "budget", "more than 4194304 bytes at once"),
    fault(Judging, "admit-gigabyte", "bad_result", "cannot be read"),
    fault(Judging, "retain-foreign", "bad_result", "input 1 in coins-to-retain"),
    fault(
        Judging,
        "retain-not-previous",
        "bad_result",
        "input 0 in coins-to-retain, but it spends no output of the topic",
    ),
    // What would make the next verdict another one.
    no_effect(Judging, "refuse-nan", "every bit of every number is the same"),
    no_effect(Judging, "refuse-addresses", "everything lies where it always does"),
    no_effect(Judging, "refuse-leftovers", "0 and 0 bytes of somebody else"),
    no_effect(Judging, "refuse-control", "red \\u{1b}[31m alert\\r\\nfaked line\\u{0}\\u{202e}"),
    no_effect(Judging, "refuse-bytes", "xxxxxxxx…"),
    no_effect(Judging, "log-lines:5000", "further lines of this call are left out"),
    no_effect(Judging, "log-control", "red \\u{1b}[31m alert\\r\\nfaked line\\u{0}\\u{202e}"),
    // Organising.
    fault(Organising, "panic", "panic", "a hostile panic"),
    fault(Organising, "count", "not_allowed", "a basket manager keeps nothing but the tokens it places"),
    fault(Organising, "create-out-of-range:loot/all", "bad_result", "it places output 2"),
    fault(Organising, "create-twice:loot/all", "bad_result", "or which it placed already"),
    fault(Organising, "create-in:shop/till", "bad_result", "which is not its own; its baskets are loot"),
    fault(Organising, "create-in:", "bad_result", "an operation on no basket"),
    fault(Organising, "consume-nothing:loot/all", "bad_result", "that is no token of the manager"),
    // Indexing.
    fault(Admitted, "panic", "panic", "a hostile panic"),
    fault(Admitted, "loop", "out_of_fuel", "raise its limit `index-fuel`"),
    fault(Admitted, "write-rows", "budget", "too many bytes written"),
    fault(Spent, "unreachable", "panic", "stopped itself"),
    fault(NoLongerRetained, "recurse", "stack_overflow", "nested deeper"),
    fault(Evicted, "memory", "memory", "limit `memory-bytes`"),
    // Answering.
    fault(Asked, "panic", "panic", "a hostile panic"),
    fault(Asked, "loop", "out_of_fuel", "raise its limit `lookup-fuel`"),
    fault(Asked, "memory", "memory", "limit `memory-bytes`"),
    fault(Asked, "recurse", "stack_overflow", "nested deeper"),
    fault(Asked, "write:x", "not_allowed", "it may not use this here"),
    fault(Asked, "remove", "not_allowed", "it may not use this here"),
    fault(Asked, "signers", "not_allowed", "are for a topic manager that judges"),
    fault(Asked, "certificates", "not_allowed", "are for a topic manager that judges"),
    fault(Asked, "raw-transaction", "not_allowed", "it may not use this here"),
    fault(Asked, "freeform-not-json", "bad_result", "a freeform answer that is no JSON"),
    fault(Asked, "freeform-bytes:5000000", "budget", "more than 4194304 bytes at once"),
    fault(Asked, "many-outputs:10001", "bad_result", "10001 outputs, but 10000 are allowed"),
    fault(Asked, "big-context:5000000", "budget", "more than 4194304 bytes at once"),
    fault(Asked, "gigabyte", "budget", "more than 4194304 bytes at once"),
    fault(Asked, "short-txid", "bad_result", "a transaction id of 31 bytes"),
    fault(Asked, "long-txid", "bad_result", "a transaction id of 33 bytes"),
    fault(Asked, "empty-txid", "bad_result", "a transaction id of 0 bytes"),
    no_effect(Asked, "unknown-output", "what no topic holds is in no answer"),
    no_effect(Asked, "unknown-depth", "what no topic holds is in no answer"),
];

/// What the guest can also be told: what tests of the host need, and nothing a host is to be guarded from.
pub const HARMLESS: &[&str] = &[
    "admit-if-topic-row",
    "admit-nothing",
    "admit-only",
    "allocate",
    "always",
    "behave",
    "check-crypto",
    "check-state",
    "consent",
    "copy-topic-state",
    "control",
    "echo",
    "empty",
    "log-text",
    "long-name",
    "long-sentence",
    "outputs",
    "panic-with",
    "refuse-config",
    "refuse-late",
    "refuse-state",
    "refuse-topic-output",
    "refuse-topic-rows",
    "refuse-topic-state",
    "refuse-with",
    "retain-all",
    "retain-twice",
    "row",
    "spin",
    "statuses",
    "tally",
    "verify-certificate",
];

const fn fault(told: Told, name: &'static str, kind: &'static str, reads: &'static str) -> Member {
    Member { told, name, caught: Caught::Fault(kind), reads }
}

const fn not_loaded(told: Told, name: &'static str, reads: &'static str) -> Member {
    Member { told, name, caught: Caught::NotLoaded, reads }
}

const fn no_effect(told: Told, name: &'static str, reads: &'static str) -> Member {
    Member { told, name, caught: Caught::NoEffect, reads }
}

/// The members that misbehave at this time.
pub fn told(told: Told) -> impl Iterator<Item = &'static Member> {
    FAMILY.iter().filter(move |member| member.told == told)
}

/// The members that end in a fault at this time.
pub fn faults(at: Told) -> impl Iterator<Item = &'static Member> {
    told(at).filter(|member| matches!(member.caught, Caught::Fault(_)))
}

/// The table as Markdown.
#[must_use]
pub fn markdown() -> String {
    let mut text = "| in | it does | caught | the operator reads |\n|---|---|---|---|\n".to_owned();
    for Member { told, name, caught, reads } in FAMILY {
        text.push_str(&format!("| `{}` | {name} | {caught} | {reads} |\n", told.call()));
    }
    text
}
