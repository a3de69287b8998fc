//! Cases: tests that are data, for plugins in any language.
//!
//! A case is a JSON file: steps, and what each is expected to come to. What is expected can be left out, and is filled in on request,
//! for somebody to read and keep.
//!
//! ```json
//! {
//!   "about": "A message is found until it is spent.",
//!   "steps": [
//!     { "transaction": "hello", "outputs": [{ "token": ["hello"], "of": "alice", "signed": true }, { "pay": "bob", "satoshis": 500 }] },
//!     { "submit": "hello", "to": ["tm_helloworld"], "expect": { "tm_helloworld": { "admits": [0] } } },
//!     { "lookup": "ls_helloworld", "query": { "message": "hello" }, "expect": { "outputs": ["hello.0"] } }
//!   ]
//! }
//! ```
//!
//! Every step has one of these, and the members that stand behind it:
//!
//! | step | members |
//! |---|---|
//! | `transaction`: a name | `spends`: `{"output": "name.0", "by": party}`, `{"output": "name.0", "script": bytes}` or `{"fund": satoshis, "by": party}`; `outputs`: `{"token": [bytes…], "of": party, "signed": true, "lock": "after", "satoshis": 1}`, `{"pay": party, "satoshis": 5}`, `{"data": [bytes…]}` or `{"script": bytes, "satoshis": 5}`; `lockTime` |
//! | `certificate`: a name | `certifier`, `subject`: parties; `type`: base64; `fields`, `keptFields`: names and values; `serial`; `revokedBy`: `"name.0"` |
//! | `submit`: a transaction | `to`: topics, else whom it concerns; `offChainValues`: bytes; `signedBy`: parties; `certificates`: names; `requireAll`; `expect`: by topic `{"admits": […], "retains": […], "removes": […]}` or `{"refuses": text}`; or `{"fails": text}`, or `{"faults": kind, "text": text}` |
//! | `lookup`: a service | `query`: JSON; `expect`: `{"outputs": ["name.0"…]}` (with bytes beside it: `{"output": "name.0", "context": bytes}`), `{"json": …}`, `{"refuses": text}` or `{"fails": text}` |
//! | `state`: a topic or service | `expect`: `[{"key": bytes, "value": bytes}…]` |
//! | `basket`: a basket | `expect`: `[{"output", "asset", "amount", "owner", "tags", "data"}…]` |
//! | `mine`, `networkRefuses`: a transaction; `evict`: `"name.0"`; `wait`: seconds | |
//!
//! **Parties** are names; the same name has the same key everywhere. `"alice/1-identity-1"` is alice's child for anyone (BRC-42) under
//! that invoice number. **Bytes** are a text, or `"hex:…"`. In every text, `{txid:name}`, `{key:party}` (hexadecimal) and
//! `{certificate:name}` (JSON with its keyring) stand for what they name; in what is expected, they stand for it as well.
//!
//! `overlay.json` beside the cases says what is hosted: `topics` (`name`, `reads`, `certified`), `services` (`name`, `topics`, `reads`),
//! `baskets` (`names`, `topics`), `config` and `limits` of the plugin, `beside` (topics that another plugin has, which admits and retains
//! everything), `organisations` (`name`, `certifier`, `type`, `fields`) and `federations` (`name`, `organisations`, `trusts`,
//! `revocationTopic`).

mod case;
mod difference;
mod expectation;
mod folder;
mod names;
#[cfg(feature = "component")]
mod overlay;
mod step;
mod write;

use std::path::PathBuf;

pub(crate) use case::run as run_case;
#[cfg(feature = "component")]
pub use folder::{CaseOutcome, Cases};
pub(crate) use folder::{found, read_case};

/// Why cases cannot be run.
///
/// ```
/// use trellis_testing::cases::CasesError;
///
/// let error = CasesError::None("plugins/tickets/cases".into());
/// assert!(error.to_string().starts_with("plugins/tickets/cases holds no cases"));
/// ```
#[derive(Debug, thiserror::Error)]
pub enum CasesError {
    /// A folder or file cannot be read or written.
    #[error("{}: {error}", path.display())]
    File {
        /// The folder or file.
        path: PathBuf,
        /// The system's error.
        error: std::io::Error,
    },
    /// There are none.
    #[error("{} holds no cases: a case is a file like `greeting.json`, beside `overlay.json`, which says what is hosted", .0.display())]
    None(PathBuf),
    /// A file says something that cannot be meant.
    #[error("{}: {text}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        text: String,
    },
    /// What is hosted cannot be.
    #[error("{0}")]
    Hosting(String),
}
