//! What topics hold, read at one sequence while writes go on.

use trellis_spv::hash::Outpoint;

use crate::domain::name::TopicName;
use crate::domain::plan::TopicHash;
use crate::domain::row::{MAX_STATE_KEY_BYTES, Namespace, NumberKey, OutputRow, OutputState, Row, RowKey};
use crate::domain::time::Sequence;
use crate::engine::Engine;
use crate::hosting::HostedTopic;
use crate::ports::plugins::PluginId;
use crate::ports::store::{Scan, StoreError};
use crate::view::{View, wrong_kind};

/// Most rows of a page: a megabyte or so of JSON where values are short.
pub const MAX_ROWS: usize = 1_000;

/// Output rows looked at for one page: where most are spent, a page of unspent ones ends early and says where to go on.
const MAX_LOOKED_AT: usize = 10_000;

/// A topic at a glance.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TopicSummary {
    /// Its name.
    pub name: TopicName,
    /// The plugin that judges it.
    pub plugin: PluginId,
    /// Unspent outputs.
    pub live_outputs: u64,
    /// All outputs it knows, spent ones included.
    pub outputs: u64,
    /// Satoshis in the unspent ones.
    pub live_satoshis: u64,
    /// Rows of its state.
    pub state_rows: u64,
    /// Digest of outputs, spends and state: two hosts that agree on the topic have the same one.
    pub hash: [u8; 32],
}

/// Something read of a topic, with the sequence it is true of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Read<T> {
    /// The sequence.
    pub sequence: Sequence,
    /// The topic's digest there, as [`TopicSummary::hash`].
    pub hash: [u8; 32],
    /// The rows, ascending.
    pub rows: Vec<T>,
    /// Whether there are more behind the last.
    pub more: bool,
}

/// Which rows of a topic's state.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct StateQuery<'q> {
    /// Only keys that begin with this.
    pub prefix: &'q [u8],
    /// Only keys behind this one.
    pub after: Option<&'q [u8]>,
    /// Most rows, 1 to [`MAX_ROWS`].
    pub limit: usize,
    /// At an earlier sequence.
    pub at: Option<Sequence>,
}

/// Which outputs of a topic.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct OutputsQuery {
    /// Only outputs behind this one.
    pub after: Option<Outpoint>,
    /// Most rows, 1 to [`MAX_ROWS`].
    pub limit: usize,
    /// Spent ones as well.
    pub spent: bool,
    /// At an earlier sequence.
    pub at: Option<Sequence>,
}

/// A row of a topic's state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StateEntry {
    /// The key.
    pub key: Vec<u8>,
    /// The value.
    pub value: Vec<u8>,
}

/// An output of a topic.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TopicOutput {
    /// The output.
    pub outpoint: Outpoint,
    /// The commit that admitted it.
    pub admitted: Sequence,
    /// Its row.
    pub row: OutputRow,
}

