//! The append-only file in which a volume's tips lie until it is sealed, wrapped chunk behind wrapped chunk.
//!
//! In: wrapped bytes. Out: where they begin. Touches the one file, and only appends: nothing in it is moved, overwritten or cut off. It has no
//! marks of its own: the slots say where each tip lies, and what no slot names was never acknowledged.

use std::io;
use std::path::Path;

use super::disk::{Disk, DiskFile, Open};

/// Bytes that are copied at a time.
const COPIED: usize = 256 * 1024;

/// A journal that is being written.
pub(super) struct Journal {
    file: Box<dyn DiskFile>,
    length: u64,
}

impl Journal {
    /// Makes an empty one. Its name is durable when its folder is synced.
    pub fn create(disk: &dyn Disk, path: &Path) -> io::Result<Self> {
        Ok(Self { file: disk.open(path, Open::New)?, length: 0 })
    }

    /// Opens one that is there: the file of a large tip, which becomes a journal as it is.
    pub fn open(disk: &dyn Disk, path: &Path) -> io::Result<Self> {
        let file = disk.open(path, Open::Update)?;
        let length = file.length()?;
        Ok(Self { file, length })
    }

    /// Bytes in it.
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// Adds `bytes` and says where they begin. After an error nothing may be added any more.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<u64> {
        let at = self.length;
        self.file.write_all_at(bytes, at)?;
        self.length += bytes.len() as u64;
        Ok(at)
    }

    /// Adds the first `length` bytes of another file and says where they begin. After an error nothing may be added any more.
    pub fn append_file(&mut self, from: &dyn DiskFile, length: u64) -> io::Result<u64> {
        let at = self.length;
        let mut buffer = vec![0; COPIED];
        let mut done = 0;
        while done < length {
            let piece = usize::try_from(length - done).unwrap_or(COPIED).min(COPIED);
            from.read_exact_at(&mut buffer[..piece], done)?;
            self.append(&buffer[..piece])?;
            done += piece as u64;
        }
        Ok(at)
    }

    /// Makes it durable. After an error it can't be known what is.
    pub fn sync(&self) -> io::Result<()> {
        self.file.sync()
    }
}
