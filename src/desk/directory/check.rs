//! Checking a signed directory as a writer's program would, and what it says for today.

use std::io;
use std::path::{Path, PathBuf};

use softinfo_base::day::Day;
use softinfo_base::file::read_limited;
use softinfo_base::limits::MAX_DIRECTORY;
use softinfo_formats::directory::{Contents, Directory, DirectoryError, Epoch, Holder, RootKey, UntrustedDirectory};

use crate::desk_folder::{RootFileError, read_root, root_path};

/// A directory whose signatures hold, whether or not it holds today.
pub struct Checked {
    /// The directory.
    pub directory: Directory,
    /// Whether today is one of its days.
    pub holds: Result<(), DirectoryError>,
    today: Day,
}

/// A holder of a checked directory, as writers meet it today.
pub struct HolderToday<'a> {
    /// The holder.
    pub holder: &'a Holder,
    /// The epoch whose key writers take; `None` when nobody can write to the holder.
    pub epoch: Option<&'a Epoch>,
}

/// Why a directory is refused.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// There is no root key to hold it against.
    #[error("this desk trusts no root key yet; pass the channel's with --root FILE")]
    NoRoot,
    /// The root key's file.
    #[error(transparent)]
    Root(#[from] RootFileError),
    /// The directory's file could not be read.
    #[error("{}: {source}", path.display())]
    File {
        /// The file that failed.
        path: PathBuf,
        /// What the system said of it.
        source: io::Error,
    },
    /// It was made, and nobody has signed it.
    #[error("{}: it has no signatures yet: sign it first, with softinfo-desk directory sign", .0.display())]
    Unsigned(PathBuf),
    /// Signatures, contents, or an older version than one that was valid before.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
}

/// Checks the directory in `file` with the root key in `root`, or with the one that the desk in `desk` trusts. `after` is a directory that was valid
/// before, and may not be newer.
///
/// # Errors
/// As [`CheckError`] says. A day that is over or to come is no error: [`Checked::holds`] names it, so that what it says can be shown first.
pub fn check(
    desk: &Path,
    file: &Path,
    root: Option<&Path>,
    after: Option<&Path>,
    today: Day,
) -> Result<Checked, CheckError> {
    let trusted = root_path(desk);
    if root.is_none() && !trusted.exists() {
        return Err(CheckError::NoRoot);
    }
    let root = read_root(root.unwrap_or(&trusted))?;
    let seen = after.map(|older| verified(older, &root)).transpose()?.map(|older| older.seen());
    let directory = verified(file, &root)?.not_older_than(seen.as_ref())?;
    let holds = match directory.clone().current(today, None) {
        Err(error @ (DirectoryError::Expired(_) | DirectoryError::NotYet(_))) => Err(error),
        _ => Ok(()),
    };
    Ok(Checked { directory, holds, today })
}

fn verified(path: &Path, root: &RootKey) -> Result<Directory, CheckError> {
    let failed = |source| CheckError::File { path: path.to_owned(), source };
    let bytes = read_limited(path, MAX_DIRECTORY).map_err(failed)?;
    let note = UntrustedDirectory::parse(&bytes);
    if note.is_err() && Contents::parse(&bytes).is_ok() {
        return Err(CheckError::Unsigned(path.to_owned()));
    }
    Ok(note?.verify(root)?)
}

impl Checked {
    /// The holders, in the directory's order.
    pub fn holders(&self) -> impl Iterator<Item = HolderToday<'_>> {
        let today = |holder| HolderToday { holder, epoch: Holder::epoch_on(holder, self.today) };
        self.directory.contents().holders.iter().map(today)
    }
}
