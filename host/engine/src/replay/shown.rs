//! What a verdict was shown, put together again from what is kept.
//!
//! Most of it stands in the verdict itself. What came along may have come later, with another topic's submission, and a parent too:
//! the digest over everything the verdict depended on tells which of the possibilities it was.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;

use trellis_spv::hash::{Outpoint, Txid};
use trellis_spv::transaction::Transaction;

use super::{Replay, WhyNot};
use crate::domain::evidence::TopicEvidence;
use crate::domain::name::TopicName;
use crate::domain::row::{Carried, ContentId, ReadRow, VerdictRow};
use crate::evidence::{KeptEvidence, Standing, kept_evidence};
use crate::hosting::{HostedTopic, Hosting};
use crate::ports::plugins::{SourceOutput, TopicSubmission, TransactionView};
use crate::ports::store::StoreError;
use crate::state::State;
use crate::stored::StoredAt;
use crate::submit::digest::digest;
use crate::view::View;

/// What a verdict was shown.
pub(super) struct Shown {
    transaction: Transaction,
    /// What its inputs spend; empty where the verdict was shown nothing of that.
    parents: HashMap<Txid, Transaction>,
    previous_coins: Vec<u32>,
    off_chain_values: Option<Vec<u8>>,
    kept: Vec<KeptEvidence>,
    pub(super) evidence: TopicEvidence,
    /// Whether the digest on record says that this is what it was shown.
    pub(super) confirmed: bool,
}

impl Shown {
    /// What the verdict on record was shown, or why that is not known any more.
    pub(super) fn of(
        replay: &Replay<'_>,
        now: &View<'_>,
        topic: &HostedTopic,
        txid: &Txid,
        on_record: &VerdictRow,
    ) -> Result<Result<Self, WhyNot>, StoreError> {
        let Some(held) = StoredAt::new(now).find(txid)? else { return Ok(Err(WhyNot::TransactionGone)) };
        let carried = now.applied(txid)?.map(|applied| applied.row.carried).unwrap_or_default();
        let Some((off_chain_values, kept)) = brought(now, &carried)? else { return Ok(Err(WhyNot::CarriedGone)) };
        let mut parents = HashMap::new();
        for input in held.transaction.inputs() {
            let found = StoredAt::new(now).find(&input.source.txid)?;
            parents.extend(found.map(|found| (input.source.txid, found.transaction)));
        }
        // Of every previous coin a verdict says whether it is kept or goes.
        let admittance = &on_record.admittance;
        let mut previous_coins = [admittance.coins_to_retain.as_slice(), &admittance.coins_removed].concat();
        previous_coins.sort_unstable();
        let mut shown = Self {
            transaction: held.transaction,
            parents,
            previous_coins,
            off_chain_values,
            kept,
            evidence: TopicEvidence::default(),
            confirmed: false,
        };
        shown.find(replay, topic, on_record);
        Ok(Ok(shown))
    }

    /// Leaves out what came later, as far as the digest says; where nothing agrees with it, everything is shown.
    fn find(&mut self, replay: &Replay<'_>, topic: &HostedTopic, on_record: &VerdictRow) {
        let recorded: BTreeMap<&ReadRow, Option<bool>> = on_record
            .reads
            .iter()
            .map(|read| (&read.row, read.value.as_ref().map(|value| value.first() == Some(&1))))
            .collect();
        let held = |topic: &TopicName, outpoint: &Outpoint| {
            let topic = replay.hosting.topic(topic)?;
            recorded.get(&ReadRow::TopicOutput(topic.id, *outpoint)).copied().flatten()
        };
        let evidence = |kept: &[KeptEvidence]| {
            let Ok(standing) =
                Standing::of(kept, &topic.name, |topic, outpoint| Ok::<_, Infallible>(held(topic, outpoint)));
            standing.evidence
        };
        let configuration = (replay.configured)(&on_record.plugin);
        let name = |topic| replay.hosting.topic_by_id(topic).map(|topic| &topic.name);
        let all = (std::mem::take(&mut self.parents), self.off_chain_values.take(), std::mem::take(&mut self.kept));
        for with_parents in [true, false] {
            self.parents = if with_parents { all.0.clone() } else { HashMap::new() };
            for with_values in [true, false] {
                self.off_chain_values = all.1.clone().filter(|_| with_values);
                for kept in (0..=all.2.len()).rev().filter_map(|count| all.2.get(..count)) {
                    self.evidence = evidence(kept);
                    let sources = self.sources();
                    let asked = self.asked(&topic.name, &sources);
                    let stands = (&self.evidence, topic.certified.as_ref());
                    if digest(&asked, configuration, stands, &on_record.reads, name) == on_record.inputs_digest {
                        self.kept = kept.to_vec();
                        self.confirmed = true;
                        return;
                    }
                }
            }
        }
        self.evidence = evidence(&all.2);
        (self.parents, self.off_chain_values, self.kept) = all;
    }

    /// Reads what stands behind the transaction from the rows of then, as the verdict on record did before it was given.
    pub(super) fn stands(
        &self,
        hosting: &Hosting,
        topic: &HostedTopic,
        state: &mut State<'_>,
    ) -> Result<(), StoreError> {
        let held = |topic: &TopicName, outpoint: &Outpoint| state.revocation(hosting, topic, outpoint);
        Standing::of(&self.kept, &topic.name, held).map(drop)
    }

    /// The outputs that the inputs spend.
    pub(super) fn sources(&self) -> Vec<Option<SourceOutput<'_>>> {
        let source = |outpoint: &Outpoint| {
            let parent = self.parents.get(&outpoint.txid)?;
            let locking_script = parent.locking_script(outpoint.vout)?;
            Some(SourceOutput { satoshis: parent.satoshis(outpoint.vout)?, locking_script })
        };
        self.transaction.inputs().iter().map(|input| source(&input.source)).collect()
    }

    /// The question.
    pub(super) fn asked<'s>(
        &'s self,
        topic: &'s TopicName,
        sources: &'s [Option<SourceOutput<'s>>],
    ) -> TopicSubmission<'s> {
        TopicSubmission {
            topic,
            view: TransactionView { transaction: &self.transaction, sources },
            previous_coins: &self.previous_coins,
            off_chain_values: self.off_chain_values.as_deref(),
        }
    }
}

/// Off-chain values and evidence.
type Brought = (Option<Vec<u8>>, Vec<KeptEvidence>);

/// What is kept of what came along; `None` where some of it is gone.
fn brought(now: &View<'_>, carried: &Carried) -> Result<Option<Brought>, StoreError> {
    let values = match &carried.off_chain_values {
        None => None,
        Some(values) => match now.store().content(&ContentId::Carried(values.sha256))? {
            None => return Ok(None),
            found => found,
        },
    };
    let kept = kept_evidence(now, carried)?;
    Ok((kept.len() == carried.evidence.len()).then_some((values, kept)))
}
