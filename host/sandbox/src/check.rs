//! Reading a component before anything of it runs or compiles: what it is, what it wants, what it offers.
//!
//! The same code serves the host when it loads a plugin and the author who checks one: there is no second opinion.

mod imports;
mod parse;
mod versions;

pub use versions::INTERFACE_VERSION;

use sha2::{Digest, Sha256};

use crate::error::LoadError;
use imports::{Offer, foreign_imports, unknown_functions};
use trellis_calls::limits::{Language, Limits};
use versions::interface_of;

/// What a component says about itself without running.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inspection {
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// Its size in bytes.
    pub size: usize,
    /// Exports `topic-manager`.
    pub topic_manager: bool,
    /// Exports `topic-relevance`.
    pub topic_relevance: bool,
    /// Exports `lookup-service`.
    pub lookup_service: bool,
    /// Exports `basket-manager`.
    pub basket_manager: bool,
    /// Host functions it may call, as `interface.function`, in the order of the file.
    pub imports: Vec<String>,
    /// Version of `bsv:overlay` it was built for.
    pub interface_version: String,
    /// What it was written in, for its default limits.
    pub language: Language,
}

/// Reads a component and checks all that can be known without compiling it.
///
/// # Errors
/// [`LoadError`]: too large, not a component, imports or exports that this host cannot serve. The text names what was
/// found, what is available and what to do.
pub fn inspect(wasm: &[u8], limits: &Limits) -> Result<Inspection, LoadError> {
    if wasm.len() as u64 > limits.file_bytes {
        return Err(LoadError::TooLarge { size: wasm.len(), limit: limits.file_bytes });
    }
    let parsed = parse::parse(wasm)?;

    let foreign = foreign_imports(&parsed.imports);
    if !foreign.is_empty() {
        let wasi = foreign.iter().any(|name| name.starts_with("wasi:"));
        return Err(LoadError::ForeignImports { imports: foreign, wasi });
    }
    let names = parsed.imports.iter().map(|import| &import.name).chain(&parsed.exports);
    let mut interface_version = None;
    for name in names {
        let Some(interface) = interface_of(name) else { continue };
        if !interface.is_compatible() {
            return Err(LoadError::Version { wanted: interface.version.into(), offered: INTERFACE_VERSION });
        }
        interface_version.get_or_insert_with(|| interface.version.to_owned());
    }
    let unknown = unknown_functions(&parsed.imports);
    if !unknown.is_empty() {
        return Err(LoadError::UnknownFunctions {
            functions: unknown,
            wanted: interface_version.unwrap_or_default(),
            offered: INTERFACE_VERSION,
        });
    }

    let exports = |role: &str| parsed.exports.iter().any(|name| interface_of(name).is_some_and(|it| it.name == role));
    if !exports("plugin") {
        return Err(LoadError::NoDescription { exports: parsed.exports });
    }
    let (topic_manager, lookup_service) = (exports("topic-manager"), exports("lookup-service"));
    let basket_manager = exports("basket-manager");
    if !topic_manager && !lookup_service && !basket_manager {
        return Err(LoadError::NoRole { exports: parsed.exports });
    }
    Ok(Inspection {
        sha256: Sha256::digest(wasm).into(),
        size: wasm.len(),
        topic_manager,
        topic_relevance: exports("topic-relevance"),
        lookup_service,
        basket_manager,
        imports: Offer::called(&parsed.imports),
        interface_version: interface_version.unwrap_or_default(),
        language: parsed.language,
    })
}
