//! The anytx plugin.
