//! What every file and crate of the workspace keeps to.

use std::fs;

use trellis_system_tests::binary::workspace;
use trellis_system_tests::conventions::files::{self, SourceFile};
use trellis_system_tests::conventions::{documentation, folders, frozen, layering};

/// Folders that hold code.
const CODE: [&str; 5] = ["host", "sdk", "plugins", "examples", "tests"];

/// The crates that authors of plugins write against, and how many public items each has at least.
const FOR_AUTHORS: [(&str, usize); 2] = [("sdk/rust/src", 100), ("sdk/testing/src", 80)];

fn rust_files() -> Vec<SourceFile> {
    let found: Vec<SourceFile> =
        CODE.iter().flat_map(|folder| files::under(&workspace().join(folder), &["rs"])).collect();
    assert!(found.len() > 100, "only {} source files were found: the search is broken", found.len());
    found
}

#[test]
fn crates_depend_on_each_other_in_one_direction() {
    let dependencies = layering::of_this_workspace();
    assert!(dependencies.len() >= 12, "{dependencies:?}");
    let findings = layering::findings(&dependencies);
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

#[test]
fn every_source_file_begins_by_saying_what_it_is_for() {
    let findings = files::without_header(&rust_files());
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

#[test]
fn whatever_an_author_writes_against_has_an_example_that_is_compiled() {
    for (folder, least) in FOR_AUTHORS {
        let files = files::under(&workspace().join(folder), &["rs"]);
        let items = documentation::items(&files);
        assert!(items.len() >= least, "only {} public items were found in {folder}: the search is broken", items.len());
        let findings = documentation::without_example(&files);
        assert!(findings.is_empty(), "{}", findings.join("\n"));
    }
}

#[test]
fn files_are_short() {
    let findings = files::too_long(&rust_files());
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

#[test]
fn nothing_is_left_unfinished_and_no_test_is_left_out() {
    let mut all = files::under(&workspace().join("wit"), &["wit", "md"]);
    for folder in CODE {
        all.extend(files::under(&workspace().join(folder), &["rs", "ts", "mjs", "toml", "md"]));
    }
    let findings = files::unfinished(&all);
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

#[test]
fn the_released_interface_stays_as_it_is() {
    let wit = workspace().join("wit");
    let list = fs::read_to_string(wit.join("0.1.0.sha256")).expect("the list of what was released");
    let read = |name: String| {
        let bytes = fs::read(wit.join("0.1.0").join(&name)).expect("a file of the interface");
        (format!("0.1.0/{name}"), bytes)
    };
    let files: Vec<_> = folders::names_in(&wit.join("0.1.0")).into_iter().map(read).collect();
    let changes = frozen::changes(&list, &files);
    assert!(changes.is_empty(), "{}", changes.join("\n"));
}

#[test]
fn the_top_level_holds_what_a_newcomer_expects() {
    let strangers = folders::out_of_place(&folders::names_in(&workspace()));
    assert!(strangers.is_empty(), "no place at the top: {}", strangers.join(", "));
}
