//! A BEEF, judged here and by an independent verifier.
//!
//! Promised: what is accepted here is accepted there, at least without what its subject does not rest on; and what is refused
//! here alone is refused for one of the reasons that are this host's own.
#![no_main]

use bsv_rs::block::ChainParams;
use bsv_rs::transaction::beef_stream::{ChainTip, Hash32, StreamVerifier, Verdict};
use libfuzzer_sys::fuzz_target;
use trellis_fuzz::material::{material, policy};
use trellis_spv::beef::{BeefError, BeefVersion, parse};
use trellis_spv::bump::BumpError;
use trellis_spv::script::ScriptError;
use trellis_spv::testing::{Chain, beef};
use trellis_spv::verify::{Headers, Policy, ProofError, Verified, VerifyError, verify};

struct OracleHeaders<'a>(&'a Chain);

impl bsv_rs::transaction::beef_stream::Headers for OracleHeaders<'_> {
    fn carries(&self, height: u64, root: &Hash32) -> bool {
        let header = u32::try_from(height).ok().and_then(|height| self.0.header(height));
        header.is_some_and(|header| header.root.internal() == root)
    }

    #[expect(deprecated, reason = "the field has no other constructor")]
    fn mining_tip(&self) -> Option<ChainTip> {
        let height = self.0.tip()?;
        // Times rise with heights here, so the median of eleven is the sixth.
        let median_time_past = Chain::time(height - 5);
        Some(ChainTip { height, median_time_past, genesis_height: 1, csv_height: 1, next_block_time: None })
    }
}

fn oracle(bytes: &[u8]) -> Verdict {
    let headers = OracleHeaders(&material().chain);
    let mut verifier = StreamVerifier::new(bytes, headers, None).with_chain_params(ChainParams::main());
    verifier.set_work_limit(Some(policy().max_work * 10));
    verifier.run().expect("bytes in memory")
}

fn is_our_own(error: &VerifyError) -> bool {
    matches!(
        error,
        VerifyError::NotProven { source: BumpError::Unflagged { .. }, .. }
            | VerifyError::LooksLikeMerkleNode(_)
            | VerifyError::Proof(ProofError::TransactionAsNode { .. })
            // A proven txid without its bytes is of no use to a host that has none.
            | VerifyError::UnknownSubject(_)
            // The oracle forgets the spends of proven transactions that it reads after their rivals.
            | VerifyError::DoubleSpend { .. }
            | VerifyError::TooManySignatureChecks { .. }
            | VerifyError::Script {
                source: ScriptError::TooLong { .. }
                    | ScriptError::TooDeep { .. }
                    | ScriptError::TooMuchWork { .. }
                    | ScriptError::TooMuchMemory { .. },
                ..
            }
    )
}

fn is_our_own_form(error: &BeefError) -> bool {
    matches!(
        error,
        BeefError::Empty
            | BeefError::RepeatedTransaction { .. }
            | BeefError::Bump { source: BumpError::MisplacedDuplicate { .. }, .. }
    )
}

/// The BEEF without what the subject does not rest on.
fn pruned(verified: &Verified) -> Vec<u8> {
    let known = verified.transactions.iter().map(|known| (known.transaction.clone(), known.proof.clone()));
    beef(BeefVersion::V1, &known.collect::<Vec<_>>()).to_bytes()
}

fuzz_target!(|input: &[u8]| {
    let verdict = oracle(input);
    // The oracle knows no fees.
    let policy = Policy { min_fee_rate: 0, ..policy() };
    match parse(input).map(|beef| verify(&beef, &material().chain, &(), &policy)) {
        Err(error) => assert!(!verdict.is_valid() || is_our_own_form(&error), "refused here alone: {error}"),
        Ok(Err(error)) => assert!(!verdict.is_valid() || is_our_own(&error), "refused here alone: {error}"),
        Ok(Ok(_)) if verdict.is_valid() => {}
        Ok(Ok(verified)) => {
            let without = oracle(&pruned(&verified));
            assert!(without.is_valid(), "accepted here alone: {verdict:?}, without the rest {without:?}");
        }
    }
});
