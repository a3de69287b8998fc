//! The identity and high-water file: what sled itself cannot tell, because it may be gone.
//!
//! It lies beside sled's folder and says whose store this is and how far it had come, so that a store that is missing,
//! empty, somebody else's or older than what was acknowledged is refused instead of being served. Written whole to a new
//! file, synced, renamed; never ahead of what is durable in sled.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use trellis_engine::domain::time::Sequence;

use super::disk::sync_folder;

const TITLE: &str = "trellis store identity 1";
const FILE: &str = "identity";

/// What the file says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Identity {
    pub(super) node: [u8; 16],
    /// The store had come at least this far.
    pub(super) high_water: Sequence,
}

/// Where it lies.
pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// Reads it; `None` where there is none.
pub(super) fn read(folder: &Path) -> io::Result<Option<Identity>> {
    let file = match File::open(path(folder)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut text = String::new();
    file.take(4096).read_to_string(&mut text)?;
    parse(&text)
        .map(Some)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "its text is not as it was written"))
}

/// Replaces it.
pub(super) fn write(folder: &Path, identity: Identity) -> io::Result<()> {
    let unfinished = folder.join("identity.new");
    let mut file = File::create(&unfinished)?;
    file.write_all(text(identity).as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&unfinished, path(folder))?;
    sync_folder(folder)
}

fn body(identity: Identity) -> String {
    format!("{TITLE}\nnode {}\nsequence {}\n", hex::encode(identity.node), identity.high_water)
}

fn text(identity: Identity) -> String {
    let body = body(identity);
    let sum = blake3::hash(body.as_bytes()).to_hex();
    format!("{body}checksum {sum}\n")
}

fn parse(read: &str) -> Option<Identity> {
    let mut lines = read.lines().skip(1);
    let mut node = [0; 16];
    hex::decode_to_slice(lines.next()?.strip_prefix("node ")?, &mut node).ok()?;
    let high_water = Sequence(lines.next()?.strip_prefix("sequence ")?.parse().ok()?);
    let identity = Identity { node, high_water };
    (text(identity) == read).then_some(identity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_written_is_read() {
        let identity = Identity { node: [7; 16], high_water: Sequence(12_345) };
        let written = text(identity);
        assert_eq!(parse(&written), Some(identity));
        for end in 0..written.len() {
            assert_eq!(parse(&written[..end]), None, "cut at {end}");
        }
        assert_eq!(parse(&written.replace("12345", "12344")), None);
    }
}
