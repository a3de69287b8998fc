//! Everything that was handed in, and what must have come of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use trellis_spv::hash::{Outpoint, Txid};

use super::deed::{Deed, Token};
use super::desk::{Meant, Sent};
use super::log::{Applied, Log};
use super::network::Network;
use super::supply_chain::good_in;
use crate::client::Client;

/// Everything that was handed in.
#[derive(Debug)]
pub struct Book {
    network: Network,
    entries: BTreeMap<Txid, Entry>,
}

#[derive(Debug)]
struct Entry {
    deed: Deed,
    meant: Meant,
    /// Whether the host ever said that it took it.
    was_taken: bool,
    /// Whether its last word was that it did not.
    was_refused: bool,
    /// The members of its batch, itself included.
    together: BTreeSet<Txid>,
}

impl Book {
    /// A book of nothing yet; this is the network's part of it.
    #[must_use]
    pub fn new(network: &Network) -> Self {
        Self { network: network.clone(), entries: BTreeMap::new() }
    }

    /// Notes what was handed in.
    pub fn note(&mut self, sent: &[Sent]) {
        for Sent { deeds, meant, taken } in sent {
            let together: BTreeSet<Txid> = deeds.iter().map(Deed::txid).collect();
            for deed in deeds {
                let new = || Entry {
                    deed: deed.clone(),
                    meant: *meant,
                    was_taken: false,
                    was_refused: false,
                    together: together.clone(),
                };
                let entry = self.entries.entry(deed.txid()).or_insert_with(new);
                // Wrong in the company of another, it may be right alone.
                if entry.meant == Meant::Wrong {
                    (entry.meant, entry.together) = (*meant, together.clone());
                }
                entry.was_taken |= *taken == Some(true);
                entry.was_refused = *taken == Some(false);
            }
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What was taken has taken effect, what has taken effect did so as a whole, and nothing that is wrong did. Only what the
    /// network refuses, and what comes from it, was taken back.
    ///
    /// # Panics
    /// One of it is not so.
    pub fn assert_whole(&self, log: &Log) {
        for (txid, applied) in log.all_applied() {
            let entry = self.entries.get(txid).unwrap_or_else(|| panic!("nobody handed in {txid}"));
            assert_ne!(entry.meant, Meant::Wrong, "{txid} has taken effect");
            assert_complete(&entry.deed, applied);
            for other in &entry.together {
                let sequence = log.applied(other).map(|applied| applied.sequence);
                assert_eq!(sequence, Some(applied.sequence), "{other} is in one batch with {txid}");
            }
        }
        for (txid, entry) in &self.entries {
            let is_applied = log.applied(txid).is_some();
            assert!(is_applied || !entry.was_taken, "{txid} was taken and is lost");
            let is_alone = entry.together.len() == 1;
            assert!(!(is_alone && entry.was_refused && log.is_live(txid, u64::MAX)), "{txid} was refused and is there");
        }
        for txid in log.all_reverted() {
            assert!(self.comes_from_doomed(txid), "{txid} was taken back, and the network refused nothing of it");
        }
    }

    /// Whether the network is to refuse it, or what it comes from.
    #[must_use]
    pub fn comes_from_doomed(&self, txid: &Txid) -> bool {
        self.entries.get(txid).is_some_and(|entry| self.network.refuses(&entry.deed))
    }

    /// The host says of each of these transactions what its events have said.
    ///
    /// # Panics
    /// It does not.
    pub fn assert_reported<'t>(&self, client: &Client, log: &Log, txids: impl IntoIterator<Item = &'t Txid>) {
        for txid in txids {
            let (entry, report) = (&self.entries[txid], client.transaction(txid));
            let (Some(report), Some(applied)) = (&report, log.applied(txid)) else {
                assert!(report.is_none() && log.applied(txid).is_none(), "{txid} is there in part: {report:?}");
                continue;
            };
            let mut topics: Vec<&str> =
                report["topics"].as_array().expect("topics").iter().filter_map(Value::as_str).collect();
            topics.sort_unstable();
            let mut wanted = entry.deed.topics.clone();
            wanted.sort_unstable();
            assert_eq!(topics, wanted, "{report}");
            // The network may refuse it between the one look and the other.
            if report["takenBack"] == true {
                assert!(self.comes_from_doomed(txid), "{report}");
            } else {
                assert!(log.is_live(txid, u64::MAX), "{txid} was taken back: {report}");
                assert_eq!(report["sequence"], applied.sequence, "{report}");
            }
        }
    }

    /// The tokens there are at a sequence: made by what is held then, and spent by none of it.
    #[must_use]
    pub fn tokens<'b>(&'b self, log: &'b Log, at: u64) -> BTreeMap<Outpoint, &'b Token> {
        let live = || self.live(log, at);
        let mut tokens = BTreeMap::new();
        for (txid, deed) in live() {
            tokens.extend(deed.tokens.iter().map(|(vout, token)| (Outpoint::new(*txid, *vout), token)));
        }
        for (_, deed) in live() {
            deed.transaction.inputs().iter().for_each(|input| _ = tokens.remove(&input.source));
        }
        tokens
    }

    /// Where the goods of these transactions were last, with all that is held now; `None` where nothing of one is. Without those
    /// that the network may take back any moment, unless it `is_settled`.
    #[must_use]
    pub fn goods<'t>(
        &self,
        log: &Log,
        txids: impl IntoIterator<Item = &'t Txid>,
        is_settled: bool,
    ) -> BTreeMap<String, Option<Outpoint>> {
        let goods = |deed: &Deed| deed.tokens.values().filter_map(good_in).map(str::to_owned).collect::<Vec<_>>();
        let mut asked = BTreeSet::new();
        let mut unsettled = BTreeSet::new();
        for txid in txids.into_iter().filter(|txid| log.applied(txid).is_some()) {
            let may_go = !is_settled && self.comes_from_doomed(txid);
            if may_go { &mut unsettled } else { &mut asked }.extend(goods(&self.entries[txid].deed));
        }
        let mut last: BTreeMap<String, (usize, Outpoint)> = BTreeMap::new();
        for (txid, deed) in self.live(log, u64::MAX) {
            for good in goods(deed) {
                // The further it has come, the more lies behind it.
                let way = (deed.past.len(), Outpoint::new(*txid, 0));
                last.entry(good).and_modify(|known| *known = (*known).max(way)).or_insert(way);
            }
        }
        let asked = asked.into_iter().filter(|good| !unsettled.contains(good));
        asked.map(|good| (good.clone(), last.get(&good).map(|(_, outpoint)| *outpoint))).collect()
    }