/// Why something could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// No such topic.
    #[error("topic `{0}` is not hosted here; GET /v1/topics lists those that are")]
    NotHosted(TopicName),
    /// A cursor that no page of this kind was given.
    #[error("{0}")]
    Cursor(String),
    /// Older than what is kept, not there yet, or the store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// A view of the last durable sequence, or of an earlier one.
    ///
    /// # Errors
    /// [`StoreError::BeyondHorizon`] and [`StoreError::NotYet`].
    pub(crate) fn view_at(&self, at: Option<Sequence>) -> Result<View<'_>, StoreError> {
        match at {
            None => Ok(View::new(self.store())),
            Some(sequence) => View::at(self.store(), sequence),
        }
    }

    /// All topics at a glance, at one sequence.
    ///
    /// # Errors
    /// [`ReadError::Store`].
    pub fn topic_summaries(&self, at: Option<Sequence>) -> Result<(Sequence, Vec<TopicSummary>), ReadError> {
        let view = self.view_at(at)?;
        let summary = |topic: &HostedTopic| {
            let number = |key| number(&view, key);
            Ok(TopicSummary {
                name: topic.name.clone(),
                plugin: topic.plugin.clone(),
                live_outputs: number(NumberKey::LiveOutputs(topic.id))?,
                outputs: number(NumberKey::Outputs(topic.id))?,
                live_satoshis: number(NumberKey::LiveSatoshis(topic.id))?,
                state_rows: number(NumberKey::StateRows(Namespace::Topic(topic.id)))?,
                hash: hash(&view, topic)?,
            })
        };
        let topics = self.hosting.topics().map(summary).collect::<Result<_, StoreError>>()?;
        Ok((view.sequence(), topics))
    }

    /// Rows of a topic's state.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn topic_state(&self, topic: &TopicName, query: &StateQuery<'_>) -> Result<Read<StateEntry>, ReadError> {
        let topic = self.readable(topic)?;
        let StateQuery { prefix, after, limit, at } = *query;
        if after.is_some_and(|after| !after.starts_with(prefix) || after.len() > MAX_STATE_KEY_BYTES) {
            let text = "`after` is no key of this range: pass the `next` of the page before, with the same `prefix`";
            return Err(ReadError::Cursor(text.to_owned()));
        }
        let view = self.view_at(at)?;
        // The key right behind a key is that key and a zero byte.
        let start = after.map_or_else(|| prefix.to_vec(), |after| [after, &[0]].concat());
        let page = view.scan(&Scan::State {
            namespace: Namespace::Topic(topic.id),
            start,
            end: behind_all(prefix),
            reverse: false,
            limit: limit.clamp(1, MAX_ROWS),
        })?;
        let row = |(key, found): (RowKey, _)| match (key, found) {
            (RowKey::State(_, key), Row::State(value)) => Ok(StateEntry { key, value }),
            (key, _) => Err(wrong_kind(&key)),
        };
        let rows = page.rows.into_iter().map(|(key, found)| row((key, found.row)));
        let rows = rows.collect::<Result<_, StoreError>>()?;
        Ok(Read { sequence: view.sequence(), hash: hash(&view, topic)?, rows, more: page.more })
    }

    /// Outputs of a topic, by txid and index. Where unspent ones are few, a page can be short and still not the last.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn topic_outputs(
        &self,
        topic: &TopicName,
        query: &OutputsQuery,
    ) -> Result<(Read<TopicOutput>, Option<Outpoint>), ReadError> {
        let topic = self.readable(topic)?;
        let view = self.view_at(query.at)?;
        let limit = query.limit.clamp(1, MAX_ROWS);
        let mut rows = Vec::new();
        let (mut after, mut looked_at, mut more) = (query.after, 0usize, true);
        while more && rows.len() < limit && looked_at < MAX_LOOKED_AT {
            let behind = after.map(|outpoint| RowKey::Output(topic.id, outpoint));
            let wanted = limit.saturating_sub(rows.len());
            let page = view.scan(&Scan::Outputs { topic: topic.id, after: behind, limit: wanted })?;
            more = page.more;
            looked_at = looked_at.saturating_add(page.rows.len());
            for (key, found) in page.rows {
                let (RowKey::Output(_, outpoint), Row::Output(row)) = (&key, found.row) else {
                    return Err(wrong_kind(&key).into());
                };
                after = Some(*outpoint);
                if query.spent || row.state == OutputState::Live {
                    let admitted = row.admitted.resolve(found.version);
                    rows.push(TopicOutput { outpoint: *outpoint, admitted, row });
                }
            }
        }
        let read = Read { sequence: view.sequence(), hash: hash(&view, topic)?, rows, more };
        Ok((read, after.filter(|_| more)))
    }

    fn readable(&self, topic: &TopicName) -> Result<&HostedTopic, ReadError> {
        self.hosting.topic(topic).ok_or_else(|| ReadError::NotHosted(topic.clone()))
    }
}

/// The key behind all that begin with `prefix`; `None` where there is none.
fn behind_all(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last.saturating_add(1));
            return Some(end);
        }
    }
    None
}

pub(crate) fn number(view: &View<'_>, key: NumberKey) -> Result<u64, StoreError> {
    let number = view.number(key)?;
    u64::try_from(number).map_err(|_| StoreError::Corrupt(format!("{key:?} cannot be {number}")))
}

fn hash(view: &View<'_>, topic: &HostedTopic) -> Result<[u8; 32], StoreError> {
    let key = RowKey::TopicHash(topic.id);
    match view.peek(&key)?.map(|found| found.row) {
        None => Ok(TopicHash::default().digest()),
        Some(Row::TopicHash(hash)) => Ok(hash.digest()),
        Some(_) => Err(wrong_kind(&key)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_ends_behind_all_keys_with_its_prefix() {
        assert_eq!(behind_all(b""), None);
        assert_eq!(behind_all(b"ab"), Some(b"ac".to_vec()));
        assert_eq!(behind_all(&[1, 255, 255]), Some(vec![2]));
        assert_eq!(behind_all(&[255]), None);
    }
}
