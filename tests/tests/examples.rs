//! The examples, run as their READMEs say: each tells its story against a development host of its own, and every claim holds.

use trellis_system_tests::{binary, sdk};

/// Runs an example with the binary under test; its plugin is compiled on the way.
fn example(name: &str, options: &[&str]) {
    let arguments = [&[name][..], options].concat();
    let trellis = binary::trellis();
    let folder = binary::workspace().join("examples");
    if let Some(said) = sdk::run_in(&folder, "run.mjs", &arguments, &[("TRELLIS", trellis.as_os_str())]) {
        assert!(said.ends_with(&format!("ok {name}: everything it claims holds.\n")), "{said}");
    }
}

#[test]
fn inventory_of_a_hundred_seats_is_sold_once_to_five_hundred_buyers_at_once() {
    example("tickets", &[]);
}

#[test]
fn marketplace_asset_and_payment_change_hands_together_or_not_at_all() {
    example("marketplace", &[]);
}

#[test]
fn supply_chain_passes_a_good_through_four_organisations_and_its_whole_way_is_verified() {
    example("supply-chain", &[]);
}

#[test]
fn federation_contracts_hold_what_both_parties_signed_and_nothing_after_a_member_is_revoked() {
    example("federation", &[]);
}

#[test]
fn multi_topic_operation_leaves_all_accounts_at_zero_at_every_moment() {
    example("ledger", &[]);
}
