//! The rules scripts of one BEEF run by, and what they have cost so far.

use bsv_rs::block::ChainParams;
use bsv_rs::script::{ScriptFlags, Word};

use crate::limits::{NUMBER_OPCODE_WORK, OPCODE_WORK, SIGNATURE_BYTE_WORK};
use crate::verify::{Costs, Network, Policy};

use super::error::ScriptError;
use super::scan::{Survey, survey};

/// Rules and running costs for all scripts of one BEEF.
pub(crate) struct Rules<'a> {
    policy: &'a Policy,
    chain: ChainParams,
    /// Height of the block the transactions could be in.
    next: u32,
    costs: Costs,
    work: u64,
    /// Work charged in advance if the input at hand goes to the interpreter.
    pending: u64,
}

impl<'a> Rules<'a> {
    pub(crate) fn new(policy: &'a Policy, next: u32) -> Self {
        let chain = policy.network.chain();
        // The network left the time before Genesis behind in 2020; headers that end there are merely few.
        let next = next.max(chain.genesis_height);
        Self { policy, chain, next, costs: Costs::default(), work: 0, pending: 0 }
    }

    pub(crate) fn costs(&self) -> Costs {
        self.costs
    }

    pub(crate) fn policy(&self) -> &Policy {
        self.policy
    }

    /// Whether the rules against malleability apply: low S, minimal pushes, a clean stack. Chronicle lifts them for
    /// transactions of version 2 and above.
    pub(crate) fn is_strict(&self, version: u32) -> bool {
        let chronicle = self.next >= self.chain.chronicle_height;
        !(chronicle && i32::from_le_bytes(version.to_le_bytes()) > 1)
    }

    /// Whether an output made at `height` is of the time before Genesis.
    pub(crate) fn is_before_genesis(&self, height: Option<u32>) -> bool {
        self.policy.network != Network::Local && height.is_some_and(|height| height < self.chain.genesis_height)
    }

    /// Checks the size and nesting of both scripts and counts their signature checks. Answers the checks so far and
    /// the policy's limit, which the caller compares because its error names the transaction. What exceeds the limit is
    /// not run, so it is no cost.
    pub(crate) fn charge(&mut self, unlocking: &[u8], locking: &[u8]) -> Result<(u64, u64), ScriptError> {
        let (mut pending, mut before) = (0u64, 0u64);
        let (mut checks, mut bytes) = (0u64, 0u64);
        for (which, script) in [("unlocking", unlocking), ("locking", locking)] {
            let (size, limit) = (script.len(), self.policy.max_script_bytes);
            if size > limit {
                return Err(ScriptError::TooLong { which, size, limit });
            }
            let Survey { signature_checks, opcodes, number_opcodes, if_depth, elements } = survey(script, before);
            before = elements;
            let (depth, limit) = (if_depth, self.policy.max_if_depth);
            if depth > limit {
                return Err(ScriptError::TooDeep { which, depth, limit });
            }
            checks = checks.saturating_add(signature_checks);
            bytes = bytes.saturating_add(size as u64);
            pending = pending
                .saturating_add(opcodes.saturating_mul(OPCODE_WORK))
                .saturating_add(number_opcodes.saturating_mul(NUMBER_OPCODE_WORK));
        }
        self.pending = pending.saturating_add(checks.saturating_mul(bytes).saturating_mul(SIGNATURE_BYTE_WORK));
        let (so_far, limit) = (self.costs.signature_checks.saturating_add(checks), self.policy.max_signature_checks);
        if so_far <= limit {
            self.costs.signature_checks = so_far;
            self.costs.script_bytes = self.costs.script_bytes.saturating_add(bytes);
        }
        Ok((so_far, limit))
    }

    /// Work left for the interpreter once this input's opcodes are charged.
    pub(crate) fn start_interpreting(&mut self) -> Result<u64, ScriptError> {
        self.work = self.work.saturating_add(std::mem::take(&mut self.pending));
        let limit = self.policy.max_work;
        limit.checked_sub(self.work).ok_or(ScriptError::TooMuchWork { limit })
    }

    /// Work the interpreter has done.
    pub(crate) fn add_work(&mut self, work: u64) {
        self.work = self.work.saturating_add(work);
    }

    /// The network's flags for spending an output made at `height`; an unproven one belongs to the next block.
    pub(crate) fn flags(&self, height: Option<u32>) -> Result<ScriptFlags, ScriptError> {
        let height = match self.policy.network {
            // A chain of one's own has no time before Genesis, even at height 0.
            Network::Local => height.map(|height| height.max(self.chain.genesis_height)),
            Network::Main | Network::Test => height,
        };
        self.chain
            .word_for_input(Word::Standard, Some(self.next), height)
            .map_err(|cause| ScriptError::NotJudged(cause.to_string()))
    }
}
