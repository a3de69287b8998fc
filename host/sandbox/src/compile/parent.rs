//! The host's side: start the child, wait no longer than allowed, say why there is no code.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::channel;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::order::Header;
use trellis_calls::limits::{MAX_COMPILE_MEMORY_BYTES, MAX_COMPILE_TIME, MAX_COMPILED_BYTES};
use trellis_calls::text;

/// Most of the child's standard error that is kept: compiler errors are a sentence or two.
const MAX_COMPLAINT_BYTES: u64 = 4096;

/// Limits of one compilation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CompileLimits {
    /// Address space of the child, in bytes.
    pub memory_bytes: u64,
    /// Wall-clock time, and CPU time rounded up to whole seconds.
    pub time: Duration,
    /// Size of the compiled code, in bytes.
    pub compiled_bytes: u64,
}

impl Default for CompileLimits {
    fn default() -> Self {
        Self { memory_bytes: MAX_COMPILE_MEMORY_BYTES, time: MAX_COMPILE_TIME, compiled_bytes: MAX_COMPILED_BYTES }
    }
}

/// Starts the program that compiles: one whose `main` calls [`super::compile_child_main`] when given these arguments.
/// It is started without environment; one at a time.
#[derive(Debug)]
pub struct Compiler {
    program: Program,
    limits: CompileLimits,
    /// Held while a child runs. Two compilations at once would need twice the memory.
    running: Mutex<()>,
}

/// What compiles.
#[derive(Debug)]
enum Program {
    /// A child.
    Child { program: PathBuf, arguments: Vec<OsString> },
    /// This process.
    This,
}

/// Why a component was not compiled.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// The child could not be started or talked to.
    #[error("the compiling process `{program}` failed to {what}: {error}")]
    Process {
        /// The program.
        program: PathBuf,
        /// What could not be done.
        what: &'static str,
        /// The system's error.
        error: io::Error,
    },
    /// It ran too long and was killed.
    #[error(
        "compiling it took longer than {} s and was stopped; a component of this size normally takes seconds, so it is broken or hostile, or the machine is overloaded",
        .0.as_secs_f32()
    )]
    Time(Duration),
    /// It needed too much memory, or crashed.
    #[error(
        "compiling it ended with signal {signal}, most likely for want of memory ({} MiB are allowed){}",
        .memory_bytes >> 20,
        after_colon(.complaint)
    )]
    Crashed {
        /// The signal's number.
        signal: i32,
        /// What it may use.
        memory_bytes: u64,
        /// Its last words.
        complaint: String,
    },
    /// The compiler refused the component.
    #[error("it does not compile{}", after_colon(.0))]
    Refused(String),
    /// The compiled code exceeds its limit.
    #[error("its compiled code is larger than {0} bytes")]
    TooLarge(u64),
}

fn after_colon(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(": {text}") }
}

/// Numbers of the signals that tell why a child ended; the same on every Unix this runs on.
mod signal {
    pub(super) const CPU_TIME: i32 = 24;
    pub(super) const FILE_SIZE: i32 = 25;
}

