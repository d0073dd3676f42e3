//! Room on the disk, in bytes and in files.

use std::io;
use std::path::Path;

/// Files that a disk has to have left, where it counts them: below, it is as full as one without bytes.
const FREE_FILES: u64 = 4096;

/// Bytes that are free on the disk of `folder`; none when too few files can still be made on it, or when it is read-only.
pub fn free_bytes(folder: &Path) -> io::Result<u64> {
    let stat = rustix::fs::statvfs(folder)?;
    let no_files = stat.f_files > 0 && stat.f_favail < FREE_FILES;
    let read_only = stat.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY);
    Ok(if no_files || read_only { 0 } else { stat.f_bavail.saturating_mul(stat.f_frsize) })
}
