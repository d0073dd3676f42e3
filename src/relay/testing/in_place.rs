//! The store, with commits that wait in place: with a clock that stands still, the only time that passes is the caller's.
//!
//! In and out: as [`Store`]. Touches: the store behind it.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

use softinfo_base::day::Day;
use softinfo_formats::envelope::header::TipHeader;
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::envelope::withdraw::WithdrawDigest;
use softinfo_store::pool::Pool;
use softinfo_store::{Acknowledgement, Cursor, Incoming, Kept, Listed, Store, StoreError, Stored};

/// The store, with commits that wait in place.
pub(super) struct InPlace(pub Arc<Pool>);

impl Store for InPlace {
    fn put(&self, tip: &[u8], id: TipId, header: &TipHeader) -> Result<Acknowledgement, StoreError> {
        Ok(in_place(self.0.put(tip, id, header)?))
    }

    fn begin(&self) -> Result<Box<dyn Incoming>, StoreError> {
        Ok(Box::new(CommitInPlace(self.0.begin()?)))
    }

    fn holds(&self, id: &TipId) -> Result<bool, StoreError> {
        self.0.holds(id)
    }

    fn get(&self, id: &TipId) -> Result<Option<Box<dyn Stored>>, StoreError> {
        self.0.get(id)
    }

    fn list(&self, after: Option<&Cursor>, limit: usize) -> Result<Vec<Listed>, StoreError> {
        self.0.list(after, limit)
    }

    fn erase(&self, digests: &[WithdrawDigest]) -> Result<usize, StoreError> {
        self.0.erase(digests)
    }

    fn expire(&self, today: Day) -> Result<usize, StoreError> {
        self.0.expire(today)
    }

    fn kept(&self) -> Kept {
        self.0.kept()
    }

    fn probe(&self) -> Result<(), StoreError> {
        self.0.probe()
    }
}

struct CommitInPlace(Box<dyn Incoming>);

impl Incoming for CommitInPlace {
    fn append(&mut self, chunk: &[u8]) -> Result<(), StoreError> {
        self.0.append(chunk)
    }

    fn commit(self: Box<Self>, id: TipId, header: &TipHeader) -> Acknowledgement {
        in_place(self.0.commit(id, header))
    }
}

fn in_place(mut waiting: Acknowledgement) -> Acknowledgement {
    let (sender, answer) = oneshot::channel();
    let committed = loop {
        match waiting.try_recv() {
            Ok(committed) => break committed,
            Err(oneshot::error::TryRecvError::Empty) => thread::sleep(Duration::from_micros(20)),
            Err(oneshot::error::TryRecvError::Closed) => break Err(StoreError::Stopped),
        }
    };
    // Who asked may have gone.
    let _ = sender.send(committed);
    answer
}
