//! `plugin sign`: a publisher's signature over a component, beside it.

use std::path::PathBuf;

use trellis_spv::identity::key::PrivateKey;

use super::CommandResult;
use crate::plugins::publisher::{SIGNATURE_SUFFIX, sign_component};

/// Arguments of `plugin sign`.
#[derive(Debug, clap::Args)]
pub struct SignArguments {
    /// The component, a .wasm file
    pub file: PathBuf,
    /// A file with the publisher's private key, 64 hexadecimal digits
    #[arg(long)]
    pub key: PathBuf,
}

/// Signs a component and writes the signature beside it.
///
/// # Errors
/// A file cannot be read or written, or holds no key.
pub(super) fn run(arguments: &SignArguments) -> CommandResult {
    let SignArguments { file, key } = arguments;
    let cannot =
        |what: &str, file: &PathBuf, error: std::io::Error| format!("cannot {what} {}: {error}", file.display());
    let wasm = std::fs::read(file).map_err(|error| cannot("read", file, error))?;
    let text = std::fs::read_to_string(key).map_err(|error| cannot("read", key, error))?;
    let mut bytes = [0; 32];
    let publisher =
        hex::decode_to_slice(text.trim(), &mut bytes).ok().and_then(|()| PrivateKey::from_bytes(bytes).ok());
    let publisher =
        publisher.ok_or_else(|| format!("{} does not hold 64 hexadecimal digits of a private key", key.display()))?;
    let signature = hex::encode(sign_component(&publisher, &wasm)?);
    let mut beside = file.clone().into_os_string();
    beside.push(SIGNATURE_SUFFIX);
    let beside = PathBuf::from(beside);
    std::fs::write(&beside, format!("{signature}\n")).map_err(|error| cannot("write", &beside, error))?;
    let key = hex::encode(publisher.public_key().serialize());
    println!("{} is signed; operators who take plugins of yours write\n", beside.display());
    println!("[[publisher]]\nname = \"…\"\nkey = \"{key}\"");
    Ok(())
}
