//! What the store port promises, run against the sled store and its in-memory twin alike.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub
)]

mod commits;
mod contents;
mod headers;
mod horizon;
mod model;
#[path = "../plans/mod.rs"]
#[allow(dead_code)] // each test crate uses its part of it
mod plans;
mod scans;
mod subject;

use subject::Subject;

/// Each promise becomes one test per store.
macro_rules! promises {
    ($($module:ident :: $promise:ident),* $(,)?) => {
        mod sled {
            $(#[test] fn $promise() { super::$module::$promise(&super::Subject::sled()); })*
        }
        mod twin {
            $(#[test] fn $promise() { super::$module::$promise(&super::Subject::twin()); })*
        }
    };
}

promises! {
    commits::a_plan_is_applied_whole_and_readable_at_its_sequence,
    commits::a_refused_plan_leaves_nothing_behind,
    commits::an_expected_absence_conflicts_with_a_row_and_names_who_wrote_it,
    commits::an_expected_version_conflicts_with_a_later_one_and_with_a_removal,
    commits::a_plan_applied_once_is_recognised,
    commits::a_plan_at_the_limit_of_writes_is_taken_and_one_beyond_refused,
    commits::a_plan_at_the_limit_of_bytes_is_taken_and_one_beyond_refused,
    commits::a_malformed_plan_is_refused_with_its_reason,
    commits::adjustments_commute_and_read_back_at_each_sequence,
    commits::a_number_never_wraps,
    commits::the_log_tells_what_each_commit_did,
    commits::who_follows_the_log_is_woken_by_the_next_commit,
    commits::names_keep_their_numbers,
    commits::of_rivals_exactly_one_wins,
    contents::contents_come_back_as_they_went_in,
    contents::contents_under_a_wrong_id_are_refused,
    contents::a_plan_may_only_name_stored_contents,
    contents::rows_of_any_length_come_back,
    headers::headers_come_back_by_height_in_pages,
    headers::what_replaces_headers_leaves_none_of_the_old_ones_above,
    scans::pages_cover_a_namespace_forwards_and_backwards,
    scans::scans_skip_what_was_removed_and_keep_to_their_range,
    scans::outputs_are_scanned_by_topic_and_outpoint,
    scans::a_scan_sees_one_sequence_while_commits_go_on,
    scans::ten_thousand_reads_under_load_never_see_half_a_commit,
    scans::a_malformed_scan_is_refused_with_its_reason,
    horizon::every_pinned_sequence_stays_readable_and_the_others_go,
    horizon::sequences_outside_the_horizon_are_refused_by_name,
    horizon::removed_rows_stay_removed_after_the_horizon_passed_them,
    model::random_plans_read_back_at_every_past_sequence,
}
