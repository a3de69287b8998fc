//! The component's allocator: a static arena that hands out addresses upwards, with the standard allocator behind it.
//!
//! Why: the standard allocator of `wasm32-unknown-unknown` grows linear memory at its first allocation, and
//! `memory.grow` costs the host about 8 µs (it changes page protection, under a lock all threads share). A whole call
//! costs about as much. A static arena is part of the memory the component starts with, adds no byte to its file, and a
//! call lives too short for what it frees to matter: only the newest block is taken back. What does not fit goes to the
//! standard allocator.
//!
//! An allocator cannot be written without `unsafe`; this module and the generated bindings are the only ones exempt
//! from the ban on it.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, UnsafeCell};
use std::mem::MaybeUninit;

/// Enough for a submission with some hundred outputs; four times what a usual one needs. Linear memory starts at 1.25
/// MiB with it.
#[cfg(target_arch = "wasm32")]
const SIZE: usize = 256 * 1024;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: Arena<SIZE> = Arena::new();

/// A stretch of memory, handed out upwards.
#[repr(align(16))]
pub(crate) struct Arena<const SIZE: usize> {
    memory: UnsafeCell<[MaybeUninit<u8>; SIZE]>,
    /// Everything below is handed out.
    used: Cell<usize>,
}

// SAFETY: a component has one thread; the interface has no way to start another, and the host links no shared memory.
#[cfg(target_arch = "wasm32")]
unsafe impl<const SIZE: usize> Sync for Arena<SIZE> {}

impl<const SIZE: usize> Arena<SIZE> {
    pub(crate) const fn new() -> Self {
        Self { memory: UnsafeCell::new([MaybeUninit::uninit(); SIZE]), used: Cell::new(0) }
    }

    fn base(&self) -> *mut u8 {
        self.memory.get().cast()
    }

    /// Where `block` lies in the arena, if it does.
    fn offset(&self, block: *mut u8) -> Option<usize> {
        block.addr().checked_sub(self.base().addr()).filter(|offset| *offset < SIZE)
    }

    /// Hands out `layout.size()` bytes, if they are there.
    fn take(&self, layout: Layout) -> Option<*mut u8> {
        let free = self.base().addr().checked_add(self.used.get())?;
        let start = free.checked_next_multiple_of(layout.align())? - self.base().addr();
        let end = start.checked_add(layout.size()).filter(|end| *end <= SIZE)?;
        self.used.set(end);
        Some(self.base().wrapping_add(start))
    }

    /// Whether the block is the newest one, whose end can still move.
    fn is_newest(&self, offset: usize, size: usize) -> bool {
        offset.checked_add(size) == Some(self.used.get())
    }
}

