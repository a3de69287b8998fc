//! One block header: its 80 bytes, its hash, and what it says.

use bsv_rs::block::{BlockHeader, ChainWork, HeaderLink};
use trellis_engine::ports::headers::RawHeader;
use trellis_spv::hash::{BlockHash, MerkleRoot, double_sha256};

/// A header and its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    fields: BlockHeader,
    hash: BlockHash,
}

impl Header {
    /// A header of these fields.
    #[must_use]
    pub fn new(fields: BlockHeader) -> Self {
        Self { fields, hash: BlockHash::from_internal(double_sha256(&fields.to_binary())) }
    }

    /// Reads 80 bytes; `None` for any other number of them.
    #[must_use]
    pub fn parse(raw: &[u8]) -> Option<Self> {
        BlockHeader::from_binary(raw).ok().map(Self::new)
    }

    /// The 80 bytes.
    #[must_use]
    pub fn raw(&self) -> RawHeader {
        self.fields.to_binary()
    }

    /// Its hash.
    #[must_use]
    pub const fn hash(&self) -> BlockHash {
        self.hash
    }

    /// The hash of the header before it.
    #[must_use]
    pub const fn previous(&self) -> BlockHash {
        BlockHash::from_internal(self.fields.prev_hash)
    }

    /// The root of its block's merkle tree.
    #[must_use]
    pub const fn root(&self) -> MerkleRoot {
        MerkleRoot::from_internal(self.fields.merkle_root)
    }

    /// Unix seconds.
    #[must_use]
    pub const fn time(&self) -> u32 {
        self.fields.time
    }

    /// The target its hash must meet, in compact form.
    #[must_use]
    pub const fn bits(&self) -> u32 {
        self.fields.bits
    }

    /// Hashes it takes on average to meet that target.
    pub(super) fn work(&self) -> ChainWork {
        self.fields.work()
    }

    /// What the difficulty rule reads of it.
    pub(super) const fn link(&self, height: u32) -> HeaderLink {
        HeaderLink { height, time: self.fields.time, bits: self.fields.bits }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The main network's first block, as every node knows it.
    const FIRST: &str = "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e\
                         67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c";

    #[test]
    fn a_header_says_what_its_bytes_say() {
        let raw = hex::decode(FIRST).unwrap();
        let header = Header::parse(&raw).unwrap();
        assert_eq!(header.raw()[..], raw);
        assert_eq!(header.hash().to_string(), "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f");
        assert_eq!(header.hash().to_string().parse(), Ok(header.hash()));
        assert_eq!(header.root().to_string(), "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b");
        assert_eq!((header.time(), header.bits()), (1_231_006_505, 0x1d00_ffff));
        assert_eq!(header.previous(), BlockHash::from_internal([0; 32]));
        assert_eq!(Header::parse(&raw[..79]), None);
        assert!("0x19d6".parse::<BlockHash>().is_err());
    }
}
