//! What is free on a disk, in bytes and in files.
//!
//! In: a folder. Out: how much may still be written to its file system. Touches nothing.

use std::io;
use std::path::Path;

/// Files that a disk has to have left, where it counts them: below, it is as full as one without bytes.
pub const FREE_FILES: u64 = 4096;

/// What is free on a file system for those who are not root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// Bytes; 0 when it is read-only.
    pub bytes: u64,
    /// Files that can still be made; `u64::MAX` where the file system doesn't count them.
    pub files: u64,
}

impl Space {
    /// Bytes that may be used: none when fewer than [`FREE_FILES`] files can be made.
    #[must_use]
    pub const fn usable(&self) -> u64 {
        if self.files < FREE_FILES { 0 } else { self.bytes }
    }
}

/// What is free on the disk of `folder`.
pub fn of(folder: &Path) -> io::Result<Space> {
    let stat = rustix::fs::statvfs(folder)?;
    let read_only = stat.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY);
    Ok(Space {
        bytes: if read_only { 0 } else { stat.f_bavail.saturating_mul(stat.f_frsize) },
        files: if stat.f_files == 0 { u64::MAX } else { stat.f_favail },
    })
}

/// Bytes that are free on the disk of `folder`; none when too few files can still be made on it, or when it is read-only.
pub fn free_bytes(folder: &Path) -> io::Result<u64> {
    Ok(of(folder)?.usable())
}
