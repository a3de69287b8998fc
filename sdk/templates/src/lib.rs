//! What `trellis plugin new` writes: whole plugin projects in Rust, JavaScript and Python.
//!
//! | module | one job |
//! |---|---|
//! | `choice` | what can be chosen: languages and roles |
//! | `name` | what a plugin can be called |
//! | `project` | which files a project has |
//! | `text` | what stands in a file, for the roles and the name chosen |
//!
//! The templates lie beside `src/`, one folder for each language, as a project has them. Everything comes along inside the
//! crate, the SDKs too, so that a project builds without any of it being in a registry.

mod choice;
mod name;
mod project;
mod text;

pub use choice::{Language, Role, RoleError};
pub use name::{Name, NameError};
pub use project::{File, Project};
