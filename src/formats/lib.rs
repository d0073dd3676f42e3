//! What travels and what is signed, as anybody without a key can look at it (`docs/protocol.md`).
//!
//! In: bytes from outside. Out: types that exist only when the checks were passed. It has no cipher: sealing and opening are in `softinfo-seal`.
//!
//! | room | comes in | goes out |
//! | --- | --- | --- |
//! | [`envelope`] | a tip's bytes | its header, size class, id, the right to withdraw it |
//! | [`directory`] | a signed note | holders and their keys |
//! | [`transfer`] | files for the other side of the air gap | a tar in which every byte is checked |
//! | [`api`] | what a relay answers | the same as types; the names of paths and header fields |
//! | [`saved_page`] | the page and the directory | the page as a file |
//! | [`example_keys`] | addresses | a refusal of keys that everybody has |
#![forbid(unsafe_code)]

pub mod api;
pub mod directory;
pub mod envelope;
pub mod example_keys;
pub mod saved_page;
pub mod transfer;
