//! What authors are told: every public item they write against comes with an example that the compiler reads.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::files::SourceFile;

/// How a code block begins that rustdoc compiles. Others are shown only.
const COMPILED: [&str; 3] = ["```", "```no_run", "```should_panic"];

/// What a code block must not say: then nobody notices that it has become wrong.
const UNCOMPILED: &str = "ignore";

/// A public function, type, trait or macro.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The file and the line.
    pub place: String,
    /// Its name.
    pub name: String,
    /// The type it is a function of.
    pub owner: Option<String>,
    /// Whether its documentation has an example that is compiled.
    pub is_shown: bool,
}

/// The public items of a crate: what its sources declare, without the modules that its `lib.rs` hides from the documentation.
///
/// A type that a macro makes counts where it stands in the macro's call, documented and on a line of its own.
#[must_use]
pub fn items(files: &[SourceFile]) -> Vec<Item> {
    let hidden: Vec<PathBuf> = files.iter().flat_map(|(path, text)| hidden_modules(path, text)).collect();
    let is_hidden =
        |path: &Path| hidden.iter().any(|module| path.starts_with(module) || path.with_extension("") == *module);
    files.iter().filter(|(path, _)| !is_hidden(path)).flat_map(|(path, text)| items_of(path, text)).collect()
}

/// Items without an example of their own and of a type without one, names that are exported and declared nowhere, and code
/// blocks that are not compiled on purpose.
#[must_use]
pub fn without_example(files: &[SourceFile]) -> Vec<String> {
    let items = items(files);
    let names: BTreeSet<&str> = items.iter().map(|item| item.name.as_str()).collect();
    let is_type = |item: &&Item| item.owner.is_none() && item.is_shown;
    let shown: BTreeSet<&str> = items.iter().filter(is_type).map(|item| item.name.as_str()).collect();
    let mut findings = Vec::new();
    for Item { place, name, owner, is_shown } in &items {
        if !is_shown && !owner.as_ref().is_some_and(|owner| shown.contains(owner.as_str())) {
            findings.push(format!("{place}: `{name}` has no example that is compiled, and is of no type that has one"));
        }
    }
    for (path, text) in files {
        for name in exported(text).iter().filter(|name| !names.contains(name.as_str())) {
            findings.push(format!(
                "{}: `{name}` is exported, but no documented item of that name was found",
                path.display()
            ));
        }
        for (number, line) in (1..).zip(text.lines()) {
            let doc = line.trim_start().trim_start_matches(['/', '!']).trim_start();
            if doc.strip_prefix("```").is_some_and(|kind| kind.contains(UNCOMPILED)) {
                findings.push(format!("{}:{number}: an example that is not compiled", path.display()));
            }
        }
    }
    findings
}

/// Modules that `lib.rs` hides: their paths without `.rs`.
fn hidden_modules(path: &Path, text: &str) -> Vec<PathBuf> {
    if path.file_name().is_none_or(|name| name != "lib.rs") {
        return Vec::new();
    }
    let hidden = text.split("#[doc(hidden)]\n").skip(1);
    let names = hidden.filter_map(|rest| rest.strip_prefix("pub mod ")?.split_once(';'));
    names.map(|(name, _)| path.with_file_name(name)).collect()
}

/// Names that a file exports out of modules of its own.
fn exported(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for statement in text.split("\npub use ").skip(1).filter_map(|rest| rest.split_once(';')) {
        let (path, listed) = statement.0.rsplit_once("::").unwrap_or(("", statement.0));
        let module = path.split("::").next().unwrap_or_default();
        if text.lines().any(|line| line.trim_start_matches("pub ") == format!("mod {module};")) {
            let listed = listed.trim_start_matches('{').trim_end_matches('}').split(',');
            names.extend(listed.map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned));
        }
    }
    names
}

fn items_of(path: &Path, text: &str) -> Vec<Item> {
    let mut items = Vec::new();
    let mut documentation: Vec<&str> = Vec::new();
    let (mut owner, mut in_attribute, mut exports_macro) = (None, false, false);
    for (number, line) in (1..).zip(text.lines()) {
        let code = line.trim_start();
        if let Some(said) = code.strip_prefix("///") {
            documentation.push(said);
            continue;
        }
        if in_attribute || code.starts_with("#[") {
            exports_macro |= code == "#[macro_export]";
            in_attribute = !code.contains(']');
            continue;
        }
        if let Some(rest) = line.strip_prefix("impl") {
            owner = name_at(implementor(rest));
        } else if line.starts_with('}') {
            owner = None;
        }
        let made = Some(code).filter(|code| !documentation.is_empty() && is_type_name(code));
        let name = declared(code, exports_macro).or_else(|| made.map(str::to_owned));
        if let Some(name) = name {
            let place = format!("{}:{number}", path.display());
            items.push(Item { place, name, owner: owner.clone(), is_shown: has_example(&documentation) });
        }
        documentation.clear();
        exports_macro = false;
    }
    items
}

/// The name of the public item that a line declares.
fn declared(code: &str, exports_macro: bool) -> Option<String> {
    if let Some(rest) = code.strip_prefix("macro_rules! ") {
        return name_at(rest).filter(|_| exports_macro);
    }
    let mut rest = code.strip_prefix("pub ")?;
    for qualifier in ["const ", "async ", "unsafe "] {
        rest = rest.strip_prefix(qualifier).unwrap_or(rest);
    }
    ["fn ", "struct ", "enum ", "trait "].iter().find_map(|kind| name_at(rest.strip_prefix(kind)?))
}

