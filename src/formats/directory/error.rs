//! Why a directory was refused, each with what to do about it.

use softinfo_base::day::Day;

use super::names::HolderId;

/// Why a directory was refused. Nothing is sealed after any of these.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// Not a signed note.
    #[error("not a signed directory; get it again from the relay or from the channel's owner")]
    Malformed,
    /// Not signed by the pinned root.
    #[error(
        "the directory is not signed by the root key this program trusts ({0}), or was changed since; don't use it, and tell the channel's owner"
    )]
    WrongRoot(String),
    /// Signed by the root, but not by a holder that has a key to sign with.
    #[error(
        "the directory lacks the signature of “{0}”, which has a key to vouch for its entry; don't use it, and tell the channel's owner"
    )]
    NotVouched(HolderId),
    /// Signed, but with contents this program can't use.
    #[error("the directory can't be used: {0}")]
    Contents(String),
    /// Its last day is over.
    #[error("the directory expired on {0}; get a new one")]
    Expired(Day),
    /// Its first day is to come.
    #[error("the directory is valid from {0}, which is in the future; check this computer's date")]
    NotYet(Day),
    /// An older one than was seen before.
    #[error(
        "this is version {got} of the directory, but version {seen} was seen before; somebody may be replaying an old one"
    )]
    RolledBack {
        /// The version at hand.
        got: u64,
        /// The highest version seen.
        seen: u64,
    },
    /// The same version with another text.
    #[error("two different directories claim to be version {0}; don't use either, and tell the channel's owner")]
    Forked(u64),
    /// A holder that is not in it.
    #[error("there is no holder “{id}” in the directory; there are: {known}")]
    UnknownHolder {
        /// The id that was asked for.
        id: HolderId,
        /// The ids of all holders in it.
        known: String,
    },
    /// A holder without a key for today.
    #[error("“{0}” has no key that holds today; choose another holder, or get a newer directory")]
    NoEpoch(HolderId),
    /// A key that is no `age1pq1` recipient.
    #[error("the key of “{0}” can't be used")]
    BadKey(HolderId),
}
