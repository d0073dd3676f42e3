//! Sealing and opening a tip: one age file, always of the same shape, with a tar archive inside (`docs/protocol.md`, 1 to 3).
//!
//! In: what a person writes, and readers from a current directory. Out: one age file; and back, with an identity. Only the writer's and the
//! holder's offline side have this crate: relay and courier can't be built with it (`tests/`, "dependencies").
//!
//! | module | what |
//! | --- | --- |
//! | [`draft`] → [`seal`] | what a person writes; sealed to its readers |
//! | [`open`] | back to plaintext, verified to the last byte |
//! | [`container`], [`report`] | the archive inside, and its structured part (`report/`: reading one from anybody, details from a forwarder) |
//! | [`reader`], [`hybrid`] | whom it is sealed to, and the key encapsulation |
//! | [`receipt`], [`author`] | twelve words, and the keys that come from them (`receipt/`: how it is shown, and read back as people type) |
#![forbid(unsafe_code)]

pub mod author;
pub mod container;
pub mod draft;
pub mod hybrid;
pub mod open;
pub mod reader;
pub mod receipt;
pub mod report;
pub mod seal;
