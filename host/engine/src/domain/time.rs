//! Sequence numbers and timestamps.

use std::fmt;

/// The number of a commit. The first is 1; each commit has the next one; 0 is the empty store before any commit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Sequence(pub u64);

impl Sequence {
    /// The empty store.
    pub const ZERO: Self = Self(0);

    /// The commit that is being planned, whose number is not known yet. The version of rows that a plan under way has
    /// written, never one on disk.
    pub const PENDING: Self = Self(u64::MAX);

    /// The number after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Microseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// This time and `milliseconds` more.
    #[must_use]
    pub const fn plus_milliseconds(self, milliseconds: u64) -> Self {
        Self(self.0.saturating_add(milliseconds.saturating_mul(1000)))
    }

    /// Whole milliseconds since 1970-01-01 UTC.
    #[must_use]
    pub const fn milliseconds(self) -> u64 {
        self.0 / 1000
    }
}

/// A sequence inside a row: that of the commit which writes the row, or an earlier one.
///
/// The writer numbers commits, so whoever plans a row cannot know its number. A row's version is its commit's number,
/// therefore `ThisCommit` needs no rewriting: it is resolved when the row is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stamp {
    /// The commit that wrote the row.
    ThisCommit,
    /// An earlier commit, carried over from a previous version of the row.
    At(Sequence),
}

impl Stamp {
    /// The sequence meant, given the version of the row that holds the stamp.
    #[must_use]
    pub const fn resolve(self, version: Sequence) -> Sequence {
        match self {
            Self::ThisCommit => version,
            Self::At(sequence) => sequence,
        }
    }

    /// The stamp for a later version of the row, which has to mean the same sequence.
    #[must_use]
    pub const fn carried(self, version: Sequence) -> Self {
        match self.resolve(version) {
            Sequence::PENDING => Self::ThisCommit,
            sequence => Self::At(sequence),
        }
    }
}
