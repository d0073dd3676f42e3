//! Why a directory was refused, each with what to do about it.

use softinfo_base::day::Day;

use super::names::HolderId;

const GET_IT_AGAIN: &str = "get it again from the relay or from the channel's owner";
const DONT_USE_IT: &str = "don't use it, and tell the channel's owner";
const DONT_USE_EITHER: &str = "don't use either, and tell the channel's owner";

/// Why a directory was refused. Nothing is sealed after any of these.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// Not a signed note.
    #[error("not a signed directory; {}", GET_IT_AGAIN)]
    Malformed,
    /// Not signed by the pinned root.
    #[error(
        "the directory is not signed by the root key this program trusts ({0}), or was changed since; {advice}", advice = DONT_USE_IT
    )]
    WrongRoot(String),
    /// Signed by the root, but not by a holder that has a key to sign with.
    #[error("the directory lacks the signature of “{0}”, which has a key to vouch for its entry; {advice}", advice = DONT_USE_IT)]
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
    #[error("two different directories claim to be version {0}; {advice}", advice = DONT_USE_EITHER)]
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

impl DirectoryError {
    /// What is wrong, without what its reader is told to do: whoever passes it on may have other advice.
    #[must_use]
    pub fn cause(&self) -> String {
        let said = self.to_string();
        let advice = match self {
            Self::Malformed => GET_IT_AGAIN,
            Self::WrongRoot(_) | Self::NotVouched(_) => DONT_USE_IT,
            Self::Forked(_) => DONT_USE_EITHER,
            _ => return said,
        };
        said.strip_suffix(advice).and_then(|cause| cause.strip_suffix("; ")).map_or(said.clone(), str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_has_no_advice_in_it() {
        for (error, cause) in [
            (DirectoryError::Malformed, "not a signed directory"),
            (DirectoryError::Forked(3), "two different directories claim to be version 3"),
            (DirectoryError::BadKey("a".parse().unwrap()), "the key of “a” can't be used"),
        ] {
            assert_eq!(error.cause(), cause);
        }
        for error in [DirectoryError::WrongRoot("a".to_owned()), DirectoryError::NotVouched("a".parse().unwrap())] {
            assert_eq!(format!("{}; {DONT_USE_IT}", error.cause()), error.to_string());
        }
    }
}
