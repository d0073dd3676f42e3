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
    Whole(Vec<u8>),
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

/// A tip to be made durable; where it lies is the lane's to say.
pub(super) struct Commit {
    pub record: Record,
    pub wrapped: Wrapped,
    pub reply: Reply,
}

pub(super) type Reply = oneshot::Sender<Result<Committed, StoreError>>;

/// What a lane is asked to do.
pub(super) enum Job {
    Commit(Box<Commit>),
    /// Write no more to this volume, or to the one of another day than this: it is about to be erased, or its day is over.
    Leave {
        volume: Option<u32>,
        day: Option<Day>,
        done: Sender<()>,
    },
    /// Write and sync something that is no tip.
    Probe {
        done: Sender<Result<(), StoreError>>,
    },
    Close,
}
