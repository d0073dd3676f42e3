//! The file of a large tip on its way in, in `incoming/`: written by its ingest, handed to a lane when it is whole.
//!
//! In: a name that nobody else has. Out: the file, to be made a journal or copied into one. Touches that one file, and removes it on drop.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rand::{RngCore, rngs::OsRng};

use super::StoreError;
use super::disk::{DiskFile, Open};
use super::ledger::Ledger;

/// The file of a tip that has come whole. Dropping it removes it, where it was not made a journal.
pub(super) struct Staged {
    ledger: Arc<Ledger>,
    path: PathBuf,
    length: u64,
}

impl Staged {
    /// Makes the file, empty; says where to write to it.
    pub fn create(ledger: Arc<Ledger>) -> Result<(Self, Box<dyn DiskFile>), StoreError> {
        let mut name = [0; 16];
        OsRng.fill_bytes(&mut name);
        let path = ledger.folder.join("incoming").join(hex::encode(name));
        let file = ledger.disk.open(&path, Open::New).map_err(StoreError::io(&path))?;
        ledger.date_folders();
        Ok((Self { ledger, path, length: 0 }, file))
    }

    /// Counts bytes that were written behind those before.
    pub const fn add(&mut self, bytes: u64) {
        self.length += bytes;
    }

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
