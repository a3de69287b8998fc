//! The memory cap: over all linear memories of a call together, and a trap instead of a failed growth.

use wasmtime::ResourceLimiter;

use trellis_calls::limits::MAX_TABLE_ELEMENTS;

/// Counts linear memory and stops the call that wants too much.
///
/// A failed `memory.grow` would reach the guest's allocator, whose abort says nothing; the trap here does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MemoryLimiter {
    limit: u64,
    used: u64,
}

/// The call wanted more than its memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Exhausted {
    /// Linear memory.
    #[error("it wanted {wanted} bytes of memory, {limit} are allowed (limit `memory-bytes`)")]
    Memory { wanted: u64, limit: u64 },
    /// A table.
    #[error("it wanted a table of {wanted} elements, {MAX_TABLE_ELEMENTS} are allowed")]
    Table { wanted: usize },
}

impl MemoryLimiter {
    pub(crate) const fn new(limit: u64) -> Self {
        Self { limit, used: 0 }
    }

    /// Bytes in use.
    pub(crate) const fn used(&self) -> u64 {
        self.used
    }
}

impl ResourceLimiter for MemoryLimiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let wanted = self.used.saturating_add(desired.saturating_sub(current) as u64);
        if wanted > self.limit {
            return Err(wasmtime::Error::new(Exhausted::Memory { wanted, limit: self.limit }));
        }
        self.used = wanted;
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        if desired > MAX_TABLE_ELEMENTS {
            return Err(wasmtime::Error::new(Exhausted::Table { wanted: desired }));
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cap_holds_over_all_memories_together() {
        let mut memory = MemoryLimiter::new(100);
        assert!(memory.memory_growing(0, 60, None).unwrap());
        assert!(memory.memory_growing(0, 40, None).unwrap());
        let error = memory.memory_growing(40, 41, None).unwrap_err();
        assert_eq!(error.downcast_ref::<Exhausted>(), Some(&Exhausted::Memory { wanted: 101, limit: 100 }));
    }
}
