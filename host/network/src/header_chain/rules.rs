//! The rules a header has to keep: proof of work, the difficulty its place in the chain demands, and the checkpoint
//! everything is counted from.

use std::fmt;
use std::str::FromStr;

use bsv_rs::block::{ChainParams, ChainWork, HeaderAncestry, PowError, check_proof_of_work, next_work_required};

use super::header::Header;
use trellis_spv::hash::{BlockHash, IdentifierError};

/// The main network's block 900,000, of June 2025: named alike by bsv-blockchain/go-chaincfg and by WhatsOnChain.
const MAIN_CHECKPOINT: (u32, [u8; 32]) = (
    900_000,
    [
        0x6a, 0x50, 0xc5, 0x88, 0x23, 0xef, 0xd0, 0xe3, 0x49, 0x54, 0x28, 0x2e, 0x25, 0xd0, 0x09, 0x14, 0xf8, 0x8b,
        0x1b, 0x6e, 0xa3, 0xb6, 0xfe, 0x02, 0, 0, 0, 0, 0, 0, 0, 0,
    ],
);

/// The test network's first block: of later ones only one public source could be found for each.
const TEST_CHECKPOINT: (u32, [u8; 32]) = (
    0,
    [
        0x43, 0x49, 0x7f, 0xd7, 0xf8, 0x26, 0x95, 0x71, 0x08, 0xf4, 0xa3, 0x0f, 0xd9, 0xce, 0xc3, 0xae, 0xba, 0x79,
        0x97, 0x20, 0x84, 0xe9, 0x0e, 0xad, 0x01, 0xea, 0x33, 0x09, 0, 0, 0, 0,
    ],
);

// How far difficulty may fall unseen: the moving average spans 144 blocks and no block may have less than half of it, so
// within 147 blocks, all that cannot be judged, it falls to a third at most. An eighth is on the safe side; without the
// bound, a chain of the easiest blocks costs nothing there, and whoever comes first with a thousand of them stays.

/// A block that is taken for granted: the first one known. Proofs in blocks below it cannot be judged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    /// Its height.
    pub height: u32,
    /// Its hash.
    pub hash: BlockHash,
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.height, self.hash)
    }
}

/// Why a text is no checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Not `height:hash`.
    #[error("`{0}` is no checkpoint: expected `<height>:<hash of the block at that height>`")]
    Form(String),
    /// What should be a hash is none.
    #[error(transparent)]
    Hash(#[from] IdentifierError),
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;

    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        let wrong = || CheckpointError::Form(text.chars().take(90).collect());
        let (height, hash) = text.split_once(':').ok_or_else(wrong)?;
        if !height.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        Ok(Self { height: height.parse().map_err(|_| wrong())?, hash: hash.parse()? })
    }
}

/// A rule that a header breaks. Whoever handed it over as part of the best chain is mistaken or lies.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// Its hash misses its target, or its target is none.
    #[error("block header {hash} has not the work it claims: {source}")]
    Work {
        /// The header.
        hash: BlockHash,
        /// What is wrong.
        source: PowError,
    },
    /// Its target is not the one its place in the chain demands.
    #[error("block header {hash} at height {height} claims difficulty {claimed:08x}, the chain demands {demanded:08x}")]
    Difficulty {
        /// The header.
        hash: BlockHash,
        /// Its height.
        height: u32,
        /// Its target in compact form.
        claimed: u32,
        /// The target demanded.
        demanded: u32,
    },
    /// Its target is far easier than any chain from the checkpoint could have it so soon.
    #[error("block header {hash} at height {height} claims difficulty {claimed:08x}, far easier than the checkpoint's")]
    TooEasy {
        /// The header.
        hash: BlockHash,
        /// Its height.
        height: u32,
        /// Its target in compact form.
        claimed: u32,
    },
}

/// The rules of one network.
#[derive(Debug, Clone)]
pub struct Rules {
    params: ChainParams,
    checkpoint: Checkpoint,
}

impl Rules {
    /// The main network's.
    #[must_use]
    pub fn main() -> Self {
        let (height, hash) = MAIN_CHECKPOINT;
        Self::new(ChainParams::main(), Checkpoint { height, hash: BlockHash::from_internal(hash) })
    }

    /// The public test network's.
    #[must_use]
    pub fn test() -> Self {
        let (height, hash) = TEST_CHECKPOINT;
        Self::new(ChainParams::test(), Checkpoint { height, hash: BlockHash::from_internal(hash) })
    }

    pub(crate) const fn new(params: ChainParams, checkpoint: Checkpoint) -> Self {
        Self { params, checkpoint }
    }

    /// These rules from another checkpoint on.
    #[must_use]
    pub fn from_checkpoint(self, checkpoint: Checkpoint) -> Self {
        Self { checkpoint, ..self }
    }

    /// The first block known.
    #[must_use]
    pub const fn checkpoint(&self) -> Checkpoint {
        self.checkpoint
    }

    /// Whether a header's hash meets its target, and the target the network's limit.
    pub(super) fn check_work(&self, header: &Header) -> Result<(), RuleError> {
        check_proof_of_work(header.hash().internal(), header.bits(), &self.params.pow_limit)
            .map_err(|source| RuleError::Work { hash: header.hash(), source })
    }

    /// Whether a header at `height` has the target that the headers before it demand. Just above the checkpoint too few
    /// of them are known to tell; there it must not be far easier than the checkpoint.
    pub(super) fn check_difficulty(
        &self,
        header: &Header,
        height: u32,
        before: &impl HeaderAncestry,
    ) -> Result<(), RuleError> {
        let (hash, claimed) = (header.hash(), header.bits());
        match next_work_required(&self.params, before, height.saturating_sub(1), header.time()) {
            Ok(demanded) if claimed == demanded => Ok(()),
            Ok(demanded) => Err(RuleError::Difficulty { hash, height, claimed, demanded }),
            // A header that the rule reads is not known.
            Err(_) if self.is_far_too_easy(header, before) => Err(RuleError::TooEasy { hash, height, claimed }),
            Err(_) => Ok(()),
        }
    }

    fn is_far_too_easy(&self, header: &Header, before: &impl HeaderAncestry) -> bool {
        // Rules older than the moving average, and those of the test network, let difficulty fall to any depth.
        if self.checkpoint.height < self.params.daa_height || self.params.allow_min_difficulty_blocks {
            return false;
        }
        let Some(first) = before.link_at(self.checkpoint.height) else { return false };
        let times_eight = (0..3).fold(header.work(), |work, _| work.wrapping_add(work));
        times_eight < ChainWork::from_bits(first.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checkpoints_are_those_explorers_show() {
        assert_eq!(
            Rules::main().checkpoint().to_string(),
            "900000:000000000000000002feb6a36e1b8bf81409d0252e285449e3d0ef2388c5506a"
        );
        assert_eq!(
            Rules::test().checkpoint().to_string(),
            "0:000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943"
        );
    }

    #[test]
    fn a_checkpoint_is_a_height_and_a_hash() {
        let checkpoint = Rules::main().checkpoint();
        assert_eq!(checkpoint.to_string().parse(), Ok(checkpoint));
        for wrong in ["", "900000", "x:00", "-1:00", "+1:00", "4294967296:00", &format!(":{}", checkpoint.hash)] {
            assert!(matches!(wrong.parse::<Checkpoint>(), Err(CheckpointError::Form(_))), "{wrong}");
        }
        assert!(matches!("1:00".parse::<Checkpoint>(), Err(CheckpointError::Hash(_))));
    }
}
