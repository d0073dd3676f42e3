//! The keys as they can be seen without a passphrase: which files are here, and what each looks like from outside.

use std::path::Path;

use serde::Serialize;
use softinfo_base::day::Day;
use softinfo_formats::directory::{Epoch, EpochId, HolderId};

use super::epoch_file::epoch_files;
use super::key_file::{Lock, SIGNING_FILE, lock_of};
use super::{Keyring, KeyringError};
use crate::key_name::{KeyName, KeyNames, KnownKey};

/// What is in a folder of keys, and what is wrong with it, as far as it can be seen without a passphrase. Public parts that can't be read are
/// named by [`Keyring::faults`].
#[derive(Debug)]
pub struct Survey {
    /// The holders whose folders are here.
    pub holders: Vec<Listed>,
    /// Why nothing can be opened: what is wrong with `keyring.age`.
    pub keyring_fault: Option<KeyringError>,
    /// Whether a key file is damaged: it opens nothing.
    pub some_damaged: bool,
    /// Whether a signing key that a public part names is gone.
    pub lacks_signing_key: bool,
    /// Whether there is a key file that no public part names.
    pub some_not_listed: bool,
}

/// A holder's keys as they can be seen without a passphrase.
#[derive(Debug, PartialEq, Serialize)]
pub struct Listed {
    /// The holder whose key it is.
    pub holder: HolderId,
    /// Whether `holder.json` can be read. If not, only the key files are listed, without their days.
    pub public_part: bool,
    /// The signing key.
    pub signing: KeyState,
    /// The epochs, earliest first.
    pub epochs: Vec<ListedEpoch>,
}

/// An epoch as it can be seen without a passphrase.
#[derive(Debug, PartialEq, Serialize)]
pub struct ListedEpoch {
    /// Its name.
    pub epoch: EpochId,
    /// First day, as in `holder.json`.
    pub from: Option<Day>,
    /// Last day, as in `holder.json`.
    pub until: Option<Day>,
    /// Its file.
    pub state: KeyState,
}

/// What can be said of a key file from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyState {
    /// An age file under some keyring key. Whether it is that of this folder, and the key the one that its name says, shows only when it is unlocked.
    NotChecked,
    /// The file is gone: the key was destroyed, or is lost. Nothing that was sealed to it can be opened with this folder.
    Destroyed,
    /// The file is there, but no key file of this version.
    Damaged,
    /// The same, and `holder.json` doesn't name it: mending takes it in when it is a key of this keyring.
    NotListed,
    /// There is none, and `holder.json` names none.
    None,
}

impl Keyring {
    /// Epochs that a `holder.json` names and whose key file is gone.
    #[must_use]
    pub fn destroyed(&self) -> Vec<(&HolderId, &Epoch)> {
        let epochs = self.holders.iter().flat_map(|holder| holder.epochs.iter().map(move |epoch| (&holder.id, epoch)));
        epochs.filter(|(holder, epoch)| !self.secret(holder, &epoch.epoch).exists()).collect()
    }

    /// A look at everything in the folder.
    #[must_use]
    pub fn survey(&self) -> Survey {
        let holders = self.listing();
        let keyring_fault = if self.is_empty() { None } else { self.check_keyring().err() };
        let states = |of: &Listed| of.epochs.iter().map(|epoch| epoch.state).chain([of.signing]).collect::<Vec<_>>();
        let states: Vec<_> = holders.iter().flat_map(states).collect();
        Survey {
            keyring_fault,
            some_damaged: states.contains(&KeyState::Damaged),
            lacks_signing_key: holders.iter().any(|holder| holder.signing == KeyState::Destroyed),
            some_not_listed: states.contains(&KeyState::NotListed),
            holders,
        }
    }

    /// What is here, as far as it can be seen without a passphrase.
    #[must_use]
    pub fn listing(&self) -> Vec<Listed> {
        self.names.iter().map(|name| self.listed(name)).collect()
    }

    fn listed(&self, name: &HolderId) -> Listed {
        let folder = self.folder.join(name.as_str());
        let public = self.holders.iter().find(|holder| holder.id == *name);
        let state = |path: &Path, named: bool| match (path.exists(), named) {
            (false, true) => KeyState::Destroyed,
            (false, false) => KeyState::None,
            (true, _) if !matches!(lock_of(path), Ok(Lock::Keyring)) => KeyState::Damaged,
            (true, false) => KeyState::NotListed,
            (true, true) => KeyState::NotChecked,
        };
        let mut epochs: Vec<_> = public
            .into_iter()
            .flat_map(|holder| &holder.epochs)
            .map(|epoch| ListedEpoch {
                epoch: epoch.epoch.clone(),
                from: Some(epoch.from),
                until: Some(epoch.until),
                state: state(&self.secret(name, &epoch.epoch), true),
            })
            .collect();
        for (epoch, path) in epoch_files(&folder).unwrap_or_default() {
            if !epochs.iter().any(|listed| listed.epoch == epoch) {
                epochs.push(ListedEpoch { epoch, from: None, until: None, state: state(&path, false) });
            }
        }
        epochs.sort_by(|a, b| a.epoch.cmp(&b.epoch));
        let named = public.is_some_and(|holder| holder.signing_key.is_some());
        Listed {
            holder: name.clone(),
            public_part: public.is_some(),
            signing: state(&folder.join(SIGNING_FILE), named),
            epochs,
        }
    }

    /// Whether a signing key that the public part of `holder` names is gone.
    #[must_use]
    pub fn lacks_signing_key(&self, holder: &HolderId) -> bool {
        self.listed(holder).signing == KeyState::Destroyed
    }

    /// What the key files say of their keys, without unlocking them. One that is destroyed or damaged is not among them; one that comes from
    /// another keyring, or holds another key than its name says, may be.
    #[must_use]
    pub fn names(&self) -> Vec<KnownKey> {
        let recipient = |holder: &HolderId, name: &EpochId| {
            let holder = self.holders.iter().find(|known| known.id == *holder)?;
            holder.epochs.iter().find(|epoch| epoch.epoch == *name).map(|epoch| epoch.recipient.as_str())
        };
        let here = |state| matches!(state, KeyState::NotChecked | KeyState::NotListed);
        let of = |listed: Listed| {
            let holder = listed.holder;
            let epochs = listed.epochs.into_iter().filter(move |epoch| here(epoch.state));
            epochs.map(move |ListedEpoch { epoch, .. }| {
                let recipient = recipient(&holder, &epoch);
                KnownKey::new(KeyName { holder: holder.clone(), epoch }, recipient)
            })
        };
        self.listing().into_iter().flat_map(of).collect()
    }

    /// Keys whose files are gone though their time is not over on `today`: what is sealed to them would never open.
    #[must_use]
    pub fn gone_early(&self, today: Day) -> KeyNames {
        let early = self.destroyed().into_iter().filter(|(_, epoch)| epoch.until >= today);
        KeyNames(early.map(|(holder, epoch)| KeyName { holder: holder.clone(), epoch: epoch.epoch.clone() }).collect())
    }
}