impl Compiler {
    /// A compiler that starts `program` with `arguments`.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>, arguments: impl IntoIterator<Item = OsString>) -> Self {
        let program = Program::Child { program: program.into(), arguments: arguments.into_iter().collect() };
        Self { program, limits: CompileLimits::default(), running: Mutex::new(()) }
    }

    /// A compiler that works in this process, without limits: for tests of components of one's own, never for a host, which a
    /// component could take with it.
    #[must_use]
    pub fn in_this_process() -> Self {
        Self { program: Program::This, limits: CompileLimits::default(), running: Mutex::new(()) }
    }

    /// The same with other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: CompileLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Compiles `wasm` into `compiled`, an empty file. `scratch` is where the component may lie meanwhile.
    pub(crate) fn compile(
        &self,
        wasm: &[u8],
        code_digest: [u8; 32],
        scratch: &std::path::Path,
        compiled: &File,
    ) -> Result<(), CompileError> {
        let _one_at_a_time = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let Program::Child { program, arguments } = &self.program else {
            let code = super::child::compile_here(wasm).map_err(CompileError::Refused)?;
            return (&mut &*compiled).write_all(&code).map_err(self.failed_to("write its code"));
        };
        let order = self.order(wasm, code_digest, scratch).map_err(self.failed_to("be given its order"))?;
        let out = compiled.try_clone().map_err(self.failed_to("be given its output file"))?;
        let child = Command::new(program)
            .args(arguments)
            .env_clear()
            .stdin(order)
            .stdout(out)
            .stderr(Stdio::piped())
            .spawn()
            .map_err(self.failed_to("start"))?;
        let (status, complaint) = self.wait(child)?;
        self.judge(status, complaint)
    }

    /// The order as an unnamed file: unlike a pipe it needs no thread to feed it.
    fn order(&self, wasm: &[u8], code_digest: [u8; 32], scratch: &std::path::Path) -> io::Result<File> {
        let header = Header {
            memory_bytes: self.limits.memory_bytes,
            cpu_seconds: self.limits.time.as_secs() + 1,
            compiled_bytes: self.limits.compiled_bytes,
            wasm_bytes: wasm.len() as u64,
            code_digest,
        };
        let mut writer = BufWriter::new(tempfile::tempfile_in(scratch)?);
        header.write(&mut writer)?;
        writer.write_all(wasm)?;
        let mut file = writer.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        Ok(file)
    }

    /// Waits until the child closes its standard error, which it does by ending, or until its time is up.
    fn wait(&self, mut child: Child) -> Result<(ExitStatus, String), CompileError> {
        let (said, hear) = channel();
        let stderr = child.stderr.take();
        let listener = std::thread::Builder::new().name("plugin-compiler".into()).spawn(move || {
            let mut complaint = Vec::new();
            if let Some(mut stderr) = stderr {
                // What cannot be read is not missed: the exit status decides.
                let _ = stderr.by_ref().take(MAX_COMPLAINT_BYTES).read_to_end(&mut complaint);
                let _ = io::copy(&mut stderr, &mut io::sink());
            }
            // The receiver is gone only after it gave up waiting.
            let _ = said.send(complaint);
        });
        let heard = listener.map(|_| hear.recv_timeout(self.limits.time));
        // Ended already or not: after this it has.
        let killed = child.kill();
        let status = child.wait().map_err(self.failed_to("be waited for"))?;
        match heard {
            Err(error) => Err(self.failed_to("be listened to")(error)),
            Ok(Err(_)) => {
                killed.map_err(self.failed_to("be stopped"))?;
                Err(CompileError::Time(self.limits.time))
            }
            Ok(Ok(complaint)) => {
                let complaint = String::from_utf8_lossy(&complaint);
                Ok((status, text::line_of_bytes(complaint.trim(), MAX_COMPLAINT_BYTES as usize)))
            }
        }
    }

    fn judge(&self, status: ExitStatus, complaint: String) -> Result<(), CompileError> {
        match (status.success(), status.signal()) {
            (true, _) => Ok(()),
            (_, Some(signal::CPU_TIME)) => Err(CompileError::Time(self.limits.time)),
            (_, Some(signal::FILE_SIZE)) => Err(CompileError::TooLarge(self.limits.compiled_bytes)),
            (_, Some(signal)) => {
                Err(CompileError::Crashed { signal, memory_bytes: self.limits.memory_bytes, complaint })
            }
            (_, None) => Err(CompileError::Refused(complaint)),
        }
    }

    fn failed_to(&self, what: &'static str) -> impl FnOnce(io::Error) -> CompileError {
        let program = match &self.program {
            Program::Child { program, .. } => program.clone(),
            Program::This => PathBuf::new(),
        };
        move |error| CompileError::Process { program, what, error }
    }
}
