//! What the fuzz targets assert: one file a target, each with `check`, which panics where a promise breaks.
//!
//! In: any bytes. Out: nothing. The fuzz targets in `fuzz/fuzz_targets/` and the test that replays the kept corpus (`tests/quick/fuzz_corpus.rs`)
//! call the same functions, so what is fuzzed is what is replayed. `routes` and `form` talk to a relay (`stage.rs`).

mod archive;
pub mod bundle;
pub mod container;
pub mod corpus;
pub mod directory;
pub mod form;
pub mod header;
mod input;
pub mod proxy_line;
pub mod receipt;
pub mod report;
pub mod routes;
mod script;
mod shape;
mod stage;
