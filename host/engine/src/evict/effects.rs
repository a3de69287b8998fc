//! What an eviction does to rows: put into a view, so that a revert can do it again.

use trellis_spv::hash::{Outpoint, Txid};

use crate::domain::name::TopicId;
use crate::domain::plan::{Adjust, HashChange};
use crate::domain::row::{
    EvictedRow, Namespace, NumberKey, OutboxState, OutputRow, OutputState, Row, RowKey, UnjudgedRow,
};
use crate::element;
use crate::engine::Engine;
use crate::ports::store::StoreError;
use crate::text::cut;
use crate::token_writes::TokenWrites;
use crate::view::View;

/// Outputs of a transaction that topics hold, ascending.
pub(super) fn outputs_of(view: &View<'_>, txid: &Txid) -> Result<Vec<u32>, StoreError> {
    let mut outputs = Vec::new();
    for vout in 0..view.transaction(txid)?.map_or(0, |held| held.row.outputs) {
        if view.holders(&Outpoint::new(*txid, vout))?.is_some() {
            outputs.push(vout);
        }
    }
    Ok(outputs)
}

impl Engine {
    /// Puts what evicting these outputs of a transaction, and its bytes if they are to be withheld, changes. Answers the
    /// adjustments. What an earlier eviction said of the transaction stays said.
    pub(crate) fn put_evicted(
        &self,
        view: &View<'_>,
        txid: &Txid,
        evicted: &EvictedRow,
    ) -> Result<Vec<Adjust>, StoreError> {
        let mut adjust = Vec::new();
        for vout in &evicted.outputs {
            let outpoint = Outpoint::new(*txid, *vout);
            for topic in view.holders(&outpoint)?.map(|found| found.row).unwrap_or_default() {
                let Some(row) = view.output(topic, &outpoint)?.map(|found| found.row) else { continue };
                view.put(RowKey::Output(topic, outpoint), None)?;
                adjust.extend(without(topic, &outpoint, &row));
                adjust.extend(self.take_out_of_baskets(view, topic, outpoint)?);
                // Who waits to hear that it is no longer retained may know an output that was spent as well.
                adjust.extend(self.tell_services(view, topic, outpoint, evicted)?);
            }
            view.put(RowKey::Holders(outpoint), None)?;
        }
        if evicted.withheld {
            adjust.extend(self.put_withheld(view, txid)?);
        }
        let before = view.evicted(txid)?;
        let mut outputs = before.as_ref().map(|before| before.outputs.clone()).unwrap_or_default();
        outputs.extend(&evicted.outputs);
        outputs.sort_unstable();
        outputs.dedup();
        let withheld = evicted.withheld || before.is_some_and(|before| before.withheld);
        let tombstone = Row::Evicted(EvictedRow { outputs, withheld, ..evicted.clone() });
        instead!(TombstoneForgotten, view.put(RowKey::Evicted(*txid), Some(tombstone))? => ());
        Ok(adjust)
    }

    /// What is no unspent output of the topic any more is no token. Answers the adjustments.
    pub(crate) fn take_out_of_baskets(
        &self,
        view: &View<'_>,
        topic: TopicId,
        outpoint: Outpoint,
    ) -> Result<Vec<Adjust>, StoreError> {
        let mut tokens = TokenWrites::default();
        for manager in self.hosting.managers().filter(|manager| manager.topics.contains(&topic)) {
            let Some(serving) = view.serving_manager(manager)? else { continue };
            if let Some(found) = view.token(serving, &outpoint)? {
                tokens.take(serving, outpoint, &found.row.token);
            }
        }
        for (key, row) in tokens.writes {
            view.put(key, row)?;
        }
        Ok(tokens.adjust)
    }

    /// A service that cannot forget an output is noted: what it still lists is in no answer, because no topic holds it.
    fn tell_services(
        &self,
        view: &View<'_>,
        topic: TopicId,
        outpoint: Outpoint,
        evicted: &EvictedRow,
    ) -> Result<Vec<Adjust>, StoreError> {
        let Some(hosted) = self.hosting.topic_by_id(topic) else { return Ok(Vec::new()) };
        let mut adjust = Vec::new();
        for service in self.hosting.services_of(topic) {
            let Some(serving) = view.serving_service(service)? else { continue };
            match self.tell_evicted(view, (service, serving), &hosted.name, outpoint)? {
                Ok(changes) => {
                    adjust.extend(changes.adjust);
                    for (key, row) in changes.writes {
                        view.put(key, row)?;
                    }
                }
                Err(fault) => {
                    tracing::error!(service = %service.name, %outpoint, fault, "a service could not forget what was evicted");
                    let fault = cut(&fault, super::MAX_REASON_BYTES);
                    let row = UnjudgedRow { fault, since: evicted.at, attempts: 1 };
                    let key = RowKey::Unjudged(Namespace::Service(serving), outpoint.txid);
                    view.put(key, Some(Row::Unjudged(row)))?;
                }
            }
        }
        Ok(adjust)
    }

    /// Everything of a transaction but its spends.
    fn put_withheld(&self, view: &View<'_>, txid: &Txid) -> Result<Vec<Adjust>, StoreError> {
        let mut keys = vec![RowKey::Transaction(*txid), RowKey::Unproven(*txid), RowKey::Status(*txid)];
        keys.extend([RowKey::Reverted(*txid), RowKey::Outbox(*txid)]);
        if let Some(applied) = view.applied(txid)? {
            keys.push(RowKey::Applied(*txid));
            keys.extend(applied.row.topics.iter().map(|topic| RowKey::Verdict(*txid, *topic)));
        }
        // A topic that broke has no verdict, so no record names it.
        keys.extend(self.hosting.topics().map(|topic| RowKey::Unjudged(Namespace::Topic(topic.id), *txid)));
        let waits = view.outbox(txid)?.is_some_and(|outbox| outbox.row.state == OutboxState::Pending);
        for key in keys {
            if view.get(&key)?.is_some() {
                view.put(key, None)?;
            }
        }
        Ok(waits.then_some(Adjust::Number(NumberKey::OutboxPending, -1)).into_iter().collect())
    }
}

/// What a topic's numbers and hash lose with an output.
fn without(topic: TopicId, outpoint: &Outpoint, row: &OutputRow) -> Vec<Adjust> {
    let mut adjust = vec![
        Adjust::Number(NumberKey::Outputs(topic), -1),
        Adjust::TopicHash(topic, HashChange::Remove(element::output(outpoint, &row.state))),
    ];
    if row.state == OutputState::Live {
        adjust.push(Adjust::Number(NumberKey::LiveOutputs(topic), -1));
        adjust.push(Adjust::Number(NumberKey::LiveSatoshis(topic), -i128::from(row.satoshis)));
    }
    adjust
}
