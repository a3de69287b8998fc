//! What other topics of the host hold. Read-only, and only what the operator granted:
//!
//! ```toml
//! [[topic]]
//! name = "tm_tickets"
//! plugin = "tickets"
//! reads = ["tm_events"]
//! ```
//!
//! For `identify_admissible_outputs`, `is_relevant` and `lookup` only, elsewhere a fault: an index is built anew from what its
//! calls carry, long after topics held what they held then. A lookup service reads the topics it indexes without a grant. A topic that is not granted or not hosted is a fault, whose
//! text tells the operator what to write.
//!
//! A topic is seen as it was before the submission the call is about, also where it judges the same submission. What is read
//! is part of what the verdict depends on: if it turns out otherwise because the network takes something back, the submission
//! is judged again.

use crate::state::{Range, Rows};
use crate::{Outpoint, host};

/// An output a topic holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldOutput {
    /// Its value, in satoshis.
    pub satoshis: u64,
    /// The script that locks it.
    pub locking_script: Vec<u8>,
    /// Spent, and retained by the topic manager for the topic's history.
    pub spent: bool,
}

/// An output `topic` holds; `None` where it never entered, or was spent and not retained.
pub fn output(topic: &str, outpoint: &Outpoint) -> Option<HeldOutput> {
    host::topic_output(topic, outpoint)
}

/// The value under `key` in the rows of `topic`.
pub fn state_get(topic: &str, key: &[u8]) -> Option<Vec<u8>> {
    host::topic_state_get(topic, key)
}

/// The rows of `topic` in a range, in the order of their keys.
pub fn state_scan(topic: &str, range: Range) -> Rows {
    Rows::new(Some(topic.to_owned()), range, false)
}

/// The rows of `topic` in a range, from its end downwards.
pub fn state_scan_reverse(topic: &str, range: Range) -> Rows {
    Rows::new(Some(topic.to_owned()), range, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Txid, stand_in, state};

    #[test]
    fn what_the_stand_in_was_told_of_a_topic_is_what_a_plugin_reads_there() {
        stand_in::reset();
        state::set(b"key", b"own");
        for key in [b"a", b"b", b"c"] {
            stand_in::set_topic_state("tm_other", key, key);
        }
        let outpoint = Outpoint { txid: Txid([7; 32]), output_index: 1 };
        let held = HeldOutput { satoshis: 5, locking_script: vec![0x51], spent: true };
        stand_in::add_topic_output("tm_other", outpoint, held.clone());
        assert_eq!(state_get("tm_other", b"a"), Some(b"a".to_vec()));
        assert_eq!((state_get("tm_other", b"key"), state_get("tm_third", b"a")), (None, None));
        let keys = |rows: Rows| rows.page_size(1).flat_map(|row| row.key).collect::<Vec<u8>>();
        assert_eq!(keys(state_scan("tm_other", Range::between("a", "c"))), b"ab");
        assert_eq!(keys(state_scan_reverse("tm_other", Range::all())), b"cba");
        assert_eq!(output("tm_other", &outpoint), Some(held));
        assert_eq!((output("tm_third", &outpoint), state_get("tm_other", b"d")), (None, None));
    }
}
