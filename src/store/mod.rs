//! Where ciphertext rests, until it is withdrawn or its days are over (`docs/store.md`).
//!
//! In: tips in chunks, with a day. Out: the same bytes, by id. The trait is what the relay relies on; [`pool::Pool`] keeps it with
//! sled, in bounded volumes by day. Calls but [`Incoming::append`] may wait for the disk: an async caller moves them to a blocking thread.

mod dating;
mod index;
pub mod pool;
mod reading;
mod slots;
mod space;
mod volume;
mod writer;
mod writing;

use std::io;
use std::path::PathBuf;

use tokio::sync::oneshot;

pub use space::free_bytes;

use crate::day::Day;
use crate::tip::header::TipHeader;
use crate::tip::id::TipId;
use crate::tip::withdraw::WithdrawDigest;

/// Bytes of a tip that are stored together. `docs/store.md` says why 16 KiB and no more.
pub const CHUNK: usize = 16 * 1024;

/// A place for tips. Every method says what is durable when it returns.
pub trait Store: Send + Sync + 'static {
    /// Begins to take a tip on `day`; nothing shows and nothing is promised before [`Incoming::commit`].
    fn begin(&self, day: Day) -> Result<Box<dyn Incoming>, StoreError>;

    /// A stored tip, to be read in chunks; `None` when there is none under this id.
    fn get(&self, id: &TipId) -> Result<Option<Box<dyn Stored>>, StoreError>;

    /// At most `limit` tips behind `after`, by day and then by id.
    fn list(&self, after: Option<&Cursor>, limit: usize) -> Result<Vec<Listed>, StoreError>;

    /// Erases every tip whose header carries `digest`; says how many. On return their keys are overwritten on disk.
    fn erase(&self, digest: &WithdrawDigest) -> Result<usize, StoreError>;

    /// Erases what has expired by `today`; says how many tips. On return their keys are overwritten on disk.
    fn expire(&self, today: Day) -> Result<usize, StoreError>;

    /// A real write and sync of a few bytes by the thread that commits; for the watchdog. May wait for the disk.
    fn probe(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// A tip on its way in. Dropping it leaves nothing readable behind.
pub trait Incoming: Send {
    /// Adds [`CHUNK`] bytes; the last chunk may be shorter, but not empty. Never waits;
    /// [`Pressure::Settle`] asks for a call of [`Incoming::settle`] before the next chunk.
    fn append(&mut self, chunk: &[u8]) -> Result<Pressure, StoreError>;

    /// Waits until what was appended has been taken: bounds what a large tip holds in memory.
    fn settle(&mut self) -> Result<(), StoreError>;

    /// Makes the tip durable and visible, together with others that wait.
    ///
    /// The answer comes only after its bytes, its key and its record have been flushed **and** synced to disk.
    fn commit(self: Box<Self>, id: TipId, header: TipHeader, day: Day) -> Acknowledgement;
}

/// Whether a tip on its way has much in memory that the store has not taken yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Pressure {
    /// Go on.
    Low,
    /// Settle first.
    Settle,
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

/// What went wrong in the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Less space than the floor; nothing was stored. Recovers by itself.
    #[error("the disk is full")]
    Full,
    /// A write or flush failed before, so nothing is accepted any more.
    #[error("the store has stopped after a failed write")]
    Stopped,
    /// The folder belongs to another user.
    #[error("{} belongs to another user (uid {owner}); start the relay as that user, or give the folder to the relay's user", path.display())]
    Owner {
        /// The folder.
        path: PathBuf,
        /// Its owner.
        owner: u32,
    },
    /// Another process has it open.
    #[error("another relay uses the store {}; stop it first, or give this one a folder of its own", .0.display())]
    InUse(PathBuf),
    /// A folder that is not a store, or one of a newer version.
    #[error("{} is not a store of this version; nothing was changed in it", .0.display())]
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
    /// sled said no.
    #[error("the embedded store failed: {0}")]
    Sled(#[from] sled::Error),
}

impl StoreError {
    fn io(path: &std::path::Path) -> impl FnOnce(io::Error) -> Self + use<'_> {
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::Io { path: path.to_owned(), source },
        }
    }
}
