//! Plugins as WebAssembly components: check, compile, load, call.
