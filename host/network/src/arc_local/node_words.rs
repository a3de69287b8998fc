//! What ARC's validator and a node say of a transaction that breaks a rule.

use trellis_spv::verify::VerifyError;

/// The status for what ARC's own validator finds; `None` for what only a node finds.
pub(super) fn status_before_the_node(error: &VerifyError) -> Option<u16> {
    match error {
        VerifyError::Script { .. } => Some(461),
        VerifyError::TooManySignatureChecks { .. } | VerifyError::TooManyInputs { .. } => Some(463),
        VerifyError::NullInput { .. } | VerifyError::UnprovenCoinbase(_) => Some(462),
        _ => None,
    }
}

/// What a node says of a transaction it refuses, in ARC's wording.
pub(super) fn node_reason(error: &VerifyError) -> &'static str {
    match error {
        VerifyError::DuplicateInput { .. } => "invalid transaction: bad-txns-inputs-duplicate",
        VerifyError::OutputsExceedInputs { .. } => "invalid transaction: bad-txns-in-belowout",
        VerifyError::ValueOutOfRange { .. } => "invalid transaction: bad-txns-inputvalues-outofrange",
        VerifyError::FeeTooLow { .. } => "invalid transaction: mempool min fee not met",
        VerifyError::P2shOutput { .. } => "invalid transaction: bad-txns-vout-p2sh",
        VerifyError::LockedUntilHeight { .. }
        | VerifyError::LockedUntilTime { .. }
        | VerifyError::LockTimeUnknowable { .. } => "invalid transaction: bad-txns-nonfinal",
        VerifyError::ImmatureCoinbase { .. } => "invalid transaction: bad-txns-premature-spend-of-coinbase",
        VerifyError::Script { .. } => "invalid transaction: mandatory-script-verify-flag-failed",
        _ => "invalid transaction",
    }
}
