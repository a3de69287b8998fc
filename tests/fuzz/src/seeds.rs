//! The inputs each target starts from: real ones, so that fuzzing begins behind the first checks.

mod bytes;
mod rows;

/// Targets and their seeds.
#[must_use]
pub fn all() -> Vec<(&'static str, Vec<Vec<u8>>)> {
    vec![
        ("arc_answer", bytes::arc_answers()),
        ("arc_request", bytes::arc_requests()),
        ("beef", bytes::beefs()),
        ("bump", bytes::bumps()),
        ("certificate", bytes::certificates()),
        ("evidence", bytes::evidence()),
        ("extended_format", bytes::extended_formats()),
        ("headers_file", bytes::headers_files()),
        ("identifiers", bytes::identifiers()),
        ("journal", bytes::journals()),
        ("off_chain_values", bytes::off_chain_values()),
        ("oracle", bytes::beefs()),
        ("push_drop", crate::material::locks()),
        ("record", rows::records()),
        ("script", bytes::scripts()),
        ("transaction", bytes::transactions()),
    ]
}
