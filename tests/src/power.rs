//! Power cuts: the file-system calls of a running host are recorded, and what a disk would hold after a cut is rebuilt from
//! them, with writes that no completed sync covers dropped or torn.
//!
//! File names, creations, renames and removals count as durable at once: a journalling file system keeps them in order, and
//! what they lose is found by the folder syncs' own tests.

mod disk;
mod recording;

pub use disk::{Disk, Losses};
pub use recording::{Call, Recorder, Recording, monotonic_nanos};
