//! Components that were uploaded, in the data folder: they take the place of the configured ones at every start.
//!
//! ```text
//! <data-dir>/plugins/<id>.wasm        the upload that serves
//! <data-dir>/plugins/<id>.wasm.sig    its publisher's signature, where one came along
//! <data-dir>/plugins/<id>.wasm.new    an upload whose turn is to come
//! ```

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::accept::Component;
use super::publisher::SIGNATURE_SUFFIX;

/// Longest file of a signature, in bytes: at most 72 of them in hexadecimal, and white space.
const MAX_SIGNATURE_FILE_BYTES: u64 = 1024;

/// An upload that does not serve yet.
const NEW: &str = ".new";

/// The folder of uploads.
#[derive(Debug, Clone)]
pub struct Kept(PathBuf);

impl Kept {
    /// Of a host's data folder.
    #[must_use]
    pub const fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// Where the upload that serves is, if there is one.
    #[must_use]
    pub fn file(&self, id: &str) -> PathBuf {
        self.0.join(format!("{id}.wasm"))
    }

    /// The upload that serves; `None` where there is none. It has at most `limit` bytes.
    ///
    /// # Errors
    /// It cannot be read, or is larger.
    pub fn read(&self, id: &str, limit: u64) -> io::Result<Option<Component>> {
        match read(&self.file(id), limit) {
            Ok(component) => Ok(Some(component)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Keeps an upload, which does not serve yet.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn stage(&self, id: &str, component: &Component) -> io::Result<()> {
        fs::create_dir_all(&self.0)?;
        let new = suffixed(&self.file(id), NEW);
        write(&new, &component.wasm)?;
        match &component.signature {
            Some(signature) => write(&suffixed(&new, SIGNATURE_SUFFIX), hex::encode(signature).as_bytes()),
            None => absent(&suffixed(&new, SIGNATURE_SUFFIX)),
        }
    }

    /// The upload that was staged serves from now on.
    ///
    /// # Errors
    /// It is not there, or cannot be moved.
    pub fn settle(&self, id: &str) -> io::Result<()> {
        let file = self.file(id);
        let new = suffixed(&file, NEW);
        fs::metadata(&new)?;
        // The signature first: with the old component it is refused at the next start, and says so.
        let (signature, new_signature) = (suffixed(&file, SIGNATURE_SUFFIX), suffixed(&new, SIGNATURE_SUFFIX));
        if new_signature.exists() {
            fs::rename(&new_signature, &signature)?
        } else {
            absent(&signature)?
        }
        fs::rename(&new, &file)?;
        fs::File::open(&self.0)?.sync_all()
    }

    /// Forgets an upload that was staged.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn unstage(&self, id: &str) -> io::Result<()> {
        let new = suffixed(&self.file(id), NEW);
        absent(&new)?;
        absent(&suffixed(&new, SIGNATURE_SUFFIX))
    }

    /// Forgets the upload that serves.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn forget(&self, id: &str) -> io::Result<()> {
        let file = self.file(id);
        absent(&file)?;
        absent(&suffixed(&file, SIGNATURE_SUFFIX))
    }
}

/// A component of at most `limit` bytes, with the signature beside it.
///
/// # Errors
/// The file cannot be read or is larger, or the signature is not hexadecimal.
pub fn read(file: &Path, limit: u64) -> io::Result<Component> {
    let wasm = bounded(file, limit).map_err(|error| match error.kind() {
        io::ErrorKind::FileTooLarge => io::Error::new(
            error.kind(),
            format!("{error} for a component (limit `file-bytes`); strip debug information and names"),
        ),
        _ => error,
    })?;
    let beside = suffixed(file, SIGNATURE_SUFFIX);
    let signature = match bounded(&beside, MAX_SIGNATURE_FILE_BYTES) {
        Ok(text) => Some(hex::decode(text.trim_ascii()).map_err(|error| {
            let text =
                format!("{} is not the hexadecimal text that `trellis plugin sign` writes: {error}", beside.display());
            io::Error::new(io::ErrorKind::InvalidData, text)
        })?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(io::Error::new(error.kind(), format!("{}: {error}", beside.display()))),
    };
    Ok(Component { wasm, signature })
}

/// A file, unless it has more bytes than this: nothing of one that is too large is read for its size alone.
fn bounded(file: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let too_large =
        |size: u64| io::Error::new(io::ErrorKind::FileTooLarge, format!("it has {size} bytes, {limit} are allowed"));
    let opened = fs::File::open(file)?;
    let size = opened.metadata()?.len();
    if size > limit {
        return Err(too_large(size));
    }
    // It may grow while it is read, and what is no file tells no size.
    let mut bytes = Vec::new();
    let read = opened.take(limit.saturating_add(1)).read_to_end(&mut bytes)? as u64;
    if read > limit { Err(too_large(read)) } else { Ok(bytes) }
}

fn suffixed(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn write(file: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::write(file, bytes)?;
    fs::File::open(file)?.sync_all()
}

fn absent(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_serves_once_it_is_settled_with_the_signature_that_came_along() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::new(folder.path().join("plugins"));
        let component = |wasm: &[u8], signature: Option<&[u8]>| Component {
            wasm: wasm.to_vec(),
            signature: signature.map(<[u8]>::to_vec),
        };
        let serving = || kept.read("shop", 100).unwrap().map(|found| (found.wasm, found.signature));
        assert_eq!(serving(), None);
        kept.stage("shop", &component(b"one", Some(b"signed"))).unwrap();
        assert_eq!(serving(), None);
        kept.settle("shop").unwrap();
        assert_eq!(serving(), Some((b"one".to_vec(), Some(b"signed".to_vec()))));
        kept.stage("shop", &component(b"two", None)).unwrap();
        kept.unstage("shop").unwrap();
        assert!(kept.settle("shop").is_err(), "there is nothing staged");
        kept.stage("shop", &component(b"three", None)).unwrap();
        kept.settle("shop").unwrap();
        assert_eq!(serving(), Some((b"three".to_vec(), None)), "the first one's signature is gone");
        kept.forget("shop").unwrap();
        assert_eq!(serving(), None);
        assert_eq!(fs::read_dir(folder.path().join("plugins")).unwrap().count(), 0);
    }

    #[test]
    fn a_file_that_is_too_large_is_not_read_and_says_how_large_it_may_be() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("shop.wasm");
        fs::write(&file, b"four").unwrap();
        assert_eq!(read(&file, 4).unwrap().wasm, b"four");
        let error = read(&file, 3).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
        assert!(error.to_string().contains("it has 4 bytes, 3 are allowed"), "{error}");
        fs::write(suffixed(&file, SIGNATURE_SUFFIX), "00".repeat(600)).unwrap();
        let error = read(&file, 4).unwrap_err();
        assert!(error.to_string().contains("shop.wasm.sig: it has 1200 bytes, 1024 are allowed"), "{error}");
        // It never ends, and tells no size.
        #[cfg(unix)]
        assert_eq!(read(Path::new("/dev/zero"), 1 << 20).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }
}
