//! Whether the operator's configuration lets a component be a plugin: its pin, its publisher, what it was granted.

use sha2::{Digest, Sha256};
use trellis_sandbox::{Inspection, LoadError};

use super::publisher::{SIGNATURE_SUFFIX, verify_component};
use crate::config::checked::PluginSetup;
use crate::config::file::GrantName;

/// Functions that tell who stands behind a submission.
const TELLING_OF_IDENTITY: [&str; 2] = ["identity.signers", "identity.certificates"];

/// A component and what came along with it.
#[derive(Debug, Clone)]
pub struct Component {
    /// Its bytes.
    pub wasm: Vec<u8>,
    /// Its publisher's signature, DER.
    pub signature: Option<Vec<u8>>,
}

/// Why the configuration keeps a component out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAccepted {
    /// Another component is pinned.
    #[error(
        "the component's SHA-256 is {}, but [[plugin]] \"{id}\" pins {}; check where it came from, then change `sha256` and reload the configuration",
        hex::encode(.actual), hex::encode(.pinned)
    )]
    Pin {
        /// The plugin.
        id: String,
        /// What the configuration says.
        pinned: [u8; 32],
        /// What came.
        actual: [u8; 32],
    },
    /// No signature came with it.
    #[error(
        "[[plugin]] \"{id}\" takes what publisher \"{publisher}\" signed, and no signature came with the component; put it beside the file as `<file>{SIGNATURE_SUFFIX}` (`trellis plugin sign` writes it), or send it along (`--signature`)"
    )]
    Unsigned {
        /// The plugin.
        id: String,
        /// Who should have signed it.
        publisher: String,
    },
    /// The signature is somebody else's, or of another component.
    #[error(
        "the signature is not publisher \"{publisher}\"'s over this component, which [[plugin]] \"{id}\" demands: {why}"
    )]
    Forged {
        /// The plugin.
        id: String,
        /// Who should have signed it.
        publisher: String,
        /// What is wrong with it.
        why: String,
    },
    /// It wants more than it was granted.
    #[error(
        "it asks who stands behind submissions (`{function}`), which plugin \"{id}\" was not granted; if it is meant to know, write grants = [\"identity\"] under [[plugin]] id = \"{id}\""
    )]
    NotGranted {
        /// The plugin.
        id: String,
        /// What it calls.
        function: String,
    },
}

/// Checks pin and publisher, which needs nothing but the bytes.
///
/// # Errors
/// [`NotAccepted`].
pub fn origin(setup: &PluginSetup, component: &Component) -> Result<(), NotAccepted> {
    let id = setup.id.clone();
    let actual = Sha256::digest(&component.wasm).into();
    if let Some(pinned) = setup.sha256.filter(|pinned| *pinned != actual) {
        return Err(NotAccepted::Pin { id, pinned, actual });
    }
    let Some(publisher) = &setup.publisher else { return Ok(()) };
    let name = publisher.name.clone();
    let Some(signature) = &component.signature else { return Err(NotAccepted::Unsigned { id, publisher: name }) };
    let forged = |why: String| NotAccepted::Forged { id, publisher: name, why };
    verify_component(&publisher.key, &component.wasm, signature).map_err(|error| forged(error.to_string()))
}

/// Checks that it calls nothing it was not granted.
///
/// # Errors
/// [`NotAccepted::NotGranted`].
pub fn grants(setup: &PluginSetup, inspection: &Inspection) -> Result<(), NotAccepted> {
    if setup.grants.contains(&GrantName::Identity) {
        return Ok(());
    }
    match inspection.imports.iter().find(|import| TELLING_OF_IDENTITY.contains(&import.as_str())) {
        None => Ok(()),
        Some(function) => Err(NotAccepted::NotGranted { id: setup.id.clone(), function: function.clone() }),
    }
}

/// Why a component does not become a plugin.
#[derive(Debug, thiserror::Error)]
pub enum ComponentError {
    /// The configuration keeps it out.
    #[error(transparent)]
    NotAccepted(#[from] NotAccepted),
    /// It cannot be loaded.
    #[error(transparent)]
    Load(Box<LoadError>),
}

impl From<LoadError> for ComponentError {
    fn from(error: LoadError) -> Self {
        Self::Load(Box::new(error))
    }
}