/// What an `impl` is for, behind its generic parameters and its trait.
fn implementor(rest: &str) -> &str {
    let mut depth = 0_usize;
    let end = rest.find(|character: char| {
        match character {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ => return depth == 0,
        }
        false
    });
    let rest = rest.get(end.unwrap_or_default()..).unwrap_or_default().trim_start();
    rest.split_once(" for ").map_or(rest, |(_, implementor)| implementor)
}

fn name_at(text: &str) -> Option<String> {
    let end = text.find(|character: char| !character.is_alphanumeric() && character != '_').unwrap_or(text.len());
    text.get(..end).filter(|name| !name.is_empty()).map(str::to_owned)
}

fn is_type_name(code: &str) -> bool {
    code.starts_with(|first: char| first.is_ascii_uppercase()) && code.chars().all(char::is_alphanumeric)
}

/// Whether some code block is compiled, and has a line that is not hidden.
fn has_example(documentation: &[&str]) -> bool {
    let mut block: Option<&str> = None;
    for line in documentation.iter().map(|line| line.trim()) {
        match block {
            None if line.starts_with("```") => block = Some(line),
            Some(_) if line == "```" => block = None,
            Some(kind) if COMPILED.contains(&kind) && !line.is_empty() && !line.starts_with("# ") => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> SourceFile {
        (PathBuf::from(name), text.to_owned())
    }

    const EXAMPLE: &str = "/// ```\n/// assert!(true);\n/// ```\n";

    #[test]
    fn an_item_without_an_example_is_found_with_its_line() {
        for item in
            ["pub fn bare() {}", "pub struct Bare;", "pub enum Bare {}", "pub trait Bare {}", "pub const fn bare() {}"]
        {
            let text = format!("//! A.\n\n/// Says nothing.\n#[must_use]\n{item}\n");
            let found = without_example(&[file("a.rs", &text)]);
            assert!(found.len() == 1 && found[0].starts_with("a.rs:5: `"), "{found:?}");
            let shown = text.replace("#[must_use]\n", &format!("///\n{EXAMPLE}#[must_use]\n"));
            assert_eq!(without_example(&[file("a.rs", &shown)]), [""; 0], "{shown}");
        }
    }

    #[test]
    fn a_function_is_shown_by_the_type_it_is_of_wherever_that_stands() {
        let shown = file("a.rs", &format!("{EXAMPLE}pub struct Table<K>(K);\n"));
        let of_it = "impl<K: Into<u8>> Table<K> {\n    pub fn of(key: K) -> Self {\n        Self(key)\n    }\n}\n";
        assert_eq!(without_example(&[shown, file("b.rs", of_it)]), [""; 0]);
        let bare = file("a.rs", "pub struct Table<K>(K);\n");
        assert_eq!(without_example(&[bare.clone(), file("b.rs", of_it)]).len(), 2);
        let behind = format!("{of_it}\npub fn free() {{}}\n");
        assert!(without_example(&[bare, file("b.rs", &behind)])[2].contains("`free`"));
    }

    #[test]
    fn macros_count_where_they_are_exported_and_types_that_macros_make() {
        let found =
            without_example(&[file("a.rs", "#[macro_export]\nmacro_rules! refuse {\n}\nmacro_rules! own {\n}\n")]);
        assert!(found.len() == 1 && found[0].contains("`refuse`"), "{found:?}");
        let made = file("a.rs", "identifier!(\n    /// A number.\n    SerialNumber\n);\n");
        assert!(without_example(&[made])[0].contains("`SerialNumber`"));
    }

    #[test]
    fn what_is_exported_and_found_nowhere_is_told() {
        let lib = "//! A.\nmod a;\n\npub use a::{\n    Known, Unknown,\n};\npub use other_crate::Foreign;\n";
        let known = file("a.rs", &format!("{EXAMPLE}pub struct Known;\n"));
        let found = without_example(&[file("lib.rs", lib), known]);
        assert!(found.len() == 1 && found[0].contains("`Unknown` is exported"), "{found:?}");
    }

    #[test]
    fn a_block_that_is_not_compiled_is_no_example() {
        let none = ["/// ```text\n/// a\n/// ```\n", "/// ```\n/// # hidden();\n/// ```\n", "/// ```\n/// ```\n"];
        for documentation in none {
            assert_eq!(
                without_example(&[file("a.rs", &format!("{documentation}pub struct A;\n"))]).len(),
                1,
                "{documentation}"
            );
        }
        let left_out = "//! A.\n//! ```ignore\n//! a\n//! ```\n";
        assert_eq!(without_example(&[file("a.rs", left_out)]), ["a.rs:2: an example that is not compiled"]);
    }

    #[test]
    fn what_is_not_public_or_hidden_needs_none() {
        let lib = file("src/lib.rs", "//! A.\n#[doc(hidden)]\npub mod export;\npub mod shown;\n");
        let inner = "pub(crate) fn own() {}\nfn private() {}\npub const LENGTH: usize = 1;\npub mod inner;\n";
        let files = [
            lib,
            file("src/shown.rs", inner),
            file("src/export.rs", "pub fn a() {}\n"),
            file("src/export/b.rs", "pub fn b() {}\n"),
        ];
        assert_eq!(items(&files), []);
        assert_eq!(without_example(&files), [""; 0]);
    }
}
