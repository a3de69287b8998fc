//! Recording a process with the shared object of `power-cut/recorder.c`, and reading what it recorded.

use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::time::{ClockId, clock_gettime};

/// Length of a record's head in bytes.
const HEAD: usize = 40;

/// Nanoseconds of the clock the recorder stamps records with.
#[must_use]
pub fn monotonic_nanos() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    u64::try_from(now.tv_sec).expect("a clock after its start") * 1_000_000_000
        + u64::try_from(now.tv_nsec).expect("nanoseconds")
}

/// A built recorder for one watched folder.
#[derive(Debug)]
pub struct Recorder {
    library: PathBuf,
    log: PathBuf,
    watched: PathBuf,
}

impl Recorder {
    /// Builds the recorder into `scratch` with the C compiler every Rust toolchain links with. `watched` must exist.
    #[must_use]
    pub fn build(scratch: &Path, watched: &Path) -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("power-cut/recorder.c");
        let library = scratch.join("recorder.so");
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-w", "-o"])
            .args([&library, &source])
            .arg("-ldl")
            .status()
            .expect("to run `cc`, the C compiler");
        assert!(built.success(), "the recorder does not compile");
        Self { library, log: scratch.join("recording"), watched: watched.to_owned() }
    }

    /// Makes a command record what it does.
    pub fn record(&self, command: &mut Command) {
        command
            .env("LD_PRELOAD", &self.library)
            .env("TRELLIS_RECORD_FOLDER", &self.watched)
            .env("TRELLIS_RECORD_LOG", &self.log);
    }

    /// What was recorded, in the order the calls ended.
    #[must_use]
    pub fn read(&self) -> Vec<Recording> {
        let bytes = std::fs::read(&self.log).expect("a recording");
        let mut rest = bytes.as_slice();
        let mut calls = Vec::new();
        while rest.len() >= HEAD {
            let word = |at: usize| u32::from_le_bytes(rest[at..at + 4].try_into().expect("four bytes"));
            let long = |at: usize| u64::from_le_bytes(rest[at..at + 8].try_into().expect("eight bytes"));
            let length = usize::try_from(long(32)).expect("a length");
            if rest.len() < HEAD + length {
                // The process was killed inside this record.
                break;
            }
            let data = rest[HEAD..HEAD + length].to_vec();
            let path = || PathBuf::from(String::from_utf8_lossy(&data).into_owned());
            let call = match word(0) {
                1 => Call::Open { path: path(), truncates: long(24) & u64::from(libc_o_trunc()) != 0 },
                2 => Call::Write { offset: usize::try_from(long(24)).expect("an offset"), data: data.clone() },
                3 => Call::Sync,
                4 => Call::SetLength(usize::try_from(long(24)).expect("a length")),
                5 => {
                    let text = String::from_utf8_lossy(&data).into_owned();
                    let (from, to) = text.split_once('\0').expect("two names");
                    Call::Rename { from: from.into(), to: to.into() }
                }
                6 => Call::Unlink(path()),
                7 => Call::MakeFolder(path()),
                other => panic!("record of unknown kind {other}"),
            };
            calls.push(Recording { file: word(4), began: long(8), ended: long(16), call });
            rest = &rest[HEAD + length..];
        }
        calls.sort_by_key(|call| call.ended);
        calls
    }
}

/// `O_TRUNC` of Linux on every architecture Rust's hosts run on.
const fn libc_o_trunc() -> u32 {
    0o1000
}

/// One recorded call.
#[derive(Debug, Clone)]
pub struct Recording {
    /// Number of the open it belongs to.
    pub file: u32,
    /// Nanoseconds when it began.
    pub began: u64,
    /// Nanoseconds when it had returned.
    pub ended: u64,
    /// The call.
    pub call: Call,
}

/// What was called.
#[derive(Debug, Clone)]
pub enum Call {
    /// A file or folder was opened.
    Open {
        /// Its absolute path.
        path: PathBuf,
        /// Whether its contents went with it.
        truncates: bool,
    },
    /// Bytes were written.
    Write {
        /// Where.
        offset: usize,
        /// What.
        data: Vec<u8>,
    },
    /// `fsync` or `fdatasync` returned.
    Sync,
    /// The length was set.
    SetLength(usize),
    /// A file was renamed.
    Rename {
        /// From.
        from: PathBuf,
        /// To.
        to: PathBuf,
    },
    /// A file was removed.
    Unlink(PathBuf),
    /// A folder was made.
    MakeFolder(PathBuf),
}
