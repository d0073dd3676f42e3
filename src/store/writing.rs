//! A tip on its way in: each chunk is wrapped here, under a key that exists only in memory until the tip is committed.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};

use chacha20poly1305::{ChaCha20Poly1305, Key, KeyInit, Nonce, aead::Aead};
use rand::{RngCore, rngs::OsRng};
use zeroize::Zeroizing;

use super::pool::Shared;
use super::slots::Record;
use super::writer::Job;
use super::{Acknowledgement, CHUNK, Incoming, StoreError};
use crate::day::Day;
use crate::tip::header::TipHeader;
use crate::tip::id::TipId;

/// A tip being written.
pub(super) struct Writing {
    shared: Arc<Shared>,
    jobs: Sender<Job>,
    cipher: ChaCha20Poly1305,
    key: Zeroizing<[u8; 32]>,
    object: u64,
    day: Day,
    size: u64,
    chunks: u32,
    committed: bool,
}

impl Writing {
    pub fn new(shared: Arc<Shared>, jobs: Sender<Job>, day: Day) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        OsRng.fill_bytes(&mut *key);
        let cipher = ChaCha20Poly1305::new(Key::from_slice(&*key));
        let object = shared.next_object();
        Self { shared, jobs, cipher, key, object, day, size: 0, chunks: 0, committed: false }
    }
}

impl Writing {
    /// Hands a chunk to the writer and doesn't wait.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), StoreError> {
        self.shared.check_running()?;
        self.shared.check_space()?;
        let sealed = self.cipher.encrypt(&chunk_nonce(self.chunks), chunk).map_err(|_| StoreError::Damaged)?;
        let job = Job::Chunk { object: self.object, number: self.chunks, sealed, day: self.day };
        self.jobs.send(job).map_err(|_| StoreError::Stopped)?;
        self.chunks += 1;
        self.size += chunk.len() as u64;
        Ok(())
    }

    /// Asks for the commit and doesn't wait.
    pub fn finish(mut self, id: TipId, header: &TipHeader) -> Acknowledgement {
        let (reply, answer) = tokio::sync::oneshot::channel();
        let record = Record {
            // The writer knows where the first chunk went.
            first_volume: 0,
            size: self.size,
            id: *id.as_bytes(),
            digest: *header.withdraw.as_bytes(),
            key: *self.key,
            object: self.object,
        };
        self.committed = true;
        // When the thread has gone, the reply is dropped with the job: the caller sees a closed channel.
        let _ = self.jobs.send(Job::Commit { record, day: self.shared.today(), reply });
        answer
    }
}

impl Incoming for Writing {
    fn append(&mut self, chunk: &[u8]) -> Result<(), StoreError> {
        self.push(chunk)?;
        let (done, wait) = channel();
        self.jobs.send(Job::Settle { done }).map_err(|_| StoreError::Stopped)?;
        wait.recv().map_err(|_| StoreError::Stopped)
    }

    fn commit(self: Box<Self>, id: TipId, header: &TipHeader) -> Acknowledgement {
        self.finish(id, header)
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if !self.committed && self.chunks > 0 {
            let _ = self.jobs.send(Job::Discard { object: self.object });
        }
    }
}

/// Each tip has a key of its own, so the chunk's number is a nonce that never repeats.
pub(super) fn chunk_nonce(number: u32) -> Nonce {
    let mut nonce = Nonce::default();
    nonce[8..].copy_from_slice(&number.to_be_bytes());
    nonce
}

const _: () = assert!(CHUNK == 16 * 1024, "docs/store.md ties the chunk to sled's segment size");
