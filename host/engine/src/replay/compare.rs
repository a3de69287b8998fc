//! In what a verdict differs from the one on record.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::rows::StateWrites;
use crate::domain::row::{ReadRow, Row, RowKey, StateRead, VerdictRow};
use crate::ports::plugins::{Judgement, PluginError, PluginFault};

/// The component of a verdict that no component gave: of a proven transaction that the topic refused, whose spends stand.
const NOBODY: [u8; 32] = [0; 32];

/// What comparing two verdicts came to.
#[derive(Clone, PartialEq, Debug)]
pub struct Compared {
    /// In what they differ; nothing where they are the same.
    pub differences: Vec<Difference>,
    /// Whether the digest on record says that the component was shown what it was shown then. It cannot say so where the
    /// plugin's configuration has changed since, or its topic's `certified`.
    pub inputs_confirmed: bool,
    /// Whether what they wrote was compared: it is not known for as long as the rest.
    pub writes_compared: bool,
    /// Fuel on record.
    pub fuel_then: u64,
    /// Fuel now.
    pub fuel_now: u64,
}

/// One difference between the verdict on record and the one of now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Difference {
    /// It admits other outputs.
    Admits {
        /// Those on record.
        then: Vec<u32>,
        /// Those of now.
        now: Vec<u32>,
    },
    /// It keeps other coins for the topic's history.
    Retains {
        /// Those on record.
        then: Vec<u32>,
        /// Those of now.
        now: Vec<u32>,
    },
    /// It refuses what was taken.
    Refuses(String),
    /// It takes what was refused: a proven transaction, whose spends stand.
    Takes,
    /// It breaks.
    Breaks(Box<PluginFault>),
    /// It leaves another row in the topic's state.
    Writes {
        /// Under this key.
        key: Vec<u8>,
        /// What was written.
        then: Written,
        /// What would be.
        now: Written,
    },
    /// The same component, shown the same, asked for other rows.
    Reads {
        /// The first one that is another: on record, and now. `None` where it reads no more.
        rows: (Option<ReadRow>, Option<ReadRow>),
    },
}

/// What a verdict does to a row of its topic's state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Written {
    /// Nothing.
    Untouched,
    /// It goes.
    Removed,
    /// It becomes a value with this BLAKE3 digest.
    Value([u8; 32]),
}

impl Written {
    fn of(found: Option<&Option<Vec<u8>>>) -> Self {
        match found {
            None => Self::Untouched,
            Some(None) => Self::Removed,
            Some(Some(value)) => Self::Value(*blake3::hash(value).as_bytes()),
        }
    }
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Untouched => f.write_str("leaves it as it is"),
            Self::Removed => f.write_str("removes it"),
            Self::Value(digest) => write!(f, "writes a value with the digest {}", blake3::Hash::from(*digest).to_hex()),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Admits { then, now } => write!(f, "admits outputs {now:?} instead of {then:?}"),
            Self::Retains { then, now } => write!(f, "retains the coins of inputs {now:?} instead of {then:?}"),
            Self::Refuses(text) => write!(f, "refuses it: {text}"),
            Self::Takes => f.write_str("takes it, which was refused"),
            Self::Breaks(fault) => write!(f, "breaks: {fault}"),
            Self::Writes { key, then, now } => {
                write!(f, "state row {}: {now}; on record it {then}", key.escape_ascii())
            }
            Self::Reads { rows: (then, now) } => {
                let row = |row: &Option<ReadRow>| row.as_ref().map_or_else(|| "nothing more".to_owned(), read_in_words);
                write!(
                    f,
                    "is the same component, was shown the same, and read {} instead of {}: its verdicts cannot be relied on",
                    row(now),
                    row(then)
                )
            }
        }
    }
}

fn read_in_words(row: &ReadRow) -> String {
    match row {
        ReadRow::Own(key) => format!("its row {}", key.escape_ascii()),
        ReadRow::TopicState(topic, key) => format!("row {} of topic number {}", key.escape_ascii(), topic.0.0),
        ReadRow::TopicOutput(topic, outpoint) => format!("output {outpoint} of topic number {}", topic.0.0),
    }
}

/// What was written to the topic's state, and what would be.
type BothWrites = (StateWrites, Vec<(RowKey, Option<Row>)>);

/// The differences, and whether what was written was compared. `reads` are those of now, where they must be those of then.
///
/// # Errors
/// The plugin could not be called at all.
pub(super) fn compare(
    on_record: &VerdictRow,
    evicted: &[u32],
    answer: Result<Judgement, PluginError>,
    reads: Option<&[StateRead]>,
    written: Option<BothWrites>,
) -> Result<(Vec<Difference>, bool), PluginError> {
    let was_refused = on_record.plugin == NOBODY;
    let judgement = match answer {
        Ok(judgement) => judgement,
        Err(PluginError::Refusal(_)) if was_refused => return Ok((Vec::new(), true)),
        Err(PluginError::Refusal(text)) => return Ok((vec![Difference::Refuses(text)], true)),
        Err(PluginError::Fault(fault)) => return Ok((vec![Difference::Breaks(fault)], true)),
        Err(other) => return Err(other),
    };
    let mut differences = Vec::new();
    if was_refused {
        differences.push(Difference::Takes);
    }
    // What was evicted no topic takes again, whatever its plugin says.
    let here = |outputs: &[u32]| outputs.iter().copied().filter(|vout| !evicted.contains(vout)).collect::<Vec<_>>();
    let (then, now) = (here(&on_record.admittance.outputs_to_admit), here(&judgement.outputs_to_admit));
    if then != now {
        differences.push(Difference::Admits { then, now });
    }
    let (then, now) = (on_record.admittance.coins_to_retain.clone(), judgement.coins_to_retain);
    if then != now {
        differences.push(Difference::Retains { then, now });
    }
    let writes_compared = written.is_some();
    if let Some((then, now)) = written {
        differences.extend(other_writes(&then, now));
    }
    let other = |reads: &[StateRead]| {
        let (then, now) = (on_record.reads.iter(), reads.iter());
        let place = then.zip(now).position(|(then, now)| then != now);
        let row = |reads: &[StateRead], place: usize| reads.get(place).map(|read| read.row.clone());
        let place = place.unwrap_or(on_record.reads.len().min(reads.len()));
        Difference::Reads { rows: (row(&on_record.reads, place), row(reads, place)) }
    };
    differences.extend(reads.filter(|reads| *reads != on_record.reads).map(other));
    Ok((differences, writes_compared))
}

fn other_writes(then: &StateWrites, now: Vec<(RowKey, Option<Row>)>) -> Vec<Difference> {
    let value = |row: Option<Row>| match row {
        Some(Row::State(value)) => Some(value),
        _ => None,
    };
    let own = |(key, row)| match key {
        RowKey::State(_, key) => Some((key, value(row))),
        _ => None,
    };
    let now: BTreeMap<Vec<u8>, Option<Vec<u8>>> = now.into_iter().filter_map(own).collect();
    let keys: BTreeSet<&Vec<u8>> = then.keys().chain(now.keys()).collect();
    let different = keys.into_iter().filter(|key| then.get(*key) != now.get(*key));
    different
        .map(|key| Difference::Writes {
            key: key.clone(),
            then: Written::of(then.get(key)),
            now: Written::of(now.get(key)),
        })
        .collect()
}
