//! What a revert changes in the end: rows that are put but equal what is stored need no writing, and outputs that came back
//! as they were are no news.

use std::collections::{BTreeMap, BTreeSet};

use super::unwind::is_change;
use crate::domain::basket::{BasketName, ManagerId, Token};
use crate::domain::event::{BasketReversal, TopicReversal};
use crate::domain::name::TopicId;
use crate::domain::plan::{Adjust, HashChange};
use crate::domain::row::{Namespace, OutputState, Row, RowKey};
use crate::hosting::Hosting;
use crate::ports::store::StoreError;
use crate::view::View;

/// The rows to write.
pub(crate) fn writes(view: &View<'_>) -> Result<Vec<(RowKey, Option<Row>)>, StoreError> {
    let mut writes = Vec::new();
    let mut fences = Vec::new();
    for (key, row) in view.put_rows() {
        if matches!(key, RowKey::StateFence(_)) {
            fences.push((key, row));
        } else if is_change(view.stored(&key)?, row.as_ref()) {
            writes.push((key, row));
        }
    }
    let changed: BTreeSet<_> = writes.iter().filter_map(|(key, _)| namespace_of(key)).collect();
    writes.extend(fences.into_iter().filter(|(key, _)| match key {
        RowKey::StateFence(namespace) => changed.contains(namespace),
        _ => false,
    }));
    Ok(writes)
}

/// What the topics gained and lost.
pub(crate) fn of_topics(view: &View<'_>) -> Result<Vec<TopicReversal>, StoreError> {
    let mut topics: BTreeMap<TopicId, TopicReversal> = BTreeMap::new();
    for (key, row) in view.put_rows() {
        let RowKey::Output(topic, outpoint) = key else { continue };
        let before = match view.stored(&key)?.map(|found| found.row) {
            Some(Row::Output(before)) => Some(before.state),
            _ => None,
        };
        let after = match row {
            Some(Row::Output(after)) => Some(after.state),
            _ => None,
        };
        if before == after {
            continue;
        }
        let change = topics.entry(topic).or_insert_with(|| TopicReversal {
            topic,
            removed: Vec::new(),
            unspent: Vec::new(),
            admitted: Vec::new(),
            spent: Vec::new(),
        });
        match (before, after) {
            (_, None) => change.removed.push(outpoint),
            (Some(_), Some(OutputState::Live)) => change.unspent.push(outpoint),
            (None, Some(OutputState::Live)) => change.admitted.push(outpoint),
            (before, Some(OutputState::Spent { retained, .. })) => {
                if before.is_none() {
                    change.admitted.push(outpoint);
                }
                change.spent.push((outpoint, retained));
            }
        }
    }
    Ok(topics.into_values().collect())
}

/// What the baskets that serve gained and lost, under the configured names of their managers.
pub(crate) fn of_baskets(view: &View<'_>, hosting: &Hosting) -> Result<Vec<BasketReversal>, StoreError> {
    let mut configured = BTreeMap::new();
    for manager in hosting.managers() {
        configured.extend(view.serving_manager(manager)?.map(|serving| (serving, manager.id)));
    }
    let mut baskets: BTreeMap<(ManagerId, BasketName), BasketReversal> = BTreeMap::new();
    for (key, row) in view.put_rows() {
        let RowKey::Token(manager, outpoint) = key else { continue };
        let Some(manager) = configured.get(&manager).copied() else { continue };
        let token = |row: Option<Row>| match row {
            Some(Row::Token(row)) => Some(row.token),
            _ => None,
        };
        let (before, after) = (token(view.stored(&key)?.map(|found| found.row)), token(row));
        if before == after {
            continue;
        }
        let unchanged = |basket: &BasketName| BasketReversal {
            manager,
            basket: basket.clone(),
            removed: Vec::new(),
            placed: Vec::new(),
        };
        for (token, is_removed) in [(before, true), (after, false)] {
            let Some(Token { basket, .. }) = token else { continue };
            let change = baskets.entry((manager, basket.clone())).or_insert_with(|| unchanged(&basket));
            if is_removed { &mut change.removed } else { &mut change.placed }.push(outpoint);
        }
    }
    Ok(baskets.into_values().collect())
}

/// Adjustments without those that cancel out: what is undone and done again.
pub(crate) fn netted(adjust: Vec<Adjust>) -> Vec<Adjust> {
    use HashChange::{Add, Remove};

    let mut numbers = BTreeMap::new();
    let mut elements = BTreeMap::new();
    for adjust in adjust {
        match adjust {
            Adjust::Number(number, by) => *numbers.entry(number).or_insert(0) += by,
            Adjust::TopicHash(topic, Add(element)) => *elements.entry((topic, element)).or_insert(0i64) += 1,
            Adjust::TopicHash(topic, Remove(element)) => *elements.entry((topic, element)).or_insert(0i64) -= 1,
        }
    }
    let numbers = numbers.into_iter().filter(|(_, by)| *by != 0).map(|(number, by)| Adjust::Number(number, by));
    let elements = elements.into_iter().flat_map(|((topic, element), by)| {
        let change = if by > 0 { Add(element) } else { Remove(element) };
        std::iter::repeat_n(Adjust::TopicHash(topic, change), usize::try_from(by.unsigned_abs()).unwrap_or(0))
    });
    numbers.chain(elements).collect()
}

/// Whether a key is a state row's, of which namespace.
const fn namespace_of(key: &RowKey) -> Option<Namespace> {
    match key {
        RowKey::State(namespace, _) => Some(*namespace),
        _ => None,
    }
}
