//! The facts of a submission: what is new, what it spends, and which coins of which topics those are.
//!
//! Spends are facts of a transaction, verdicts are facts of a topic: every input of every transaction stored here is in the
//! spend index, whatever topics were named.

use std::collections::{BTreeSet, HashMap, HashSet};

use trellis_spv::hash::{Outpoint, Txid};
use trellis_spv::transaction::Transaction;
use trellis_spv::verify::{Verified, VerifiedTransaction};

use super::again::Again;
use super::answer::{SubmitError, refused_by_network};
use super::carried::{Along, Brought};
use crate::domain::admittance::Admittance;
use crate::domain::name::TopicId;
use crate::domain::row::{AppliedRow, EvictedRow, OutputRow, OutputState, Row, RowKey, StatusRow};
use crate::domain::status::Status;
use crate::domain::time::{Sequence, Timestamp};
use crate::engine::Engine;
use crate::hosting::HostedTopic;
use crate::ports::observer::Stage;
use crate::ports::plugins::{SourceOutput, TransactionView};
use crate::ports::store::StoreError;
use crate::stored::StoredAt;
use crate::view::{At, View};

/// An output of a topic that the submission spends.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Coin {
    pub(super) topic: TopicId,
    pub(super) outpoint: Outpoint,
    pub(super) row: At<OutputRow>,
    /// The transaction that spends it: the subject, or an ancestor that is new here.
    pub(super) spender: Txid,
    pub(super) input: u32,
}

impl Coin {
    /// Whether an earlier commit already recorded this very spend.
    pub(super) fn already_spent(&self) -> bool {
        self.row.row.state != OutputState::Live
    }
}

/// What a submission is, before anybody judges it.
pub(super) struct Facts<'f> {
    pub(super) verified: &'f Verified,
    pub(super) subject: &'f VerifiedTransaction,
    pub(super) applied: Option<At<AppliedRow>>,
    /// Topics that are to judge the subject now.
    pub(super) judging: Vec<HostedTopic>,
    /// Topics named that have judged it before, with what they decided.
    pub(super) judged_before: Vec<(HostedTopic, Admittance)>,
    /// Transactions not held here yet, parents first.
    pub(super) new: Vec<&'f VerifiedTransaction>,
    /// Coins of all topics that `new` spends, and those the subject spends in `judging`.
    pub(super) coins: Vec<Coin>,
    /// Whether the subject's spends stand whatever topics decide: it is proven, or held here and judged again.
    pub(super) stands: bool,
    /// Parents of the subject's inputs that verification had no need of, for plugins to see what is spent.
    extra_parents: HashMap<Txid, Transaction>,
    pub(super) along: Along<'f>,
    /// When it came, for words about what had expired by then.
    pub(super) asked_at: Timestamp,
    /// Transactions of the same commit that the network is told of before.
    pub(super) told_before: u32,
    /// Outputs of the subject that were evicted: no topic takes them again.
    pub(super) evicted: Vec<u32>,
}

impl Facts<'_> {
    pub(super) fn txid(&self) -> Txid {
        self.verified.subject
    }

    /// Whether an earlier commit stored the subject.
    pub(super) fn held_before(&self) -> bool {
        !self.new.iter().any(|new| new.transaction.txid() == self.txid())
    }

    /// Transactions not held here yet.
    pub(super) fn new_by_txid(&self) -> HashMap<Txid, &VerifiedTransaction> {
        self.new.iter().map(|new| (new.transaction.txid(), *new)).collect()
    }

    /// The subject's coins in a topic: what the protocol calls previous coins.
    pub(super) fn previous_coins(&self, topic: TopicId) -> impl Iterator<Item = &Coin> {
        self.coins.iter().filter(move |coin| coin.topic == topic && coin.spender == self.txid())
    }

    /// The outputs the subject's inputs spend.
    pub(super) fn sources(&self) -> Vec<Option<SourceOutput<'_>>> {
        sources(self.verified, self.subject, &self.extra_parents)
    }

    /// An output that is spent, from what was verified with its spender.
    pub(super) fn spent_output(&self, outpoint: &Outpoint) -> Option<SourceOutput<'_>> {
        source(self.verified, &self.extra_parents, outpoint)
    }

    /// The subject as plugins see it.
    pub(super) fn transaction_view<'s>(&'s self, sources: &'s [Option<SourceOutput<'s>>]) -> TransactionView<'s> {
        TransactionView { transaction: &self.subject.transaction, sources }
    }
}

/// The outputs a transaction's inputs spend, from what was verified with it and from `parents`.
pub(super) fn sources<'f>(
    verified: &'f Verified,
    subject: &VerifiedTransaction,
    parents: &'f HashMap<Txid, Transaction>,
) -> Vec<Option<SourceOutput<'f>>> {
    subject.transaction.inputs().iter().map(|input| source(verified, parents, &input.source)).collect()
}

