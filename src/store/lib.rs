//! Where ciphertext rests, until it is withdrawn or its days are over (`docs/store.md`).
//!
//! In: tips, whole or in chunks. Out: the same bytes, by id. The trait is what the relay relies on; [`pool::Pool`] keeps it: new tips in
//! append-only journals, old ones in sled volumes that are never written again, the key of each in a slot that can be overwritten.
#![forbid(unsafe_code)]

mod believed_day;
mod committer;
mod disk;
mod erase;
mod error;
mod file_times;
mod folder;
mod free_space;
mod index;
mod ingest;
mod job;
mod journal;
mod known;
mod ledger;
mod listing;
mod mutex;
mod notice;
pub mod pool;
mod record;
mod recovery;
mod retrieve;
mod sealed;
mod sealer;
mod settings;
mod slots;
mod staged;
mod store;
mod volume;
mod wrap;

#[cfg(test)]
mod failpoints;
#[cfg(test)]
mod simulated;

pub use error::StoreError;
pub use free_space::{FREE_FILES, Space, free_bytes, of as space_of};
pub use listing::{Cursor, Listed};
pub use store::{Acknowledgement, Committed, Incoming, Kept, Store, Stored};
pub use wrap::CHUNK;
