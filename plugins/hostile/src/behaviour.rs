//! What any call can be told to do.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

use trellis_plugin::{Refusal, Txid, ancestry, config, context, identity, log, parties, state, topics};

use crate::{checks, temptation};

/// `<name>:<argument>` in two.
pub(crate) fn split(behaviour: &str) -> (&str, &str) {
    behaviour.split_once(':').unwrap_or((behaviour, ""))
}

/// The argument as a number, or `otherwise`.
pub(crate) fn number(argument: &str, otherwise: u64) -> u64 {
    argument.parse().unwrap_or(otherwise)
}

/// The behaviours every call knows. Most of them do not come back; those that do let the call go on as usual.
pub(crate) fn act(behaviour: &str) -> Result<(), Refusal> {
    let (name, argument) = split(behaviour);
    match name {
        "" | "behave" => {}

        // Ways to trap.
        "panic" => panic!("a hostile panic"),
        "panic-with" => panic!("{argument}"),
        "index-out-of-bounds" => {
            let list = black_box(vec![1, 2, 3]);
            black_box(list[black_box(7)]);
        }
        "unreachable" => unreachable_instruction(),
        "write-and-panic" => {
            state::set(b"key", argument.as_bytes());
            panic!("after a write");
        }
        "memory-fault" => {
            // SAFETY: none; the last address of linear memory is not there, and the access traps.
            black_box(unsafe { std::ptr::with_exposed_provenance::<u8>(black_box(u32::MAX as usize)).read_volatile() });
        }

        // Ways not to come back in time or in memory.
        "loop" => loop {
            black_box(());
        },
        "recurse" => {
            black_box(recurse(1));
        }
        "recurse-with-memory" => {
            black_box(recurse_with_memory(1));
        }
        "memory" => {
            let mut hoard = Vec::new();
            loop {
                hoard.push(black_box(vec![1u8; 1 << 20]));
            }
        }
        "allocate" => {
            // This many bytes, touched and given back.
            black_box(vec![1u8; number(argument, 1 << 20) as usize]);
        }
        "spin" => {
            black_box(spin(number(argument, 1000)));
        }

        // Too much of the host's time or memory.
        "host-calls" => (0..number(argument, 1_000_000)).for_each(|_| {
            black_box(config::get("behave"));
        }),
        "hash" => {
            // So many bytes hashed by the host, a MiB at a time.
            let data = vec![1u8; 1 << 20];
            (0..number(argument, 1 << 30) >> 20).for_each(|_| {
                black_box(trellis_plugin::crypto::sha256(&data));
            });
        }
        "log-line" => log::info("x".repeat(number(argument, 20 << 20) as usize)),
        "log-lines" => {
            (0..number(argument, 100_000)).for_each(|line| log::info(format!("line {line} {}", "x".repeat(200))))
        }
        "log-malformed-text" => log::info(malformed_text()),
        "log-text" => log::info(argument),
        "log-control" => log::warn("red \u{1b}[31m alert\r\nfaked line\0\u{202e}"),

        // Wrong arguments for `state`.
        "value-bytes" => state::set(b"value", &vec![1; number(argument, 6145) as usize]),
        "key-bytes" => state::set(&vec![1; number(argument, 129) as usize], b"value"),
        "get-key-bytes" => {
            black_box(state::get(&vec![1; number(argument, 129) as usize]));
        }
        "topic-key-bytes" => {
            black_box(topics::state_get("tm_other", &vec![1; number(argument, 129) as usize]));
        }
        "topic-name" => {
            black_box(topics::state_get(argument, b"key"));
        }
        "scan-limit" => scan_limit(number(argument, 1001) as u32),
        "write-rows" => {
            let value = vec![1; 6144];
            (0..number(argument, 10_000)).for_each(|row| state::set(format!("row {row:08}").as_bytes(), &value));
        }
        "scan-rows" => {
            // All rows, over and over, so many times.
            (0..number(argument, 1_000_000)).for_each(|_| {
                black_box(state::scan(state::Range::all()).page_size(1000).count());
            });
        }

        // What some calls may not do.
        "write" => state::set(b"key", argument.as_bytes()),
        "remove" => state::remove(b"key"),
        "raw-transaction" => {
            black_box(context::raw_transaction());
        }
        "transaction" => {
            black_box(ancestry::transaction(&Txid([0; 32])));
        }
        "atomic-beef" => {
            black_box(ancestry::atomic_beef(&Txid([0; 32])));
        }
        "malformed-txid" => malformed_txid(),
        "signers" => return Err(format!("{:?} of {:?}", identity::submitter(), identity::signers()).into()),
        "certificates" => return Err(format!("{:?}", identity::certificates()).into()),
        "verify-certificate" => {
            let certificate = identity::VerifiableCertificate::from_json(argument.as_bytes())?;
            return Err(format!("{:?}", identity::verify_certificate(&certificate)?.revealed).into());
        }

        // What a topic manager of agreements does: federation, type, fields and parties, parted by spaces and commas.
        "consent" => {
            let mut parts = argument.split(' ');
            let mut next = || parts.next().unwrap();
            let (federation, certificate_type) = (next(), next().parse()?);
            let fields: Vec<&str> = next().split(',').collect();
            let parties = next().split(',').map(str::parse).collect::<Result<Vec<identity::IdentityKey>, _>>()?;
            parties::Requirement::new(federation, certificate_type, &fields).consent_of(&parties)?;
        }

        // Refusals, which are no faults.
        "refuse" => return Err("a hostile refusal".into()),
        "refuse-with" => return Err(argument.into()),
        "refuse-late" => return Err(spin(number(argument, 1000)).to_string().into()),
        "refuse-bytes" => return Err("x".repeat(number(argument, 1 << 20) as usize).into()),
        "refuse-malformed-text" => return Err(malformed_text().into()),
        "refuse-control" => return Err("red \u{1b}[31m alert\r\nfaked line\0\u{202e}".into()),
        "refuse-config" => return Err(config::get(argument).unwrap_or_else(|| "none".into()).into()),
        "refuse-state" => {
            let value = state::get(argument.as_bytes()).unwrap_or_else(|| b"none".to_vec());
            return Err(String::from_utf8_lossy(&value).into_owned().into());
        }
        "refuse-topic-state" => {
            let (topic, key) = argument.split_once(' ').unwrap();
            let value = topics::state_get(topic, key.as_bytes()).unwrap_or_else(|| b"none".to_vec());
            return Err(String::from_utf8_lossy(&value).into_owned().into());
        }
        "refuse-topic-rows" => {
            let (topic, prefix) = argument.split_once(' ').unwrap();
            let rows = topics::state_scan(topic, state::Range::prefix(prefix));
            let texts: Vec<_> = rows.map(|row| String::from_utf8_lossy(&row.value).into_owned()).collect();
            return Err(texts.join(",").into());
        }
        "refuse-topic-output" => {
            let (topic, outpoint) = argument.split_once(' ').unwrap();
            let held = topics::output(topic, &outpoint.parse().unwrap());
            return Err(format!("{held:?}").into());
        }
        "copy-topic-state" => {
            // What another topic has under a key becomes a row of its own.
            let (topic, key) = argument.split_once(' ').unwrap();
            let value = topics::state_get(topic, key.as_bytes()).unwrap_or_else(|| b"none".to_vec());
            state::set(format!("copy of {key}").as_bytes(), &value);
        }
        "admit-if-topic-row" => {
            let (topic, key) = argument.split_once(' ').unwrap();
            if topics::state_get(topic, key.as_bytes()).is_none() {
                return Err(format!("topic {topic} has no row {key}").into());
            }
        }

        // What would make the next verdict another one.
        "refuse-nan" => return Err(temptation::nan().into()),
        "refuse-addresses" => return Err(temptation::addresses().into()),
        "refuse-leftovers" => return Err(temptation::leftovers().into()),

        // What the host promises, held against it.
        "check-state" => checks::state(),
        "check-crypto" => checks::crypto(),
        "count" => count(),

        _ => panic!("no behaviour is called {behaviour:?} here"),
    }
    Ok(())
}

