//! What every source file keeps to: a header that says its one job, a length one can read, nothing left to do.

use std::fs;
use std::path::{Path, PathBuf};

/// Half of the files have at most so many lines.
pub const MEDIAN_LINES: usize = 150;

/// Nine of ten files have at most so many lines.
pub const MOST_LINES: usize = 400;

/// What must not stand in any file. Written in two parts, so that this file does not contain them.
const UNFINISHED: [&str; 5] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
    concat!("#[ign", "ore"),
];

/// Folders that hold nothing of ours.
const FOREIGN: [&str; 2] = ["target", "node_modules"];

/// A file's path and text.
pub type SourceFile = (PathBuf, String);

/// All files under a folder whose name ends in one of these.
#[must_use]
pub fn under(folder: &Path, endings: &[&str]) -> Vec<SourceFile> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let entry = entry.expect("an entry of the folder");
        let (path, name) = (entry.path(), entry.file_name());
        if entry.file_type().expect("a file type").is_dir() {
            // What begins with a dot is nobody's source, and may be gone in a moment.
            let is_hidden = name.to_string_lossy().starts_with('.');
            if !is_hidden && !FOREIGN.iter().any(|foreign| name == *foreign) {
                found.extend(under(&path, endings));
            }
        } else if path.extension().is_some_and(|ending| endings.iter().any(|wanted| ending == *wanted)) {
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            found.push((path, text));
        }
    }
    found.sort();
    found
}

/// Files that do not begin by saying what they are for.
#[must_use]
pub fn without_header(files: &[SourceFile]) -> Vec<String> {
    let says = |text: &str| text.strip_prefix("//! ").is_some_and(|rest| !rest.trim_start().is_empty());
    let silent = files.iter().filter(|(_, text)| !says(text));
    silent.map(|(path, _)| format!("{} does not begin with a `//!` header", path.display())).collect()
}

/// What is unfinished or left out, line by line.
#[must_use]
pub fn unfinished(files: &[SourceFile]) -> Vec<String> {
    let mut findings = Vec::new();
    for (path, text) in files {
        for (number, line) in (1..).zip(text.lines()) {
            for word in UNFINISHED.iter().filter(|word| line.contains(**word)) {
                findings.push(format!("{}:{number}: {word}", path.display()));
            }
        }
    }
    findings
}

/// Whether files are short enough: the median and nine of ten.
#[must_use]
pub fn too_long(files: &[SourceFile]) -> Vec<String> {
    let mut lengths: Vec<(usize, &Path)> =
        files.iter().map(|(path, text)| (text.lines().count(), path.as_path())).collect();
    lengths.sort_unstable();
    let mut findings = Vec::new();
    if let Some((median, _)) = lengths.get(lengths.len() / 2).filter(|(lines, _)| *lines > MEDIAN_LINES) {
        findings.push(format!("half of the files have {median} lines or more; {MEDIAN_LINES} is the most"));
    }
    let long: Vec<_> = lengths.iter().filter(|(lines, _)| *lines > MOST_LINES).collect();
    if long.len() * 10 > lengths.len() {
        let names: Vec<String> = long.iter().map(|(lines, path)| format!("{} ({lines})", path.display())).collect();
        let count = names.len();
        findings.push(format!("{count} files have more than {MOST_LINES} lines, over a tenth: {}", names.join(", ")));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: impl Into<String>) -> SourceFile {
        (PathBuf::from(name), text.into())
    }

    #[test]
    fn a_file_without_a_header_is_found() {
        let files = [
            file("good.rs", "//! Good.\n"),
            file("bad.rs", "use std::fs;\n"),
            file("empty.rs", ""),
            file("bare.rs", "//! \n"),
        ];
        let found = without_header(&files).join("\n");
        assert!(!found.contains("good.rs"), "{found}");
        for bad in ["bad.rs", "empty.rs", "bare.rs"] {
            assert!(found.contains(bad), "{found}");
        }
    }

    #[test]
    fn whatever_is_unfinished_is_found_with_its_line() {
        for word in UNFINISHED {
            let found = unfinished(&[file("a.rs", format!("//! A.\n    {word} later)\n"))]);
            assert_eq!(found, [format!("a.rs:2: {word}")]);
        }
        assert_eq!(unfinished(&[file("a.rs", "//! A.\nfn done() {}\n")]), [""; 0]);
    }

    #[test]
    fn long_files_are_found_once_they_are_the_rule() {
        let lines = |count: usize| "x\n".repeat(count);
        let files = |lengths: &[usize]| -> Vec<SourceFile> {
            lengths.iter().map(|count| file("a.rs", lines(*count))).collect()
        };
        assert_eq!(too_long(&files(&[100, 120, 150])), [""; 0]);
        assert_eq!(too_long(&files(&[100, 151, 200])).len(), 1);
        let mut nine_short_ones = vec![100; 9];
        nine_short_ones.push(1_000);
        assert_eq!(too_long(&files(&nine_short_ones)), [""; 0]);
        nine_short_ones[0] = 401;
        assert!(too_long(&files(&nine_short_ones))[0].contains("2 files"));
    }

    #[test]
    fn folders_that_hold_nothing_of_ours_are_passed_over() {
        let folder = tempfile::TempDir::new().unwrap();
        for name in ["src", "target", "node_modules"] {
            fs::create_dir(folder.path().join(name)).unwrap();
            fs::write(folder.path().join(name).join("a.rs"), "//! A.\n").unwrap();
        }
        fs::write(folder.path().join("src/b.txt"), "").unwrap();
        let found = under(folder.path(), &["rs"]);
        assert_eq!(found, [(folder.path().join("src/a.rs"), "//! A.\n".to_owned())]);
    }
}
