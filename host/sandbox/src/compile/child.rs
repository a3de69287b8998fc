//! The child's side: limits first, then read, compile, write.

use std::io::{self, Read, Write};
use std::process::ExitCode;

use rlimit::Resource;
use wasmtime::Engine;

use super::order::Header;
use crate::wasm_engine::{code_digest, compiling_engine};
use trellis_calls::limits::MAX_FILE_BYTES;

/// What a program does that was started by a [`super::Compiler`]: compiles the component on its standard input to its
/// standard output, under the limits the order names. Call it first thing in `main`, before anything starts threads.
///
/// Exits with success, or with failure and one line on standard error.
#[must_use]
pub fn compile_child_main() -> ExitCode {
    match compile() {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            // Where standard error is gone nobody is left to tell.
            let _ = writeln!(io::stderr(), "{text}");
            ExitCode::FAILURE
        }
    }
}

fn compile() -> Result<(), String> {
    let mut order = io::stdin().lock();
    let header = Header::read(&mut order).map_err(|error| format!("the order cannot be read: {error}"))?;
    restrict(&header).map_err(|error| format!("the limits of the compiling process cannot be set: {error}"))?;
    let engine = compiling_engine().map_err(|error| format!("the compiler cannot start: {error}"))?;
    if code_digest(&engine) != header.code_digest {
        return Err("this program is another version than the host that started it; restart the host".into());
    }
    let wasm = read_component(&mut order, header.wasm_bytes)
        .map_err(|error| format!("the component cannot be read: {error}"))?;
    let compiled = precompile(&engine, &wasm)?;
    let mut out = io::stdout().lock();
    out.write_all(&compiled)
        .and_then(|()| out.flush())
        .map_err(|error| format!("the compiled code cannot be written: {error}"))
}

/// As the child, without its limits.
pub(super) fn compile_here(wasm: &[u8]) -> Result<Vec<u8>, String> {
    let engine = compiling_engine().map_err(|error| format!("the compiler cannot start: {error}"))?;
    precompile(&engine, wasm)
}

fn precompile(engine: &Engine, wasm: &[u8]) -> Result<Vec<u8>, String> {
    engine.precompile_component(wasm).map_err(|error| error.root_cause().to_string())
}

/// From here on the process cannot exceed its order, whatever the compiler does.
fn restrict(header: &Header) -> io::Result<()> {
    Resource::AS.set(header.memory_bytes, header.memory_bytes)?;
    Resource::CPU.set(header.cpu_seconds, header.cpu_seconds)?;
    Resource::FSIZE.set(header.compiled_bytes, header.compiled_bytes)?;
    // A crash must not leave gigabytes on the operator's disk.
    Resource::CORE.set(0, 0)
}

fn read_component(order: &mut impl Read, size: u64) -> io::Result<Vec<u8>> {
    if size > MAX_FILE_BYTES {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is larger than any component may be"));
    }
    let mut wasm = Vec::with_capacity(size as usize);
    order.take(size).read_to_end(&mut wasm)?;
    if wasm.len() as u64 == size { Ok(wasm) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}