/// Text that is none: no UTF-8.
fn malformed_text() -> String {
    // SAFETY: none; the host is to notice. Nothing in the guest looks at it.
    unsafe { String::from_utf8_unchecked(black_box(vec![b'n', 0xff, 0xc0, 0x80, b'o'])) }
}

/// Adds one to the number under `count`: every call reads what the one before wrote.
fn count() {
    let count = state::get(b"count").map_or(0, |value| String::from_utf8(value).unwrap().parse::<u64>().unwrap());
    state::set(b"count", (count + 1).to_string().as_bytes());
}

/// Fills the stack of linear memory, where values live that something points at: the access below its end traps.
#[inline(never)]
fn recurse_with_memory(depth: u64) -> u64 {
    let frame = black_box([depth; 16]);
    if black_box(depth) == 0 { 0 } else { recurse_with_memory(depth + 1) + frame[3] }
}

/// Fills the machine's own stack: nothing here is pointed at, so linear memory has no part in it.
#[inline(never)]
fn recurse(depth: u64) -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    // Never equal, but the compiler does not know. What follows the call keeps it from becoming a loop.
    if LAST.load(Ordering::Relaxed) == depth { 0 } else { (recurse(depth + 1) ^ depth).wrapping_mul(0x0100_0000_01b3) }
}

/// Useful work that takes time in proportion to `rounds` and cannot be shortened.
fn spin(rounds: u64) -> u64 {
    (0..rounds).fold(0xcbf2_9ce4_8422_2325, |sum, round| black_box((sum ^ round).wrapping_mul(0x0100_0000_01b3)))
}

#[cfg(target_arch = "wasm32")]
fn unreachable_instruction() {
    core::arch::wasm32::unreachable()
}

#[cfg(target_arch = "wasm32")]
fn scan_limit(limit: u32) {
    black_box(trellis_plugin::bindings::plugin_role::bsv::overlay::state::scan(b"", None, limit, false));
}

#[cfg(target_arch = "wasm32")]
fn malformed_txid() {
    black_box(trellis_plugin::bindings::plugin_role::bsv::overlay::ancestry::transaction(&[1; 31]));
}

#[cfg(not(target_arch = "wasm32"))]
use only_in_components::{malformed_txid, scan_limit, unreachable_instruction};

/// Outside a component there is nothing to misbehave against; these keep the workspace compiling.
#[cfg(not(target_arch = "wasm32"))]
mod only_in_components {
    pub(super) fn unreachable_instruction() {}
    pub(super) fn scan_limit(_: u32) {}
    pub(super) fn malformed_txid() {}
}
