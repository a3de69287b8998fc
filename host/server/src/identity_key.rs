//! This host's identity key: random, made at the first start, in a file of the data folder that nobody else may read.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use trellis_spv::identity::key::{KeyError, PrivateKey};

use crate::private_file;

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IdentityKeyError {
    /// It cannot be read or written.
    #[error("the file of this host's identity key {} cannot be {what}: {source}", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        source: io::Error,
    },
    /// It holds no key.
    #[error(
        "the file {} does not hold 64 hexadecimal digits of a private key: put the key back, or move the file away and this host makes \
        itself a new identity",
        file.display()
    )]
    Malformed {
        /// The file.
        file: PathBuf,
    },
    /// The random bytes are none: one of 2^128.
    #[error("the new identity key is none: {0}; start again")]
    NotAKey(#[from] KeyError),
}

/// The key in a file; where there is none, `random` becomes it.
///
/// # Errors
/// [`IdentityKeyError`].
pub fn open(file: &Path, random: [u8; 32]) -> Result<PrivateKey, IdentityKeyError> {
    let failed = |what| move |source| IdentityKeyError::Io { file: file.to_owned(), what, source };
    match fs::read_to_string(file) {
        Ok(text) => {
            let mut bytes = [0; 32];
            let key =
                hex::decode_to_slice(text.trim(), &mut bytes).ok().and_then(|()| PrivateKey::from_bytes(bytes).ok());
            key.ok_or_else(|| IdentityKeyError::Malformed { file: file.to_owned() })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key = PrivateKey::from_bytes(random)?;
            private_file::write(file, &format!("{}\n", hex::encode(random))).map_err(failed("written"))?;
            Ok(key)
        }
        Err(error) => Err(failed("read")(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_outlives_restarts_and_is_nobody_elses_to_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("identity-key");
        let first = open(&file, [1; 32]).unwrap();
        assert_eq!(open(&file, [2; 32]).unwrap().public_key(), first.public_key());
        #[cfg(unix)]
        assert_eq!(std::os::unix::fs::MetadataExt::mode(&fs::metadata(&file).unwrap()) & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_file_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("identity-key");
        for text in ["", "zz", &"0".repeat(64), &"f".repeat(64)] {
            fs::write(&file, text).unwrap();
            assert!(matches!(open(&file, [1; 32]), Err(IdentityKeyError::Malformed { .. })), "{text}");
            assert_eq!(fs::read_to_string(&file).unwrap(), text);
        }
    }
}
