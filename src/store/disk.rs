//! The disk as the store sees it: two small traits, so that tests can put a disk in their place that fails, is full, or loses power.
//!
//! In: paths and bytes. Out: the same, and what the system said when it refused. Touches what it is told to. [`RealDisk`] is the operating
//! system's; `simulated` and `failpoints` are those of the tests. sled does not go through these traits: it only ever works in scratch space,
//! and what it made there is copied through them.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::Path;

use super::free_space::{self, Space};
use softinfo_base::day::Day;
use softinfo_base::file;

/// How a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Open {
    /// To be read.
    Read,
    /// To be read and written in place; it has to exist.
    Update,
    /// To be made, mode 0600; it must not exist.
    New,
}

/// One name in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub name: String,
    pub is_folder: bool,
}

/// Everything the store asks of a disk. An error is what the system said; "not found" is said only when the system said so.
pub(super) trait Disk: Send + Sync + 'static {
    /// Opens a file.
    fn open(&self, path: &Path, how: Open) -> io::Result<Box<dyn DiskFile>>;
    /// Makes a folder, mode 0700; it must not exist.
    fn make_folder(&self, path: &Path) -> io::Result<()>;
    /// Renames a file or folder, within one file system.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove_file(&self, path: &Path) -> io::Result<()>;
    /// Removes an empty folder.
    fn remove_folder(&self, path: &Path) -> io::Result<()>;
    /// The names in a folder.
    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>>;
    /// Makes the names in a folder durable.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
    /// How much may still be written to the file system of `folder`.
    fn space(&self, folder: &Path) -> io::Result<Space>;
    /// Gives a file or folder the time at which `day` began, where that is possible.
    fn date(&self, path: &Path, day: Day);

    /// Removes a file, or a folder with all that is in it.
    fn remove_tree(&self, path: &Path) -> io::Result<()> {
        for entry in self.list(path)? {
            let inner = path.join(&entry.name);
            if entry.is_folder { self.remove_tree(&inner)? } else { self.remove_file(&inner)? }
        }
        self.remove_folder(path)
    }
}

/// An open file.
pub(super) trait DiskFile: Send + Sync {
    /// Reads up to `buffer.len()` bytes at `at`; 0 at the end.
    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize>;
    /// Writes some of `bytes` at `at`; says how many.
    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<usize>;
    /// Makes it that long; what is new reads as zeros.
    fn set_length(&self, length: u64) -> io::Result<()>;
    /// Its length in bytes.
    fn length(&self) -> io::Result<u64>;
    /// Makes contents and length durable.
    fn sync(&self) -> io::Result<()>;
    /// Lets the system forget what it holds of the file in memory, so that the next reading asks the disk.
    fn forget_cached(&self);
    /// Gives it the time at which `day` began, where that is possible.
    fn date(&self, day: Day);

    /// Writes all of `bytes` at `at`.
    fn write_all_at(&self, mut bytes: &[u8], mut at: u64) -> io::Result<()> {
        while !bytes.is_empty() {
            match self.write_at(bytes, at) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    bytes = &bytes[written..];
                    at += written as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Fills `buffer` from `at`.
    ///
    /// # Errors
    /// `UnexpectedEof` when the file ends before.
    fn read_exact_at(&self, buffer: &mut [u8], at: u64) -> io::Result<()> {
        let mut done = 0;
        while done < buffer.len() {
            match self.read_at(&mut buffer[done..], at + done as u64) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => done += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// What a failed call means for what was asked, decided in this one place (`docs/store.md`, "What an error does").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The disk is full: what was asked is refused, and the store goes on.
    Full,
    /// Something that may pass by itself, such as too many open files: what was asked is refused, and the store goes on.
    Passing,
    /// What is on the disk is not known any more: after a write, the store stops.
    Failed,
}

impl Trouble {
    /// What the error of a call means that was no sync. A failed sync is always [`Trouble::Failed`], whatever its error: Linux may let the next sync
    /// succeed without having written anything.
    pub fn of(error: &io::Error) -> Self {
        let passing = [rustix::io::Errno::MFILE, rustix::io::Errno::NFILE, rustix::io::Errno::NOMEM];
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            _ if passing.iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error())) => Self::Passing,
            _ => Self::Failed,
        }
    }
}

/// The operating system's disk.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RealDisk;

impl Disk for RealDisk {
    fn open(&self, path: &Path, how: Open) -> io::Result<Box<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        match how {
            Open::Read => options.read(true),
            Open::Update => options.read(true).write(true),
            Open::New => options.read(true).write(true).create_new(true).mode(0o600),
        };
        Ok(Box::new(options.open(path)?))
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        DirBuilder::new().mode(0o700).create(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir(path)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let is_folder = entry.file_type()?.is_dir();
            // The store gives its files plain names: one that is no Unicode is none of its own, and is passed over.
            if let Ok(name) = entry.file_name().into_string() {
                entries.push(Entry { name, is_folder });
            }
        }
        Ok(entries)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        file::sync_folder(folder)
    }

    fn space(&self, folder: &Path) -> io::Result<Space> {
        free_space::of(folder)
    }

    fn date(&self, path: &Path, day: Day) {
        let _ = File::open(path).and_then(|opened| file::date(&opened, day));
    }
}

impl DiskFile for File {
    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        FileExt::read_at(self, buffer, at)
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<usize> {
        FileExt::write_at(self, bytes, at)
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }

    fn forget_cached(&self) {
        let _ = rustix::fs::fadvise(self, 0, None, rustix::fs::Advice::DontNeed);
    }

    fn date(&self, day: Day) {
        let _ = file::date(self, day);
    }
}
