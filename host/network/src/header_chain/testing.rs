//! Headers that are really mined, at difficulties a test can afford, and an archive of them in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;

use bsv_rs::block::{BlockHeader, ChainParams, HeaderLink, next_work_required};
use trellis_engine::ports::headers::{HeaderArchive, RawHeader};
use trellis_engine::ports::store::StoreError;

use super::header::Header;
use super::rules::{Checkpoint, Rules};

/// Seconds between two blocks where a test does not say otherwise.
pub(crate) const SPACING: u32 = 600;

/// Every second hash meets the target, at every height.
pub(crate) fn constant() -> ChainParams {
    ChainParams::regtest()
}

/// The moving average of the main network from the first block on, starting at the easiest target there is.
pub(crate) fn moving() -> ChainParams {
    let mut params = ChainParams::regtest();
    params.no_retargeting = false;
    params.allow_min_difficulty_blocks = false;
    params.pow_target_timespan = params.pow_target_spacing;
    params
}

/// Rules of a chain that begins with `first`, at `height`.
pub(crate) fn rules(params: ChainParams, height: u32, first: &Header) -> Rules {
    Rules::new(params, Checkpoint { height, hash: first.hash() })
}

/// Tries nonces until the hash meets the target, or misses it.
fn search(mut fields: BlockHeader, meets: bool) -> Header {
    let params = constant();
    loop {
        let header = Header::new(fields);
        if header_meets(&header, &params) == meets {
            return header;
        }
        fields.nonce += 1;
    }
}

fn header_meets(header: &Header, params: &ChainParams) -> bool {
    BlockHeader::from_binary(&header.raw()).unwrap().check_proof_of_work(&params.pow_limit).is_ok()
}

fn fields(previous: &Header, spacing: u32, bits: u32, mark: u8) -> BlockHeader {
    BlockHeader {
        version: 0x2000_0000,
        prev_hash: *previous.hash().internal(),
        merkle_root: [mark; 32],
        time: previous.time() + spacing,
        bits,
        nonce: 0,
    }
}

/// The first header of a chain.
pub(crate) fn first(mark: u8) -> Header {
    let bits = constant().pow_limit_bits();
    search(
        BlockHeader { version: 1, prev_hash: [0; 32], merkle_root: [mark; 32], time: 1_500_000_000, bits, nonce: 0 },
        true,
    )
}

/// A header behind another one, mined at that one's difficulty.
pub(crate) fn next(previous: &Header, mark: u8) -> Header {
    search(fields(previous, SPACING, previous.bits(), mark), true)
}

/// A header that was never mined: its hash misses its target.
pub(crate) fn unmined(previous: &Header, mark: u8) -> Header {
    search(fields(previous, SPACING, previous.bits(), mark), false)
}

/// Makes a chain longer by `count` headers.
pub(crate) fn extend(chain: &[Header], count: usize, mark: u8) -> Vec<Header> {
    let mut chain = chain.to_vec();
    for _ in 0..count {
        chain.push(next(chain.last().unwrap(), mark));
    }
    chain
}

/// A chain of `count` headers.
pub(crate) fn chain(count: usize, mark: u8) -> Vec<Header> {
    extend(&[first(mark)], count - 1, mark)
}

/// Makes a chain that begins at height 0 longer, with the difficulty the rules demand.
pub(crate) fn extend_by_rules(
    params: &ChainParams,
    chain: &[Header],
    count: usize,
    spacing: u32,
    mark: u8,
) -> Vec<Header> {
    let mut chain = chain.to_vec();
    let mut links: Vec<HeaderLink> = (0..).zip(&chain).map(|(height, header)| header.link(height)).collect();
    for _ in 0..count {
        let previous = chain.last().unwrap();
        let height = chain.len() as u32;
        let time = previous.time() + spacing;
        let bits = next_work_required(params, &links[..], height - 1, time).unwrap_or_else(|_| previous.bits());
        let header = search(fields(previous, spacing, bits, mark), true);
        links.push(header.link(height));
        chain.push(header);
    }
    chain
}

/// Headers in memory: what is left of a process that ended.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    pub(crate) headers: Mutex<BTreeMap<u32, RawHeader>>,
    pub(crate) is_broken: std::sync::atomic::AtomicBool,
}

impl HeaderArchive for Shelf {
    fn headers(&self, from: u32, limit: usize) -> Result<Vec<(u32, RawHeader)>, StoreError> {
        let headers = self.headers.lock().unwrap();
        Ok(headers.range(from..).take(limit).map(|(height, header)| (*height, *header)).collect())
    }

    fn replace_headers(&self, first: u32, headers: &[RawHeader]) -> Result<(), StoreError> {
        if self.is_broken.load(std::sync::atomic::Ordering::SeqCst) {
            return Err(StoreError::Full { free: 0, floor: 1 });
        }
        let mut kept = self.headers.lock().unwrap();
        kept.split_off(&first);
        kept.extend((first..).zip(headers.iter().copied()));
        Ok(())
    }
}

impl Shelf {
    /// What stands on it, which must be without gaps and begin at `first`.
    pub(crate) fn from(&self, first: u32) -> Vec<RawHeader> {
        let headers = self.headers.lock().unwrap();
        assert!(headers.keys().copied().eq(first..first + headers.len() as u32), "there is a gap");
        headers.values().copied().collect()
    }
}

/// A header with the difficulty of one, mined behind another.
pub(crate) fn relinked(of: &Header, previous: &Header) -> Header {
    search(fields(previous, SPACING, of.bits(), 77), true)
}
