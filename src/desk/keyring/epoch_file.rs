//! The key files of epochs in a holder's folder: found by their names, read under the keyring key.

use std::path::{Path, PathBuf};

use softinfo_formats::directory::{EpochId, Kind};

use super::KeyringError;
use super::error::failed;
use super::key_file::{KeyringKey, Label, SIGNING_FILE};
use super::unlocked::Unlocked;

/// Epoch key files in a holder's folder, by name.
pub(super) fn epoch_files(folder: &Path) -> Result<Vec<(EpochId, PathBuf)>, KeyringError> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed(folder))? {
        let name = entry.map_err(failed(folder))?.file_name();
        let stem = name.to_str().filter(|name| *name != SIGNING_FILE).and_then(|name| name.strip_suffix(".age"));
        if let Some(epoch) = stem.and_then(|stem| stem.parse().ok()) {
            files.push((epoch, folder.join(&name)));
        }
    }
    files.sort();
    Ok(files)
}

/// An epoch's key, and what its holder is.
pub(super) fn read_epoch(key: &KeyringKey, path: &Path) -> Result<(Unlocked, Kind), KeyringError> {
    let not_a_key = || KeyringError::NotAKey(path.to_owned());
    let text = key.read(path)?;
    let epoch = text.label.epoch.clone().ok_or_else(not_a_key)?;
    let identity = text.secret.parse().map_err(|_| not_a_key())?;
    let Label { holder, kind, .. } = text.label;
    // A copy of an epoch's file is no other epoch.
    let named = path.file_stem().is_some_and(|stem| stem == epoch.name.as_str());
    let folder = path.parent().and_then(Path::file_name).is_none_or(|folder| folder == holder.as_str());
    if !named || !folder {
        return Err(KeyringError::OtherName { path: path.to_owned(), holder, epoch: epoch.name });
    }
    Ok((Unlocked { holder, epoch: epoch.name, from: epoch.from, until: epoch.until, identity }, kind))
}