// SAFETY: `take` hands out disjoint, aligned stretches of the arena, below `used` once and not again until the newest
// one is given back; anything else is the standard allocator's, told apart by address. Nothing here panics or
// allocates.
unsafe impl<const SIZE: usize> GlobalAlloc for Arena<SIZE> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises about `layout` are passed on.
        self.take(layout).unwrap_or_else(|| unsafe { System.alloc(layout) })
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        match self.offset(block) {
            Some(offset) if self.is_newest(offset, layout.size()) => self.used.set(offset),
            Some(_) => {}
            // SAFETY: a block outside the arena came from the standard allocator, with this layout.
            None => unsafe { System.dealloc(block, layout) },
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let Some(offset) = self.offset(block) else {
            // SAFETY: a block outside the arena came from the standard allocator, with this layout.
            return unsafe { System.realloc(block, layout, size) };
        };
        if self.is_newest(offset, layout.size()) {
            // A growing vector is usually the newest block: it grows where it is.
            if let Some(end) = offset.checked_add(size).filter(|end| *end <= SIZE) {
                self.used.set(end);
                return block;
            }
        } else if size <= layout.size() {
            return block;
        }
        // SAFETY: the caller promises that `size`, rounded up to the alignment, does not overflow.
        let new = unsafe { self.alloc(Layout::from_size_align_unchecked(size, layout.align())) };
        if !new.is_null() {
            // SAFETY: both blocks are live, disjoint (`new` is the newest) and as long as the shorter of the two sizes.
            unsafe {
                block.copy_to_nonoverlapping(new, layout.size().min(size));
                self.dealloc(block, layout);
            }
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block with the pattern it was filled with.
    struct Block {
        address: *mut u8,
        layout: Layout,
        pattern: u8,
    }

    impl Block {
        fn fill(&self) {
            // SAFETY: the block is live and this long.
            unsafe { self.address.write_bytes(self.pattern, self.layout.size()) };
        }

        fn is_whole(&self, length: usize) -> bool {
            // SAFETY: the block is live, filled and at least this long.
            unsafe { std::slice::from_raw_parts(self.address, length) }.iter().all(|byte| *byte == self.pattern)
        }
    }

    /// Random but repeatable numbers (xorshift).
    struct Random(u64);

    impl Random {
        fn below(&mut self, limit: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 >> 11) as usize % limit
        }
    }

    /// Allocates, grows, shrinks and frees at random; every block keeps its bytes, so no two ever overlap.
    fn exercise(seed: u64, operations: usize) -> (usize, usize) {
        let arena = Box::new(Arena::<16_384>::new());
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut blocks: Vec<Block> = Vec::new();
        let (mut inside, mut outside) = (0, 0);
        for operation in 0..operations {
            let largest = if random.below(8) == 0 { 4000 } else { 100 };
            let size = 1 + random.below(largest);
            match random.below(5) {
                0 | 1 => {
                    let layout = Layout::from_size_align(size, 1 << random.below(7)).unwrap();
                    // SAFETY: the size is not zero.
                    let address = unsafe { arena.alloc(layout) };
                    assert!(!address.is_null() && address.addr().is_multiple_of(layout.align()));
                    *if arena.offset(address).is_some() { &mut inside } else { &mut outside } += 1;
                    let block = Block { address, layout, pattern: operation as u8 };
                    block.fill();
                    blocks.push(block);
                }
                2 | 3 if !blocks.is_empty() => {
                    let newest = blocks.len() - 1;
                    let at = if random.below(2) == 0 { newest } else { random.below(blocks.len()) };
                    let block = &mut blocks[at];
                    // SAFETY: the block is live with this layout and the size is not zero.
                    block.address = unsafe { arena.realloc(block.address, block.layout, size) };
                    assert!(block.address.addr().is_multiple_of(block.layout.align()));
                    assert!(block.is_whole(size.min(block.layout.size())), "a block lost its bytes as it moved");
                    block.layout = Layout::from_size_align(size, block.layout.align()).unwrap();
                    block.fill();
                }
                _ if !blocks.is_empty() => {
                    let newest = blocks.len() - 1;
                    let at = if random.below(2) == 0 { newest } else { random.below(blocks.len()) };
                    let block = blocks.remove(at);
                    assert!(block.is_whole(block.layout.size()));
                    // SAFETY: the block is live with this layout.
                    unsafe { arena.dealloc(block.address, block.layout) };
                }
                _ => {}
            }
            assert!(blocks.iter().all(|block| block.is_whole(block.layout.size())), "two blocks overlap");
        }
        for block in blocks {
            // SAFETY: the block is live with this layout.
            unsafe { arena.dealloc(block.address, block.layout) };
        }
        (inside, outside)
    }

    #[test]
    fn blocks_never_overlap_and_are_aligned_inside_the_arena_and_beyond() {
        for seed in 1..=if cfg!(miri) { 3 } else { 200 } {
            let (inside, outside) = exercise(seed, 300);
            assert!(inside > 0 && outside > 0, "both allocators were used");
        }
    }

    #[test]
    fn the_newest_block_grows_where_it_is_and_is_given_back() {
        let arena = Box::new(Arena::<1024>::new());
        let layout = Layout::from_size_align(10, 1).unwrap();
        // SAFETY: sizes are not zero, blocks are live with the layouts given.
        unsafe {
            let first = arena.alloc(layout);
            let second = arena.alloc(layout);
            assert_eq!(arena.realloc(second, layout, 500), second);
            assert_ne!(arena.realloc(first, layout, 20), first);
            let large = Layout::from_size_align(500, 1).unwrap();
            arena.dealloc(second, large);
            assert_eq!(arena.used.get(), 530);
        }
    }

    #[test]
    fn the_arena_is_used_to_its_last_byte() {
        let arena = Box::new(Arena::<64>::new());
        let layout = Layout::from_size_align(64, 1).unwrap();
        let byte = Layout::from_size_align(1, 1).unwrap();
        // SAFETY: sizes are not zero, blocks are live with the layouts given.
        unsafe {
            let all = arena.alloc(layout);
            assert_eq!(arena.offset(all), Some(0));
            let beyond = arena.alloc(byte);
            assert_eq!(arena.offset(beyond), None);
            arena.dealloc(beyond, byte);
            arena.dealloc(all, layout);
            assert_eq!(arena.used.get(), 0);
        }
    }
}
