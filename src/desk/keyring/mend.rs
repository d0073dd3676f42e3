//! Making `holder.json` anew from the key files.

use std::path::{Path, PathBuf};

use softinfo_formats::directory::{Epoch, Holder, HolderId, Kind};

use super::epoch_file::{epoch_files, read_epoch};
use super::error::failed;
use super::key_file::{KeyringKey, SIGNING_FILE};
use super::public_part::{HOLDER_FILE, plain_holder, public_part, write_public_part};
use super::{Keyring, KeyringError, lock_folder};
use crate::passphrase::Passphrase;

/// What became of one holder.
pub struct Mended {
    /// The public part, as it now is in `holder.json`.
    pub holder: Holder,
    /// Whether it was written; otherwise all was in order.
    pub changed: bool,
    /// Where an unreadable `holder.json` or `signing.age` was put.
    pub set_aside: Vec<PathBuf>,
    /// Whether a new signing key was made.
    pub new_signing_key: bool,
    /// Key files that could not be read, each named.
    pub damaged: Vec<KeyringError>,
}

impl Keyring {
    /// Brings `holder.json` of every holder, or of the one of `profile`, into agreement with the key files: what they hold is listed,
    /// what was listed and is gone stays listed as destroyed. Names, competence and duty card come from `profile`, or else
    /// from the `holder.json` that is there; where neither can be read, they are empty. No key file is touched, unless `new_signing_key`:
    /// then a holder whose `signing.age` is missing or unreadable gets a new one, and the directory has to be signed anew with it.
    ///
    /// # Errors
    /// As for [`Keyring::unlock`]; `InUse`; `NoHolder`; `File`. The list has an outcome for each holder.
    pub fn mend(
        &mut self,
        profile: Option<&Holder>,
        new_signing_key: bool,
        passphrase: &Passphrase,
    ) -> Result<Vec<Result<Mended, KeyringError>>, KeyringError> {
        let _lock = if self.folder.exists() { Some(lock_folder(&self.folder)?) } else { None };
        let key = self.keyring_key(passphrase)?;
        let names = match profile {
            Some(profile) if !self.names.contains(&profile.id) => {
                return Err(KeyringError::NoHolder(profile.id.clone()));
            }
            Some(profile) => vec![profile.id.clone()],
            None => self.names.clone(),
        };
        let mended = names.iter().map(|name| self.mend_one(name, profile, new_signing_key, &key)).collect();
        self.read_public_parts();
        Ok(mended)
    }

    fn mend_one(
        &self,
        name: &HolderId,
        profile: Option<&Holder>,
        new_signing_key: bool,
        key: &KeyringKey,
    ) -> Result<Mended, KeyringError> {
        let folder = self.folder.join(name.as_str());
        let current = public_part(&folder, name);
        let unreadable = current.is_err();
        let current = current.ok().flatten();
        let mut files = KeyFiles::read(&folder, key)?;
        let blank = files.kind.map(|kind| plain_holder(name.clone(), kind));
        let Some(known) = current.clone().or(blank) else {
            return Err(KeyringError::NothingToMend(folder));
        };
        let mut holder = profile.cloned().unwrap_or(known);
        holder.epochs = current.as_ref().map(|current| current.epochs.clone()).unwrap_or_default();
        holder.identity = holder.identity.or(current.as_ref().and_then(|current| current.identity.clone()));
        let mut set_aside = Vec::new();
        let new_signing_key = new_signing_key && files.signing.is_none();
        if new_signing_key {
            let path = folder.join(SIGNING_FILE);
            if path.exists() {
                set_aside.push(put_aside(&path)?);
            }
            files.signing_fault = None;
            files.signing = Some(key.new_signing_key(&path, name, holder.kind)?);
        }
        holder.signing_key = files.signing.or_else(|| current.as_ref().and_then(|current| current.signing_key.clone()));
        for epoch in files.epochs {
            // The key that is here decides what can be opened.
            holder.epochs.retain(|listed| listed.epoch != epoch.epoch);
            holder.epochs.push(epoch);
        }
        holder.epochs.sort_by_key(|epoch| epoch.from);
        let changed = current.as_ref() != Some(&holder);
        if changed {
            if unreadable {
                set_aside.push(put_aside(&folder.join(HOLDER_FILE))?);
            }
            write_public_part(&folder, &holder)?;
        }
        files.damaged.extend(files.signing_fault);
        Ok(Mended { holder, changed, set_aside, new_signing_key, damaged: files.damaged })
    }
}

/// Keeps a file that can't be read under another name.
fn put_aside(path: &Path) -> Result<PathBuf, KeyringError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".damaged");
    std::fs::rename(path, &name).map_err(failed(path))?;
    Ok(name.into())
}

/// What the key files of one holder say.
struct KeyFiles {
    kind: Option<Kind>,
    signing: Option<String>,
    signing_fault: Option<KeyringError>,
    epochs: Vec<Epoch>,
    damaged: Vec<KeyringError>,
}

impl KeyFiles {
    fn read(folder: &Path, key: &KeyringKey) -> Result<Self, KeyringError> {
        let mut files =
            Self { kind: None, signing: None, signing_fault: None, epochs: Vec::new(), damaged: Vec::new() };
        let signing = folder.join(SIGNING_FILE);
        if signing.exists() {
            match key.read(&signing) {
                Ok(text) => (files.kind, files.signing) = (Some(text.label.kind), Some(text.public)),
                Err(error) => files.signing_fault = Some(error),
            }
        }
        for (_, path) in epoch_files(folder)? {
            match read_epoch(key, &path) {
                Ok((found, kind)) => {
                    files.kind = files.kind.or(Some(kind));
                    let recipient = found.identity.recipient().to_string();
                    files.epochs.push(Epoch { epoch: found.epoch, from: found.from, until: found.until, recipient });
                }
                Err(error) => files.damaged.push(error),
            }
        }
        Ok(files)
    }
}
