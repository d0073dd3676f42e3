//! Where ciphertext rests, until it is withdrawn or its days are over (`docs/store.md`).
//!
//! In: tips, whole or in chunks. Out: the same bytes, by id. The trait is what the relay relies on; [`pool::Pool`] keeps it: new tips in
//! append-only journals, old ones in sled volumes that are never written again, the key of each in a slot that can be overwritten.
#![forbid(unsafe_code)]

mod believed_day;
mod committer;
mod disk;
mod erase;
#[cfg(test)]
mod failpoints;
mod file_times;
mod folder;
mod free_space;
mod index;
mod ingest;
mod journal;
mod ledger;
mod notice;
mod placing;
pub mod pool;
mod recording;
mod retrieve;
mod sealed;
mod sealer;
mod settings;
#[cfg(test)]
mod simulated;
mod slots;
mod volume;
mod wrap;

use std::io;
use std::path::PathBuf;

use tokio::sync::oneshot;

pub use free_space::{FREE_FILES, Space, free_bytes, of as space_of};

use softinfo_base::day::Day;
use softinfo_formats::envelope::header::TipHeader;
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::envelope::withdraw::WithdrawDigest;

/// Bytes of a tip that are wrapped together. A tip of text is one chunk.
pub const CHUNK: usize = 32 * 1024;

/// A place for tips. Every method says what is durable when it returns, and what it waits for.
pub trait Store: Send + Sync + 'static {
    /// Takes a whole tip of at most [`CHUNK`] bytes. Never waits for the disk.
    ///
    /// The answer comes when its bytes, its key and its record have been written **and** synced, together with others that wait.
    fn put(&self, tip: &[u8], id: TipId, header: &TipHeader) -> Result<Acknowledgement, StoreError>;

    /// Begins to take a tip of any size, into a file of its own. Nothing shows and nothing is promised before [`Incoming::commit`].
    /// May wait for the disk.
    fn begin(&self) -> Result<Box<dyn Incoming>, StoreError>;

    /// Whether a tip is stored under this id now, by its slot. May wait for the disk.
    fn holds(&self, id: &TipId) -> Result<bool, StoreError>;

    /// A stored tip, to be read in chunks; `None` when it is proven that there is none under this id. May wait for the disk.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when it was read before, and not as it was written. [`StoreError::Unproven`] when it was not found, but a part of the
    /// store can't be read.
    fn get(&self, id: &TipId) -> Result<Option<Box<dyn Stored>>, StoreError>;

    /// At most `limit` tips behind `after`, by day and then by id; fewer only at the end. May wait for the disk.
    fn list(&self, after: Option<&Cursor>, limit: usize) -> Result<Vec<Listed>, StoreError>;

    /// Erases every tip whose header carries one of `digests`; says how many. On return their keys are overwritten on disk.
    /// May wait for the disk; takes no lock that a commit needs.
    ///
    /// # Errors
    /// [`StoreError::Unproven`] when nothing was found, but a part of the store can't be read. [`StoreError::Stopped`] when an
    /// overwriting failed: whether a key is gone is not known before the next start.
    fn erase(&self, digests: &[WithdrawDigest]) -> Result<usize, StoreError>;

    /// Erases what has expired by `today`; says how many tips. On return their keys are overwritten on disk. May wait for the disk.
    fn expire(&self, today: Day) -> Result<usize, StoreError>;

    /// What is kept, from counters.
    fn kept(&self) -> Kept;

    /// Writes and syncs a few bytes by way of each thread that commits. For a watchdog; waits for the disk.
    fn probe(&self) -> Result<(), StoreError>;
}

/// A tip on its way in. Dropping it removes what has come.
pub trait Incoming: Send {
    /// Adds [`CHUNK`] bytes; the last chunk may be shorter, but not empty. Holds nothing in memory; may wait for the disk.
    fn append(&mut self, chunk: &[u8]) -> Result<(), StoreError>;

    /// Syncs what has come, then makes the tip durable and visible. Waits for the disk; the answer comes when the record is synced.
    fn commit(self: Box<Self>, id: TipId, header: &TipHeader) -> Acknowledgement;
}

/// What is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kept {
    /// Tips.
    pub tips: u64,
    /// Their bytes, as they were sent.
    pub bytes: u64,
}

/// Resolves when a tip is durable, or was so already.
pub type Acknowledgement = oneshot::Receiver<Result<Committed, StoreError>>;

/// A durable tip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// The day it arrived first.
    pub day: Day,
    /// Whether the same bytes were there before.
    pub already: bool,
}

/// A tip in the store.
pub trait Stored: Send {
    /// What [`Store::list`] says of it.
    fn listed(&self) -> Listed;

    /// Chunk `number`, counted from 0: [`CHUNK`] bytes, or fewer for the last.
    fn chunk(&self, number: u32) -> Result<Vec<u8>, StoreError>;
}

/// All that the store knows of a tip from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// The day it arrived.
    pub day: Day,
    /// Its id.
    pub id: TipId,
    /// Bytes of the file.
    pub size: u64,
}

/// A position in the listing: behind a whole day, or behind one tip of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The day.
    pub day: Day,
    /// The last tip seen of that day; `None` means all of them.
    pub id: Option<TipId>,
}

impl Cursor {
    /// Whether `listed` comes behind this position.
    #[must_use]
    pub fn is_before(&self, listed: &Listed) -> bool {
        match self.id {
            None => self.day < listed.day,
            Some(id) => (self.day, id) < (listed.day, listed.id),
        }
    }
}

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
    /// What could be read is erased, but not all could be read: there may be more of it.
    #[error("what could be read is erased, but a part of the store can't be read, so there may be more")]
    Partly,
    /// The clock is too far ahead to be believed, so that days are not certain. Nothing was erased.
    #[error(
        "the clock says {clock}, but the last day here was {believed}: which tips are older than a day is not certain, and nothing was erased. Set the clock right, or, if it is right, add --accept-date {clock}"
    )]
    ClockAhead {
        /// What it says.
        clock: Day,
        /// The day that is believed.
        believed: Day,
    },
    /// The folder belongs to another user.
    #[error("{} belongs to another user (uid {owner}); start the relay as that user, or give the folder to the relay's user", path.display())]
    Owner {
        /// The folder.
        path: PathBuf,
        /// Its owner.
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
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl StoreError {
    /// Of a call that changes nothing that was acknowledged: refuses what was asked, and no more.
    fn io(path: &std::path::Path) -> impl FnOnce(io::Error) -> Self + use<'_> {
        move |source| match disk::Trouble::of(&source) {
            disk::Trouble::Full => Self::Full,
            disk::Trouble::Passing => Self::Unavailable,
            disk::Trouble::Failed => Self::Io { path: path.to_owned(), source },
        }
    }
}

/// Takes a mutex. One whose holder has panicked is taken all the same: what these guard is changed in single steps.
fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
