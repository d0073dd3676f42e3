//! What the relay relies on: a place for tips, by what each call promises, and what it may wait for.
//!
//! In: tips, whole or in chunks. Out: the same bytes, by id, and answers that are durable. Touches nothing itself. Handlers know a
//! store by these traits alone; starting, expiring and the status ask more of a [`Pool`](super::pool::Pool) (its clock, its damaged tips, its files' times).

use tokio::sync::oneshot;

use super::error::StoreError;
use super::listing::{Cursor, Listed};
use softinfo_base::day::Day;
use softinfo_formats::envelope::header::TipHeader;
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::envelope::withdraw::WithdrawDigest;

/// A place for tips. Every method says what is durable when it returns, and what it waits for.
pub trait Store: Send + Sync + 'static {
    /// Takes a whole tip of at most [`CHUNK`](crate::CHUNK) bytes. Never waits for the disk.
    ///
    /// The answer comes when its bytes, its key and its record have been written **and** synced, together with others that wait.
    fn put(&self, tip: &[u8], id: TipId, header: &TipHeader) -> Result<Acknowledgement, StoreError>;

    /// Begins to take a tip of any size, into a file of its own. Nothing shows and nothing is promised before [`Incoming::commit`].
    /// May wait for the disk.
    fn begin(&self) -> Result<Box<dyn Incoming>, StoreError>;

    /// Whether a tip is stored under this id now, read from its slot. May wait for the disk.
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

    /// How much is kept, from counters in memory; never waits.
    fn kept(&self) -> Kept;

    /// Writes and syncs a byte that means nothing, through each thread that commits: when it returns `Ok`, all of them work. For a watchdog;
    /// waits for the disk.
    fn probe(&self) -> Result<(), StoreError>;
}

/// A tip on its way in. Dropping it removes what has come.
pub trait Incoming: Send {
    /// Adds a chunk of [`CHUNK`](crate::CHUNK) bytes; only the last one may be shorter, and none may be empty. Keeps none of it in memory; may wait
    /// for the disk.
    fn append(&mut self, chunk: &[u8]) -> Result<(), StoreError>;

    /// Syncs what has come, then makes the tip durable and visible. Waits for the disk; the answer comes when the record is synced.
    fn commit(self: Box<Self>, id: TipId, header: &TipHeader) -> Acknowledgement;
}

/// How much is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kept {
    /// Number of tips.
    pub tips: u64,
    /// Their bytes, as they were sent.
    pub bytes: u64,
}

/// Resolves when a tip is durable, or was so already. Dropped without an answer when the store has stopped: whether the tip is there is not known.
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

    /// Chunk `number`, counted from 0: [`CHUNK`](crate::CHUNK) bytes, or fewer for the last.
    fn chunk(&self, number: u32) -> Result<Vec<u8>, StoreError>;
}
