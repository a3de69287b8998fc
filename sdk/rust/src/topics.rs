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
///
/// ```
/// use trellis_plugin::topics::HeldOutput;
///
/// /// A ticket is good as long as nobody has spent it.
/// fn is_good(ticket: &HeldOutput) -> bool {
///     !ticket.spent && ticket.satoshis == 1
/// }
/// assert!(is_good(&HeldOutput { satoshis: 1, locking_script: vec![0x51], spent: false }));
/// ```
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
///
/// ```
/// use trellis_plugin::topics::{self, HeldOutput};
/// use trellis_plugin::{Outpoint, Refusal, Txid, stand_in};
///
/// /// A ticket is for an event that is still on.
/// fn check(event: &Outpoint) -> Result<(), Refusal> {
///     match topics::output("tm_events", event) {
///         Some(held) if !held.spent => Ok(()),
///         _ => Err(format!("there is no event {event}").into()),
///     }
/// }
/// stand_in::reset();
/// let event = Outpoint { txid: Txid([7; 32]), output_index: 0 };
/// assert!(check(&event).is_err());
/// stand_in::add_topic_output("tm_events", event, HeldOutput { satoshis: 1, locking_script: vec![], spent: false });
/// assert_eq!(check(&event), Ok(()));
/// ```
pub fn output(topic: &str, outpoint: &Outpoint) -> Option<HeldOutput> {
    host::topic_output(topic, outpoint)
}

/// The value under `key` (1 to 128 bytes) in the rows of `topic`.
///
/// ```
/// use trellis_plugin::{stand_in, topics};
///
/// stand_in::reset();
/// stand_in::set_topic_state("tm_events", b"price", &500u64.to_be_bytes());
/// let price = topics::state_get("tm_events", b"price").and_then(|bytes| bytes.try_into().ok());
/// assert_eq!(price.map(u64::from_be_bytes), Some(500));
/// ```
pub fn state_get(topic: &str, key: &[u8]) -> Option<Vec<u8>> {
    host::topic_state_get(topic, key)
}

/// The rows of `topic` in a range, in the order of their keys.
///
/// ```
/// use trellis_plugin::state::Range;
/// use trellis_plugin::{stand_in, topics};
///
/// stand_in::reset();
/// for key in [b"seat/2", b"seat/1"] {
///     stand_in::set_topic_state("tm_events", key, b"");
/// }
/// let seats = topics::state_scan("tm_events", Range::prefix("seat/")).map(|row| row.key);
/// assert_eq!(seats.collect::<Vec<_>>(), [b"seat/1", b"seat/2"]);
/// ```
pub fn state_scan(topic: &str, range: Range) -> Rows {
    Rows::new(Some(topic.to_owned()), range, false)
}

/// The rows of `topic` in a range, from its end downwards.
///
/// ```
/// use trellis_plugin::state::Range;
/// use trellis_plugin::{stand_in, topics};
///
/// stand_in::reset();
/// for key in [b"seat/1", b"seat/2"] {
///     stand_in::set_topic_state("tm_events", key, b"");
/// }
/// let last = topics::state_scan_reverse("tm_events", Range::all()).page_size(1).next();
/// assert_eq!(last.map(|row| row.key), Some(b"seat/2".to_vec()));
/// ```
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
