//! The use cases of an overlay host, written against ports.
