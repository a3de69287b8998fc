//! The rules an unproven transaction must keep, cheap ones for all transactions before the first script runs.

use crate::hash::Txid;
use crate::limits::{COINBASE_MATURITY, FINAL_SEQUENCE, LOCK_TIME_IS_A_TIME_FROM, MAX_SATOSHIS};
use crate::script::{Inputs, Rules, SpentOutput};
use crate::transaction::Transaction;

use super::proof::median_time_past;
use super::{Costs, Headers, Policy, Verified, VerifyError};

/// Judges every transaction that has neither a proof nor an earlier verification, and notes what that cost.
pub(super) fn judge(
    verified: &Verified,
    headers: &dyn Headers,
    policy: &Policy,
    costs: &mut Costs,
) -> Result<(), VerifyError> {
    let next = headers.tip().map_or(0, |tip| tip.saturating_add(1));
    let unproven = || verified.transactions.iter().filter(|known| known.proof.is_none() && !known.stored);
    for known in unproven() {
        let transaction = &known.transaction;
        check_values(verified, transaction, policy, next)?;
        check_outputs(transaction)?;
        check_final(transaction, headers, next)?;
    }
    let mut rules = Rules::new(policy, next);
    let judged = unproven().try_for_each(|known| check_scripts(verified, &known.transaction, &mut rules));
    *costs = rules.costs();
    judged
}

/// Inputs exist and are mature, values are coins, and the fee is paid.
fn check_values(verified: &Verified, transaction: &Transaction, policy: &Policy, next: u32) -> Result<(), VerifyError> {
    let txid = transaction.txid();
    let mut inputs = 0u64;
    for (input, outpoint) in (0..).zip(transaction.inputs().iter().map(|input| input.source)) {
        let Some((parent, proof)) = verified.parent(&outpoint.txid) else {
            return Err(VerifyError::MissingParents { missing: vec![outpoint.txid], count: 1 });
        };
        let Some(satoshis) = parent.satoshis(outpoint.vout) else {
            let outputs = parent.outputs().len();
            return Err(VerifyError::NoSuchOutput { txid, input, outpoint, outputs });
        };
        if parent.is_coinbase() {
            let coinbase = parent.txid();
            let height = proof.map(|proof| proof.height).ok_or(VerifyError::UnprovenCoinbase(coinbase))?;
            if next.saturating_sub(height) < COINBASE_MATURITY {
                return Err(VerifyError::ImmatureCoinbase { txid, input, coinbase, height, next });
            }
        }
        inputs = add(inputs, satoshis).ok_or(VerifyError::ValueOutOfRange { txid, what: "inputs" })?;
    }
    let outputs = transaction.outputs().iter().try_fold(0, |sum, output| add(sum, output.satoshis));
    let outputs = outputs.ok_or(VerifyError::ValueOutOfRange { txid, what: "outputs" })?;
    let Some(fee) = inputs.checked_sub(outputs) else {
        return Err(VerifyError::OutputsExceedInputs { txid, inputs, outputs });
    };
    let size = transaction.raw().len();
    let wanted = (size as u64).saturating_mul(policy.min_fee_rate).div_ceil(1_000);
    if fee < wanted { Err(VerifyError::FeeTooLow { txid, size, fee, wanted }) } else { Ok(()) }
}

fn add(sum: u64, satoshis: u64) -> Option<u64> {
    sum.checked_add(satoshis).filter(|sum| *sum <= MAX_SATOSHIS)
}

/// No output of the exact form P2SH had, which blocks since Genesis may not contain.
fn check_outputs(transaction: &Transaction) -> Result<(), VerifyError> {
    for vout in (0..).take(transaction.outputs().len()) {
        if let Some([0xa9, 0x14, hash @ .., 0x87]) = transaction.locking_script(vout)
            && hash.len() == 20
        {
            return Err(VerifyError::P2shOutput { txid: transaction.txid(), vout });
        }
    }
    Ok(())
}

/// The next block may contain it.
fn check_final(transaction: &Transaction, headers: &dyn Headers, next: u32) -> Result<(), VerifyError> {
    let (txid, lock_time): (Txid, u32) = (transaction.txid(), transaction.lock_time());
    if lock_time == 0 || transaction.inputs().iter().all(|input| input.sequence == FINAL_SEQUENCE) {
        return Ok(());
    }
    if lock_time < LOCK_TIME_IS_A_TIME_FROM {
        return match headers.tip() {
            None => Err(VerifyError::LockTimeUnknowable { txid, lock_time }),
            Some(_) if lock_time < next => Ok(()),
            Some(_) => Err(VerifyError::LockedUntilHeight { txid, lock_time, next }),
        };
    }
    match median_time_past(headers) {
        None => Err(VerifyError::LockTimeUnknowable { txid, lock_time }),
        Some(median) if lock_time < median => Ok(()),
        Some(median) => Err(VerifyError::LockedUntilTime { txid, lock_time, median }),
    }
}

/// Every input's scripts succeed.
fn check_scripts(verified: &Verified, transaction: &Transaction, rules: &mut Rules<'_>) -> Result<(), VerifyError> {
    let txid = transaction.txid();
    let inputs = Inputs::new(transaction);
    for (input, outpoint) in (0..).zip(transaction.inputs().iter().map(|input| input.source)) {
        let spent = verified.parent(&outpoint.txid).and_then(|(parent, proof)| {
            Some(SpentOutput {
                satoshis: parent.satoshis(outpoint.vout)?,
                locking_script: parent.locking_script(outpoint.vout)?,
                height: proof.map(|proof| proof.height),
            })
        });
        let spent = spent.ok_or(VerifyError::MissingParents { missing: vec![outpoint.txid], count: 1 })?;
        let script = |source| VerifyError::Script { txid, input, outpoint, source };
        let unlocking = transaction.unlocking_script(input).unwrap_or_default();
        let (checks, limit) = rules.charge(unlocking, spent.locking_script).map_err(script)?;
        if checks > limit {
            return Err(VerifyError::TooManySignatureChecks { txid, checks, limit });
        }
        inputs.unlock(input, &spent, rules).map_err(script)?;
    }
    Ok(())
}
