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

/// Opens sled itself, behind the store's back. A store that was just dropped may hold sled's lock for another moment: its
/// last jobs end on sled's own threads.
fn open_sled(store: &std::path::Path) -> sled::Db {
    for _ in 0..500 {
        match sled::open(store.join("sled")) {
            Err(sled::Error::Io(error)) if error.to_string().contains("could not acquire lock") => {
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            opened => return opened.unwrap(),
        }
    }
    panic!("sled in {} stays locked", store.display());
}
