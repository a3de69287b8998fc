//! Files and standard input, binary or hexadecimal.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Largest input, in bytes: twice the largest body, for hexadecimal, and line ends.
const MAX_INPUT_BYTES: u64 = 2 * crate::http::read_body::MAX_BODY_BYTES as u64 + 4096;

/// Why an input cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// It cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is nothing in it.
    #[error("{} is empty; expected BEEF, as bytes or as hexadecimal text", .0.display())]
    Empty(PathBuf),
    /// There is too much in it.
    #[error("{} is larger than any host accepts (32 MiB of BEEF)", .0.display())]
    TooLarge(PathBuf),
}

/// Reads a file, or standard input for `-`. Hexadecimal text is decoded; anything else is taken as the bytes themselves.
///
/// # Errors
/// [`InputError`].
pub fn read(path: &Path) -> Result<Vec<u8>, InputError> {
    let unreadable = |source| InputError::Unreadable { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        io::stdin().lock().take(MAX_INPUT_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    } else {
        let file = std::fs::File::open(path).map_err(unreadable)?;
        file.take(MAX_INPUT_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    }
    if bytes.len() as u64 > MAX_INPUT_BYTES {
        return Err(InputError::TooLarge(path.to_owned()));
    }
    let bytes = decode(bytes);
    if bytes.is_empty() { Err(InputError::Empty(path.to_owned())) } else { Ok(bytes) }
}

fn decode(bytes: Vec<u8>) -> Vec<u8> {
    // No BEEF consists of hexadecimal digits alone: its first byte is 1 or 2.
    let text: Vec<u8> = bytes.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    hex::decode(text).unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_text_and_bytes_are_told_apart() {
        assert_eq!(decode(b"0100beef\n".to_vec()), [1, 0, 0xbe, 0xef]);
        assert_eq!(decode(b"0100 BEEF\r\n00".to_vec()), [1, 0, 0xbe, 0xef, 0]);
        assert_eq!(decode(vec![1, 0, 0xbe, 0xef]), [1, 0, 0xbe, 0xef]);
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = read(Path::new("/nowhere/at/all")).unwrap_err().to_string();
        assert!(error.contains("/nowhere/at/all"), "{error}");
    }
}
