//! Gathers the files that projects are made of into one table: the templates, the SDKs and the interface.
//!
//! The table names the files in the order of their paths, so that every machine builds the same bytes.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// What a project can be made of, by its path in the workspace. Folders count with everything in them.
const SOURCES: [&str; 10] = [
    "Cargo.lock",
    "rust-toolchain.toml",
    "sdk/javascript/package.json",
    "sdk/javascript/src",
    "sdk/python/trellis_plugin",
    "sdk/templates/cases",
    "sdk/templates/javascript",
    "sdk/templates/python",
    "sdk/templates/rust",
    "wit/0.1.0",
];

/// The workspace of the SDK in a project, made of this one's.
const WORKSPACE: &str = "Cargo.toml";
/// What of this workspace is in the SDK's: what plugins are written with, and what they are tested with, the host's engine included.
const MEMBERS: [&str; 7] =
    ["host/calls", "host/engine", "host/sandbox", "host/spv", "host/store", "sdk/rust", "sdk/testing"];

/// What tools leave behind, and the tests of what is only used in a project.
const LEFT_OUT: [&str; 5] = ["__pycache__", "node_modules", "target", "tests", "tests.rs"];
/// Templates are taken as they are, their tests above all.
const TEMPLATES: &str = "sdk/templates";

fn main() -> Outcome<()> {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../..").canonicalize()?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut files = Vec::new();
    for source in SOURCES {
        println!("cargo::rerun-if-changed={}", root.join(source).display());
        gather(&root, Path::new(source), &mut files)?;
    }
    for member in MEMBERS {
        println!("cargo::rerun-if-changed={}", root.join(member).display());
        gather(&root, &Path::new(member).join("src"), &mut files)?;
    }
    files.sort();
    let mut table = String::from("pub(crate) static FILES: &[(&str, &[u8])] = &[\n");
    for path in files {
        let place = root.join(&path);
        writeln!(table, "    ({path:?}, include_bytes!({place:?})),")?;
    }
    for member in MEMBERS {
        let path = format!("{member}/Cargo.toml");
        let manifest = without_tests(&fs::read_to_string(root.join(&path))?);
        writeln!(table, "    ({path:?}, {manifest:?}.as_bytes()),")?;
    }
    table.push_str("];\n");
    fs::write(out.join("files.rs"), table)?;

    println!("cargo::rerun-if-changed={}", root.join(WORKSPACE).display());
    fs::write(out.join("workspace.toml"), workspace(&fs::read_to_string(root.join(WORKSPACE))?)?)?;
    Ok(())
}

fn gather(root: &Path, path: &Path, files: &mut Vec<String>) -> Outcome<()> {
    let place = root.join(path);
    if !place.is_dir() {
        files.push(path.to_str().ok_or("a path that is no text")?.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(place)? {
        let name = entry?.file_name();
        let is_left_out = LEFT_OUT.iter().any(|left| name == *left);
        if !is_left_out || path.starts_with(TEMPLATES) && name == "tests" {
            gather(root, &path.join(name), files)?;
        }
    }
    Ok(())
}

/// A crate's manifest without what only its own tests, examples and benchmarks need.
fn without_tests(manifest: &str) -> String {
    let unwanted = ["[dev-dependencies]", "[[bench]]", "[[example]]", "[[test]]"];
    let mut is_wanted = true;
    let mut kept = String::new();
    for line in manifest.split_inclusive('\n') {
        if line.starts_with('[') {
            is_wanted = !unwanted.contains(&line.trim_end());
        }
        if is_wanted {
            kept.push_str(line);
        }
    }
    kept
}

/// The manifest of this workspace with the members that travel; the profiles are the project's own business.
fn workspace(manifest: &str) -> Outcome<String> {
    let members: Vec<String> = MEMBERS.iter().map(|member| format!("{member:?}")).collect();
    let (_, shared) = manifest.split_once("[workspace.package]").ok_or("Cargo.toml has no [workspace.package]")?;
    let (shared, _) = shared.split_once("[profile.").ok_or("Cargo.toml has no profiles")?;
    Ok(format!(
        "# The SDK and what it stands on, as they came with the host.\n[workspace]\nresolver = \"3\"\nmembers = [{}]\n\n[workspace.package]{}",
        members.join(", "),
        shared.trim_end()
    ) + "\n")
}
