//! Why a tip could not be opened, each with what to do about it.

use std::io;
use std::path::PathBuf;

use softinfo_formats::transfer::bundle::CourierName;
use softinfo_seal::container::ContainerError;
use softinfo_seal::open::OpenError;

use crate::casebook::CasebookError;
use crate::key_name::{KeyName, KeyNames};
use crate::lock::LockError;

/// Why a tip could not be opened. Nothing was left in the output folder.
#[derive(Debug, thiserror::Error)]
pub enum OpenTipError {
    /// The output is not empty.
    #[error("{} exists and is not empty; choose another folder, so that nothing is overwritten", .0.display())]
    NotEmpty(PathBuf),
    /// The output can't be made there.
    #[error("{} can't be made, because {} is no folder; choose another", out.display(), file.display())]
    NoFolder {
        /// The folder that was asked for.
        out: PathBuf,
        /// What is in the way.
        file: PathBuf,
    },
    /// The output is the top of a file system.
    #[error("{} is a medium or disk of its own; choose a folder on it, for example {}", .0.display(), .0.join("case").display())]
    Medium(PathBuf),
    /// The ciphertext is gone or changed on this disk.
    #[error("the stored file of this tip is missing or damaged; import its bundle again: number {bundle} of the courier {}", courier.short())]
    Missing {
        /// The courier whose bundle it came in.
        courier: CourierName,
        /// The number of that bundle.
        bundle: u64,
    },
    /// Which it is for, or whether its key was ever here, can't be told from a tip.
    #[error(
        "no key of this desk opens it (tried: {0}): it is for another holder, or for a key that is not here. Nothing was written. A key that is \
         put back is tried by itself"
    )]
    NoKey(KeyNames),
    /// It was opened with a key that is gone.
    #[error(
        "opened before with {0}, whose file is not in keys/; unless it was destroyed on purpose, put it back from the copy. Nothing was written"
    )]
    KeyGone(KeyName),
    /// It was opened with a key whose file is damaged now, or holds another.
    #[error(
        "opened before with {0}, but what is in keys/ under that name does not open it: it is damaged, or another key. Put the right one back from \
         the copy. Nothing was written"
    )]
    KeyChanged(KeyName),
    /// Its header is damaged, or was changed.
    #[error("{0}; nothing of it was kept")]
    Open(OpenError),
    /// A later part of the file was changed or is missing.
    #[error("damaged or forged: a part of the tip is not authentic, so nothing of it was kept")]
    NotAuthentic,
    /// Its contents are no archive of the protocol.
    #[error(
        "the tip is authentic, but no softinfo program has packed it: {0}. Nothing of it was written. To look at it all the same, see “Opening a tip \
         without our software” in the README"
    )]
    Container(ContainerError),
    /// The disk is full.
    #[error("there is no room on the disk: about {needed} bytes are needed in {}; nothing of the tip was kept there", folder.display())]
    NoRoom {
        /// The folder that the tip was to be written beside.
        folder: PathBuf,
        /// How many bytes are needed.
        needed: u64,
    },
    /// Another program at work.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The casebook could not be read.
    #[error(transparent)]
    Casebook(#[from] CasebookError),
    /// A file could not be read or written.
    #[error("{}: {source}; the tip was not opened", path.display())]
    File {
        /// The file that failed.
        path: PathBuf,
        /// What the system said of it.
        source: io::Error,
    },
}
