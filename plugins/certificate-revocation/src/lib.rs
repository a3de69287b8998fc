//! Certificate revocation, as a plugin: a topic of the outputs that certificates name as their revocation outpoints
//! (`tm_certificate_revocation`), and a way to ask what became of them (`ls_certificate_revocation`).
//!
//! A certificate (BRC-52) is revoked when its revocation outpoint is spent. A host that never heard of the output cannot
//! tell; so whoever wants certificates to be checked submits the transactions that create these outputs and those that spend
//! them.
//!
//! - `topic`: which outputs are kept, and that spent ones are
//! - `query`: the questions clients may ask
//! - `lookup`: what is kept of each output, and the answers

mod lookup;
mod query;
#[cfg(test)]
mod story;
mod topic;

use trellis_plugin::{Description, Plugin};

/// The plugin. It has no fields: every call runs in a fresh instance, so there is nothing to hold.
struct CertificateRevocation;

impl Plugin for CertificateRevocation {
    fn describe() -> Description {
        Description::new("Certificate revocation", "Whether the outputs that revoke certificates have been spent.")
            .with_version(env!("CARGO_PKG_VERSION"))
    }

    fn documentation() -> String {
        include_str!("../README.md").to_owned()
    }
}

trellis_plugin::export_plugin!(CertificateRevocation);
trellis_plugin::export_topic_manager!(CertificateRevocation);
trellis_plugin::export_lookup_service!(CertificateRevocation);
