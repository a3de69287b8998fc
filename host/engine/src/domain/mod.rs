//! What the host talks about. No encodings here: disk records, HTTP bodies and WIT types are other crates' own sets.

pub mod admittance;
pub mod basket;
pub mod event;
pub mod evidence;
pub mod name;
pub mod plan;
pub mod row;
pub mod status;
pub mod time;
