//! What an operator may choose about verification.

use bsv_rs::block::ChainParams;

use crate::limits;

/// The chain whose rules apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Network {
    /// The main network.
    #[default]
    Main,
    /// The public test network.
    Test,
    /// A chain of one's own: Genesis and Chronicle from height 1.
    Local,
}

impl Network {
    /// Activation heights of the protocol's eras.
    pub(crate) fn chain(self) -> ChainParams {
        match self {
            Self::Main => ChainParams::main(),
            Self::Test => ChainParams::test(),
            Self::Local => {
                let mut chain = ChainParams::regtest();
                (chain.genesis_height, chain.chronicle_height) = (1, 1);
                chain
            }
        }
    }
}

/// The operator's part of the door's policy. Each limit exactly met works; exceeded by one it is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Satoshis per 1,000 bytes an unproven transaction must pay, rounded up.
    pub min_fee_rate: u64,
    /// The chain whose rules apply.
    pub network: Network,
    /// Unproven transactions behind the subject that have to be judged.
    pub max_unproven_ancestors: usize,
    /// Inputs of all transactions that have to be judged.
    pub max_inputs: usize,
    /// Signature checks of all transactions that have to be judged.
    pub max_signature_checks: u64,
    /// Bytes of one script that is executed.
    pub max_script_bytes: usize,
    /// Depth to which IFs may be nested in one script.
    pub max_if_depth: usize,
    /// Work of the interpreter for one BEEF; see [`limits::DEFAULT_MAX_WORK`].
    pub max_work: u64,
    /// Bytes of both stacks of one script.
    pub max_stack_bytes: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            min_fee_rate: limits::DEFAULT_MIN_FEE_RATE,
            network: Network::default(),
            max_unproven_ancestors: limits::DEFAULT_MAX_UNPROVEN_ANCESTORS,
            max_inputs: limits::DEFAULT_MAX_INPUTS,
            max_signature_checks: limits::DEFAULT_MAX_SIGNATURE_CHECKS,
            max_script_bytes: limits::DEFAULT_MAX_SCRIPT_BYTES,
            max_if_depth: limits::DEFAULT_MAX_IF_DEPTH,
            max_work: limits::DEFAULT_MAX_WORK,
            max_stack_bytes: limits::DEFAULT_MAX_STACK_BYTES,
        }
    }
}
