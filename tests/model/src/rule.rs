//! What topics and services do. The plugins of the host under test run these very rules; what a host makes of their answers is
//! what is tested.

use crate::derived::Topic;
use crate::transaction::{Outpoint, Transaction};

/// A topic manager.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rule {
    /// Admits everything.
    AdmitAll,
    /// Admits everything and retains every coin.
    Retain,
    /// Admits everything of what spends no coin of the topic, and nothing of what does.
    Burn,
    /// Refuses.
    Refuse,
    /// Admits everything; counts by so many in one row that everybody writes, and has a row for every transaction whose coins
    /// nobody has spent.
    Count(u8),
    /// Takes turns: even outputs, then odd ones; or the other way round. Refuses three outputs out of turn.
    Alternate(bool),
    /// Looks through all of its rows, and admits the output whose number is how many there are; or the one before.
    Census(bool),
    /// Looks at two other topics: whether [`RETAINED`] holds what the first input spends, and all rows of [`COUNTED`]. Admits the
    /// output whose number comes of that, and writes down what it saw. Refuses now and then; the other one at other times.
    Watch(bool),
}

/// Topics that [`Rule::Watch`] may read.
pub const RETAINED: Topic = 1;
/// As [`RETAINED`].
pub const COUNTED: Topic = 4;

/// What a topic manager is asked.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The transaction.
    pub transaction: &'a Transaction,
    /// Inputs that spend coins of the topic, ascending.
    pub previous_coins: &'a [u32],
}

/// What it says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Said {
    /// It takes these outputs, and keeps the coins of these inputs.
    Takes {
        /// Outputs.
        admit: Vec<u32>,
        /// Inputs.
        retain: Vec<u32>,
    },
    /// No.
    Refuses,
}

/// The state of a topic or service, as its rule sees it.
pub trait State {
    /// A row.
    fn get(&mut self, key: &[u8]) -> Option<Vec<u8>>;
    /// Writes a row, or removes it.
    fn set(&mut self, key: &[u8], value: Option<&[u8]>);
    /// All rows from `start` on.
    fn all(&mut self, start: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)>;
    /// A row of another topic, as it was before the submission.
    fn get_of(&mut self, topic: Topic, key: &[u8]) -> Option<Vec<u8>>;
    /// All rows of another topic from `start` on, likewise.
    fn all_of(&mut self, topic: Topic, start: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)>;
    /// Whether another topic holds an output, unspent or retained, and whether it is spent, likewise.
    fn output_of(&mut self, topic: Topic, outpoint: &Outpoint) -> Option<bool>;
}

/// Of [`Rule::Count`] and [`Rule::Alternate`].
const COUNT: &[u8] = b"count";

impl Rule {
    /// What the plugin is exchanged for, and back.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::AdmitAll => Self::Burn,
            Self::Burn => Self::AdmitAll,
            Self::Retain => Self::Refuse,
            Self::Refuse => Self::Retain,
            Self::Count(by) => Self::Count(3 - by),
            Self::Alternate(odd) => Self::Alternate(!odd),
            Self::Census(before) => Self::Census(!before),
            Self::Watch(other) => Self::Watch(!other),
        }
    }

    /// Judges a transaction.
    pub fn judge(self, asked: Asked<'_>, state: &mut dyn State) -> Said {
        let Asked { transaction, previous_coins } = asked;
        let all: Vec<u32> = (0..transaction.outputs.len() as u32).collect();
        let none = Vec::new;
        let (admit, retain) = match self {
            Self::AdmitAll => (all, none()),
            Self::Retain => (all, previous_coins.to_vec()),
            Self::Burn if previous_coins.is_empty() => (all, none()),
            Self::Burn => (none(), none()),
            Self::Refuse => return Said::Refuses,
            Self::Count(by) => {
                let count = state.get(COUNT).map_or(0, |value| value[0]);
                state.set(COUNT, Some(&[count.wrapping_add(by)]));
                note(asked, b"seen", state);
                (all, none())
            }
            Self::Alternate(odd) => {
                let turn = state.get(COUNT).map_or(0, |value| value[0]);
                let parity = u32::from(turn % 2) ^ u32::from(odd);
                if all.len() == 3 && parity == 1 {
                    return Said::Refuses;
                }
                state.set(COUNT, Some(&[turn.wrapping_add(1)]));
                let kept = if parity == 0 { previous_coins.to_vec() } else { none() };
                (all.into_iter().filter(|output| output % 2 == parity).collect(), kept)
            }
            Self::Census(before) => {
                let rows = state.all(&[0]).len() as u32;
                note(asked, &[rows as u8], state);
                let outputs = all.len() as u32;
                (vec![(rows + u32::from(before) * (outputs - 1)) % outputs], none())
            }
            Self::Watch(other) => {
                let count = state.get_of(COUNTED, COUNT).map_or(0, |value| value[0]);
                let rows = state.all_of(COUNTED, &[0]).len() as u8;
                let first = transaction.inputs.first();
                let held = first.and_then(|source| state.output_of(RETAINED, source));
                let held = held.map_or(0, |spent| 1 + u8::from(spent));
                if count % 8 == 7 * u8::from(other) && held == 1 {
                    return Said::Refuses;
                }
                note(asked, &[count, rows, held], state);
                let outputs = all.len() as u32;
                let retain = if held > 0 { previous_coins.to_vec() } else { none() };
                (vec![(u32::from(count) + u32::from(rows) + u32::from(held)) % outputs], retain)
            }
        };
        Said::Takes { admit, retain }
    }
}

/// A row for the transaction; those of transactions whose coins it spends go.
fn note(asked: Asked<'_>, value: &[u8], state: &mut dyn State) {
    for input in asked.previous_coins {
        state.set(&asked.transaction.inputs[*input as usize].id.0, None);
    }
    state.set(&asked.transaction.id.0, Some(value));
}

/// What a service is told of an output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Notice<'a> {
    /// It entered a topic, with these off-chain values.
    Admitted(Option<&'a [u8]>),
    /// It was spent; whether it is retained.
    Spent(bool),
    /// A spent output left the history.
    NoLongerRetained,
    /// An operator took it out.
    Evicted,
}

/// The one service: a row for every output of every topic, with what it heard of it last.
pub fn index(topic: u32, outpoint: &Outpoint, notice: Notice<'_>, state: &mut dyn State) {
    let key = [&[topic as u8][..], &outpoint.id.0, &outpoint.output.to_be_bytes()].concat();
    let value = match notice {
        Notice::Admitted(values) => Some([b"live ", values.unwrap_or_default()].concat()),
        Notice::Spent(true) => Some(b"kept".to_vec()),
        Notice::Spent(false) => Some(b"spent".to_vec()),
        Notice::NoLongerRetained | Notice::Evicted => None,
    };
    state.set(&key, value.as_deref());
}
