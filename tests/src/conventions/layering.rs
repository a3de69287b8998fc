//! Which crate may know which: arrows point one way.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

use crate::binary::workspace;

/// What each crate of the workspace may depend on inside the workspace, builds and tests included where it says so.
///
/// Store, sandbox and network never see each other; guest and host share only `wit/`.
const ALLOWED: [(&str, &[&str]); 24] = [
    ("trellis-spv", &[]),
    ("trellis-engine", &["trellis-spv"]),
    ("trellis-store", &["trellis-engine", "trellis-spv"]),
    ("trellis-calls", &["trellis-engine", "trellis-spv"]),
    ("trellis-sandbox", &["trellis-calls", "trellis-engine", "trellis-spv"]),
    ("trellis-network", &["trellis-engine", "trellis-spv"]),
    (
        "trellis-server",
        &[
            "trellis-engine",
            "trellis-network",
            "trellis-plugins-embedded",
            "trellis-sandbox",
            "trellis-spv",
            "trellis-store",
            "trellis-templates",
            // `trellis plugin test` is the harness on the command line.
            "trellis-testing",
        ],
    ),
    ("trellis-plugin", &[]),
    // A whole overlay in a test, the host's engine and sandbox included.
    (
        "trellis-testing",
        &["trellis-calls", "trellis-engine", "trellis-plugin", "trellis-sandbox", "trellis-spv", "trellis-store"],
    ),
    ("trellis-templates", &[]),
    ("trellis-plugin-helloworld", &["trellis-plugin"]),
    ("trellis-plugin-anytx", &["trellis-plugin"]),
    ("trellis-plugin-identity", &["trellis-plugin"]),
    ("trellis-plugin-certificate-revocation", &["trellis-plugin"]),
    ("trellis-plugin-hostile", &["trellis-plugin"]),
    ("trellis-plugin-shop", &["trellis-plugin"]),
    ("trellis-plugins-embedded", &[]),
    ("trellis-example-federation", &["trellis-plugin"]),
    ("trellis-example-ledger", &["trellis-plugin"]),
    ("trellis-example-marketplace", &["trellis-plugin"]),
    ("trellis-example-supply-chain", &["trellis-plugin"]),
    ("trellis-example-tickets", &["trellis-plugin"]),
    ("trellis-model", &[]),
    ("trellis-system-tests", &["trellis-plugins-embedded", "trellis-spv"]),
];

/// What tests may use beyond that, each with its reason.
const ALLOWED_IN_TESTS: [(&str, &str, &str); 17] = [
    ("trellis-spv", "trellis-spv", "integration tests use its own module `testing`"),
    ("trellis-sandbox", "trellis-plugins-embedded", "what a sandbox does to plugins is tested with real ones"),
    ("trellis-engine", "trellis-store", "use cases are tested on the in-memory twin of the store"),
    ("trellis-engine", "trellis-model", "random histories are told to a host and to a model of it"),
    ("trellis-plugin-helloworld", "trellis-testing", "a plugin is tested in an overlay"),
    ("trellis-plugin-anytx", "trellis-testing", "a plugin is tested in an overlay"),
    ("trellis-plugin-identity", "trellis-testing", "a plugin is tested in an overlay"),
    ("trellis-plugin-certificate-revocation", "trellis-testing", "a plugin is tested in an overlay"),
    ("trellis-plugin-shop", "trellis-testing", "a plugin is tested in an overlay"),
    ("trellis-example-federation", "trellis-testing", "a plugin is tested in an overlay"),
    ("trellis-example-ledger", "trellis-testing", "a plugin is tested in an overlay"),
    ("trellis-example-marketplace", "trellis-testing", "a plugin is tested in an overlay"),
    ("trellis-example-supply-chain", "trellis-testing", "a plugin is tested in an overlay"),
    ("trellis-example-tickets", "trellis-testing", "a plugin is tested in an overlay"),
    ("trellis-system-tests", "trellis-engine", "two hosts are compared row by row"),
    ("trellis-system-tests", "trellis-sandbox", "two hosts are compared row by row"),
    ("trellis-system-tests", "trellis-store", "two hosts are compared row by row"),
];

/// What only one crate may know of the outside world.
const ONLY_IN: [(&str, &str); 3] =
    [("wasmtime", "trellis-sandbox"), ("sled", "trellis-store"), ("axum", "trellis-server")];

