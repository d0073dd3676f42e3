//! Where ciphertext rests, until it is withdrawn or its days are over (`docs/store.md`).
//!
//! In: tips, whole or in chunks. Out: the same bytes, by id. Touches the one folder that [`pool::Pool`] is opened in, and nothing else.
//!
//! ```text
//!  text ─────────────► lane ─┬─ bytes ──► journal ── sealer ──► sealed ─┐
//!                            │              └───────────────────────────┼──► retrieve ──► a tip, a page of the listing
//!  larger ─► ingest ─► lane ─┴─ record ─► slots ────────────────────────┘
//!                                           ▲
//!  withdrawal, expiry ─────► erase ─────────┘
//! ```
//!
//! | module | what |
//! | --- | --- |
//! | `store`, `listing`, `error` | what the relay relies on: the trait [`Store`], a page of tips, what can go wrong |
//! | [`pool`] | the store on one machine, with its threads; `settings`, `notice` and `folder` are what it is opened with and in |
//! | `ledger` | what its parts share; `known` in memory, filled by `recovery` at each start |
//! | `ingest`, `staged`, `wrap` | a tip on its way in: chunks wrapped under a key of its own, a large one in a file of its own |
//! | `committer`, `job` | a lane, which makes what waits durable in groups: first the bytes, then the records |
//! | `volume`, `journal`, `slots`, `record`, `index` | where a tip lies: its bytes, its key, and how it is found |
//! | `sealer`, `sealed` | the thread that seals a volume nobody writes to any more, and the sled databases that it makes |
//! | `retrieve`, `erase` | a tip on its way out, and its end |
//! | `believed_day`, `file_times` | which day it is taken to be, and file times that say no more than a day |
//! | `disk`, `free_space`, `mutex` | the machine underneath; `simulated` and `failpoints` take its place in tests |
//!
//! No module depends, even by way of others, on one that depends on it.
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
