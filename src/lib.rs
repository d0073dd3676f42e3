//! softinfo: the letterbox for soft information.
//!
//! A tip is sealed on the writer's machine, kept as ciphertext by a relay that can't read it, carried across
//! an air gap, and opened on a desk that never touches a network. Data flows one way:
//!
//! ```text
//!  tip ──► relay ──► store        courier ──► bundle ║──► desk
//!          (intake)    └──────────────┘              ║  (keys, plaintext)
//!                      (pull, ciphertext only)    air gap
//! ```
//!
//! | room | comes in | goes out | never |
//! | --- | --- | --- | --- |
//! | [`tip`] | what a person writes | one age file | a name of the writer |
//! | [`directory`] | a signed note | holders and their keys | an unverified key |
//! | `store` | ciphertext, a day | the same | a time finer than a day |
//! | `relay` | HTTP | HTTP | plaintext, identifiers |
//! | [`bundle`] | ciphertext | a tar across the gap | keys |
//! | `courier` | a token | bundles | keys |
//! | `writer` | details from a script, a receipt | a draft's parts, a file | the network |
//! | `desk` | bundles, keys | plaintext | a network |
//!
//! A room uses the rooms to its left and never reaches back. Numbers that several rooms share are in [`limits`].
#![forbid(unsafe_code)]
#![warn(missing_docs, clippy::pedantic)]
// `Result` types are named in one `# Errors` section per module's error enum, which states every case;
// repeating it at every function would say less.
#![allow(clippy::missing_errors_doc)]
// Domain words are near each other: file and fill, vouches and vouched.
#![allow(clippy::similar_names)]

// The fuzz targets name the library as others do; some are replayed from inside (`relay::fuzzing`).
#[cfg(test)]
extern crate self as softinfo;

#[cfg(any(feature = "courier", feature = "seal"))]
pub mod archive;
#[cfg(any(feature = "courier", feature = "desk"))]
pub mod bundle;
#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "courier")]
pub mod courier;
pub mod day;
#[cfg(feature = "desk")]
pub mod desk;
pub mod directory;
pub mod example;
pub mod file;
pub mod limits;
#[cfg(feature = "process")]
pub mod process;
#[cfg(feature = "relay")]
pub mod relay;
#[cfg(any(feature = "client", feature = "relay"))]
pub mod saved_page;
#[cfg(feature = "relay")]
pub mod store;
#[cfg(feature = "terminal")]
pub mod terminal;
pub mod tip;
mod wording;
#[cfg(feature = "tip")]
pub mod writer;
