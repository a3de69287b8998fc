//! The helloworld plugin.
