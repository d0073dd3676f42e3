//! What the fuzz targets assert: one file a target, each with `check`, which panics where a promise breaks.
//!
//! In: any bytes. Out: nothing. Included by the fuzz targets and by `tests/fuzz_corpus.rs`, so that what is fuzzed is what is replayed.
//! The two targets that need the relay's connection are in `relay/`.
#![allow(dead_code)] // each fuzz target uses a part

mod archive;
pub mod bundle;
pub mod container;
pub mod corpus;
pub mod directory;
pub mod header;
mod input;
pub mod proxy_line;
pub mod receipt;
pub mod report;
mod script;
mod shape;
