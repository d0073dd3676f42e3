//! Why keys could not be made, read or used, each with what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use softinfo_formats::directory::{EpochId, HolderId, SigningError};

use super::key_file::KEYRING_FILE;
use super::make::MOST_EPOCHS;
use super::public_part::HOLDER_FILE;
use crate::passphrase::SecretError;

/// Why keys could not be made or used.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// Too few or too many epochs, or months in each.
    #[error("between 1 and {most} epochs of 1 to {most} months can be made at once, up to the year 9999; nothing was made", most = MOST_EPOCHS)]
    Range,
    /// A key for one of the epochs exists.
    #[error(
        "there is a key for epoch {epoch} of {holder} already; it was left as it is, and nothing was made. {go_on}"
    )]
    Exists {
        /// The holder whose key it is.
        holder: HolderId,
        /// The epoch of the key.
        epoch: EpochId,
        /// How to go on: the first month that is free.
        go_on: String,
    },
    /// Keys that an ended run left are of a holder of another kind.
    #[error(
        "keys of {holder} are here that an ended keygen has made, and it was of the kind {is}, not {asked}; no key was made. Give the command as it \
         was, with --kind {is}"
    )]
    OtherKind {
        /// The holder whose key it is.
        holder: HolderId,
        /// The kind that the key files name.
        is: &'static str,
        /// The kind that was asked for.
        asked: &'static str,
    },
    /// More keys are asked for a holder that is of another kind.
    #[error("{holder} is of the kind {is}, not {asked}; no key was made. To change it, pass --profile FILE")]
    KindDiffers {
        /// The holder whose keys were to be made.
        holder: HolderId,
        /// The kind in its `holder.json`.
        is: &'static str,
        /// The kind that was asked for.
        asked: &'static str,
    },
    /// Another holder is to be made under another passphrase.
    #[error(
        "the passphrase is wrong for {}; no key was made. All keys in this folder are under one passphrase: use that one, \
         or give the holder a folder of its own with --desk FOLDER",
        .0.display()
    )]
    OtherPassphrase(PathBuf),
    /// The passphrase is wrong, or a key file damaged.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// A file holds no signing key, or another one.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// A key file whose contents are no key.
    #[error("{} opens, but holds no key that this version knows; restore it from its copy", .0.display())]
    NotAKey(PathBuf),
    /// The file that opens all others is missing.
    #[error("{} is missing: without it no key in its folder can be opened. Restore it from the copy of the folder", .0.display())]
    NoKeyring(PathBuf),
    /// The file that opens all others is no age file under a passphrase.
    #[error("{}: DAMAGED; nothing opens without it; restore it from the copy", .0.display())]
    DamagedKeyring(PathBuf),
    /// The file that opens all others opens none of them.
    #[error("{} is not the one of these keys: nothing opens; put back the right one", .0.display())]
    NotTheirKeyring(PathBuf),
    /// Keys of the kind before `keyring.age`.
    #[error(
        "{} is under the passphrase itself, as before keys had {KEYRING_FILE}; this version does not read it. Move its folder away, \
         but keep it, and make new keys with softinfo-desk keygen",
        .0.display()
    )]
    UnderPassphrase(PathBuf),
    /// A file under another keyring key.
    #[error("{} does not belong to the {KEYRING_FILE} beside it: it comes from another folder, or is damaged. Restore it from its copy", .0.display())]
    OtherKeyring(PathBuf),
    /// A key file under the name of another.
    #[error("{} is not used: it holds the key for epoch {epoch} of {holder}; move it away, or give it its place {holder}/{epoch}.age back", path.display())]
    OtherName {
        /// The file with the wrong name.
        path: PathBuf,
        /// The holder whose key it holds.
        holder: HolderId,
        /// The epoch whose key it holds.
        epoch: EpochId,
    },
    /// The public part can't be read.
    #[error("{} can't be read ({reason}); softinfo-desk keys mend makes it anew from the key files", path.display())]
    PublicPart {
        /// The file that can't be used.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no public part.
    #[error(
        "{} is missing. A keygen may have been cut off: give the same keygen command again; if {HOLDER_FILE} was lost: softinfo-desk keys mend",
        .0.display()
    )]
    NoPublicPart(PathBuf),
    /// The public part is lost, and no key file can be read to make it anew.
    #[error("there is no key file in {} from which {HOLDER_FILE} could be made; restore the folder from its copy", .0.display())]
    NothingToMend(PathBuf),
    /// A holder whose keys are to be mended has none here.
    #[error("there are no keys of {0} here")]
    NoHolder(HolderId),
    /// A profile or public part that is not in order.
    #[error("{}: {reason}", path.display())]
    Profile {
        /// The file that can't be used.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Another program makes or mends keys.
    #[error("another softinfo-desk is making or mending keys in {}; nothing was made. Try again when it has finished", .0.display())]
    InUse(PathBuf),
    /// A root key exists.
    #[error("{}: there is a root key already; it was left as it is. Choose another folder", .0.display())]
    RootExists(PathBuf),
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file that failed.
        path: PathBuf,
        /// What the system said of it.
        source: io::Error,
    },
}

/// A file that failed, and how: for `map_err`.
pub(super) fn failed(path: &Path) -> impl FnOnce(io::Error) -> KeyringError + use<'_> {
    move |source| KeyringError::File { path: path.to_owned(), source }
}
