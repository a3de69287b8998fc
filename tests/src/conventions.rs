//! What every file of the workspace keeps to, as checks that say what they found.
//!
//! A check takes what it judges as an argument, so that its own tests can show it something bad.

pub mod documentation;
pub mod files;
pub mod folders;
pub mod frozen;
pub mod layering;
