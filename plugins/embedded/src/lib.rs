//! First-party plugins as components, built here and embedded.
