//! A stored tip on its way out: chunk by chunk, unwrapped with the key from its slot.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use chacha20poly1305::{ChaCha20Poly1305, Key, KeyInit, aead::Aead};

use super::index::Location;
use super::pool::Shared;
use super::slots::Record;
use super::writing::chunk_nonce;
use super::{Listed, StoreError, Stored};
use crate::tip::id::TipId;

/// A tip being read.
pub(super) struct Reading {
    shared: Arc<Shared>,
    cipher: ChaCha20Poly1305,
    id: TipId,
    at: Location,
    /// Volume in which the last chunk was found.
    hint: AtomicU32,
}

impl Reading {
    pub fn new(shared: Arc<Shared>, record: &Record, at: Location) -> Self {
        let cipher = ChaCha20Poly1305::new(Key::from_slice(&record.key));
        Self { shared, cipher, id: record.tip_id(), at, hint: AtomicU32::new(at.first_volume) }
    }
}

impl Stored for Reading {
    fn listed(&self) -> Listed {
        Listed { day: self.at.day, id: self.id, size: self.at.size }
    }

    fn chunk(&self, number: u32) -> Result<Vec<u8>, StoreError> {
        // A tip's chunks are in volumes that only rise, and they are read in order: the search goes on where it ended.
        let (from, hint) = (self.at.first_volume, self.hint.load(Ordering::Relaxed));
        for candidate in (hint..=self.at.volume).chain(from..hint) {
            let Some(volume) = self.shared.volume(candidate)? else { continue };
            if let Some(sealed) = volume.get(self.at.object, number)? {
                self.hint.store(candidate, Ordering::Relaxed);
                let opened = self.cipher.decrypt(&chunk_nonce(number), &sealed[..]);
                return opened.map_err(|_| StoreError::Damaged);
            }
        }
        Err(StoreError::Damaged)
    }
}
