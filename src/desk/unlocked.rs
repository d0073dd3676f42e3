//! All keys of a desk, unlocked at once.

use super::casebook::KeyName;
use super::keyring::{Keyring, KeyringError, Unlocked};
use super::passphrase::Passphrase;
use crate::day::Day;

/// All keys of a desk.
pub struct UnlockedKeys(Vec<Unlocked>);

impl UnlockedKeys {
    /// Unlocks every key there is.
    pub fn unlock(keyring: &Keyring, passphrase: &Passphrase) -> Result<Self, KeyringError> {
        let days: Vec<Day> =
            keyring.holders().iter().flat_map(|holder| &holder.epochs).map(|epoch| epoch.from).collect();
        keyring.unlock(&days, passphrase).map(Self)
    }

    /// All of them, those first that are likeliest on `day`.
    #[must_use]
    pub fn ordered_for(&self, day: Day) -> Vec<&Unlocked> {
        let month = day.month();
        let mut keys: Vec<_> = self.0.iter().collect();
        keys.sort_by_key(|key| key.epoch.as_str() != month);
        keys
    }

    /// Whose they are and which.
    #[must_use]
    pub fn names(&self) -> Vec<KeyName> {
        self.0.iter().map(Unlocked::name).collect()
    }
}

impl From<Vec<Unlocked>> for UnlockedKeys {
    fn from(keys: Vec<Unlocked>) -> Self {
        Self(keys)
    }
}

impl Unlocked {
    /// Whose key it is and which.
    #[must_use]
    pub fn name(&self) -> KeyName {
        KeyName { holder: self.holder.clone(), epoch: self.epoch.clone() }
    }
}
