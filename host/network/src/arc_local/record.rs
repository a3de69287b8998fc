//! What was broadcast, and what the network's verdicts were.

use std::collections::{BTreeSet, HashMap, VecDeque};

use trellis_engine::domain::time::Timestamp;
use trellis_spv::hash::{BlockHash, Txid};

use super::headers::{Registration, Wishes};
use crate::arc::TxStatus;

/// Transactions remembered; the oldest are forgotten first. A development session broadcasts far fewer.
pub const MAX_RECORDED: usize = 10_000;

/// Bytes of broadcast transactions remembered.
pub const MAX_RECORDED_BYTES: usize = 64 * 1024 * 1024;

/// Addresses told of one transaction. ARC sets no limit; nobody needs more.
const MAX_LISTENERS: usize = 10;

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
    /// Set if a node refused it.
    pub(super) rejected: Option<Rejection>,
    listeners: Listeners,
    /// What its listeners would have been told last.
    told: Option<Told>,
}

/// A node's refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rejection {
    pub(super) words: String,
    /// The block the transaction had lost by then, if any: one that it loses later says more.
    pub(super) after: Option<BlockHash>,
}

/// Who is told of a transaction.
#[derive(Debug, Clone, Default)]
pub(super) struct Listeners {
    pub(super) who: Vec<Registration>,
    /// As the first broadcast asked for.
    pub(super) full_updates: bool,
}

/// What a callback tells: the same is not told twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) status: TxStatus,
    pub(super) block_hash: String,
}

#[derive(Debug, Default)]
pub(super) struct Records {
    verdicts: HashMap<Txid, Verdict>,
    broadcasts: VecDeque<Broadcast>,
    bytes: usize,
    changes: u64,
}

impl Records {
    /// Notes that a transaction was broadcast for the first time.
    pub(super) fn note(&mut self, txid: Txid, bytes: &[u8], at: Timestamp) {
        if self.verdicts.contains_key(&txid) {
            return;
        }
        self.changes += 1;
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
        self.changes += 1;
        for rival in rivals {
            for (one, other) in [(txid, *rival), (*rival, txid)] {
                if let Some(verdict) = self.verdicts.get_mut(&one) {
                    verdict.rivals.insert(other);
                }
            }
        }
    }

    /// Notes a node's refusal; `after` is the block the transaction had lost before, if any.
    pub(super) fn reject(&mut self, txid: Txid, words: &str, after: Option<BlockHash>) {
        self.changes += 1;
        if let Some(verdict) = self.verdicts.get_mut(&txid) {
            verdict.rejected = Some(Rejection { words: words.to_owned(), after });
        }
    }

    /// Notes who wants to hear of a transaction. Where it stood before is not told: ARC calls when something changes.
    pub(super) fn listen(&mut self, txid: Txid, wishes: &Wishes, before: Option<Told>) {
        self.changes += 1;
        let Some(verdict) = self.verdicts.get_mut(&txid) else { return };
        match before {
            None => verdict.listeners.full_updates = wishes.full_updates,
            Some(before) => drop(verdict.told.get_or_insert(before)),
        }
        let who = &mut verdict.listeners.who;
        let new = wishes.callback.iter().filter(|new| !who.contains(new)).take(MAX_LISTENERS.saturating_sub(who.len()));
        let new: Vec<Registration> = new.cloned().collect();
        who.extend(new);
    }

    /// Transactions somebody wants to hear of.
    pub(super) fn watched(&self) -> Vec<Txid> {
        let watched = self.verdicts.iter().filter(|(_, verdict)| !verdict.listeners.who.is_empty());
        watched.map(|(txid, _)| *txid).collect()
    }

    /// Who is to be told this, if it is news.
    pub(super) fn tell(&mut self, txid: &Txid, news: Told) -> Option<Listeners> {
        let verdict = self.verdicts.get_mut(txid)?;
        if verdict.told.as_ref() == Some(&news) {
            return None;
        }
        verdict.told = Some(news);
        Some(verdict.listeners.clone())
    }

    /// A number that is another one after every change.
    pub(super) fn changes(&self) -> u64 {
        self.changes
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
