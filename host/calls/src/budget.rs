//! What a call may still ask of the host. Every host function charges before it works.

use crate::limits::{
    CROSSING_BYTE_WORK, CURVE_OPERATION_WORK, HASHED_BYTE_WORK, HOST_CALL_WORK, Limits, SCANNED_ROW_WORK, in_words,
};

/// A budget was exceeded: by what, and how much there was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {limit} are allowed per call (limit `{}`)", in_words(name))]
pub struct Spent {
    /// What it did too much of.
    pub what: &'static str,
    /// The limit's name.
    pub name: &'static str,
    /// The limit.
    pub limit: u64,
}

/// The remaining budgets of one call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    limits: Limits,
    host_calls: u64,
    read_bytes: u64,
    written_bytes: u64,
    scanned_rows: u64,
    hashed_bytes: u64,
    curve_operations: u64,
    logged_bytes: u64,
}

impl Budget {
    /// All of it.
    pub(crate) const fn new(limits: &Limits) -> Self {
        Self {
            limits: *limits,
            host_calls: limits.host_calls,
            read_bytes: limits.read_bytes,
            written_bytes: limits.written_bytes,
            scanned_rows: limits.scanned_rows,
            hashed_bytes: limits.hashed_bytes,
            curve_operations: limits.curve_operations,
            logged_bytes: limits.logged_bytes,
        }
    }

    /// One call into the host.
    pub(crate) fn host_call(&mut self) -> Result<(), Spent> {
        let limit = self.limits.host_calls;
        charge(&mut self.host_calls, 1, Spent { what: "too many calls into the host", name: "host_calls", limit })
    }

    /// Bytes handed to the plugin.
    pub(crate) fn read(&mut self, bytes: usize) -> Result<(), Spent> {
        let limit = self.limits.read_bytes;
        let spent = Spent { what: "too many bytes read from the host", name: "read_bytes", limit };
        charge(&mut self.read_bytes, bytes, spent)
    }

    /// Bytes of a key and a value that are written.
    pub(crate) fn write(&mut self, bytes: usize) -> Result<(), Spent> {
        let limit = self.limits.written_bytes;
        let spent = Spent { what: "too many bytes written to `state`", name: "written_bytes", limit };
        charge(&mut self.written_bytes, bytes, spent)
    }

    /// Rows of a page.
    pub(crate) fn scan(&mut self, rows: usize) -> Result<(), Spent> {
        let limit = self.limits.scanned_rows;
        charge(&mut self.scanned_rows, rows, Spent { what: "too many rows scanned", name: "scanned_rows", limit })
    }

    /// Bytes hashed.
    pub(crate) fn hash(&mut self, bytes: usize) -> Result<(), Spent> {
        let limit = self.limits.hashed_bytes;
        charge(&mut self.hashed_bytes, bytes, Spent { what: "too many bytes hashed", name: "hashed_bytes", limit })
    }

    /// A signature verified or a key derived.
    pub(crate) fn curve_operation(&mut self) -> Result<(), Spent> {
        let limit = self.limits.curve_operations;
        let spent = Spent { what: "too many signatures or keys", name: "curve_operations", limit };
        charge(&mut self.curve_operations, 1, spent)
    }

    /// What the host has done for the call so far, estimated in units of fuel.
    pub(crate) fn host_work(&self) -> u64 {
        let limits = &self.limits;
        [
            (limits.host_calls, self.host_calls, HOST_CALL_WORK),
            (limits.read_bytes, self.read_bytes, CROSSING_BYTE_WORK),
            (limits.written_bytes, self.written_bytes, CROSSING_BYTE_WORK),
            (limits.scanned_rows, self.scanned_rows, SCANNED_ROW_WORK),
            (limits.hashed_bytes, self.hashed_bytes, HASHED_BYTE_WORK),
            (limits.curve_operations, self.curve_operations, CURVE_OPERATION_WORK),
        ]
        .into_iter()
        .fold(0, |sum, (limit, left, work)| sum.saturating_add(limit.saturating_sub(left).saturating_mul(work)))
    }

    /// Whether a line of so many bytes still goes into the log. Talking too much is no fault: the line is left out.
    pub(crate) fn log(&mut self, bytes: usize) -> Logged {
        match self.logged_bytes.checked_sub(bytes as u64) {
            Some(left) => {
                self.logged_bytes = left;
                Logged::Written
            }
            None if self.logged_bytes == 0 => Logged::LeftOut,
            None => {
                self.logged_bytes = 0;
                Logged::FirstLeftOut
            }
        }
    }
}

/// What becomes of a log line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Logged {
    /// It is in the log.
    Written,
    /// The budget ends here: the log says so once.
    FirstLeftOut,
    /// Left out, as the log said before.
    LeftOut,
}

fn charge(left: &mut u64, amount: usize, spent: Spent) -> Result<(), Spent> {
    *left = left.checked_sub(amount as u64).ok_or(spent)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Language;

    #[test]
    fn a_budget_is_met_exactly_and_exceeded_by_one() {
        let mut limits = Limits::of(Language::Compiled);
        limits.host_calls = 2;
        limits.written_bytes = 10;
        let mut budget = Budget::new(&limits);
        assert!(budget.host_call().is_ok() && budget.host_call().is_ok());
        let error = budget.host_call().unwrap_err();
        assert_eq!((error.name, error.limit), ("host_calls", 2));
        assert!(budget.write(11).is_err());
        assert!(budget.write(10).is_ok());
        assert!(budget.write(1).is_err());
    }

    #[test]
    fn what_the_host_did_for_a_call_counts_and_what_it_refused_does_not() {
        let mut limits = Limits::of(Language::Compiled);
        limits.curve_operations = 2;
        let mut budget = Budget::new(&limits);
        assert_eq!(budget.host_work(), 0);
        assert!(budget.curve_operation().is_ok() && budget.curve_operation().is_ok());
        assert!(budget.hash(1000).is_ok());
        let work = 2 * CURVE_OPERATION_WORK + 1000 * HASHED_BYTE_WORK;
        assert!(budget.curve_operation().is_err());
        assert_eq!(budget.host_work(), work);
    }

    #[test]
    fn lines_beyond_the_log_budget_are_left_out_and_that_is_said_once() {
        let mut limits = Limits::of(Language::Compiled);
        limits.logged_bytes = 10;
        let mut budget = Budget::new(&limits);
        let lines = [4, 6, 1, 1].map(|bytes| budget.log(bytes));
        assert_eq!(lines, [Logged::Written, Logged::Written, Logged::LeftOut, Logged::LeftOut]);
        let mut budget = Budget::new(&limits);
        let lines = [4, 7, 1].map(|bytes| budget.log(bytes));
        assert_eq!(lines, [Logged::Written, Logged::FirstLeftOut, Logged::LeftOut]);
    }
}
