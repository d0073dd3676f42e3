//! The folder of a store: whose it is, which version made it, and that one process at a time has it.
//!
//! In: a path. Out: a lock that holds the folder, or why it can't be had. Touches `format` and `lock` in it, and only reads for a look.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::Access;

use super::disk::RealDisk;
use super::{StoreError, believed_day};
use softinfo_base::file::{FileLock, may_in, private_folder, read_limited, write_whole};

/// What the file `format` says in a store of this version.
const FORMAT: &str = "softinfo/store/2\n";
/// The folders in it, which are made where they are missing.
pub(super) const FOLDERS: [&str; 3] = ["volumes", "incoming", "scratch"];

/// Looks at a folder that is there as the opening will, and changes nothing: whether it is this user's, and a store of this version or one that
/// can be made.
///
/// # Errors
/// What the opening would fail with, as far as that shows without writing and without the lock.
pub fn look(folder: &Path) -> Result<(), StoreError> {
    if is_made(folder)? {
        believed_day::kept(&RealDisk, folder).map_err(StoreError::io(&folder.join(believed_day::FILE)))?;
    }
    for name in FOLDERS {
        let path = folder.join(name);
        may_work_in(&path)
            .or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
            .map_err(StoreError::io(&path))?;
    }
    may_work_in(folder).map_err(StoreError::io(folder))
}

/// Looks whether this user may list a folder, and make and remove what is in it.
///
/// # Errors
/// Those of [`may_in`].
pub fn may_work_in(folder: &Path) -> io::Result<()> {
    may_in(folder, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK)
}

/// Whether there is a store in the folder, of this version, or nothing, so that one can be made.
fn is_made(folder: &Path) -> Result<bool, StoreError> {
    let owner = fs::metadata(folder).map_err(StoreError::io(folder))?.uid();
    if owner != rustix::process::geteuid().as_raw() {
        return Err(StoreError::Owner { path: folder.to_owned(), owner });
    }
    let format = folder.join("format");
    match read_limited(&format, FORMAT.len() as u64) {
        Ok(found) if found == FORMAT.as_bytes() => return Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) if error.kind() != io::ErrorKind::InvalidData => return Err(StoreError::io(&format)(error)),
        _ => return Err(StoreError::NotAStore(folder.to_owned())),
    }
    for entry in fs::read_dir(folder).map_err(StoreError::io(folder))? {
        let name = entry.map_err(StoreError::io(folder))?.file_name();
        // A crash while a new store was made may have left the lock and a part of the format; anything else is not ours.
        if !name.to_str().is_some_and(|name| name == "lock" || name.starts_with(".partial-")) {
            return Err(StoreError::NotAStore(folder.to_owned()));
        }
    }
    Ok(false)
}

/// Checks that the folder is ours alone, and holds it for as long as the lock lives.
pub(super) fn claim(folder: &Path) -> Result<FileLock, StoreError> {
    private_folder(folder).map_err(StoreError::io(folder))?;
    let is_made = is_made(folder)?;
    let path = folder.join("lock");
    let lock = File::options().create(true).truncate(false).write(true).open(&path).map_err(StoreError::io(&path))?;
    let lock = FileLock::take(lock).map_err(|error| match error {
        TryLockError::WouldBlock => StoreError::InUse(folder.to_owned()),
        TryLockError::Error(error) => StoreError::io(&path)(error),
    })?;
    if !is_made {
        let format = folder.join("format");
        write_whole(&format, |file| io::Write::write_all(file, FORMAT.as_bytes())).map_err(StoreError::io(&format))?;
    }
    Ok(lock)
}
