//! `trellis plugin new`: a whole project for a plugin, which builds and passes its tests as it is.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use trellis_templates::{Language, Name, Project, Role};

use super::super::CommandResult;

/// What the project is to be.
#[derive(Debug, clap::Args)]
pub struct NewArguments {
    /// What the plugin is called: lower-case letters, digits and hyphens. Its topic becomes tm_NAME, its lookup service ls_NAME, with
    /// `_` in place of `-`
    pub name: String,
    /// What it is written in
    #[arg(long, value_parser = language(), default_value = "rust")]
    pub lang: Language,
    /// What it does; several are separated by commas
    #[arg(long = "role", value_name = "ROLE", value_delimiter = ',', value_parser = role(), default_value = "topic-manager,lookup-service")]
    pub roles: Vec<Role>,
    /// Where the project goes, a folder that is empty or not there yet [default: ./NAME]
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
}

/// Why there is no project.
#[derive(Debug, thiserror::Error)]
enum NewError {
    #[error("the folder {} is not empty, and nothing in it was touched; choose another with --folder, or empty it", .0.display())]
    NotEmpty(PathBuf),
    #[error("cannot write {}: {error}", path.display())]
    Write { path: PathBuf, error: io::Error },
}

/// Writes a project.
///
/// # Errors
/// The name is no name, the roles do not go together, or the folder cannot be written to or has something in it.
pub(super) fn run(arguments: &NewArguments) -> CommandResult {
    let name = Name::new(&arguments.name)?;
    let folder = arguments.folder.clone().unwrap_or_else(|| PathBuf::from(name.as_str()));
    let project = Project::new(name.clone(), arguments.lang, arguments.roles.clone())?;
    write(&folder, &project)?;
    print!("{}", next_steps(&folder, arguments.lang, &name));
    Ok(())
}

/// Writes every file of a project into a folder that is empty or not there yet.
fn write(folder: &Path, project: &Project) -> Result<(), NewError> {
    let cannot = |path: &Path| {
        let path = path.to_owned();
        move |error| NewError::Write { path, error }
    };
    fs::create_dir_all(folder).map_err(cannot(folder))?;
    if fs::read_dir(folder).map_err(cannot(folder))?.next().is_some() {
        return Err(NewError::NotEmpty(folder.to_owned()));
    }
    for file in project.files() {
        let path = folder.join(&file.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(cannot(parent))?;
        }
        // What came in between is somebody else's.
        let written = File::create_new(&path).and_then(|mut new| new.write_all(&file.contents));
        written.map_err(cannot(&path))?;
    }
    Ok(())
}

/// What an author does next: one command, then those that are for later.
fn next_steps(folder: &Path, language: Language, name: &Name) -> String {
    let folder = folder.display();
    let (tests, component) = match language {
        Language::Rust => ("cargo test", format!("target/wasm32-unknown-unknown/release/{}.wasm", name.underscored())),
        Language::JavaScript => ("npm test", format!("{name}.wasm")),
        Language::Python => ("python3 -m unittest", format!("{name}.wasm")),
    };
    let later = [
        (tests.to_owned(), "its tests"),
        ("trellis plugin test".to_owned(), "its cases (cases/), with the component in the sandbox of a host"),
        (format!("trellis plugin check {component}"), "what a host that loads it says"),
    ];
    let mut text = format!(
        "{folder} is there: a plugin that works, its tests and its README. What comes next:\n\n    \
         cd {folder}\n    trellis plugin dev\n\n\
         That builds it, checks it, loads it into a development host, and does so again whenever a file changes.\n\
         Before others get it:\n\n"
    );
    for (command, what) in later {
        text.push_str(&format!("    {command}\n        {what}\n"));
    }
    text
}

/// Reads a language, by its name.
fn language() -> impl clap::builder::TypedValueParser<Value = Language> {
    one_of(&Language::ALL)
}

/// Reads a role, by the name of its interface.
fn role() -> impl clap::builder::TypedValueParser<Value = Role> {
    one_of(&Role::ALL)
}

/// Reads one of what can be chosen; anything else is answered with all of them.
fn one_of<T: Copy + Send + Sync + 'static>(
    known: &'static [(&'static str, T)],
) -> impl clap::builder::TypedValueParser<Value = T> {
    use clap::builder::TypedValueParser;
    let names = known.iter().map(|(name, _)| *name);
    clap::builder::PossibleValuesParser::new(names).try_map(move |chosen| {
        let found = known.iter().find(|(name, _)| *name == chosen).map(|(_, value)| *value);
        found.ok_or("not one of the choices")
    })
}
