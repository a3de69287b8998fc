//! How much of everything: little in CI, much in a soak. The table is in `README.md` beside this crate.

use rand::SeedableRng;
use rand::rngs::StdRng;

/// The number an environment variable sets, or the one for CI.
#[must_use]
pub fn count(variable: &str, in_ci: usize) -> usize {
    match std::env::var(variable) {
        Ok(text) => text.trim().parse().unwrap_or_else(|_| panic!("{variable} is `{text}`: write a whole number")),
        Err(_) => in_ci,
    }
}

/// A generator for one test and its printed seed: with `TRELLIS_TEST_SEED` set, the same again.
#[must_use]
pub fn random(test: &str) -> StdRng {
    let seed = match std::env::var("TRELLIS_TEST_SEED") {
        Ok(text) => text.trim().parse().unwrap_or_else(|_| panic!("TRELLIS_TEST_SEED is `{text}`: write a number")),
        Err(_) => rand::random(),
    };
    println!("{test}: TRELLIS_TEST_SEED={seed}");
    StdRng::seed_from_u64(seed)
}
