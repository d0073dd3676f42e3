//! What crosses the air gap: a tar with a manifest, the directory, and tips (`docs/protocol.md`, 7).
//!
//! In on the courier's side: fetched tips. Out on the desk's side: the same, every byte checked. Each courier's bundles form a chain, so that a missing one shows.

mod manifest;
mod read;
mod write;

pub use manifest::{BundleId, BundledTip, CourierName, Manifest, NotACourierName};
pub use read::{BundleError, Verified, read};
pub use write::{forget_partial, write};

const MANIFEST: &str = "manifest.json";
const DIRECTORY: &str = "directory.note";
