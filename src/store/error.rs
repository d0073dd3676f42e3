//! What can go wrong in the store, for a caller to match on and for an operator to act on (`docs/store.md`, "What an error does").
//!
//! In: what the file system said. Out: one [`StoreError`]. Touches nothing.

use std::io;
use std::path::{Path, PathBuf};

use super::disk::Trouble;
use softinfo_base::day::Day;

/// What went wrong in the store. `docs/store.md` has the table of what each error of the disk leads to.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Less space than the floor; nothing was stored. Recovers by itself.
    #[error("the disk is full")]
    Full,
    /// Could not be done now, for example because too many files are open; nothing was changed. Recovers by itself.
    #[error("this could not be done now; nothing was stored")]
    Unavailable,
    /// A write or sync failed, now or before, so nothing is accepted any more.
    #[error("the store has stopped after a failed write")]
    Stopped,
    /// Nothing was found, but a part of the store can't be read: there may be something.
    #[error("a part of the store can't be read, so it is not known whether it is there")]
    Unproven,
    /// What could be read is erased, but a part of the store can't be read: there may be more of the same.
    #[error("what could be read is erased, but a part of the store can't be read, so there may be more")]
    Partly,
    /// The clock is too far ahead to be believed, so that days are not certain. Nothing was erased.
    #[error(
        "the clock says {clock}, but the last day here was {believed}: which tips are older than a day is not certain, and nothing was erased. Set the clock right, or, if it is right, add --accept-date {clock}"
    )]
    ClockAhead {
        /// The day that the clock says.
        clock: Day,
        /// The highest day that the store has believed.
        believed: Day,
    },
    /// The folder belongs to another user; nothing was changed in it.
    #[error("{} belongs to another user (uid {owner}); start the relay as that user, or give the folder to the relay's user", path.display())]
    Owner {
        /// The folder of the store.
        path: PathBuf,
        /// User id of its owner.
        owner: u32,
    },
    /// Another process has it open.
    #[error("another relay uses the store in {}; stop it first, or give this one a folder of its own", .0.display())]
    InUse(PathBuf),
    /// A folder that is not a store, or one of another version.
    #[error("{} is not a store of this version; nothing was changed in it. Name another folder as store.folder; a store of version 1 is emptied by couriers with the earlier relay", .0.display())]
    NotAStore(PathBuf),
    /// A stored tip no longer reads back as it was written.
    #[error("a stored tip is damaged on disk")]
    Damaged,
    /// The file system said no.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder that the call was for.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl StoreError {
    /// Of a failed call for `path` that can't have changed a tip that was acknowledged: what was asked is refused, and the store goes on.
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + use<'_> {
        move |source| match Trouble::of(&source) {
            Trouble::Full => Self::Full,
            Trouble::Passing => Self::Unavailable,
            Trouble::Failed => Self::Io { path: path.to_owned(), source },
        }
    }
}
