//! What ARC checks before a node sees a transaction: the form, the values and the fee, by what the EF claims.

use trellis_spv::hash::Outpoint;
use trellis_spv::limits::{DEFAULT_MIN_FEE_RATE, MAX_SATOSHIS};
use trellis_spv::transaction::Transaction;

use super::body::Sent;

/// Satoshis per 1,000 bytes, rounded up: ARC's usual policy.
pub const FEE_RATE: u64 = DEFAULT_MIN_FEE_RATE;

/// Bytes of the smallest transaction ARC takes.
const LEAST_TRANSACTION_BYTES: usize = 61;

const OP_0: u8 = 0x00;
const OP_PUSHDATA1: u8 = 0x4c;
const OP_PUSHDATA2: u8 = 0x4d;
const OP_PUSHDATA4: u8 = 0x4e;
const OP_16: u8 = 0x60;
const OP_RETURN: u8 = 0x6a;

/// Version from which unlocking scripts may do more than push (Chronicle).
const FREE_UNLOCKING_VERSION: u32 = 2;

/// Why not: ARC's status and the reason for `extraInfo`.
type Refusal = (u16, String);

/// Judges what `sent` claims. `known` has the outputs the chain knows.
pub(super) fn judge(sent: &Sent, known: impl Fn(&Outpoint) -> Option<(u64, Vec<u8>)>) -> Result<(), Refusal> {
    let transaction = &sent.transaction;
    let true_sources = || transaction.inputs().iter().map(|input| known(&input.source));
    if transaction.inputs().iter().any(|input| input.source.txid.internal() == &[0; 32]) {
        return refuse(462, "transaction input is invalid\ninput is a coinbase input");
    }
    let sources = match &sent.sources {
        Some(claimed) => {
            // A signature covers satoshis and script of what it spends, so with others than the true ones it fails.
            let differs =
                claimed.iter().zip(true_sources()).any(|(claim, truth)| truth.is_some_and(|truth| truth != *claim));
            if differs {
                return refuse(
                    461,
                    "script execution failed\nan output the EF claims to spend is not what the chain has",
                );
            }
            claimed.clone()
        }
        None => match true_sources().collect::<Option<Vec<_>>>() {
            Some(sources) => sources,
            None => return refuse(460, "failed to get all parents: parent transaction not found"),
        },
    };
    check_inputs(&sources)?;
    check_outputs(transaction)?;
    check_form(transaction)?;
    check_fee(transaction, &sources)
}

fn check_inputs(sources: &[(u64, Vec<u8>)]) -> Result<(), Refusal> {
    if sum(sources.iter().map(|(satoshis, _)| *satoshis)).is_none() {
        return refuse(462, "transaction input is invalid\ninput total satoshis is too high");
    }
    Ok(())
}

fn check_outputs(transaction: &Transaction) -> Result<(), Refusal> {
    for (vout, output) in (0..).zip(transaction.outputs()) {
        let is_data = is_data(transaction.locking_script(vout).unwrap_or_default());
        if is_data && output.satoshis != 0 {
            return refuse(464, &format!("transaction output is invalid\noutput {vout} has non 0 value op return"));
        }
        if !is_data && !(1..=MAX_SATOSHIS).contains(&output.satoshis) {
            return refuse(464, &format!("transaction output is invalid\noutput {vout} satoshis is invalid"));
        }
    }
    if sum(transaction.outputs().iter().map(|output| output.satoshis)).is_none() {
        return refuse(464, "transaction output is invalid\noutput total satoshis is too high");
    }
    Ok(())
}

fn check_form(transaction: &Transaction) -> Result<(), Refusal> {
    if transaction.raw().len() < LEAST_TRANSACTION_BYTES {
        return refuse(463, "transaction size in bytes is less than 61 bytes");
    }
    if transaction.version() < FREE_UNLOCKING_VERSION {
        for input in (0..).take(transaction.inputs().len()) {
            if !is_push_only(transaction.unlocking_script(input).unwrap_or_default()) {
                return refuse(463, &format!("transaction input unlocking script is not push only\ninput: {input}"));
            }
        }
    }
    Ok(())
}

fn check_fee(transaction: &Transaction, sources: &[(u64, Vec<u8>)]) -> Result<(), Refusal> {
    let expected = (transaction.raw().len() as u64).saturating_mul(FEE_RATE).div_ceil(1_000);
    let inputs: u64 = sources.iter().map(|(satoshis, _)| satoshis).sum();
    let outputs: u64 = transaction.outputs().iter().map(|output| output.satoshis).sum();
    let actual = inputs.saturating_sub(outputs);
    // ARC says a transaction that makes money pays no fee.
    if inputs < outputs || actual < expected {
        let fees = format!("minimum expected fee: {expected}, actual fee: {actual}");
        return refuse(465, &format!("transaction fee is too low\n{fees}"));
    }
    Ok(())
}

fn refuse(status: u16, reason: &str) -> Result<(), Refusal> {
    Err((status, format!("arc error {status}: {reason}")))
}

/// The sum, unless it exceeds all there can be.
fn sum(satoshis: impl Iterator<Item = u64>) -> Option<u64> {
    let mut total = 0u64;
    for one in satoshis {
        total = total.checked_add(one).filter(|total| *total <= MAX_SATOSHIS)?;
    }
    Some(total)
}

/// Whether an output carries data and no coins: OP_RETURN, or OP_FALSE OP_RETURN.
fn is_data(script: &[u8]) -> bool {
    matches!(script, [OP_RETURN, ..] | [OP_0, OP_RETURN, ..])
}

/// Whether a script only pushes. A push that runs over the end counts as none.
fn is_push_only(mut script: &[u8]) -> bool {
    while let [opcode, rest @ ..] = script {
        let (length, rest) = match (*opcode, rest) {
            (opcode, rest) if opcode < OP_PUSHDATA1 => (usize::from(opcode), rest),
            (OP_PUSHDATA1, [a, rest @ ..]) => (usize::from(*a), rest),
            (OP_PUSHDATA2, [a, b, rest @ ..]) => (usize::from(u16::from_le_bytes([*a, *b])), rest),
            (OP_PUSHDATA4, [a, b, c, d, rest @ ..]) => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, rest),
            (OP_PUSHDATA1..=OP_PUSHDATA4, _) => return false,
            (opcode, rest) if opcode <= OP_16 => (0, rest),
            _ => return false,
        };
        let Some(rest) = rest.get(length..) else { return false };
        script = rest;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pushes_are_told_from_everything_else() {
        for pushes in
            [&[][..], &[0], &[2, 9, 9], &[0x4c, 1, 9], &[0x4d, 1, 0, 9], &[0x4e, 1, 0, 0, 0, 9], &[0x4f, 0x60]]
        {
            assert!(is_push_only(pushes), "{pushes:?}");
        }
        for others in
            [&[0x61][..], &[0xac], &[2, 9], &[0x4c], &[0x4d, 1], &[0x4e, 1, 0, 0], &[0x4c, 2, 9], &[1, 9, 0x76]]
        {
            assert!(!is_push_only(others), "{others:?}");
        }
    }

    #[test]
    fn sums_end_at_all_the_coins_there_can_be() {
        assert_eq!(sum([MAX_SATOSHIS, 0].into_iter()), Some(MAX_SATOSHIS));
        assert_eq!(sum([MAX_SATOSHIS, 1].into_iter()), None);
        assert_eq!(sum([u64::MAX, u64::MAX].into_iter()), None);
    }
}
