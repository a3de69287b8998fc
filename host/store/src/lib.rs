//! The store port on sled, and its in-memory twin.
