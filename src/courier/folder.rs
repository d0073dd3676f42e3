//! The folders that a run works in: the courier's own, for which it has a lock, and the one in which the bundle is to be.
//!
//! In: their paths. Out: the lock, whether there is room, nothing half written. Touches what a killed run has left behind.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;

use softinfo_base::file::FileLock;
use softinfo_formats::transfer::bundle;

use crate::error::{CourierError, failed};
use crate::journal::Journal;

/// Takes the courier's folder for this run alone, for as long as the lock is held.
pub(crate) fn lock(folder: &Path) -> Result<FileLock, CourierError> {
    let path = folder.join("lock");
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed(&path))?;
    FileLock::take(file).map_err(|error| match error {
        TryLockError::WouldBlock => CourierError::InUse(folder.to_owned()),
        TryLockError::Error(source) => CourierError::File { path, source },
    })
}

/// Removes the journals and the bundle that a run which was killed left half written. Only who has the lock may.
pub(crate) fn forget_halves(folder: &Path, out: &Path) {
    if let Ok(Journal { planned: Some(plan), .. }) = Journal::read(folder) {
        let id = plan.manifest.to_bytes().1;
        // The same place may have another name than it had then.
        for out in [&plan.out, out] {
            bundle::forget_partial(out, &id);
        }
    }
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(".partial-") {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether a file can be made beside `out`: better said now than after hours of fetching.
pub(crate) fn takes_files(out: &Path) -> Result<(), CourierError> {
    let folder = out.parent().unwrap_or(out);
    // Without a name where the file system can: a run that is killed leaves nothing.
    match tempfile::tempfile_in(folder) {
        Ok(_) => Ok(()),
        Err(source) => Err(CourierError::NoPlace { folder: folder.to_owned(), source: plain(source) }),
    }
}

/// Without the path that the temporary file would have had.
fn plain(error: io::Error) -> io::Error {
    let cause = error.get_ref().and_then(|inner| inner.source()).and_then(|cause| cause.downcast_ref::<io::Error>());
    cause.and_then(io::Error::raw_os_error).map_or(error, io::Error::from_raw_os_error)
}

/// What is free on the disk of a folder, in MiB, where the file system says it.
pub(crate) fn free_mib(folder: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize) / (1024 * 1024))
}
