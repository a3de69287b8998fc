//! The binary `trellis`.

fn main() -> std::process::ExitCode {
    trellis_server::command::main()
}
