//! The sandbox with real components: the first-party plugins, and a guest that misbehaves on request.

mod cache;
mod hostile;
mod loading;
mod log;
mod permissions;
mod support;
mod verdicts;
