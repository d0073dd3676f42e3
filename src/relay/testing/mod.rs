//! What only tests use of the relay: an entry without sockets.
//!
//! No program calls any of it. It is always built, so that tests and fuzz targets see the relay that ships. What is built to leak, for the test
//! of "no identifiers", is in `planted_leaks` and needs a feature of its own: it must not be in anything that ships.

pub mod in_memory;
mod in_place;
#[cfg(test)]
mod midnight;
