//! Files that must be whole or absent: written beside, synced, renamed, the folder synced. File times that say no more than a day. And the
//! lock that lets one program at a time into a folder.

use std::fs::{self, File, FileTimes, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::day::Day;

/// Writes `path` with what `fill` writes, so that after a crash the old file or the new one is there, never half of one.
/// The file is readable by its owner only (mode 0600).
///
/// # Errors
/// What `fill` returned or the file system said; the old file is then untouched and nothing is left behind.
pub fn write_whole(path: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let folder = folder_of(path);
    filled(&folder, fill)?.persist(path).map_err(|error| error.error)?;
    sync_folder(&folder)
}

/// The same for a file that must not be there yet: nothing is ever overwritten, and the name appears only when all is written.
///
/// # Errors
/// `AlreadyExists` when something has this name; otherwise as [`write_whole`]. Nothing is left behind.
pub fn write_new(path: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let folder = folder_of(path);
    filled(&folder, fill)?.persist_noclobber(path).map_err(|error| error.error)?;
    or_removed(path, sync_folder(&folder))
}

/// A file in `folder` with what `fill` writes, synced and still without its name.
fn filled(folder: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<tempfile::NamedTempFile> {
    let mut file = partial_in(folder)?;
    fill(file.as_file_mut())?;
    file.as_file_mut().flush()?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Takes a new file away again when its name could not be made durable: whoever asked for it is told that it is not there.
fn or_removed(path: &Path, synced: io::Result<()>) -> io::Result<()> {
    synced.inspect_err(|_| {
        // What can't be removed stays. It is whole, and the error says that something is wrong with the folder.
        let _ = fs::remove_file(path);
    })
}

/// A file in `folder` that is gone when it is dropped, under a name that begins with `.partial-`.
///
/// # Errors
/// What the file system said, without that name: nobody has given it, and nobody can find it.
pub fn partial_in(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    // That there is no such folder is told in the words of the system.
    fs::metadata(folder.join("."))?;
    tempfile::Builder::new().prefix(".partial-").tempfile_in(folder).map_err(|error| match error.kind() {
        io::ErrorKind::Other => error,
        kind => kind.into(),
    })
}

/// The folder that a file is in.
#[must_use]
pub fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// The same as [`write_whole`], with the times of file and folder set to the moment at which `day` began.
///
/// # Errors
/// As [`write_whole`]; the folder's times are set as far as they can be.
pub fn write_dated(path: &Path, day: Day, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    write_whole(path, |file| {
        fill(file)?;
        file.flush()?;
        date(file, day)
    })?;
    if let Some(folder) = path.parent() {
        let _ = File::open(folder).and_then(|folder| date(&folder, day));
    }
    Ok(())
}

/// The folders in which a file may be replaced: its own, and that of the file it is a link to.
#[must_use]
pub fn folders_of(path: &Path) -> [PathBuf; 2] {
    [folder_of(path), folder_of(&path.canonicalize().unwrap_or_else(|_| path.to_owned()))]
}

/// Makes the names in `folder` durable (fsync of the directory).
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Sets the times of reading and of writing, of a file or folder, to the moment at which `day` began.
///
/// The time of the last change of its record (ctime) becomes now; no call sets that one.
pub fn date(file: &File, day: Day) -> io::Result<()> {
    let time = day.midnight();
    file.set_times(FileTimes::new().set_accessed(time).set_modified(time))
}

/// Creates `path` and what is missing above it, readable by its owner only (mode 0700).
pub fn private_folder(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Which file system a path is on; links are followed.
///
/// # Errors
/// What the file system said; `NotFound` when nothing is there.
pub fn disk_of(path: &Path) -> io::Result<u64> {
    use std::os::unix::fs::MetadataExt;
    Ok(fs::metadata(path)?.dev())
}

/// Looks whether this user may do what `access` says in a folder, and changes nothing. Links are followed, as by everything that works there.
///
/// # Errors
/// `NotFound` when it is not there, `NotADirectory` when it is none; otherwise what the system says against it.
pub fn may_in(folder: &Path, access: rustix::fs::Access) -> io::Result<()> {
    if !fs::metadata(folder)?.is_dir() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    Ok(rustix::fs::accessat(rustix::fs::CWD, folder, access, rustix::fs::AtFlags::EACCESS)?)
}

/// A lock on a file or folder that one program at a time has. Let go when dropped, or when the program ends in any way.
#[derive(Debug)]
pub struct FileLock(File);

impl FileLock {
    /// Takes the lock, or says at once that another has it.
    ///
    /// # Errors
    /// `WouldBlock` when another program, or another opening of the same file in this one, has it; otherwise what the file system said.
    pub fn take(file: File) -> Result<Self, TryLockError> {
        file.try_lock()?;
        Ok(Self(file))
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // Closing is not enough: a process that is being started has a copy of the open file until it runs its program.
        let _ = self.0.unlock();
    }
}

/// Reads a whole file of at most `limit` bytes.
///
/// # Errors
/// `InvalidData` when it is larger; otherwise what the file system said.
pub fn read_limited(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    use std::io::Read;
    let mut bytes = Vec::new();
    File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("larger than {limit} bytes")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_was_dropped_is_free_although_a_process_that_is_being_started_has_a_copy_of_the_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let lock = FileLock::take(file.reopen().unwrap()).unwrap();
        let copy = lock.0.try_clone().unwrap();
        assert!(matches!(FileLock::take(file.reopen().unwrap()), Err(TryLockError::WouldBlock)));
        drop(lock);
        FileLock::take(file.reopen().unwrap()).unwrap();
        drop(copy);
    }

    #[test]
    fn a_new_file_whose_name_can_not_be_made_durable_is_not_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new");
        write_new(&path, |file| file.write_all(b"whole")).unwrap();
        assert!(or_removed(&path, Ok(())).is_ok() && path.exists());
        assert!(or_removed(&path, Err(io::ErrorKind::PermissionDenied.into())).is_err() && !path.exists());
    }
}
