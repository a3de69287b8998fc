//! A released version of the plugin interface does not change: components that were built from it are out there.
//!
//! Beside the folder of a version lies a list of its files with their SHA-256, as `sha256sum -c` reads it.

use sha2::{Digest, Sha256};

/// What differs from the list.
#[must_use]
pub fn changes(list: &str, files: &[(String, Vec<u8>)]) -> Vec<String> {
    let released: Vec<(&str, &str)> = list.lines().filter_map(|line| line.split_once("  ")).collect();
    let mut found = Vec::new();
    for (sha256, name) in &released {
        match files.iter().find(|(file, _)| file == name) {
            None => found.push(format!("{name} was released and is gone")),
            Some((_, bytes)) if hex::encode(Sha256::digest(bytes)) != *sha256 => {
                found.push(format!("{name} was released and has changed: what comes later comes in a new version"));
            }
            Some(_) => {}
        }
    }
    let is_new = |name: &str| released.iter().all(|(_, known)| *known != name);
    found.extend(
        files
            .iter()
            .filter(|(name, _)| is_new(name))
            .map(|(name, _)| format!("{name} is new to a released version: what comes later comes in a new one")),
    );
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_gone_or_is_new_is_found() {
        let list = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae  0.1.0/foo\n\
                    fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9  0.1.0/bar\n";
        let files = |files: &[(&str, &str)]| {
            files.iter().map(|(name, text)| (format!("0.1.0/{name}"), text.as_bytes().to_vec())).collect::<Vec<_>>()
        };
        assert_eq!(changes(list, &files(&[("foo", "foo"), ("bar", "bar")])), Vec::<String>::new());
        let found = changes(list, &files(&[("foo", "Foo"), ("baz", "baz")]));
        let begin =
            ["0.1.0/foo was released and has changed", "0.1.0/bar was released and is gone", "0.1.0/baz is new"];
        assert_eq!(found.len(), begin.len(), "{found:?}");
        assert!(found.iter().zip(begin).all(|(found, begin)| found.starts_with(begin)), "{found:?}");
    }
}
