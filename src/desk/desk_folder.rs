//! The desk's own folder: the pinned root, the keys, and for each channel a casebook and the tips.
//!
//! A desk without keys of its own, started where `keys-example/` lies, works with the example keys, and says so.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use softinfo_formats::directory::{ChannelId, RootKey, SigningError};
use softinfo_formats::example_keys;

use crate::keyring::{Keyring, KeyringError};
use crate::passphrase::{Passphrase, SecretError};

/// Folder of the example keys, relative to where the program is started.
const EXAMPLE_KEYS: &str = "keys-example";

/// An opened desk folder.
pub struct Desk {
    /// The channel's folder, with casebook and tips.
    pub folder: PathBuf,
    /// The pinned root.
    pub root: RootKey,
    /// The keys of this desk, still locked.
    pub keyring: Keyring,
    /// Whether these are the example keys.
    pub example: bool,
}

/// Why the desk can't work.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The desk has no keys.
    #[error("this desk has no keys yet ({} has none); name the right desk with --desk FOLDER, or make keys with softinfo-desk keygen", .0.display())]
    NoKeys(PathBuf),
    /// The desk trusts no root key.
    #[error("this desk does not know the channel's root key yet; give it with softinfo-desk directory trust ROOT.vkey")]
    NoRoot,
    /// The root key file holds none.
    #[error(
        "{} is damaged: {source}. Get the channel's root key again, and give it with softinfo-desk directory trust ROOT.vkey --replace",
        path.display()
    )]
    Root {
        /// The file that failed.
        path: PathBuf,
        /// What is wrong with the text in it.
        source: SigningError,
    },
    /// The root key's name can't be a channel's. It becomes a folder's.
    #[error(
        "the root key is named “{0}”, which is no channel's name; nothing was changed. Ask the channel's owner for the right key"
    )]
    RootName(String),
    /// The folder of the keys could not be read.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file that failed.
        path: PathBuf,
        /// What the system said of it.
        source: io::Error,
    },
}

/// Why the file of a root key can't be used.
#[derive(Debug, thiserror::Error)]
pub enum RootFileError {
    /// The file could not be read.
    #[error("{}: {source}", path.display())]
    File {
        /// The file that failed.
        path: PathBuf,
        /// What the system said of it.
        source: io::Error,
    },
    /// It holds no root key.
    #[error("{}: {source}", path.display())]
    NotAKey {
        /// The file with the text.
        path: PathBuf,
        /// What is wrong with the text in it.
        source: SigningError,
    },
}

impl Desk {
    /// Opens the desk in `folder`; falls back on the example keys when it has none and they are at hand.
    pub fn open(folder: &Path) -> Result<Self, DeskError> {
        let own = Keyring::read(&keys_folder(folder))?;
        let examples = Path::new(EXAMPLE_KEYS);
        let (root, keyring, example) = if !own.is_empty() {
            let path = root_path(folder);
            let text = match std::fs::read_to_string(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(DeskError::NoRoot),
                Err(source) => return Err(DeskError::File { path, source }),
                Ok(text) => text,
            };
            let root = RootKey::parse(&text).map_err(|source| DeskError::Root { path, source })?;
            (root, own, false)
        } else if examples.join("EXAMPLE-root.vkey").exists() {
            let path = examples.join("EXAMPLE-root.vkey");
            (example_keys::root().map_err(|source| DeskError::Root { path, source })?, Keyring::read(examples)?, true)
        } else {
            return Err(DeskError::NoKeys(keys_folder(folder)));
        };
        let folder = folder.join(channel_of(&root)?.as_str());
        let tips = folder.join("tips");
        softinfo_base::file::private_folder(&tips).map_err(|source| DeskError::File { path: tips, source })?;
        Ok(Self { folder, root, keyring, example })
    }

    /// The passphrase of the example keys, from their folder; `None` for a desk with keys of its own.
    ///
    /// # Errors
    /// `None`, when the file is missing.
    #[must_use]
    pub fn example_passphrase(&self) -> Option<Result<Passphrase, SecretError>> {
        self.example.then(|| Passphrase::from_file(&Path::new(EXAMPLE_KEYS).join("EXAMPLE-passphrase.txt")))
    }
}

/// Where a desk's own keys are.
#[must_use]
pub fn keys_folder(folder: &Path) -> PathBuf {
    folder.join("keys")
}

/// Where the root key is that the desk in `folder` trusts.
pub(crate) fn root_path(folder: &Path) -> PathBuf {
    folder.join("root.vkey")
}

/// Reads a root key, as its channel's owner gave it.
///
/// # Errors
/// `File`, `NotAKey`.
pub fn read_root(path: &Path) -> Result<RootKey, RootFileError> {
    let text = std::fs::read_to_string(path).map_err(|source| RootFileError::File { path: path.to_owned(), source })?;
    RootKey::parse(&text).map_err(|source| RootFileError::NotAKey { path: path.to_owned(), source })
}

/// The root key that the desk in `folder` trusts, where it is that of `channel` and can be read.
#[must_use]
pub fn trusted_root(folder: &Path, channel: &ChannelId) -> Option<RootKey> {
    read_root(&root_path(folder)).ok().filter(|root| root.name() == channel.as_str())
}

/// The channel that a root key is for. Anything may stand in the key; what is no channel's name may be a path.
fn channel_of(root: &RootKey) -> Result<ChannelId, DeskError> {
    root.name().parse().map_err(|_| DeskError::RootName(root.name().to_owned()))
}

/// Pins a channel's root key. Another one already pinned is replaced only when `replace`.
///
/// # Errors
/// `RootName`; `AlreadyExists` when another root is pinned.
pub fn pin_root(folder: &Path, root: &RootKey, replace: bool) -> Result<(), DeskError> {
    channel_of(root)?;
    let path = root_path(folder);
    let failed = |source| DeskError::File { path: path.clone(), source };
    softinfo_base::file::private_folder(folder).map_err(failed)?;
    if let Ok(pinned) = std::fs::read_to_string(&path)
        && pinned.trim() != root.as_str()
        && !replace
    {
        let text = "another root key is trusted already, and still is; ask the channel's owner which is right, then repeat with --replace";
        return Err(failed(io::Error::new(io::ErrorKind::AlreadyExists, text)));
    }
    softinfo_base::file::write_whole(&path, |file| writeln!(file, "{}", root.as_str())).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use softinfo_formats::directory::SigningKey;

    #[test]
    fn a_root_key_whose_name_is_a_path_is_not_trusted() {
        let above = tempfile::tempdir().unwrap();
        let desk = above.path().join("a/desk");
        for name in ["../../evil", "..", "/tmp/evil", "A"] {
            let root = SigningKey::generate(name, &mut rand::rngs::OsRng).unwrap();
            assert!(matches!(pin_root(&desk, root.public(), false), Err(DeskError::RootName(_))), "{name}");
            assert!(channel_of(root.public()).is_err() && !desk.exists(), "{name}");
        }
        let root = SigningKey::generate("antwerp", &mut rand::rngs::OsRng).unwrap();
        pin_root(&desk, root.public(), false).unwrap();
    }
}
