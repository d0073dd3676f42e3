//! Why a bundle was refused, each with what to do about it.

use std::io;
use std::path::PathBuf;

use softinfo_formats::directory::DirectoryError;
use softinfo_formats::example_keys::ExampleKeys;
use softinfo_formats::transfer::bundle::{BundleError, CourierName};

use crate::casebook::CasebookError;
use crate::keyring::KeyringError;
use crate::lock::LockError;

/// Why an import was refused. Nothing of the bundle was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file can't be opened.
    #[error("{} can't be read; nothing was imported", path.display())]
    Unreadable {
        /// The file that was to be imported.
        path: PathBuf,
        /// What the system said of it.
        source: io::Error,
    },
    /// A folder was given for a file.
    #[error("{} is a folder; choose the file that softinfo-courier wrote. Nothing was imported", .0.display())]
    Folder(PathBuf),
    /// The file is no whole, unchanged bundle.
    #[error("{0}; nothing was imported")]
    Bundle(#[from] BundleError),
    /// The directory in the bundle does not hold.
    #[error("the bundle's directory: {0}; nothing was imported")]
    Directory(#[from] DirectoryError),
    /// The bundle is of another channel.
    #[error("the bundle is for the channel “{0}”, not for this desk's; nothing was imported")]
    Channel(String),
    /// A courier that has brought nothing yet.
    #[error(
        "the bundle is from the courier {}, which has brought none to this desk before; nothing was imported. That is right when a second \
         courier has begun, or one was set up anew. Ask who runs it; then import with --new-courier", .0.short()
    )]
    NewCourier(CourierName),
    /// A courier of whom nothing is known, because the casebook was lost.
    #[error(
        "{lost}. Without it no courier is known; nothing was imported. If the courier {} is one whose bundles come to this desk, import with \
         --new-courier", courier.short()
    )]
    CourierOfALostList {
        /// The courier who wrote the bundle.
        courier: CourierName,
        /// The list that is missing.
        lost: CasebookError,
    },
    /// The same number, or the same predecessor, with other contents.
    #[error(
        "two different bundles claim to be number {number} of the courier {}, or the one before it; nothing was imported. Keep the file. It comes \
         from a courier whose folder was copied, or set back to an older copy: let it begin a new chain with softinfo-courier fetch --new-chain, \
         and import that with --new-courier", courier.short()
    )]
    Forked {
        /// The courier whose bundles they are.
        courier: CourierName,
        /// The number that both bundles claim, or that one names as the one before it.
        number: u64,
    },
    /// A number and a predecessor that no bundle can have together.
    #[error(
        "the bundle says it is number {0} and names the one before it wrongly, which no softinfo-courier writes; nothing was imported"
    )]
    Impossible(u64),
    /// The disk is full.
    #[error(
        "there is no room on the disk: {0} bytes are needed; nothing was imported. Make room, then import the bundle again"
    )]
    NoRoom(u64),
    /// Another program at work.
    #[error("{}", nothing_imported(.0))]
    Lock(#[from] LockError),
    /// Example keys for a relay elsewhere.
    #[error(transparent)]
    Example(#[from] ExampleKeys),
    /// The casebook could not be read or written.
    #[error("{}", nothing_imported(.0))]
    Casebook(#[from] CasebookError),
    /// The keys could not be unlocked.
    #[error("{}", nothing_imported(.0))]
    Keyring(#[from] KeyringError),
    /// A file of the desk could not be read or written.
    #[error("{0}; nothing was imported")]
    Io(#[from] io::Error),
}

impl ImportError {
    /// Whether the desk is in the way and not the bundle, so that the next bundle would fail in the same way.
    pub(super) const fn is_of_the_desk(&self) -> bool {
        matches!(self, Self::NoRoom(_) | Self::Lock(_) | Self::Casebook(_) | Self::Keyring(_) | Self::Io(_))
    }
}

/// An error's words, and that nothing was imported.
fn nothing_imported(error: &impl std::fmt::Display) -> String {
    format!("{error}; nothing was imported")
}
