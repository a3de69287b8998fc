//! BEEF in, verified transaction out, EF out: pure functions over bytes.
