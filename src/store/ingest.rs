//! A tip on its way in, in a file of its own: each chunk is wrapped and written as it comes, under a key that is in memory only.
//!
//! In: chunks. Out: a synced file, handed to the lane for everything but text. Given up, the file goes; after a crash `incoming/` is emptied.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Sender;

use rand::{RngCore, rngs::OsRng};

use super::committer::{Commit, Job, Wrapped};
use super::disk::{DiskFile, Open};
use super::ledger::Ledger;
use super::slots::Record;
use super::wrap::Wrap;
use super::{Acknowledgement, CHUNK, Incoming, StoreError};
use softinfo_formats::envelope::header::TipHeader;
use softinfo_formats::envelope::id::TipId;

/// Bytes after which what has come is synced, so that the last sync of a large tip is short.
const SYNC_EVERY: u64 = 4 << 20;

/// A tip being received.
pub(super) struct Ingest {
    ledger: Arc<Ledger>,
    lane: Sender<Job>,
    wrap: Wrap,
    file: Box<dyn DiskFile>,
    staged: Staged,
    size: u64,
    chunks: u32,
    synced: u64,
}

/// The file of a tip that has come whole. Dropping it removes it, where it was not made a journal.
pub(super) struct Staged {
    ledger: Arc<Ledger>,
    path: PathBuf,
    length: u64,
}

impl Ingest {
    /// Makes the file.
    pub fn begin(ledger: Arc<Ledger>, lane: Sender<Job>) -> Result<Self, StoreError> {
        ledger.check_running()?;
        ledger.check_space()?;
        let mut name = [0; 16];
        OsRng.fill_bytes(&mut name);
        let path = ledger.folder.join("incoming").join(hex::encode(name));
        let file = ledger.disk.open(&path, Open::New).map_err(StoreError::io(&path))?;
        ledger.date_folders();
        let staged = Staged { ledger: Arc::clone(&ledger), path, length: 0 };
        Ok(Self { ledger, lane, wrap: Wrap::new(), file, staged, size: 0, chunks: 0, synced: 0 })
    }

    fn sync(&mut self) -> Result<(), StoreError> {
        self.file.sync().map_err(|_| self.ledger.stop())?;
        self.synced = self.staged.length;
        Ok(())
    }

    /// What a lane is to make durable, when all has come.
    pub fn finish(mut self, id: TipId, header: &TipHeader) -> Result<(Record, Staged), StoreError> {
        self.sync()?;
        let record = record(&self.wrap, self.size, id, header);
        Ok((record, self.staged))
    }
}

/// The record of a tip; where it lies is the lane's to say.
pub(super) fn record(wrap: &Wrap, size: u64, id: TipId, header: &TipHeader) -> Record {
    Record { size, id: *id.as_bytes(), digest: *header.withdraw.as_bytes(), key: *wrap.key, offset: 0 }
}

impl Incoming for Ingest {
    fn append(&mut self, chunk: &[u8]) -> Result<(), StoreError> {
        self.ledger.check_running()?;
        self.ledger.check_space()?;
        // A shorter chunk is the last: all but it have to be whole, since their places are computed.
        if chunk.is_empty() || chunk.len() > CHUNK || self.size != u64::from(self.chunks) * CHUNK as u64 {
            return Err(StoreError::Unavailable);
        }
        let wrapped = self.wrap.wrap(self.chunks, chunk)?;
        self.file.write_all_at(&wrapped, self.staged.length).map_err(StoreError::io(&self.staged.path))?;
        self.staged.length += wrapped.len() as u64;
        self.chunks += 1;
        self.size += chunk.len() as u64;
        if self.staged.length - self.synced >= SYNC_EVERY { self.sync() } else { Ok(()) }
    }

    fn commit(self: Box<Self>, id: TipId, header: &TipHeader) -> Acknowledgement {
        let (reply, answer) = tokio::sync::oneshot::channel();
        let lane = self.lane.clone();
        match self.finish(id, header) {
            Ok((record, staged)) => {
                let commit = Commit { record, wrapped: Wrapped::Staged(staged), reply };
                // When the lane has gone, the reply is dropped with the job: the caller sees a closed channel.
                let _ = lane.send(Job::Commit(Box::new(commit)));
            }
            // Not even its bytes are known to be on the disk: it can't come to be there.
            Err(error) => {
                let _ = reply.send(Err(error));
            }
        }
        answer
    }
}

impl Staged {
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes of it, wrapped.
    pub const fn length(&self) -> u64 {
        self.length
    }

    pub fn open(&self) -> io::Result<Box<dyn DiskFile>> {
        self.ledger.disk.open(&self.path, Open::Read)
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // What can't be removed now, or is a journal now, is nothing to this file.
        let _ = self.ledger.disk.remove_file(&self.path);
        self.ledger.date_folders();
    }
}
