//! What was broadcast, and what the network's verdicts were.

use std::collections::{BTreeSet, HashMap, VecDeque};

use trellis_engine::domain::time::Timestamp;
use trellis_spv::hash::Txid;

/// Transactions remembered; the oldest are forgotten first. A development session broadcasts far fewer.
pub const MAX_RECORDED: usize = 10_000;

/// Bytes of broadcast transactions remembered.
pub const MAX_RECORDED_BYTES: usize = 64 * 1024 * 1024;

/// A transaction as it was broadcast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broadcast {
    /// Its id.
    pub txid: Txid,
    /// The bytes that were sent: Extended Format (BRC-30), or raw if it came so.
    pub bytes: Vec<u8>,
    /// When it was sent first.
    pub at: Timestamp,
}

/// What is known of a transaction besides where the chain has it.
#[derive(Debug, Clone, Default)]
pub(super) struct Verdict {
    /// Transactions that spend the same outputs.
    pub(super) rivals: BTreeSet<Txid>,
    /// A node's reason, if one refused it.
    pub(super) rejected: Option<&'static str>,
}

#[derive(Debug, Default)]
pub(super) struct Records {
    verdicts: HashMap<Txid, Verdict>,
    broadcasts: VecDeque<Broadcast>,
    bytes: usize,
}

impl Records {
    /// Notes that a transaction was broadcast for the first time.
    pub(super) fn note(&mut self, txid: Txid, bytes: &[u8], at: Timestamp) {
        if self.verdicts.contains_key(&txid) {
            return;
        }
        self.verdicts.insert(txid, Verdict::default());
        self.bytes += bytes.len();
        self.broadcasts.push_back(Broadcast { txid, bytes: bytes.to_vec(), at });
        while self.broadcasts.len() > MAX_RECORDED || self.bytes > MAX_RECORDED_BYTES {
            let Some(oldest) = self.broadcasts.pop_front() else { break };
            self.bytes = self.bytes.saturating_sub(oldest.bytes.len());
            self.verdicts.remove(&oldest.txid);
        }
    }

    /// Notes that a transaction and its rivals compete: each learns of the others.
    pub(super) fn contest(&mut self, txid: Txid, rivals: &[Txid]) {
        for rival in rivals {
            for (one, other) in [(txid, *rival), (*rival, txid)] {
                if let Some(verdict) = self.verdicts.get_mut(&one) {
                    verdict.rivals.insert(other);
                }
            }
        }
    }

    pub(super) fn reject(&mut self, txid: Txid, reason: &'static str) {
        if let Some(verdict) = self.verdicts.get_mut(&txid) {
            verdict.rejected = Some(reason);
        }
    }

    pub(super) fn get(&self, txid: &Txid) -> Option<&Verdict> {
        self.verdicts.get(txid)
    }

    pub(super) fn broadcasts(&self) -> Vec<Broadcast> {
        self.broadcasts.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn txid(n: u32) -> Txid {
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&n.to_le_bytes());
        Txid::from_internal(bytes)
    }

    #[test]
    fn memory_is_bounded_by_number_and_by_bytes() {
        let mut records = Records::default();
        for n in 0..=MAX_RECORDED as u32 {
            records.note(txid(n), &[1], Timestamp(0));
        }
        assert_eq!(records.broadcasts.len(), MAX_RECORDED);
        assert!(records.get(&txid(0)).is_none() && records.get(&txid(1)).is_some());
        records.note(txid(u32::MAX), &vec![0; MAX_RECORDED_BYTES], Timestamp(0));
        assert_eq!(records.broadcasts.len(), 1);
        assert_eq!(records.verdicts.len(), 1);
    }
}
