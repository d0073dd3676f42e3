//! Tests that need nothing but this process: vectors of every format, properties, kept inputs of the fuzz targets, what is linked.

mod age_vectors;
mod architecture;
mod configuration;
mod dependencies;
mod format_vectors;
mod formats;
mod fuzz_corpus;
mod properties;
mod rooms;
mod store;
mod tampering;
