//! All keys of a desk, unlocked at once.

use super::keyring::{Keyring, KeyringError, Unlocked};
use super::passphrase::Passphrase;
use crate::day::Day;

/// All keys of a desk that could be unlocked.
#[derive(Default)]
pub struct UnlockedKeys {
    /// The keys.
    pub keys: Vec<Unlocked>,
    /// What could not be read, each naming its file.
    pub damaged: Vec<KeyringError>,
}

impl UnlockedKeys {
    /// Unlocks every key there is.
    pub fn unlock(keyring: &Keyring, passphrase: &Passphrase) -> Result<Self, KeyringError> {
        let days: Vec<Day> =
            keyring.holders().iter().flat_map(|holder| &holder.epochs).map(|epoch| epoch.from).collect();
        Ok(Self { keys: keyring.unlock(&days, passphrase)?, damaged: Vec::new() })
    }

    /// All of them, those first that are likeliest on `day`.
    #[must_use]
    pub fn ordered_for(&self, day: Day) -> Vec<&Unlocked> {
        let month = day.month();
        let mut keys: Vec<_> = self.keys.iter().collect();
        keys.sort_by_key(|key| key.epoch.as_str() != month);
        keys
    }
}