fn source<'f>(
    verified: &'f Verified,
    parents: &'f HashMap<Txid, Transaction>,
    outpoint: &Outpoint,
) -> Option<SourceOutput<'f>> {
    match verified.source(outpoint) {
        Some((satoshis, locking_script)) => Some(SourceOutput { satoshis, locking_script }),
        None => SourceOutput::of(parents.get(&outpoint.txid)?, outpoint.vout),
    }
}

impl Engine {
    pub(super) fn gather_facts<'f>(
        &self,
        view: &View<'_>,
        verified: &'f Verified,
        topics: &[HostedTopic],
        brought: Brought<'f>,
    ) -> Result<Facts<'f>, SubmitError> {
        let since = self.parts.observer.mark();
        let subject = verified
            .get(&verified.subject)
            .ok_or_else(|| SubmitError::Internal("verification answered without its subject".to_owned()))?;
        let applied = view.applied(&verified.subject)?;
        let along = Along::resolve(view, applied.as_ref().map(|applied| &applied.row.carried), brought)?;
        let mut facts = Facts {
            verified,
            subject,
            applied,
            judging: Vec::new(),
            judged_before: Vec::new(),
            new: Vec::new(),
            coins: Vec::new(),
            stands: subject.proof.is_some(),
            extra_parents: HashMap::new(),
            along,
            asked_at: brought.now,
            told_before: 0,
            evicted: evicted_outputs(view, verified)?,
        };
        for topic in topics {
            // A transaction that was never applied has no verdicts, and that it was not is expected already.
            let verdict = match facts.applied {
                Some(_) => view.verdict(&verified.subject, topic.id)?,
                None => None,
            };
            match verdict {
                Some(verdict) => facts.judged_before.push((topic.clone(), verdict.row.admittance)),
                None => facts.judging.push(topic.clone()),
            }
        }
        let mut new = HashSet::new();
        for transaction in &verified.transactions {
            let txid = transaction.transaction.txid();
            if view.transaction(&txid)?.is_none() {
                if let Some(EvictedRow { reason, .. }) = view.evicted(&txid)?.filter(|evicted| evicted.withheld) {
                    return Err(SubmitError::Evicted { txid, reason });
                }
                self.spends(view, verified, transaction, &new, &mut facts.coins)?;
                facts.new.push(transaction);
                new.insert(txid);
            }
        }
        judging_coins(view, &mut facts)?;
        if facts.stands {
            facts.extra_parents = unknown_parents(view, verified, subject)?;
        }
        self.parts.observer.stage(Stage::Read, since);
        Ok(facts)
    }

    /// Reads the spend index for a new transaction, and collects the unspent coins it takes from topics, named or not.
    /// `parents` are known not to be held here, which is expected to stay so: no topic holds outputs of theirs.
    fn spends(
        &self,
        view: &View<'_>,
        verified: &Verified,
        new: &VerifiedTransaction,
        parents: &HashSet<Txid>,
        coins: &mut Vec<Coin>,
    ) -> Result<(), SubmitError> {
        let spender = new.transaction.txid();
        if new.transaction.is_coinbase() {
            return Ok(());
        }
        for (input, spent) in (0u32..).zip(new.transaction.inputs()) {
            let outpoint = spent.source;
            let parent_is_proven = || verified.get(&outpoint.txid).is_some_and(|parent| parent.proof.is_some());
            if new.proof.is_none() && !parent_is_proven() {
                parent_is_not_refused(view, &outpoint.txid)?;
            }
            if let Some(found) = view.spend(&outpoint)?
                && found.row.spender != spender
            {
                let rival = found.row.spender;
                // What was evicted with its bytes cannot be taken back, but a block may know better all the same.
                let is_withheld = || Ok::<_, StoreError>(view.evicted(&rival)?.is_some_and(|evicted| evicted.withheld));
                // A proof of a block that left the chain proves nothing.
                if new.proof.is_some() && self.wants_proof(view, &rival)? {
                    return Err(SubmitError::ProvenRival { outpoint, rival, spender });
                } else if new.proof.is_none() || !is_withheld()? {
                    return Err(SubmitError::Conflict { outpoint, winner: rival, spender });
                }
            }
            if parents.contains(&outpoint.txid) {
                continue;
            }
            coins_of(view, outpoint, spender, input, coins)?;
        }
        Ok(())
    }
}

