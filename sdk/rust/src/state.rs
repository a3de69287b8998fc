//! The plugin's own key-value rows, one namespace for each configured topic or service.
//!
//! Rows are part of the submission: committed, reverted and read at one moment with everything else. In `lookup` they
//! are read-only. Keys have 1 to 128 bytes, values at most 6,144; more is a fault. Rows sort by the bytes of their
//! keys, so put what you want to search by first and numbers as big-endian bytes.
//!
//! Bytes are read and written with the functions here. Rows of one kind, with keys and values of a type, are a [`Table`]; a single row is
//! an [`Only`].

mod key;
mod rows;
mod table;
mod value;

pub use key::Key;
pub use rows::{Entry, Range, Rows, get, remove, scan, scan_reverse, set};
pub use table::{Only, Page, Table, TableRows};
#[cfg(feature = "json")]
pub use value::Json;
pub use value::Value;
