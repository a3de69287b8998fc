//! What only the sled store promises: durability, reopening, refusing what is not its own, failing safely.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub
)]

mod checking;
mod disk;
mod durability;
mod failing;
mod opening;
#[path = "../plans/mod.rs"]
#[allow(dead_code)] // each test crate uses its part of it
mod plans;
mod size;
mod sweeping;
