//! A large tip on its way in: each chunk is wrapped and written as it comes, under a key that is in memory only.
//!
//! In: chunks. Out: a synced file, handed to the lane for everything but text. Touches that file in `incoming/`: it is removed when the tip is
//! given up, and after a crash the next start empties the folder.

use std::sync::Arc;
use std::sync::mpsc::Sender;

use super::disk::DiskFile;
use super::job::{Commit, Job, Wrapped};
use super::ledger::Ledger;
use super::record::Record;
use super::staged::Staged;
use super::wrap::Wrap;
use super::{Acknowledgement, CHUNK, Incoming, StoreError};
use softinfo_formats::envelope::header::TipHeader;
use softinfo_formats::envelope::id::TipId;

/// Bytes after which what has come is synced, so that the last sync of a large tip is short.
const SYNC_EVERY: u64 = 4 << 20;

/// A tip that is being received.
pub(super) struct Ingest {
    ledger: Arc<Ledger>,
    lane: Sender<Job>,
    wrap: Wrap,
    file: Box<dyn DiskFile>,
    staged: Staged,
    /// Bytes of the tip that have come.
    size: u64,
    /// Chunks that have come.
    chunks: u32,
    /// Bytes of the file that are synced.
    synced: u64,
}

impl Ingest {
    /// Makes the file; `lane` gets the tip when it is whole.
    pub fn begin(ledger: Arc<Ledger>, lane: Sender<Job>) -> Result<Self, StoreError> {
        ledger.check_running()?;
        ledger.check_space()?;
        let (staged, file) = Staged::create(Arc::clone(&ledger))?;
        Ok(Self { ledger, lane, wrap: Wrap::new(), file, staged, size: 0, chunks: 0, synced: 0 })
    }

    fn sync(&mut self) -> Result<(), StoreError> {
        self.file.sync().map_err(|_| self.ledger.stop())?;
        self.synced = self.staged.length();
        Ok(())
    }

    /// Syncs the file, when all has come: what a lane is to make durable.
    pub fn finish(mut self, id: TipId, header: &TipHeader) -> Result<(Record, Staged), StoreError> {
        self.sync()?;
        let record = Record::new(&self.wrap, self.size, id, header);
        Ok((record, self.staged))
    }
}

impl Incoming for Ingest {
    fn append(&mut self, chunk: &[u8]) -> Result<(), StoreError> {
        self.ledger.check_running()?;
        self.ledger.check_space()?;
        // A chunk that is shorter is the last: where a chunk lies is computed, so all before it have to be full.
        if chunk.is_empty() || chunk.len() > CHUNK || self.size != u64::from(self.chunks) * CHUNK as u64 {
            return Err(StoreError::Unavailable);
        }
        let wrapped = self.wrap.wrap(self.chunks, chunk)?;
        self.file.write_all_at(&wrapped, self.staged.length()).map_err(StoreError::io(self.staged.path()))?;
        self.staged.add(wrapped.len() as u64);
        self.chunks += 1;
        self.size += chunk.len() as u64;
        if self.staged.length() - self.synced >= SYNC_EVERY { self.sync() } else { Ok(()) }
    }

    fn commit(self: Box<Self>, id: TipId, header: &TipHeader) -> Acknowledgement {
        let (reply, answer) = tokio::sync::oneshot::channel();
        let lane = self.lane.clone();
        match self.finish(id, header) {
            Ok((record, staged)) => {
                let commit = Commit { record, wrapped: Wrapped::Staged(staged), reply };
                // When the lane has ended, the reply is dropped with the job, and the caller sees a closed channel.
                let _ = lane.send(Job::Commit(Box::new(commit)));
            }
            // It has no record and gets none, so a refusal is true whatever has become of its bytes.
            Err(error) => {
                let _ = reply.send(Err(error));
            }
        }
        answer
    }
}