/// Whether a dependency is for tests only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What is shipped, or builds what is shipped.
    Shipped,
    /// For tests.
    Tests,
}

/// The crates of the workspace and what each depends on.
pub type Dependencies = BTreeMap<String, Vec<(String, Kind)>>;

/// What `cargo metadata` says of this workspace.
#[must_use]
pub fn of_this_workspace() -> Dependencies {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = ["metadata", "--no-deps", "--offline", "--format-version", "1"];
    let output = Command::new(cargo).args(arguments).current_dir(workspace()).output().expect("to run cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    read(&serde_json::from_slice(&output.stdout).expect("JSON of cargo"))
}

/// Reads the output of `cargo metadata`.
#[must_use]
pub fn read(metadata: &Value) -> Dependencies {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let kind = |value: &Value| if value == "dev" { Kind::Tests } else { Kind::Shipped };
    let list = |value: &Value| value.as_array().expect("a list").clone();
    list(&metadata["packages"])
        .iter()
        .map(|package| {
            let dependencies = list(&package["dependencies"]);
            let dependencies = dependencies.iter().map(|found| (text(&found["name"]), kind(&found["kind"])));
            (text(&package["name"]), dependencies.collect())
        })
        .collect()
}

/// Every arrow that points the wrong way.
#[must_use]
pub fn findings(dependencies: &Dependencies) -> Vec<String> {
    let mut findings = Vec::new();
    for (package, found) in dependencies {
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| name == package) else {
            findings.push(format!("{package} is not in the table of layers: say there what it may depend on"));
            continue;
        };
        for (dependency, kind) in found {
            let only_in = ONLY_IN.iter().find(|(name, _)| name == dependency);
            if let Some((_, owner)) = only_in.filter(|(_, owner)| owner != package) {
                findings.push(format!("{package} depends on {dependency}, which only {owner} may know"));
            }
            let is_ours = dependencies.contains_key(dependency);
            let argued = *kind == Kind::Tests
                && ALLOWED_IN_TESTS.iter().any(|(name, used, _)| name == package && used == dependency);
            if is_ours && !allowed.contains(&dependency.as_str()) && !argued {
                findings.push(format!("{package} depends on {dependency}; arrows point the other way"));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn workspace_with(package: &str, dependency: &str, kind: Value) -> Dependencies {
        let plain = |name: &str| json!({ "name": name, "dependencies": [] });
        let mut packages: Vec<Value> = ALLOWED.iter().map(|(name, _)| plain(name)).collect();
        packages.retain(|found| found["name"] != package);
        packages.push(json!({ "name": package, "dependencies": [{ "name": dependency, "kind": kind }] }));
        read(&json!({ "packages": packages }))
    }

    #[test]
    fn arrows_that_point_the_wrong_way_are_found() {
        for (package, dependency) in [
            ("trellis-spv", "trellis-engine"),
            ("trellis-engine", "trellis-store"),
            ("trellis-store", "trellis-sandbox"),
            ("trellis-sandbox", "trellis-network"),
            ("trellis-network", "trellis-store"),
            ("trellis-plugin", "trellis-spv"),
            ("trellis-plugin-anytx", "trellis-engine"),
            ("trellis-engine", "wasmtime"),
            ("trellis-server", "sled"),
            ("trellis-network", "axum"),
        ] {
            let found = findings(&workspace_with(package, dependency, Value::Null));
            assert_eq!(found.len(), 1, "{package} → {dependency}: {found:?}");
            assert!(found[0].contains(package) && found[0].contains(dependency), "{found:?}");
        }
    }

    #[test]
    fn build_dependencies_count_and_tests_only_where_it_was_argued() {
        assert_eq!(findings(&workspace_with("trellis-spv", "trellis-store", json!("build"))).len(), 1);
        assert_eq!(findings(&workspace_with("trellis-store", "trellis-network", json!("dev"))).len(), 1);
        assert_eq!(findings(&workspace_with("trellis-engine", "trellis-store", json!("dev"))), [""; 0]);
        assert_eq!(findings(&workspace_with("trellis-server", "trellis-store", Value::Null)), [""; 0]);
    }

    #[test]
    fn a_crate_nobody_placed_is_found() {
        let found = findings(&workspace_with("trellis-anything", "serde", Value::Null));
        assert!(found[0].contains("trellis-anything is not in the table"), "{found:?}");
    }
}
