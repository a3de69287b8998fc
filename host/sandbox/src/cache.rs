//! Compiled code on disk: the host's own folder, written by nobody else.
//!
//! Compiled code is machine code: whoever can place a file here owns the process. So the folder is the host's alone (0700, its
//! files 0600), only what the compiling process wrote is ever put in, and a component comes from outside only as WebAssembly.
//!
//! The folder may be emptied at any time: what is missing is compiled again.
//!
//! A file's name says what it is: `<sha256 of the component>-<digest of engine and settings>-<sha256 of the file>.cwasm`. Another
//! engine looks for another name; a damaged file does not match its own and is compiled again.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::compile::{CompileError, Compiler};
use trellis_calls::limits::{MAX_CORE_INSTANCES, MAX_MEMORIES, MAX_MEMORY_BYTES, MAX_TABLE_ELEMENTS, MAX_TABLES};

/// The folder is its owner's alone.
const FOLDER_MODE: u32 = 0o700;
/// How names of files begin that are still being compiled.
const UNFINISHED: &str = "compiling-";
/// Read in pieces of this size when digested.
const READ_BYTES: usize = 64 << 10;

/// The folder of compiled code.
pub(crate) struct Cache {
    folder: PathBuf,
}

/// Where a component's code came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CodeOrigin {
    /// Compiled before and found intact.
    Cache,
    /// Compiled now.
    Compiled,
}

/// Why there is no compiled code.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The folder or a file in it cannot be used.
    #[error(
        "the folder of compiled plugins, `{path}`, failed: {error}; it must be a folder this user may write, on a disk with room"
    )]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// The component does not compile within its limits.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// The engine does not take what the compiler wrote: the component does not fit the pool, or the compiler is none.
    #[error(
        "the engine refuses its compiled code: {}; one call gets {MAX_MEMORIES} memories of {} MiB, {MAX_TABLES} tables of {MAX_TABLE_ELEMENTS} elements and {MAX_CORE_INSTANCES} core instances",
        .0, MAX_MEMORY_BYTES >> 20
    )]
    Load(String),
}

impl Cache {
    /// Uses `folder`, which is made if need be and closed to others. One host at a time: what an interrupted compilation left
    /// there is removed.
    pub(crate) fn open(folder: &Path) -> Result<Self, CacheError> {
        let cache = Self { folder: folder.to_owned() };
        DirBuilder::new()
            .recursive(true)
            .mode(FOLDER_MODE)
            .create(folder)
            .and_then(|()| fs::set_permissions(folder, Permissions::from_mode(FOLDER_MODE)))
            .map_err(|error| cache.failed(folder, error))?;
        for path in cache.files()? {
            let name = path.file_name().and_then(|name| name.to_str());
            if name.is_some_and(|name| name.starts_with(UNFINISHED)) {
                cache.remove(&path)?;
            }
        }
        Ok(cache)
    }

    fn files(&self) -> Result<Vec<PathBuf>, CacheError> {
        let entries = fs::read_dir(&self.folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
        entries.map_err(|error| self.failed(&self.folder, error))
    }

    /// Removes a file; that it is gone already is as good.
    fn remove(&self, path: &Path) -> Result<(), CacheError> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.failed(path, error)),
            _ => Ok(()),
        }
    }

    /// The code of `wasm` (whose SHA-256 is `digest`) for an engine: from the folder where it is intact there, else compiled.
    pub(crate) fn load(
        &self,
        engine: &Engine,
        code_digest: [u8; 32],
        compiler: &Compiler,
        wasm: &[u8],
        digest: [u8; 32],
    ) -> Result<(Component, CodeOrigin), CacheError> {
        let prefix = format!("{}-{}-", hex::encode(digest), hex::encode(code_digest));
        if let Some(component) = self.find(engine, &prefix)? {
            return Ok((component, CodeOrigin::Cache));
        }
        let path = self.compile(compiler, code_digest, wasm, &prefix)?;
        match take(engine, &path) {
            Ok(component) => Ok((component, CodeOrigin::Compiled)),
            Err(error) => {
                self.remove(&path)?;
                Err(CacheError::Load(error.root_cause().to_string()))
            }
        }
    }

    /// An intact file of that prefix. What is damaged, or refused by the engine, is removed.
    fn find(&self, engine: &Engine, prefix: &str) -> Result<Option<Component>, CacheError> {
        for path in self.files()? {
            let Some(promised) = promised_digest(&path, prefix) else { continue };
            let intact = file_digest(&path).is_ok_and(|actual| hex::encode(actual) == promised);
            match intact.then(|| take(engine, &path)) {
                Some(Ok(component)) => return Ok(Some(component)),
                refused => {
                    let reason = match refused {
                        Some(Err(error)) => error.root_cause().to_string(),
                        _ => "its content does not match its name".into(),
                    };
                    tracing::warn!(file = %path.display(), reason, "compiled plugin is damaged; compiling it again");
                    self.remove(&path)?;
                }
            }
        }
        Ok(None)
    }

    /// Compiles into a temporary file (0600 from its creation) and gives it its name once it is complete.
    fn compile(
        &self,
        compiler: &Compiler,
        code_digest: [u8; 32],
        wasm: &[u8],
        prefix: &str,
    ) -> Result<PathBuf, CacheError> {
        let file = tempfile::Builder::new()
            .prefix(UNFINISHED)
            .tempfile_in(&self.folder)
            .map_err(|error| self.failed(&self.folder, error))?;
        compiler.compile(wasm, code_digest, &self.folder, file.as_file())?;
        let digest = file_digest(file.path()).map_err(|error| self.failed(file.path(), error))?;
        // Names the bytes: after a power cut the file may be short or empty, and then it does not match any more.
        let path = self.folder.join(format!("{prefix}{}.cwasm", hex::encode(digest)));
        file.persist(&path).map_err(|error| self.failed(&path, error.error))?;
        Ok(path)
    }

    fn failed(&self, path: &Path, error: io::Error) -> CacheError {
        CacheError::Folder { path: path.to_owned(), error }
    }
}

/// The digest a file's name promises, for names with the prefix.
fn promised_digest<'a>(path: &'a Path, prefix: &str) -> Option<&'a str> {
    path.file_name()?.to_str()?.strip_prefix(prefix)?.strip_suffix(".cwasm")
}

fn file_digest(path: &Path) -> io::Result<[u8; 32]> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; READ_BYTES];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hasher.finalize().into()),
            Ok(read) => hasher.update(buffer.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Maps a file of the cache into the process.
#[allow(unsafe_code)]
fn take(engine: &Engine, path: &Path) -> wasmtime::Result<Component> {
    // SAFETY: the file must be what wasmtime's compiler wrote and must not change while it is mapped. Both callers take it
    // from the cache's folder, which no other user may write, under a name that this module alone gives: to files the
    // compiling process wrote to the end, whose bytes still have the SHA-256 of that moment. Files are replaced by rename and
    // removed, never written in place. Who can write the folder as this user could as well replace the executable.
    unsafe { Component::deserialize_file(engine, path) }
}