    /// What the host holds at a sequence.
    pub fn live<'b>(&'b self, log: &'b Log, at: u64) -> impl Iterator<Item = (&'b Txid, &'b Deed)> {
        let live = self.entries.iter().filter(move |(txid, _)| log.is_live(txid, at));
        live.map(|(txid, entry)| (txid, &entry.deed))
    }

    /// All transactions.
    pub fn txids(&self) -> impl Iterator<Item = &Txid> {
        self.entries.keys()
    }
}

/// What subscribers were told of it is all of it: every output in its topic, every token in its basket.
fn assert_complete(deed: &Deed, applied: &Applied) {
    let (txid, body) = (deed.txid(), &applied.body);
    let changes = body["topics"].as_array().expect("topics");
    assert_eq!(changes.len(), deed.topics.len(), "{body}");
    for change in changes {
        let admitted = deed.admitted(change["topic"].as_str().expect("a topic"));
        let admitted: Vec<String> = admitted.iter().map(|vout| format!("{txid}.{vout}")).collect();
        assert_eq!(change["admitted"], json!(admitted), "{body}");
    }
    let operations = body["operations"].as_array().expect("operations");
    let mut placed: Vec<&Value> = operations.iter().map(|one| &one["placed"]).filter(|one| one.is_object()).collect();
    for (vout, Token { basket, asset, amount, .. }) in &deed.tokens {
        let outpoint = format!("{txid}.{vout}");
        let wanted = json!({ "basket": basket, "outpoint": outpoint, "asset": asset, "amount": amount });
        let at = placed.iter().position(|place| **place == wanted).unwrap_or_else(|| panic!("no {wanted} in {body}"));
        placed.swap_remove(at);
    }
    assert!(placed.is_empty(), "{body}");
}
