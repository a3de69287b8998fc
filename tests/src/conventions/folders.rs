//! What may lie at the top: a newcomer sees it first.

use std::fs;
use std::path::Path;

/// The top level, all of it.
const ALLOWED: [&str; 24] = [
    ".cargo",
    ".ci",
    ".git",
    ".gitignore",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "clippy.toml",
    "deny.toml",
    "examples",
    "host",
    "package-lock.json",
    "package.json",
    "plugins",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "sdk",
    "tests",
    "wit",
];

/// What the tools and a host started here leave behind; never committed.
const LEFT_BEHIND: [&str; 4] = ["node_modules", "target", "trellis-data", "trellis-dev"];

/// The names in a folder.
#[must_use]
pub fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Names that have no place at the top.
#[must_use]
pub fn out_of_place(names: &[String]) -> Vec<String> {
    let known = |name: &String| ALLOWED.contains(&name.as_str()) || LEFT_BEHIND.contains(&name.as_str());
    names.iter().filter(|name| !known(name)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_at_the_top_is_found() {
        let names = ["Cargo.toml", "host", "notes.txt", "src", "target"].map(str::to_owned);
        assert_eq!(out_of_place(&names), ["notes.txt", "src"]);
    }
}
