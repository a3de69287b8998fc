//! What was built from a released interface loads on this host, and comes to what it came to then.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a failed test")]

use std::path::{Path, PathBuf};

use serde_json::Value;
use trellis_system_tests::binary::{command, workspace};
use trellis_system_tests::conventions::folders::names_in;

/// Every component, with its folder.
fn components() -> Vec<(PathBuf, PathBuf)> {
    let frozen = workspace().join("tests/frozen");
    let versions = names_in(&frozen).into_iter().map(|name| frozen.join(name)).filter(|path| path.is_dir());
    let of_version = |version: PathBuf| {
        names_in(&version).into_iter().map(move |name| {
            let folder = version.join(&name);
            (folder.join(format!("{name}.wasm")), folder)
        })
    };
    versions.flat_map(of_version).collect()
}

fn told(arguments: &[&str], component: &Path, more: &[&Path]) -> Value {
    let output = command().args(arguments).arg(component).args(more).arg("--json").output().expect("to run");
    assert!(output.status.success(), "{}: {}", component.display(), String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn every_component_of_a_released_interface_loads_as_it_did() {
    let components = components();
    assert!(components.len() >= 5, "{components:?}");
    for (component, folder) in &components {
        let checked = told(&["plugin", "check"], component, &[]);
        let version = folder.parent().and_then(Path::file_name).unwrap().to_string_lossy();
        assert_eq!(checked["interfaceVersion"], *version, "{}", component.display());
    }
}

#[test]
fn a_component_with_every_role_that_calls_every_function_is_among_them() {
    let components = components();
    let is_it = |(component, _): &&(PathBuf, PathBuf)| component.ends_with("0.1.0/every-function/every-function.wasm");
    let (component, _) = components.iter().find(is_it).expect("the component");
    let checked = told(&["plugin", "inspect"], component, &[]);
    let roles = ["topic-manager", "topic-relevance", "basket-manager", "lookup-service"];
    let mut found: Vec<_> = checked["roles"].as_array().unwrap().iter().map(|role| role.as_str().unwrap()).collect();
    found.sort_by_key(|role| roles.iter().position(|known| known == role));
    assert_eq!(found, roles);
    let called: Vec<_> = checked["imports"].as_array().unwrap().iter().map(|call| call.as_str().unwrap()).collect();
    let imports = std::fs::read_to_string(workspace().join("wit/0.1.0/imports.wit")).unwrap();
    let mut interface = String::new();
    let mut functions = 0;
    for line in imports.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix("interface ") {
            interface = name.trim_end_matches(" {").to_owned();
        } else if let Some((function, _)) = line.split_once(": func(") {
            functions += 1;
            assert!(called.contains(&format!("{interface}.{function}").as_str()), "{interface}.{function}");
        }
    }
    assert_eq!(called.len(), functions);
}

#[test]
fn every_component_of_a_released_interface_decides_what_it_decided_then() {
    let cases = |(component, folder): (PathBuf, PathBuf)| {
        Some((component, folder.join("cases"))).filter(|(_, cases)| cases.is_dir())
    };
    let with_cases: Vec<_> = components().into_iter().filter_map(cases).collect();
    assert!(with_cases.len() >= 4, "{with_cases:?}");
    for (component, cases) in with_cases {
        let ran = told(&["plugin", "test"], &component, &[Path::new("--cases"), &cases]);
        assert!(!ran.as_array().unwrap().is_empty(), "{}", component.display());
    }
}
