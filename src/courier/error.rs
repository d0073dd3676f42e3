//! Why a run of the courier failed, and what that leaves.

use std::io;
use std::path::{Path, PathBuf};

use softinfo_client::ClientError;
use softinfo_formats::directory::DirectoryError;
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::example_keys::ExampleKeys;

use crate::config::ConfigError;

/// Why a run failed. What was fetched is kept for the next; nothing counts as packed that is not in a bundle.
#[derive(Debug, thiserror::Error)]
pub enum CourierError {
    /// The configuration was refused.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The relay was not reached, or refused.
    #[error("{}. No bundle was written; what was fetched before is kept for the next run", .0.clause())]
    Client(#[from] ClientError),
    /// The relay doesn't know the token.
    #[error(
        "the relay does not accept the token in {}. Ask its operator whether the hash of this token is in relay.toml and the relay was started again since; \
         softinfo-courier-access request FOLDER makes a new token and prints its hash for the operator. Nothing was fetched",
        .0.display()
    )]
    Token(PathBuf),
    /// The relay's directory is none that can be relied on.
    #[error("the relay's directory: {0}. Nothing was fetched")]
    Directory(#[from] DirectoryError),
    /// A list that no relay gives.
    #[error(
        "the relay's list of tips is none that can be relied on: {0}. Nothing was fetched or packed; tell the relay's operator"
    )]
    List(&'static str),
    /// The bytes are not those of the id.
    #[error("the tip {0} did not arrive as it was stored; it was fetched twice. Tell the relay's operator")]
    WrongBytes(TipId),
    /// Another courier is at work in the same folder.
    #[error("another softinfo-courier is at work in {}; wait until it has finished. Nothing was done", .0.display())]
    InUse(PathBuf),
    /// The relay is elsewhere and has the example keys, which everybody has.
    #[error(transparent)]
    Example(#[from] ExampleKeys),
    /// Something has the name that the bundle is to have.
    #[error("{} exists; choose another name, so that no bundle is overwritten. Nothing was fetched", .0.display())]
    Exists(PathBuf),
    /// The journal can't note the bundle's name down: it is not UTF-8.
    #[error("the name {} is not UTF-8; choose another one. Nothing was fetched", .0.display())]
    Name(PathBuf),
    /// Nothing can be written where the bundle is to be.
    #[error("no bundle can be written in {}: {source}. Nothing was fetched; make the folder, or choose another place for --out", folder.display())]
    NoPlace {
        /// The folder in which it was to be.
        folder: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// The journal can't be read as this program writes it.
    #[error(
        "{} is no journal that this program can read ({reason}). Nothing was fetched. Put a good copy of it back, or begin a new chain: \
         softinfo-courier fetch --new-chain. That packs again all that is in the pool, and the desk, which knows its tips, keeps one of each",
        path.display()
    )]
    Journal {
        /// The journal's file.
        path: PathBuf,
        /// What in it can't be read.
        reason: String,
    },
    /// A run was cut off, and can't be finished as it was meant.
    #[error(
        "the run before was cut off while it wrote bundle {number} to {}. It is not there, and can't be made again, because not all of its tips are still in the pool. \
         If you have that file, put it back there. If not, begin a new chain: softinfo-courier fetch --new-chain. Nothing was packed",
        out.display()
    )]
    CutOff {
        /// The bundle's number.
        number: u64,
        /// Where it was to be.
        out: PathBuf,
    },
    /// The bundle can't be written.
    #[error(
        "the bundle {} can't be written: {}. Nothing is lost: what was fetched stays in the courier's folder, and the next run packs it",
        path.display(),
        unwritten(source)
    )]
    Bundle {
        /// The file that was to be the bundle.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// The bundle was not read as it was written.
    #[error(
        "the bundle {} was written, but can't be read back as it was written ({reason}). It was removed; the disk or stick may be failing. \
         Nothing is lost: what was fetched stays in the courier's folder, and the next run packs it",
        path.display()
    )]
    ReadBack {
        /// The file that was the bundle.
        path: PathBuf,
        /// What a reader finds.
        reason: String,
    },
    /// The bundle is there, but that can't be noted down.
    #[error(
        "the bundle {} is whole, but {} can't be written: {source}. Carry it to the desk; the next run finds it, or makes the same one again",
        bundle.display(),
        path.display()
    )]
    Unnoted {
        /// The bundle, whole.
        bundle: PathBuf,
        /// The journal, as it was before.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// A file failed.
    #[error("{}: {source}. No bundle was written; nothing is lost, and the next run goes on from here", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
}

/// Whether the file system has no room for more, in all or in one file.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge)
}

/// Why a bundle can't be written, and what to do.
fn unwritten(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::AlreadyExists {
        return "something else has that name by now; choose another name for --out".to_owned();
    }
    let advice = if is_full(error) {
        "; the stick is full or takes no file so large (FAT32: less than 4 GiB): take another stick, or make bundle_mib in courier.toml smaller"
    } else {
        ""
    };
    format!("{error}{advice}")
}

pub(crate) fn failed(path: &Path) -> impl FnOnce(io::Error) -> CourierError + use<'_> {
    move |source| CourierError::File { path: path.to_owned(), source }
}
