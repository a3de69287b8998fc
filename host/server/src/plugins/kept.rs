//! Components that were uploaded, in the data folder: they take the place of the configured ones at every start.
//!
//! ```text
//! <data-dir>/plugins/<id>.wasm        the upload that serves
//! <data-dir>/plugins/<id>.wasm.sig    its publisher's signature, where one came along
//! <data-dir>/plugins/<id>.wasm.new    an upload whose turn is to come
//! ```

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::accept::Component;
use super::publisher::SIGNATURE_SUFFIX;

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

    fn file(&self, id: &str) -> PathBuf {
        self.0.join(format!("{id}.wasm"))
    }

    /// The upload that serves; `None` where there is none.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn read(&self, id: &str) -> io::Result<Option<Component>> {
        match read(&self.file(id)) {
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

/// A component with the signature beside it.
///
/// # Errors
/// The file cannot be read, or the signature is not hexadecimal.
pub fn read(file: &Path) -> io::Result<Component> {
    let wasm = fs::read(file)?;
    let beside = suffixed(file, SIGNATURE_SUFFIX);
    let signature = match fs::read_to_string(&beside) {
        Ok(text) => Some(hex::decode(text.trim()).map_err(|error| {
            let text =
                format!("{} is not the hexadecimal text that `trellis plugin sign` writes: {error}", beside.display());
            io::Error::new(io::ErrorKind::InvalidData, text)
        })?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    Ok(Component { wasm, signature })
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
        let serving = || kept.read("shop").unwrap().map(|found| (found.wasm, found.signature));
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
}
