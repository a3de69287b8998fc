//! What a submission costs, counted while it is worked on.

use std::sync::atomic::{AtomicU64, Ordering};

use trellis_spv::verify::Costs;

use crate::ports::plugins::CallCost;

/// What a submission has cost so far. Whoever is to be charged makes one for each submission and reads it afterwards: work
/// counts on whatever thread it was done, and however the submission ended.
#[derive(Debug, Default)]
pub struct Meter {
    signature_checks: AtomicU64,
    script_bytes: AtomicU64,
    fuel: AtomicU64,
}

/// What a submission cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SubmissionCost {
    /// Signature checks.
    pub signature_checks: u64,
    /// Bytes of the scripts that were executed.
    pub script_bytes: u64,
    /// Fuel of all calls into plugins, the host's own work for them included: refusals, faults, and attempts that another
    /// submission overtook.
    pub fuel: u64,
}

impl Meter {
    /// What was counted.
    #[must_use]
    pub fn read(&self) -> SubmissionCost {
        // Threads that counted were joined before the submission ended, so there is nothing to order here.
        SubmissionCost {
            signature_checks: self.signature_checks.load(Ordering::Relaxed),
            script_bytes: self.script_bytes.load(Ordering::Relaxed),
            fuel: self.fuel.load(Ordering::Relaxed),
        }
    }

    pub(super) fn verified(&self, costs: Costs) {
        self.signature_checks.fetch_add(costs.signature_checks, Ordering::Relaxed);
        self.script_bytes.fetch_add(costs.script_bytes, Ordering::Relaxed);
    }

    pub(super) fn called(&self, cost: CallCost) {
        self.fuel.fetch_add(cost.fuel.saturating_add(cost.host_work), Ordering::Relaxed);
    }
}
