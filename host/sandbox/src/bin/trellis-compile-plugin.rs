//! The program that compiles plugins, by itself: what this crate's tests start. The server starts its own executable.

use std::process::ExitCode;

fn main() -> ExitCode {
    trellis_sandbox::compile_child_main()
}
