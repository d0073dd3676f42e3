//! The holder's keys: one age file an epoch, so that each can be destroyed when its time is over, and one key derivation for all.
//!
//! ```text
//! <folder>/keyring.age             the keyring key, under the passphrase
//! <folder>/<holder>/holder.json    public; goes to whoever signs the directory
//! <folder>/<holder>/<epoch>.age    an epoch's identity, under the keyring key
//! <folder>/<holder>/signing.age    the holder's signing key, under the keyring key
//! ```
//! The key files decide what can be opened; `holder.json` can be made anew from them ([`Keyring::mend`]). Formats: `docs/keys.md`.

mod doubts;
mod epoch_file;
mod error;
mod key_file;
mod listing;
mod make;
mod mend;
mod public_part;
mod signing;
#[cfg(test)]
mod tests;
mod unlocked;

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use softinfo_base::file::FileLock;
use softinfo_formats::directory::{EpochId, Holder, HolderId};

use epoch_file::epoch_files;
use error::failed;
use public_part::{HOLDER_FILE, public_part};

pub use doubts::KeyDoubt;
pub use error::KeyringError;
pub use key_file::{KEYRING_FILE, SIGNING_FILE};
pub use listing::{KeyState, Listed, ListedEpoch, Survey};
pub use make::{Made, Order};
pub use mend::Mended;
pub use public_part::{plain_holder, read_holder};
pub use signing::{make_root, unlock_signing};
pub(crate) use unlocked::likeliest_first;
pub use unlocked::{Unlocked, UnlockedKeys};

/// The keys in one folder, of one holder or several, all under one passphrase.
pub struct Keyring {
    folder: PathBuf,
    /// Holders whose folder is here, readable or not.
    names: Vec<HolderId>,
    holders: Vec<Holder>,
    faults: Vec<KeyringError>,
}

impl Keyring {
    /// Reads the public parts in `folder`; an absent folder is an empty keyring.
    ///
    /// A holder whose public part can't be read doesn't hinder the others: see [`Keyring::faults`].
    ///
    /// # Errors
    /// `File`, when the folder itself can't be read.
    pub fn read(folder: &Path) -> Result<Self, KeyringError> {
        let mut keyring =
            Self { folder: folder.to_owned(), names: Vec::new(), holders: Vec::new(), faults: Vec::new() };
        let entries = match std::fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(keyring),
            entries => entries.map_err(failed(folder))?,
        };
        for entry in entries {
            let entry = entry.map_err(failed(folder))?;
            let Some(name) = entry.file_name().to_str().and_then(|name| name.parse::<HolderId>().ok()) else {
                continue;
            };
            let path = entry.path();
            if path.is_dir() && (path.join(HOLDER_FILE).exists() || epoch_files(&path).is_ok_and(|f| !f.is_empty())) {
                keyring.names.push(name);
            }
        }
        keyring.names.sort();
        keyring.read_public_parts();
        Ok(keyring)
    }

    fn read_public_parts(&mut self) {
        (self.holders, self.faults) = (Vec::new(), Vec::new());
        for name in &self.names {
            match public_part(&self.folder.join(name.as_str()), name) {
                Ok(Some(holder)) => self.holders.push(holder),
                Ok(None) => {
                    let path = self.folder.join(name.as_str()).join(HOLDER_FILE);
                    self.faults.push(KeyringError::NoPublicPart(path));
                }
                Err(fault) => self.faults.push(fault),
            }
        }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether there is nothing here: no holder, and no keyring key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && !self.has_passphrase()
    }

    /// Whether the folder has its keyring key, and with it a passphrase that new keys have to be made under.
    #[must_use]
    pub fn has_passphrase(&self) -> bool {
        self.folder.join(KEYRING_FILE).exists()
    }

    /// The holders whose keys are here and whose public part can be read.
    #[must_use]
    pub fn holders(&self) -> &[Holder] {
        &self.holders
    }

    /// Public parts that could not be read, each naming its file. Their key files are unlocked all the same.
    #[must_use]
    pub fn faults(&self) -> &[KeyringError] {
        &self.faults
    }

    /// Whether an epoch's key file is here, in order or not, and whatever key is in it.
    #[must_use]
    pub fn has(&self, holder: &HolderId, epoch: &EpochId) -> bool {
        self.secret(holder, epoch).exists()
    }

    fn secret(&self, holder: &HolderId, epoch: &EpochId) -> PathBuf {
        self.folder.join(holder.as_str()).join(format!("{epoch}.age"))
    }
}

/// Keeps other programs from making or mending keys in `folder` until it is dropped.
fn lock_folder(folder: &Path) -> Result<FileLock, KeyringError> {
    let file = File::open(folder).map_err(failed(folder))?;
    FileLock::take(file).map_err(|error| match error {
        TryLockError::WouldBlock => KeyringError::InUse(folder.to_owned()),
        TryLockError::Error(source) => failed(folder)(source),
    })
}
