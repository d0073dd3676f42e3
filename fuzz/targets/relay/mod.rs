//! The two targets that talk to the relay: raw bytes on its connections, and forms. Their promises are in `stage.rs`.
//!
//! Included by the fuzz targets, and by the library's own tests, because only they see the entry without sockets.

#![allow(dead_code)] // each fuzz target uses a part

#[path = "../corpus.rs"]
pub mod corpus;
pub mod form;
pub mod routes;
#[path = "../script.rs"]
mod script;
#[path = "../shape.rs"]
mod shape;
mod stage;
