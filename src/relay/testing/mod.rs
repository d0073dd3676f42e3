//! What only tests use of the relay: an entry without sockets, and leaks that a test has to find.
//!
//! No program calls any of it. [`in_memory`] is always built, so that tests and fuzz targets see the relay that ships; the leaks need a feature
//! of their own, because they must not be in anything that ships.

pub mod in_memory;
