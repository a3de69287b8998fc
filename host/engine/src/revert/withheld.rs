//! What a transaction spent whose bytes were evicted stays spent, although nobody can judge it again.

use super::closure::Closure;
use crate::domain::plan::{Adjust, HashChange};
use crate::domain::row::{NumberKey, OutputRow, OutputState, Row, RowKey};
use crate::element;
use crate::engine::Engine;
use crate::ports::store::StoreError;
use crate::view::View;

impl Engine {
    /// Spends the coins that unwinding brought back to life; the tokens among them leave their baskets. Services are not told: there
    /// is no transaction to show them, and what is spent is in no answer. Answers the adjustments.
    pub(super) fn keep_spent(&self, view: &View<'_>, closure: &Closure) -> Result<Vec<Adjust>, StoreError> {
        let mut adjust = Vec::new();
        for key in closure.commits.values().flat_map(|record| &record.wrote) {
            let RowKey::Spend(outpoint) = key else { continue };
            let Some(by) = view.spend(outpoint)?.map(|spend| spend.row.spender) else { continue };
            if !view.evicted(&by)?.is_some_and(|evicted| evicted.withheld) {
                continue;
            }
            // What was evicted itself goes where its eviction is done again, and its services hear of it there.
            if view.evicted(&outpoint.txid)?.is_some_and(|evicted| evicted.outputs.contains(&outpoint.vout)) {
                continue;
            }
            for topic in view.holders(outpoint)?.map(|found| found.row).unwrap_or_default() {
                let Some(coin) = view.output(topic, outpoint)?.filter(|coin| coin.row.state == OutputState::Live)
                else {
                    continue;
                };
                let state = OutputState::Spent { by, retained: false };
                let row = OutputRow { admitted: coin.row.admitted.carried(coin.version), state, ..coin.row };
                view.put(RowKey::Output(topic, *outpoint), Some(Row::Output(row)))?;
                adjust.extend(self.take_out_of_baskets(view, topic, *outpoint)?);
                adjust.extend([
                    Adjust::Number(NumberKey::LiveOutputs(topic), -1),
                    Adjust::Number(NumberKey::LiveSatoshis(topic), -i128::from(row.satoshis)),
                    Adjust::TopicHash(topic, HashChange::Remove(element::output(outpoint, &OutputState::Live))),
                    Adjust::TopicHash(topic, HashChange::Add(element::output(outpoint, &state))),
                ]);
            }
        }
        Ok(adjust)
    }
}
