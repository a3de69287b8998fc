//! Much reading and writing of few rows, its own and those of other topics, so that submissions get into each other's way.
//!
//! What is written depends on everything that was read before, so rows come out otherwise unless every call saw exactly what
//! it would have seen alone.

use trellis_plugin::state::{self, Range, Rows};
use trellis_plugin::{Outpoint, Txid, config, topics};

use crate::behaviour::number;

/// Keys there are. Few, so that most calls share some.
const KEYS: u64 = 12;

/// Does what the number `seed` says. Other topics are those of the config key `tally-topics`, separated by spaces.
pub(crate) fn tally(seed: u64) {
    let others = config::get("tally-topics").unwrap_or_default();
    let others: Vec<&str> = others.split_whitespace().collect();
    let mut seen = Seen(seed);
    for _ in 0..3 + seed % 4 {
        let other = others.get(seen.below(others.len().max(1) as u64) as usize);
        match (seen.below(8), other) {
            (0, _) => {
                let value = state::get(b"count").map_or(0, |value| number(&String::from_utf8_lossy(&value), 0));
                state::set(b"count", (value + 1).to_string().as_bytes());
            }
            (1, _) => {
                let value = state::get(&seen.key());
                seen.add(value.as_deref().unwrap_or(b"none"));
            }
            (2, _) => {
                let key = seen.key();
                state::remove(&key);
            }
            (3, _) => {
                let range = seen.range();
                seen.add_rows(state::scan(range));
            }
            (4, _) => {
                let range = seen.range();
                seen.add_rows(state::scan_reverse(range));
            }
            (5, Some(topic)) => {
                let value = topics::state_get(topic, &seen.key());
                seen.add(value.as_deref().unwrap_or(b"none"));
            }
            (6, Some(topic)) => {
                let range = seen.range();
                seen.add_rows(topics::state_scan(topic, range));
            }
            (7, Some(topic)) => {
                let Some(row) = topics::state_scan(topic, Range::prefix("output ")).page_size(1).next() else {
                    continue;
                };
                let Some(outpoint) = Outpoint::from_bytes(&row.value) else { continue };
                let held = topics::output(topic, &outpoint);
                seen.add(held.map_or("none".into(), |held| format!("{} {}", held.satoshis, held.spent)).as_bytes());
            }
            _ => {}
        }
        let key = seen.key();
        state::set(&key, &seen.0.to_be_bytes());
    }
}

/// Remembers the outputs that were admitted last, where other topics find them.
pub(crate) fn remember_output(txid: Txid) {
    let outpoint = Outpoint { txid, output_index: 0 };
    state::set(format!("output {}", txid.as_bytes()[0] % 4).as_bytes(), &outpoint.to_bytes());
}

/// A digest of all that was seen, from which the next step follows.
struct Seen(u64);

impl Seen {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self.0 ^= self.0 >> 29;
    }

    fn add_rows(&mut self, rows: Rows) {
        for row in rows.page_size(5).take(20) {
            self.add(&row.key);
            self.add(&row.value);
        }
    }

    fn below(&mut self, end: u64) -> u64 {
        self.add(b"step");
        self.0 % end
    }

    fn key(&mut self) -> Vec<u8> {
        format!("key {:02}", self.below(KEYS)).into_bytes()
    }

    fn range(&mut self) -> Range {
        let (one, other) = (self.key(), self.key());
        if one < other { Range::between(one, other) } else { Range::between(other, one) }
    }
}
