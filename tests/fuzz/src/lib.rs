//! What the fuzz targets share. Each file in `targets` reads one kind of foreign bytes and says what is promised of it.
//!
//! | module | one job |
//! |---|---|
//! | [`material`] | one chain, its transactions and their BEEFs: what targets judge by and seeds are made of |
//! | [`script_case`] | one output and the input that spends it, out of a target's bytes |
//! | [`records`] | the disk records of the store, and what each kind of them must keep to |
//! | [`local`] | a local chain with one coin on it, and the file of such a chain |
//! | [`seeds`] | the inputs each target starts from |

pub mod local;
pub mod material;
pub mod records;
pub mod script_case;
pub mod seeds;
