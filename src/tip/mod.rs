//! What travels: one age file, always of the same shape, with a tar archive inside (`docs/protocol.md`, 1 to 3).
//!
//! The relay uses [`header`], [`padding`], [`id`] and [`withdraw`] only: they look at a tip from outside.
//! Everything that touches plaintext or keys is behind the feature `seal`.

pub mod header;
pub mod id;
pub mod padding;
pub mod withdraw;

#[cfg(feature = "seal")]
pub mod author;
#[cfg(feature = "seal")]
pub mod container;
#[cfg(feature = "seal")]
pub mod draft;
#[cfg(feature = "seal")]
pub mod hybrid;
#[cfg(feature = "seal")]
pub mod open;
#[cfg(feature = "seal")]
pub mod receipt;
#[cfg(feature = "seal")]
pub mod report;
#[cfg(feature = "seal")]
pub mod seal;
