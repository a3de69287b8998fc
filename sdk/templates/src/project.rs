//! Which files a project has: its language's template, as far as its roles go, and the SDK in a folder of its own.

use std::borrow::Cow;

use crate::choice::{Language, Role, RoleError};
use crate::name::Name;
use crate::text;

include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// The manifest of the workspace that the Rust SDK is in.
const SDK_WORKSPACE: &str = include_str!(concat!(env!("OUT_DIR"), "/workspace.toml"));

/// Where the cases of projects in any language are: they are held to the same.
const CASES: &str = "sdk/templates/cases/";

/// Where the interface is in the workspace.
const INTERFACE: &str = "wit/0.1.0/";

/// What a project in Rust has of the workspace, in the same folders.
const OF_THE_RUST_SDK: [&str; 4] = ["host/", "sdk/rust/", "sdk/testing/", INTERFACE];

/// Files of templates that belong to one role, by what their names begin with.
const OF_ONE_ROLE: [(&str, Role); 7] = [
    ("topic", Role::TopicManager),
    ("relevance", Role::TopicRelevance),
    ("lookup", Role::LookupService),
    ("index", Role::LookupService),
    ("query", Role::LookupService),
    ("date", Role::LookupService),
    ("basket", Role::BasketManager),
];

/// A plugin's project before it is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Project {
    name: Name,
    language: Language,
    roles: Vec<Role>,
}

/// A file of a project.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct File {
    /// Where it goes, from the project's folder, with `/` between folders.
    pub path: String,
    /// What stands in it.
    pub contents: Cow<'static, [u8]>,
}

impl Project {
    /// A project of this name, in this language, with these roles.
    ///
    /// # Errors
    /// [`RoleError`]: the roles do not go together.
    pub fn new(name: Name, language: Language, roles: Vec<Role>) -> Result<Self, RoleError> {
        Role::check(&roles)?;
        Ok(Self { name, language, roles })
    }

    /// Its files.
    #[must_use]
    pub fn files(&self) -> Vec<File> {
        let own = format!("sdk/templates/{}/", self.language.folder());
        let mut files: Vec<File> =
            FILES.iter().filter_map(|(path, contents)| self.file(&own, path, contents)).collect();
        if self.language == Language::Rust {
            files.push(File { path: "trellis/Cargo.toml".into(), contents: SDK_WORKSPACE.as_bytes().into() });
        }
        files
    }

    /// What a file of the workspace is in this project; `None` where it has no place there.
    fn file(&self, own: &str, path: &str, contents: &'static [u8]) -> Option<File> {
        if let Some(place) = path.strip_prefix(own) {
            return self.has(place).then(|| self.rendered(place, contents));
        }
        if let Some(case) = path.strip_prefix(CASES) {
            return self.has(case).then(|| self.rendered(&format!("cases/{case}"), contents));
        }
        let place = match self.language {
            Language::Rust => match path {
                // Cargo adds the project to it and takes out what it does not need: the versions are those tested with.
                "Cargo.lock" | "rust-toolchain.toml" => path.to_owned(),
                _ if OF_THE_RUST_SDK.iter().any(|folder| path.starts_with(folder)) => format!("trellis/{path}"),
                _ => return None,
            },
            Language::JavaScript => match path.strip_prefix("sdk/javascript/") {
                Some(rest) => format!("trellis-plugin/{rest}"),
                None => interface(path)?,
            },
            Language::Python => match path.strip_prefix("sdk/python/") {
                Some(rest) => format!("trellis-plugin/{rest}"),
                None => interface(path)?,
            },
        };
        Some(File { path: place, contents: contents.into() })
    }

    fn has(&self, place: &str) -> bool {
        let file = place.rsplit('/').next().unwrap_or(place);
        let stem = file.split('.').next().unwrap_or(file);
        let stem = stem.strip_prefix("test_").unwrap_or(stem);
        let role = OF_ONE_ROLE.iter().find(|(name, _)| *name == stem);
        role.is_none_or(|(_, role)| self.roles.contains(role))
    }

    fn rendered(&self, place: &str, contents: &'static [u8]) -> File {
        // A name that begins with a dot would hide the file in the template's own folder.
        let place = place.strip_prefix("dot-").map_or_else(|| place.to_owned(), |rest| format!(".{rest}"));
        let path = text::named(&place, &self.name);
        let contents = match std::str::from_utf8(contents) {
            Ok(template) => text::render(template, &self.roles, &self.name).into_bytes().into(),
            Err(_) => contents.into(),
        };
        File { path, contents }
    }
}

