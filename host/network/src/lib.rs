//! The outside: block headers and broadcasters.
