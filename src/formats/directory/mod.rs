//! Who may read: a signed list of holders and their keys (`docs/protocol.md`, 4).
//!
//! In: the bytes of a signed note and a pinned root key. Out: a [`Directory`] that was verified, and from it
//! the [`HybridKey`]s that are current. The types are the order of the checks: [`UntrustedDirectory`] → [`Directory`] → [`CurrentDirectory`];
//! the programs seal to no key that did not come this way.

mod changes;
mod doubt;
mod ending;
mod error;
#[cfg(test)]
mod example;
mod holder;
mod hybrid_key;
mod names;
mod note;
mod sense;
mod signing;

pub use changes::{Change, changes};
pub use doubt::Doubt;
pub use ending::Ending;
pub use error::DirectoryError;
pub use holder::{CATEGORIES, Contents, Epoch, Forwarder, Holder, Kind, Posts, Replies};
pub use hybrid_key::{HybridKey, KeyError, ML_KEM_KEY, X25519_KEY};
pub use names::{ChannelId, EpochId, ForwarderId, HolderId, NotAName};
pub use note::{CurrentDirectory, Directory, Seen, UntrustedDirectory};
pub use signing::{RootKey, SigningError, SigningKey, add_signature};
