//! The file of a large tip on its way in: its ingest writes to it, and hands it to a lane when the tip is whole.
//!
//! In: wrapped bytes. Out: the file, to be made a journal or copied into one. Touches that one file in `incoming/`, and removes it on drop.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rand::{RngCore, rngs::OsRng};

use super::StoreError;
use super::disk::{DiskFile, Open};
use super::ledger::Ledger;

/// The file. Dropping it removes it, unless it has become a journal.
pub(super) struct Staged {
    ledger: Arc<Ledger>,
    path: PathBuf,
    /// Wrapped bytes in it.
    length: u64,
}

impl Staged {
    /// Makes the file, empty, under a name that nobody else has; gives it, opened to be written to.
    pub fn create(ledger: Arc<Ledger>) -> Result<(Self, Box<dyn DiskFile>), StoreError> {
        let mut name = [0; 16];
        OsRng.fill_bytes(&mut name);
        let path = ledger.folder.join("incoming").join(hex::encode(name));
        let file = ledger.disk.open(&path, Open::New).map_err(StoreError::io(&path))?;
        ledger.date_folders();
        Ok((Self { ledger, path, length: 0 }, file))
    }

    /// Counts bytes that were written at its end.
    pub const fn add(&mut self, bytes: u64) {
        self.length += bytes;
    }

    /// Where it is, in `incoming/`.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Wrapped bytes in it.
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// Opens it to be read.
    pub fn open(&self) -> io::Result<Box<dyn DiskFile>> {
        self.ledger.disk.open(&self.path, Open::Read)
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // It may be a journal by now, and so not be here; what can't be removed is removed at the next start.
        let _ = self.ledger.disk.remove_file(&self.path);
        self.ledger.date_folders();
    }
}
