//! `tm_anytx` admits every output of every transaction; `ls_anytx` finds them again by outpoint or transaction.
//!
//! Useful as a topic that keeps everything, and to see what a host does with history: with `retain = true` in its
//! configuration every spent output stays in the topic's history, and a question may ask for as many generations of
//! ancestors as it likes.
//!
//! - `topic`: the verdict
//! - `index`: the rows the lookup service keeps
//! - `query`: the questions it understands

mod index;
mod lookup;
mod query;
#[cfg(test)]
mod story;
mod topic;

use trellis_plugin::{Description, Plugin};

struct AnyTx;

impl Plugin for AnyTx {
    fn describe() -> Description {
        Description::new("AnyTx", "Admits every output of every transaction.").with_version(env!("CARGO_PKG_VERSION"))
    }

    fn documentation() -> String {
        include_str!("../README.md").to_owned()
    }
}

trellis_plugin::export_plugin!(AnyTx);
trellis_plugin::export_topic_manager!(AnyTx);
trellis_plugin::export_lookup_service!(AnyTx);
