//! The identities that a passphrase unlocks, and the order in which they are tried.

use std::cmp::Reverse;

use softinfo_base::day::Day;
use softinfo_formats::directory::{EpochId, HolderId};
use softinfo_seal::hybrid::Identity;

use super::epoch_file::{epoch_files, read_epoch};
use super::key_file::{KEYRING_FILE, KeyringKey, Lock, SIGNING_FILE, lock_of};
use super::{Keyring, KeyringError};
use crate::key_name::{KeyName, KnownKey};
use crate::passphrase::Passphrase;

/// All epoch identities that could be unlocked.
#[derive(Default)]
pub struct UnlockedKeys {
    /// The identities, earliest epoch first.
    pub keys: Vec<Unlocked>,
    /// What could not be read, each naming its file. The other keys work.
    pub damaged: Vec<KeyringError>,
}

/// An epoch's identity, unlocked.
pub struct Unlocked {
    /// The holder whose key it is.
    pub holder: HolderId,
    /// The epoch of the key.
    pub epoch: EpochId,
    /// First day of the epoch.
    pub from: Day,
    /// Last day of the epoch.
    pub until: Day,
    /// The key.
    pub identity: Identity,
}

impl Keyring {
    /// Unlocks all identities that are here.
    ///
    /// One key derivation whatever their number: about a second and 256 MiB at the usual work factor. A missing file is a destroyed epoch
    /// and passed over; a file that can't be read is named in the outcome, and the others are unlocked.
    ///
    /// # Errors
    /// `Secret`: the passphrase is wrong, or `keyring.age` damaged inside; as [`Keyring::check_keyring`]; `NotTheirKeyring`.
    pub fn unlock(&self, passphrase: &Passphrase) -> Result<UnlockedKeys, KeyringError> {
        let key = self.keyring_key(passphrase)?;
        let mut unlocked = UnlockedKeys::default();
        for name in &self.names {
            match epoch_files(&self.folder.join(name.as_str())) {
                Ok(files) => {
                    for (_, path) in files {
                        match read_epoch(&key, &path) {
                            Ok((epoch, _)) => unlocked.keys.push(epoch),
                            Err(error) => unlocked.damaged.push(error),
                        }
                    }
                }
                Err(error) => unlocked.damaged.push(error),
            }
        }
        unlocked.keys.sort_by(|a, b| (a.from, &a.holder).cmp(&(b.from, &b.holder)));
        Ok(unlocked)
    }

    pub(super) fn keyring_key(&self, passphrase: &Passphrase) -> Result<KeyringKey, KeyringError> {
        self.check_keyring()?;
        let key = KeyringKey::unlock(&self.folder.join(KEYRING_FILE), passphrase)?;
        self.check_theirs(&key)?;
        Ok(key)
    }

    /// Whether `keyring.age` is there and looks, without a passphrase, as it should.
    ///
    /// # Errors
    /// `NoKeyring`, `UnderPassphrase`, `DamagedKeyring`; `File`.
    pub fn check_keyring(&self) -> Result<(), KeyringError> {
        if !self.has_passphrase() {
            return Err(self.without_keyring());
        }
        let path = self.folder.join(KEYRING_FILE);
        match lock_of(&path)? {
            Lock::Passphrase => Ok(()),
            Lock::Keyring | Lock::Damaged => Err(KeyringError::DamagedKeyring(path)),
        }
    }

    /// Refuses a key that opens none of the files here, because it comes from another folder.
    fn check_theirs(&self, key: &KeyringKey) -> Result<(), KeyringError> {
        let mut other = false;
        for folder in self.names.iter().map(|name| self.folder.join(name.as_str())) {
            let epochs = epoch_files(&folder).unwrap_or_default().into_iter().map(|(_, path)| path);
            for path in epochs.chain([folder.join(SIGNING_FILE)]) {
                match key.read(&path) {
                    Ok(_) => return Ok(()),
                    Err(error) => other |= matches!(error, KeyringError::OtherKeyring(_)),
                }
            }
        }
        if other { Err(KeyringError::NotTheirKeyring(self.folder.join(KEYRING_FILE))) } else { Ok(()) }
    }

    /// Why nothing opens where `keyring.age` is missing: it is lost, or the keys are of the kind before it.
    #[must_use]
    pub fn without_keyring(&self) -> KeyringError {
        let folders = self.names.iter().map(|name| self.folder.join(name.as_str()));
        let mut files = folders.flat_map(|folder| epoch_files(&folder).unwrap_or_default());
        match files.find(|(_, path)| matches!(lock_of(path), Ok(Lock::Passphrase))) {
            Some((_, path)) => KeyringError::UnderPassphrase(path),
            None => KeyringError::NoKeyring(self.folder.join(KEYRING_FILE)),
        }
    }
}

impl UnlockedKeys {
    /// All keys, the likeliest for something that was sealed on `day` first: by the days between `day` and the key's epoch,
    /// then the one whose epoch began last. None is left out, because a day is only a hint.
    #[must_use]
    pub fn ordered_for(&self, day: Day) -> Vec<&Unlocked> {
        likeliest_first(self.keys.iter(), day)
    }

    /// The names of all keys, in their order.
    #[must_use]
    pub fn names(&self) -> Vec<KnownKey> {
        let known = |key: &Unlocked| KnownKey::new(key.name(), Some(&key.identity.recipient().to_string()));
        self.keys.iter().map(known).collect()
    }
}

/// `keys` in the order of [`UnlockedKeys::ordered_for`].
pub(crate) fn likeliest_first<'a>(keys: impl Iterator<Item = &'a Unlocked>, day: Day) -> Vec<&'a Unlocked> {
    let mut keys: Vec<_> = keys.collect();
    keys.sort_by_key(|key| (key.days_from(day), Reverse(key.from)));
    keys
}

impl Unlocked {
    /// Whose key it is and which.
    #[must_use]
    pub fn name(&self) -> KeyName {
        KeyName { holder: self.holder.clone(), epoch: self.epoch.clone() }
    }

    /// Days between `day` and the epoch; 0 within it.
    fn days_from(&self, day: Day) -> i32 {
        let (from, until, day) = (self.from.number(), self.until.number(), day.number());
        (from - day).max(day - until).max(0)
    }
}
