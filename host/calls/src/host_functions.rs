//! What a plugin may call: one method for each function of `wit/0.1.0/imports.wit`. Every one charges first.
//!
//! `host` is whoever made the call: the rows and transactions are its.

mod config;
mod context;
mod crypto;
mod identity;
mod rows;
mod topics;
