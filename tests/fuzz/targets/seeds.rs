//! Writes the inputs each target starts from into `corpus/<target>` below the folder named by `TRELLIS_FUZZ`, whatever the
//! input: run it once, with `-runs=0`.
//!
//! It is linked like a target, because what it is linked with is instrumented like theirs.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|_input: &[u8]| {
    let folder = std::env::var_os("TRELLIS_FUZZ").expect("TRELLIS_FUZZ names a folder");
    for (target, seeds) in trellis_fuzz::seeds::all() {
        let corpus = Path::new(&folder).join("corpus").join(target);
        std::fs::create_dir_all(&corpus).expect("a folder for the corpus");
        for (at, seed) in seeds.iter().enumerate() {
            std::fs::write(corpus.join(format!("seed-{at:02}")), seed).expect("a seed is written");
        }
    }
});