/// Where a file of the interface goes in a project whose tools read it.
fn interface(path: &str) -> Option<String> {
    path.strip_prefix(INTERFACE).map(|rest| format!("wit/deps/bsv-overlay/{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(language: Language, roles: &[Role]) -> Vec<File> {
        Project::new(Name::new("red-tickets").unwrap(), language, roles.to_vec()).unwrap().files()
    }

    /// The files that are the project's own.
    fn own(files: &[File]) -> impl Iterator<Item = &File> {
        let travels = |file: &File| ["trellis/", "trellis-plugin/"].iter().any(|sdk| file.path.starts_with(sdk));
        files.iter().filter(move |file| !travels(file))
    }

    fn every_combination() -> impl Iterator<Item = Vec<Role>> {
        let chosen = |bits: usize| {
            Role::ALL
                .iter()
                .enumerate()
                .filter(move |(at, _)| bits >> at & 1 == 1)
                .map(|(_, (_, role))| *role)
                .collect()
        };
        (0..1 << Role::ALL.len()).map(chosen).filter(|roles: &Vec<Role>| Role::check(roles).is_ok())
    }

    #[test]
    fn a_project_has_each_file_once_and_nothing_of_the_template_is_left_in_it() {
        for (_, language) in Language::ALL {
            for roles in every_combination() {
                let files = project(language, &roles);
                let mut paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
                paths.sort_unstable();
                let count = paths.len();
                paths.dedup();
                assert_eq!(paths.len(), count, "{language:?} {roles:?}");
                for wanted in ["README.md", "trellis.toml", ".gitignore"] {
                    assert!(paths.contains(&wanted), "{language:?} {roles:?}: no {wanted}");
                }
                for file in own(&files) {
                    let text = String::from_utf8_lossy(&file.contents);
                    for left in ["my-plugin", "my_plugin", "My Plugin", "end role"] {
                        assert!(!text.contains(left) && !file.path.contains(left), "{left} in {}", file.path);
                    }
                }
            }
        }
    }

    #[test]
    fn the_roles_of_a_project_are_those_chosen() {
        for (_, language) in Language::ALL {
            let files = project(language, &[Role::LookupService]);
            let has = |name: &str| {
                // What travels along has files of all names.
                own(&files)
                    .any(|file| file.path.rsplit('/').next().is_some_and(|file| file.split('.').next() == Some(name)))
            };
            assert!(has("lookup") && !has("topic") && !has("basket") && !has("relevance"), "{language:?}");
        }
    }

    #[test]
    fn a_project_has_a_case_for_each_of_its_roles_and_every_one_is_json() {
        let cases = [
            ("topic", Role::TopicManager),
            ("relevance", Role::TopicRelevance),
            ("lookup", Role::LookupService),
            ("basket", Role::BasketManager),
        ];
        for (_, language) in Language::ALL {
            for roles in every_combination() {
                let files = project(language, &roles);
                let mut found: Vec<&str> = own(&files).filter_map(|file| file.path.strip_prefix("cases/")).collect();
                found.sort_unstable();
                let here = cases.iter().filter(|(_, role)| roles.contains(role));
                let mut wanted: Vec<String> = here.map(|(case, _)| format!("{case}.json")).collect();
                wanted.push("overlay.json".to_owned());
                wanted.sort_unstable();
                assert_eq!(found, wanted, "{language:?} {roles:?}");
                for case in own(&files).filter(|file| file.path.starts_with("cases/")) {
                    let read = serde_json::from_slice::<serde_json::Value>(&case.contents);
                    assert!(read.is_ok(), "{language:?} {roles:?}: {}: {read:?}", case.path);
                }
            }
        }
    }

    #[test]
    fn relevance_needs_a_topic_manager() {
        let new = |roles: &[Role]| Project::new(Name::new("a").unwrap(), Language::Rust, roles.to_vec());
        assert_eq!(new(&[]), Err(RoleError::None));
        assert_eq!(new(&[Role::TopicRelevance, Role::LookupService]), Err(RoleError::RelevanceAlone));
    }
}
