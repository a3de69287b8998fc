//! What `trellis plugin new` writes works as it is: it builds, its tests pass, and a host would load it.

use serde_json::Value;
use trellis_system_tests::authored::{Authored, Language};
use trellis_system_tests::binary;

const EVERY_ROLE: &str = "topic-manager,topic-relevance,lookup-service,basket-manager";

/// A project with every role: its tests, its component, what `trellis plugin check` says of that, and its cases.
fn works(language: Language) {
    if !language.is_there() {
        return;
    }
    let project = Authored::new(language, "red-tickets", EVERY_ROLE, &[]);
    project.test();
    let said =
        binary::command().args(["plugin", "check", "--json"]).arg(project.component()).output().expect("to check");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let report: Value = serde_json::from_slice(&said.stdout).expect("JSON");
    assert_eq!(report["name"], "Red Tickets");
    let mut roles: Vec<&str> = report["roles"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    let mut wanted: Vec<&str> = EVERY_ROLE.split(',').collect();
    roles.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(roles, wanted);
    let called = report["imports"].to_string();
    assert!(called.contains("state.scan") && !called.contains("identity."), "{called}");
    project.cases();
}

#[test]
fn a_new_plugin_in_rust_works() {
    works(Language::Rust);
}

#[test]
fn a_new_plugin_in_javascript_works() {
    works(Language::JavaScript);
}

#[test]
fn a_new_plugin_in_python_works() {
    works(Language::Python);
}

#[test]
fn a_plugin_of_any_one_role_passes_its_tests() {
    for language in Language::ALL.into_iter().filter(|language| language.is_there()) {
        for role in ["topic-manager", "lookup-service", "basket-manager"] {
            let project = Authored::new(language, "one-role", role, &[]);
            project.test();
            if language != Language::Python {
                let _ = project.component();
                project.cases();
            }
        }
    }
}
