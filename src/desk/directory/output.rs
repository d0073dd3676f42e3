//! A file that is made: under a name that nothing has, whole or not at all.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use softinfo_base::file::write_new;

/// Why a file could not be made.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// Something has this name.
    #[error("{} exists; choose another name, so that nothing is overwritten", .0.display())]
    Exists(PathBuf),
    /// The file could not be written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file that failed.
        path: PathBuf,
        /// What the system said of it.
        source: io::Error,
    },
}

/// Refuses a name that something has. Asked first, before anybody types a passphrase.
///
/// # Errors
/// `Exists`.
pub fn vacant(out: &Path) -> Result<(), OutputError> {
    if std::fs::symlink_metadata(out).is_ok() { Err(OutputError::Exists(out.to_owned())) } else { Ok(()) }
}

/// Writes `bytes`, whole and durably. What came under this name meanwhile is not overwritten.
pub(super) fn write(out: &Path, bytes: &[u8]) -> Result<(), OutputError> {
    write_new(out, |file| file.write_all(bytes)).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => OutputError::Exists(out.to_owned()),
        _ => OutputError::File { path: out.to_owned(), source },
    })
}