/// The facts of a transaction held here whose effects were undone: `judging` are to judge it again.
pub(super) fn facts_again<'f>(
    view: &View<'_>,
    verified: &'f Verified,
    judging: Vec<HostedTopic>,
    again: &Again<'f>,
) -> Result<Facts<'f>, SubmitError> {
    let subject = verified
        .get(&verified.subject)
        .ok_or_else(|| SubmitError::Internal("verification answered without its subject".to_owned()))?;
    let applied = view.applied(&verified.subject)?;
    // What was applied before its commit was unwound counts as far as it had come by then.
    let kept = applied.as_ref().map(|applied| &applied.row.carried);
    let kept = match (kept, again.carried) {
        (Some(kept), Some(carried)) => Some(kept.clone().joined(carried)),
        (kept, carried) => kept.or(carried).cloned(),
    };
    let along = Along::of_stored(view, kept.as_ref())?;
    let mut coins = Vec::new();
    if !subject.transaction.is_coinbase() {
        for (input, spent) in (0u32..).zip(subject.transaction.inputs()) {
            coins_of(view, spent.source, verified.subject, input, &mut coins)?;
        }
    }
    let mut open = Vec::new();
    for coin in coins {
        // What a topic admitted later was none of its coins yet; it was admitted as spent.
        let was_there = match coin.row.row.admitted.resolve(coin.row.version) {
            Sequence::PENDING => true,
            admitted => admitted <= again.sequence,
        };
        // What a topic said of a coin before, in a submission that is not undone or comes before this one, stands. What was
        // evicted had to give way to this one, which is in a block, or was.
        let is_open = match coin.row.row.state {
            OutputState::Live => true,
            OutputState::Spent { by, .. } if by == verified.subject => {
                judging.iter().any(|topic| topic.id == coin.topic)
            }
            OutputState::Spent { by, .. } => {
                again.spends_hidden && view.evicted(&by)?.is_some_and(|evicted| evicted.withheld)
            }
        };
        if was_there && is_open {
            open.push(coin);
        }
    }
    Ok(Facts {
        verified,
        subject,
        applied,
        judging,
        judged_before: Vec::new(),
        new: Vec::new(),
        coins: open,
        stands: true,
        extra_parents: unknown_parents(view, verified, subject)?,
        along,
        asked_at: again.admitted_at,
        told_before: 0,
        evicted: evicted_outputs(view, verified)?,
    })
}

fn evicted_outputs(view: &View<'_>, verified: &Verified) -> Result<Vec<u32>, SubmitError> {
    Ok(view.evicted(&verified.subject)?.map(|evicted| evicted.outputs).unwrap_or_default())
}

/// The coins of all topics that are this output.
fn coins_of(
    view: &View<'_>,
    outpoint: Outpoint,
    spender: Txid,
    input: u32,
    coins: &mut Vec<Coin>,
) -> Result<(), SubmitError> {
    for topic in view.holders(&outpoint)?.map(|found| found.row).unwrap_or_default() {
        if let Some(row) = view.output(topic, &outpoint)? {
            coins.push(Coin { topic, outpoint, row, spender, input });
        }
    }
    Ok(())
}

/// Nothing unproven can come of what the network refused. Not remembered: what the network says of a parent changes while
/// its children are judged, and hardly ever to this.
fn parent_is_not_refused(view: &View<'_>, parent: &Txid) -> Result<(), SubmitError> {
    match view.peek(&RowKey::Status(*parent))?.map(|found| found.row) {
        Some(Row::Status(StatusRow { status: Status::Rejected, word, .. })) => Err(refused_by_network(*parent, word)),
        _ => Ok(()),
    }
}

/// For a subject held here already: the coins it took from topics that judge it only now.
fn judging_coins(view: &View<'_>, facts: &mut Facts<'_>) -> Result<(), SubmitError> {
    let spender = facts.txid();
    if !facts.held_before() {
        return Ok(());
    }
    for (input, spent) in (0u32..).zip(facts.subject.transaction.inputs()) {
        for topic in &facts.judging {
            let outpoint = spent.source;
            let found = view.output(topic.id, &outpoint)?;
            let is_ours = |row: &OutputRow| match row.state {
                OutputState::Live => true,
                OutputState::Spent { by, .. } => by == spender,
            };
            if let Some(row) = found.filter(|found| is_ours(&found.row)) {
                facts.coins.push(Coin { topic: topic.id, outpoint, row, spender, input });
            }
        }
    }
    Ok(())
}

/// A proven subject's parents need no verification, so they may be missing there and held here.
pub(super) fn unknown_parents(
    view: &View<'_>,
    verified: &Verified,
    subject: &VerifiedTransaction,
) -> Result<HashMap<Txid, Transaction>, SubmitError> {
    let stored = StoredAt::new(view);
    let unknown: BTreeSet<Txid> = subject
        .transaction
        .inputs()
        .iter()
        .filter(|input| verified.source(&input.source).is_none())
        .map(|input| input.source.txid)
        .collect();
    let mut parents = HashMap::new();
    for txid in unknown {
        parents.extend(stored.find(&txid)?.map(|found| (txid, found.transaction)));
    }
    Ok(parents)
}
