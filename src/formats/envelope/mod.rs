//! What the relay and everybody else can see of a tip (`docs/protocol.md`, 1 and 2).
//!
//! In: the first bytes of a file, its length, a token. Out: a header of a tip's exact shape, a size class, an id, the right to erase.

pub mod header;
pub mod id;
pub mod padding;
pub mod withdraw;
