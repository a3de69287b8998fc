//! Any locking script, spent by any unlocking script, with real signatures where the input asks for them.
//!
//! Promised: the verdict is the interpreter's, whichever way it was reached, unless a limit of this host's own speaks first;
//! and no script hangs or takes memory.
#![no_main]

use std::sync::{Arc, LazyLock};

use bsv_rs::block::ChainParams;
use bsv_rs::primitives::bsv::sighash::{TxInput, TxOutput, TxSighashCache};
use bsv_rs::script::{LockingScript, Spend, TxSpendParams, UnlockingScript, Word};
use libfuzzer_sys::fuzz_target;
use trellis_fuzz::material::policy;
use trellis_fuzz::script_case::{SATOSHIS, ScriptCase, decode};
use trellis_spv::beef::{Beef, BeefEntry, BeefVersion};
use trellis_spv::script::ScriptError;
use trellis_spv::testing::Chain;
use trellis_spv::verify::{Headers, VerifyError, verify};

/// Height of the main network's first block under today's rules.
const GENESIS: u32 = 620_538;

static CHAIN: LazyLock<Chain> = LazyLock::new(Chain::new);

/// What the interpreter alone says, within the same bounds; `None` where the rules of that time are unknown to it.
fn interpreted(case: &ScriptCase) -> Option<bool> {
    let spend = &case.spend;
    let inputs = spend.inputs().iter().map(|input| TxInput {
        txid: *input.source.txid.internal(),
        output_index: input.source.vout,
        script: Vec::new(),
        sequence: input.sequence,
    });
    let outputs = (0..).zip(spend.outputs()).map(|(vout, output)| TxOutput {
        satoshis: output.satoshis,
        script: spend.locking_script(vout).unwrap_or_default().to_vec(),
    });
    let version = i32::from_le_bytes(spend.version().to_le_bytes());
    let next = CHAIN.tip().map(|tip| tip + 1);
    let flags = ChainParams::main().word_for_input(Word::Standard, next, case.height).ok()?;
    let transaction = TxSighashCache::new(version, inputs.collect(), outputs.collect(), spend.lock_time());
    let mut interpreter = Spend::with_transaction(TxSpendParams {
        transaction: Arc::new(transaction),
        input_index: 0,
        source_satoshis: SATOSHIS,
        locking_script: LockingScript::from_binary(&case.locking).ok()?,
        unlocking_script: UnlockingScript::from_binary(spend.unlocking_script(0)?).ok()?,
        memory_limit: Some(policy().max_stack_bytes),
        work_limit: Some(policy().max_work),
    })
    .ok()?;
    interpreter.set_flags(flags);
    Some(matches!(interpreter.validate(), Ok(true)))
}

fuzz_target!(|input: &[u8]| {
    let Some(case) = decode(input) else { return };
    let beef = Beef {
        version: BeefVersion::V1,
        bumps: Vec::new(),
        transactions: vec![BeefEntry::Raw { transaction: case.spend.clone(), bump: None }],
        subject: case.spend.txid(),
        atomic: false,
    };
    let ours = match verify(&beef, &*CHAIN, &case.held, &policy()) {
        Ok(_) => true,
        // Limits of this host come before the script.
        Err(VerifyError::TooManySignatureChecks { .. }) => return,
        Err(VerifyError::Script { source, .. }) => match source {
            ScriptError::TooLong { .. }
            | ScriptError::TooDeep { .. }
            | ScriptError::TooMuchWork { .. }
            | ScriptError::TooMuchMemory { .. }
            | ScriptError::NotJudged(_) => return,
            _ => false,
        },
        Err(other) => panic!("nothing but the script is wrong: {other}"),
    };
    // Coins of before Genesis the interpreter does not judge; the host judges those of bare keys.
    let interpreted = interpreted(&case);
    assert!(
        interpreted.is_some() || case.height.is_some_and(|height| height < GENESIS),
        "not judged by the interpreter"
    );
    assert_eq!(interpreted.unwrap_or(ours), ours, "the interpreter, and the host");
});
