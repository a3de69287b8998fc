//! wasmtime's bindings of the interface, generated from `wit/`. Their types stay inside this crate.
#![allow(missing_docs, unreachable_pub, clippy::all, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::indexing_slicing, reason = "generated code")]

wasmtime::component::bindgen!({
    path: "../../wit/0.1.0",
    // Imports every host interface and exports every role; which of the exports a component has is looked up one by one.
    world: "every-role",
    imports: { default: trappable },
    // Arguments are lent to the guest, not cloned for it.
    ownership: Borrowing { duplicate_if_necessary: true },
});
