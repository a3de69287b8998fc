//! wasmtime's configuration: one place, so that the process that compiles and the process that runs agree.
//!
//! Which settings, and why: fuel bounds verdicts exactly and the epoch bounds wall time; NaN and relaxed SIMD are made
//! deterministic; a pool of instances makes a fresh one per call cheap enough (8.6 µs measured, against 21 µs on demand). No
//! WASI, no threads, no async: those features are not even compiled in.

use std::hash::{Hash, Hasher};
use std::num::NonZeroUsize;

use sha2::{Digest, Sha256};
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use trellis_calls::limits::{
    MAX_CORE_INSTANCES, MAX_MEMORIES, MAX_MEMORY_BYTES, MAX_TABLE_ELEMENTS, MAX_TABLES, MAX_WASM_STACK_BYTES,
};

/// Frames of a trap's backtrace that are looked up. They are shown to nobody; wasmtime needs one to be cheap.
const BACKTRACE_FRAMES: NonZeroUsize = NonZeroUsize::MIN;
/// What stays mapped of a memory between calls where the kernel reports which pages were touched (Linux 6.7): only those are
/// cleared, so keeping a lot is free.
const KEEP_RESIDENT_WITH_PAGEMAP: usize = 1 << 20;
/// Without that report everything kept is cleared on every call: keep less.
const KEEP_RESIDENT_WITHOUT_PAGEMAP: usize = 64 << 10;
/// The same for tables.
const KEEP_RESIDENT_TABLES: usize = 16 << 10;

/// Settings that shape compiled code. Equal in the process that compiles and the one that runs.
fn code_config() -> Config {
    let mut config = Config::new();
    config
        .concurrency_support(false)
        .epoch_interruption(true)
        .consume_fuel(true)
        .max_wasm_stack(MAX_WASM_STACK_BYTES)
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true)
        .wasm_backtrace_max_frames(Some(BACKTRACE_FRAMES));
    config
}

/// An engine that only compiles. Allocates nothing in advance, so that it lives under a memory limit.
///
/// # Errors
/// wasmtime's, when this machine cannot run it.
pub(crate) fn compiling_engine() -> wasmtime::Result<Engine> {
    let mut config = code_config();
    config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
    Engine::new(&config)
}

/// An engine that runs up to `slots` calls at once.
///
/// Address space is reserved for all of them (4 GiB per memory, four memories per slot); it costs no memory, but the process
/// needs an unlimited `ulimit -v`.
///
/// # Errors
/// wasmtime's, when this machine cannot run it or refuses the address space.
pub(crate) fn running_engine(slots: u32) -> wasmtime::Result<Engine> {
    let keep_resident = if PoolingAllocationConfig::is_pagemap_scan_available() {
        KEEP_RESIDENT_WITH_PAGEMAP
    } else {
        KEEP_RESIDENT_WITHOUT_PAGEMAP
    };
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(slots)
        .total_core_instances(slots.saturating_mul(MAX_CORE_INSTANCES))
        .total_memories(slots.saturating_mul(MAX_MEMORIES))
        .total_tables(slots.saturating_mul(MAX_TABLES))
        .max_core_instances_per_component(MAX_CORE_INSTANCES)
        .max_memories_per_component(MAX_MEMORIES)
        .max_tables_per_component(MAX_TABLES)
        .table_elements(MAX_TABLE_ELEMENTS)
        .max_memory_size(MAX_MEMORY_BYTES as usize)
        .pagemap_scan(Enabled::Auto)
        .linear_memory_keep_resident(keep_resident)
        .table_keep_resident(KEEP_RESIDENT_TABLES)
        .max_unused_warm_slots(slots);
    let mut config = code_config();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Engine::new(&config)
}

/// A digest of everything compiled code depends on besides the component: wasmtime's version, the processor's features and
/// the settings above.
pub(crate) fn code_digest(engine: &Engine) -> [u8; 32] {
    struct IntoSha256(Sha256);
    impl Hasher for IntoSha256 {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }
        fn finish(&self) -> u64 {
            // Nobody asks: the digest is read from the inner state.
            0
        }
    }
    let mut hasher = IntoSha256(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.0.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_compiling_engine_writes_the_running_engine_takes() {
        assert_eq!(code_digest(&compiling_engine().unwrap()), code_digest(&running_engine(1).unwrap()));
    }

    #[test]
    fn another_configuration_has_another_code_digest() {
        let mut config = code_config();
        config.consume_fuel(false);
        let other = Engine::new(&config).unwrap();
        assert_ne!(code_digest(&compiling_engine().unwrap()), code_digest(&other));
    }
}
