//! Auditing what topics hold: outputs, holders, applied records and verdicts.

use trellis_spv::hash::{Outpoint, Txid};

use super::{Audit, is_live};
use crate::domain::name::TopicId;
use crate::domain::plan::HashChange;
use crate::domain::row::{NumberKey, OutputRow, OutputState, Row, RowKey};
use crate::element;
use crate::ports::store::{RowKind, StoreError};

impl Audit<'_> {
    pub(super) fn outputs(&mut self) -> Result<(), StoreError> {
        self.each(RowKind::Output, |audit, key, found| {
            let (RowKey::Output(topic, outpoint), Row::Output(row)) = (&key, &found.row) else {
                audit.find(format!("{key:?} holds a row of another kind"));
                return Ok(());
            };
            audit.report.outputs += 1;
            audit.count(NumberKey::Outputs(*topic), 1);
            if is_live(&row.state) {
                audit.report.live_outputs += 1;
                audit.count(NumberKey::LiveOutputs(*topic), 1);
                audit.count(NumberKey::LiveSatoshis(*topic), i128::from(row.satoshis));
            }
            let change = HashChange::Add(element::output(outpoint, &row.state));
            audit.hashes.entry(*topic).or_default().apply(&change);
            audit.output(*topic, outpoint, row)
        })
    }

    fn output(&mut self, topic: TopicId, outpoint: &Outpoint, row: &OutputRow) -> Result<(), StoreError> {
        let held = self.stored(&outpoint.txid)?;
        match held.and_then(|held| held.transaction.satoshis(outpoint.vout)) {
            Some(satoshis) if satoshis == row.satoshis => {}
            Some(satoshis) => self.find(format!(
                "output {outpoint} of topic {topic:?} is kept as {} satoshis, its transaction says {satoshis}",
                row.satoshis
            )),
            None => self.find(format!("topic {topic:?} holds output {outpoint}, whose transaction is not held here")),
        }
        let spender = match self.row(&RowKey::Spend(*outpoint))? {
            Some(Row::Spend(spend)) => Some(spend.spender),
            _ => None,
        };
        match (&row.state, spender) {
            (OutputState::Live, None) => {}
            (OutputState::Spent { by, .. }, Some(spender)) if *by == spender => {}
            (state, spender) => self.find(format!(
                "output {outpoint} of topic {topic:?} is {state:?}, but the spend index says it is spent by {spender:?}"
            )),
        }
        match self.row(&RowKey::Holders(*outpoint))? {
            Some(Row::Holders(holders)) if holders.contains(&topic) => {}
            _ => self.find(format!("topic {topic:?} holds output {outpoint}, but is not among its holders")),
        }
        let admits = |row| matches!(row, Some(Row::Verdict(verdict)) if verdict.admittance.outputs_to_admit.contains(&outpoint.vout));
        if !admits(self.row(&RowKey::Verdict(outpoint.txid, topic))?) {
            self.find(format!("topic {topic:?} holds output {outpoint}, which no verdict of it admitted"));
        }
        Ok(())
    }

    pub(super) fn holders(&mut self) -> Result<(), StoreError> {
        self.each(RowKind::Holders, |audit, key, found| {
            let (RowKey::Holders(outpoint), Row::Holders(topics)) = (&key, &found.row) else {
                audit.find(format!("{key:?} holds a row of another kind"));
                return Ok(());
            };
            for topic in topics {
                if audit.row(&RowKey::Output(*topic, *outpoint))?.is_none() {
                    audit.find(format!("topic {topic:?} is a holder of output {outpoint}, but does not hold it"));
                }
            }
            Ok(())
        })
    }

    pub(super) fn applied(&mut self) -> Result<(), StoreError> {
        self.each(RowKind::Applied, |audit, key, found| {
            let (RowKey::Applied(txid), Row::Applied(row)) = (&key, &found.row) else {
                audit.find(format!("{key:?} holds a row of another kind"));
                return Ok(());
            };
            audit.report.applied += 1;
            if audit.row(&RowKey::Transaction(*txid))?.is_none() {
                audit.find(format!("transaction {txid} is applied, but not held here"));
            }
            for topic in &row.topics {
                if audit.row(&RowKey::Verdict(*txid, *topic))?.is_none() {
                    audit.find(format!("transaction {txid} is applied to topic {topic:?} without a verdict of it"));
                }
            }
            for carried in row.carried.iter() {
                let id = crate::domain::row::ContentId::Carried(carried.sha256);
                if audit.view.store().content(&id)?.is_none_or(|bytes| bytes.len() != carried.length as usize) {
                    audit.find(format!("off-chain values or evidence of {txid} are missing or of another length"));
                }
            }
            Ok(())
        })
    }

    pub(super) fn verdicts(&mut self) -> Result<(), StoreError> {
        self.each(RowKind::Verdict, |audit, key, found| {
            let (RowKey::Verdict(txid, topic), Row::Verdict(row)) = (&key, &found.row) else {
                audit.find(format!("{key:?} holds a row of another kind"));
                return Ok(());
            };
            match audit.row(&RowKey::Applied(*txid))? {
                Some(Row::Applied(applied)) if applied.topics.contains(topic) => {}
                _ => audit.find(format!("topic {topic:?} has a verdict on {txid}, which is not applied to it")),
            }
            let evicted = match audit.row(&RowKey::Evicted(*txid))? {
                Some(Row::Evicted(evicted)) => evicted.outputs,
                _ => Vec::new(),
            };
            for vout in row.admittance.outputs_to_admit.iter().filter(|vout| !evicted.contains(vout)) {
                let outpoint = Outpoint::new(*txid, *vout);
                if audit.row(&RowKey::Output(*topic, outpoint))?.is_none() {
                    audit.find(format!("topic {topic:?} admitted output {outpoint}, but does not hold it"));
                }
            }
            audit.coins(*topic, txid, &row.admittance.coins_to_retain, true)?;
            audit.coins(*topic, txid, &row.admittance.coins_removed, false)
        })
    }

    /// The coins of a verdict are spent by its transaction, retained as it says.
    fn coins(&mut self, topic: TopicId, txid: &Txid, inputs: &[u32], retained: bool) -> Result<(), StoreError> {
        let held = self.stored(txid)?;
        for input in inputs {
            let source = held.as_ref().and_then(|held| held.transaction.inputs().get(*input as usize));
            let Some(outpoint) = source.map(|input| input.source) else {
                self.find(format!("topic {topic:?}'s verdict on {txid} names input {input}, which does not exist"));
                continue;
            };
            let expected = OutputState::Spent { by: *txid, retained };
            match self.row(&RowKey::Output(topic, outpoint))? {
                Some(Row::Output(row)) if row.state == expected => {}
                None if matches!(self.row(&RowKey::Evicted(outpoint.txid))?, Some(Row::Evicted(evicted)) if evicted.outputs.contains(&outpoint.vout)) =>
                    {}
                other => self.find(format!(
                    "topic {topic:?}'s verdict on {txid} makes coin {outpoint} {expected:?}, but its row is {other:?}"
                )),
            }
        }
        Ok(())
    }
}
