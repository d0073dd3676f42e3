//! The store on a disk in memory: a [`disk`] that fails at a chosen call or loses power, a [`run`] of the store on it that is the same for the
//! same seed, and the tests that make many [`runs`].
//!
//! In: a seed, and perhaps a fault. Out: a panic, where an answer was not true. sled works in a real folder: only what is copied from there, and read
//! back, is on the simulated disk. Threads, and a disk that is real, are in `failpoints`.

mod disk;
mod run;
mod runs;
