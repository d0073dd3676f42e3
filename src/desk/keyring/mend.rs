//! Making `holder.json` anew from the key files.

use std::path::PathBuf;

use super::key_file::KeyringKey;
use super::{
    HOLDER_FILE, Keyring, KeyringError, SIGNING_FILE, epoch_files, failed, plain_holder, public_part, read_epoch,
    write_public_part,
};
use crate::desk::passphrase::Passphrase;
use crate::directory::{Epoch, Holder, HolderId, Kind};

/// What became of one holder.
pub struct Mended {
    /// The public part, as it now is in `holder.json`.
    pub holder: Holder,
    /// Whether it was written; otherwise all was in order.
    pub changed: bool,
    /// Where an unreadable `holder.json` was put.
    pub set_aside: Option<PathBuf>,
    /// Key files that could not be read, each named.
    pub damaged: Vec<KeyringError>,
}

impl Keyring {
    /// Brings `holder.json` of every holder, or of the one of `profile`, into agreement with the key files: what they hold is listed,
    /// what was listed and is gone stays listed as destroyed. Names, competence and duty card come from `profile`, or else
    /// from the `holder.json` that is there; where neither can be read, they are empty. Key files are not touched.
    ///
    /// # Errors
    /// As for [`Keyring::unlock`]; `NoHolder`; `File`. The list has an outcome for each holder.
    pub fn mend(
        &mut self,
        profile: Option<&Holder>,
        passphrase: &Passphrase,
    ) -> Result<Vec<Result<Mended, KeyringError>>, KeyringError> {
        let key = self.keyring_key(passphrase)?;
        let names = match profile {
            Some(profile) if !self.names.contains(&profile.id) => {
                return Err(KeyringError::NoHolder(profile.id.clone()));
            }
            Some(profile) => vec![profile.id.clone()],
            None => self.names.clone(),
        };
        let mended = names.iter().map(|name| self.mend_one(name, profile, &key)).collect();
        self.read_public_parts();
        Ok(mended)
    }

    fn mend_one(&self, name: &HolderId, profile: Option<&Holder>, key: &KeyringKey) -> Result<Mended, KeyringError> {
        let folder = self.folder.join(name.as_str());
        let current = public_part(&folder, name);
        let unreadable = current.is_err();
        let current = current.ok().flatten();
        let files = KeyFiles::read(&folder, key)?;
        let blank = || files.kind.map(|kind| plain_holder(name.clone(), kind));
        let Some(mut holder) = profile.cloned().or_else(|| current.clone()).or_else(blank) else {
            return Err(KeyringError::NothingToMend(folder));
        };
        holder.epochs = current.as_ref().map(|current| current.epochs.clone()).unwrap_or_default();
        holder.signing_key = files.signing.or_else(|| current.as_ref().and_then(|current| current.signing_key.clone()));
        for epoch in files.epochs {
            // The key that is here decides what can be opened.
            holder.epochs.retain(|listed| listed.epoch != epoch.epoch);
            holder.epochs.push(epoch);
        }
        holder.epochs.sort_by_key(|epoch| epoch.from);
        let changed = current.as_ref() != Some(&holder);
        let mut set_aside = None;
        if changed {
            if unreadable {
                let (from, to) = (folder.join(HOLDER_FILE), folder.join(format!("{HOLDER_FILE}.damaged")));
                std::fs::rename(&from, &to).map_err(failed(&from))?;
                set_aside = Some(to);
            }
            write_public_part(&folder, &holder)?;
        }
        Ok(Mended { holder, changed, set_aside, damaged: files.damaged })
    }
}

/// What the key files of one holder say.
struct KeyFiles {
    kind: Option<Kind>,
    signing: Option<String>,
    epochs: Vec<Epoch>,
    damaged: Vec<KeyringError>,
}

impl KeyFiles {
    fn read(folder: &std::path::Path, key: &KeyringKey) -> Result<Self, KeyringError> {
        let mut files = Self { kind: None, signing: None, epochs: Vec::new(), damaged: Vec::new() };
        let signing = folder.join(SIGNING_FILE);
        if signing.exists() {
            match key.read(&signing) {
                Ok(text) => (files.kind, files.signing) = (Some(text.label.kind), Some(text.public)),
                Err(error) => files.damaged.push(error),
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
