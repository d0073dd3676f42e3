//! What a lane is asked to do: to commit a tip, to leave a volume, to prove that it can write, to end.
//!
//! In: a wrapped tip and whom to answer. Out: a [`Job`] that goes through a channel to the lane's thread. Touches nothing.

use std::sync::mpsc::Sender;

use tokio::sync::oneshot;

use super::record::Record;
use super::staged::Staged;
use super::{Committed, StoreError};
use softinfo_base::day::Day;

/// The wrapped bytes of a tip.
pub(super) enum Wrapped {
    /// In memory: a text, which is one chunk.
    Whole(Vec<u8>),
    /// In a file of its own: everything else.
    Staged(Staged),
}

impl Wrapped {
    /// Bytes of it.
    pub fn length(&self) -> u64 {
        match self {
            Self::Whole(bytes) => bytes.len() as u64,
            Self::Staged(staged) => staged.length(),
        }
    }
}

/// A tip to be made durable. Where it lies is not in its record yet: the lane says so.
pub(super) struct Commit {
    pub record: Record,
    pub wrapped: Wrapped,
    pub reply: Reply,
}

/// Whoever waits for a tip to be durable. Dropped unanswered when nothing is known of it any more.
pub(super) type Reply = oneshot::Sender<Result<Committed, StoreError>>;

/// What a lane is asked to do.
pub(super) enum Job {
    /// Make a tip durable, and answer.
    Commit(Box<Commit>),
    /// Write no more to the open volume if it is this one, or of another day than this: it is about to be erased, or its day is over.
    Leave { volume: Option<u32>, day: Option<Day>, done: Sender<()> },
    /// Write and sync a byte that means nothing, and say whether that went well.
    Probe { done: Sender<Result<(), StoreError>> },
    /// End, after all that was asked before.
    Close,
}
