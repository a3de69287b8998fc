//! What a plugin may call: each interface of `wit/0.1.0/imports.wit` as the linker wants it. What the functions do, and what they
//! charge, `trellis-calls` says.

mod context;
mod crypto;
mod diary;
mod identity;
mod rows;
mod topics;

use wasmtime::component::{HasSelf, Linker};

use crate::bindings::EveryRole;
use crate::bindings::bsv::overlay::types;
use crate::call::CallState;

impl types::Host for CallState {}

/// Offers every host function, and nothing else, to the components a linker links.
pub(crate) fn link(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    EveryRole::add_to_linker::<_, HasSelf<CallState>>(linker, |state| state)
}
