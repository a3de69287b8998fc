//! Locking scripts as authors meet them: payments to a key's hash, data, inscriptions. Tokens are in [`push_drop`](crate::push_drop).
//!
//! All of it reads foreign bytes: what has not exactly the form is `None`, and nothing panics.

mod data;
mod inscription;
mod operation;
mod payment;

pub use data::data;
pub use inscription::{Inscription, inscription};
pub(crate) use operation::{Operation, opcode, pushed, split_first};
pub use payment::{is_paid_to, paid_key_hash};
