//! The fast way and the interpreter agree.
