//! The binary `trellis`.
fn main() {}
