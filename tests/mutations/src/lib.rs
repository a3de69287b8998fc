//! Bugs on purpose, and whether the model test finds them: `tests/mutations.rs`.
