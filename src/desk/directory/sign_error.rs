//! Why nothing was signed, each with what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use softinfo_base::limits::MAX_DIRECTORY;
use softinfo_formats::directory::{Change, ChannelId, DirectoryError, HolderId, SigningError};
use softinfo_formats::example_keys::ExampleKeys;

use super::output::OutputError;
use crate::desk_folder::RootFileError;
use crate::keyring::KeyringError;

/// Why nothing was signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The file to write.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A file could not be read.
    #[error("{}: {source}", path.display())]
    File {
        /// The file that failed.
        path: PathBuf,
        /// What the system said of it.
        source: io::Error,
    },
    /// The directory makes no sense.
    #[error(transparent)]
    Contents(#[from] DirectoryError),
    /// Example keys for a relay elsewhere.
    #[error(transparent)]
    Example(#[from] ExampleKeys),
    /// The holder's own file.
    #[error(transparent)]
    Holder(#[from] KeyringError),
    /// The holder has no key to sign with.
    #[error("{0} has no signing key")]
    NoSigningKey(HolderId),
    /// A key that is none, or a text that can't be signed.
    #[error(transparent)]
    Key(#[from] SigningError),
    /// The file that was named as the public key.
    #[error(transparent)]
    Root(RootFileError),
    /// No file was named as the public key, and none beside the secret one will do.
    #[error("the public key is needed, too: pass it with --public FILE")]
    NoPublicKey(#[source] RootFileError),
    /// Another key than the one whose file was looked at.
    #[error(
        "this is the key of “{given}”, and the directory was looked through for the key of “{looked_at}”; nothing was signed"
    )]
    OtherKey {
        /// The name in the key that was given.
        given: String,
        /// The name in the key that was looked at.
        looked_at: String,
    },
    /// With one more signature nobody could read it.
    #[error(
        "with this signature the directory would be longer than {MAX_DIRECTORY} bytes, and nobody could read it; nothing was signed. Take holders or epochs out of it"
    )]
    TooLong,
    /// The key is of nobody in this directory.
    #[error(
        "this is the key of “{name}”, but the directory is of the channel “{channel}”, and none of its holders has this key"
    )]
    NobodysKey {
        /// The name in the key.
        name: String,
        /// The directory's channel.
        channel: ChannelId,
    },
    /// A signature that is there does not hold: the text was changed after it was signed.
    #[error(
        "the file has a signature of {0} that does not belong to this text or to this key: it was changed after it was signed. Begin again with what `make` wrote"
    )]
    Broken(String),
    /// The holder that signs is not in the directory.
    #[error("the directory has no entry of this holder")]
    NoEntry,
    /// The entry of the holder that signs is not what its own file says.
    #[error("the entry of {holder} differs")]
    EntryDiffers {
        /// The holder that was to sign.
        holder: HolderId,
        /// What differs: before as in its own file, now as in the directory.
        differences: Vec<Change>,
    },
    /// The root signs a later version, and there is nothing to compare it with.
    #[error(
        "this is version {0}, so there is one before it: pass that with --before FILE to see what has changed, or --compare-with-nothing"
    )]
    ComparedWithNothing(u64),
    /// The older directory is none.
    #[error("{}: {source}", path.display())]
    Older {
        /// The older directory's file.
        path: PathBuf,
        /// What is wrong with it.
        source: DirectoryError,
    },
    /// The older directory is another channel's.
    #[error("{} is of the channel {is}, not of {not}", path.display())]
    OtherChannel {
        /// The older directory's file.
        path: PathBuf,
        /// Its channel.
        is: ChannelId,
        /// The channel of the directory to be signed.
        not: ChannelId,
    },
    /// The older directory has a number that is not lower.
    #[error(
        "{} is version {before}, and this one is version {version}: it has to have a higher number, or writers who saw the older one refuse it",
        path.display()
    )]
    NotNewer {
        /// The older directory's file.
        path: PathBuf,
        /// Its version.
        before: u64,
        /// The version of the directory to be signed.
        version: u64,
    },
}

/// A file that could not be read, and how: for `map_err`.
pub(super) fn failed(path: &Path) -> impl FnOnce(io::Error) -> SignError + use<'_> {
    move |source| SignError::File { path: path.to_owned(), source }
}
