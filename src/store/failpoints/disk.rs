//! The operating system's disk with a failpoint before each call that changes something or reads.
//!
//! In: what to do before a call. Out: a disk. Touches what [`RealDisk`] touches.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::disk::{Disk, DiskFile, Entry, Open, RealDisk};
use crate::free_space::Space;
use softinfo_base::day::Day;

/// A call that changes something, or reads from a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    /// From this place to that one.
    Read(u64, u64),
    Make,
    Rename,
    Write,
    Sync,
}

/// Told of each call and its path; what it returns or does happens in place of the call.
pub(super) type Before = dyn Fn(Call, &Path) -> io::Result<()> + Send + Sync;

/// The disk.
#[derive(Clone)]
pub(super) struct Failpoints(pub Arc<Before>);

struct File {
    inner: Box<dyn DiskFile>,
    path: PathBuf,
    before: Arc<Before>,
}

impl Disk for Failpoints {
    fn open(&self, path: &Path, how: Open) -> io::Result<Box<dyn DiskFile>> {
        let inner = RealDisk.open(path, how)?;
        Ok(Box::new(File { inner, path: path.to_owned(), before: Arc::clone(&self.0) }))
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.0(Call::Make, path)?;
        RealDisk.make_folder(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.0(Call::Rename, to)?;
        RealDisk.rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove_file(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove_folder(path)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>> {
        RealDisk.list(folder)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.0(Call::Sync, folder)?;
        RealDisk.sync_folder(folder)
    }

    fn space(&self, folder: &Path) -> io::Result<Space> {
        RealDisk.space(folder)
    }

    fn date(&self, path: &Path, day: Day) {
        RealDisk.date(path, day);
    }
}

impl DiskFile for File {
    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        (self.before)(Call::Read(at, at + buffer.len() as u64), &self.path)?;
        self.inner.read_at(buffer, at)
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<usize> {
        (self.before)(Call::Write, &self.path)?;
        self.inner.write_at(bytes, at)
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        self.inner.set_length(length)
    }

    fn length(&self) -> io::Result<u64> {
        self.inner.length()
    }

    fn sync(&self) -> io::Result<()> {
        (self.before)(Call::Sync, &self.path)?;
        self.inner.sync()
    }

    fn forget_cached(&self) {
        self.inner.forget_cached();
    }

    fn date(&self, day: Day) {
        self.inner.date(day);
    }
}
