//! The binary `trellis`.

/// A submission makes some hundreds of small allocations on one thread and frees them on others; the C library's allocator
/// takes a tenth of its CPU for that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    trellis_server::command::main()
}
