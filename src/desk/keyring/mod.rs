//! The holder's keys: one age file an epoch, so that each can be destroyed when its time is over, and one key derivation for all.
//!
//! ```text
//! <folder>/keyring.age             the keyring key, under the passphrase
//! <folder>/<holder>/holder.json    public; goes to whoever signs the directory
//! <folder>/<holder>/<epoch>.age    an epoch's identity, under the keyring key
//! <folder>/<holder>/signing.age    the holder's signing key, under the keyring key
//! ```
//! The key files decide what can be opened; `holder.json` can be made anew from them ([`Keyring::mend`]). Formats: `docs/keys.md`.

mod key_file;
mod make;
mod mend;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rand::rngs::OsRng;
use serde::Serialize;

use super::passphrase::{Passphrase, SecretError, read_secret, write_secret};
use key_file::{KeyringKey, Label, Lock, keyring_of, lock_of, public_line, root_text, secret_line};
use softinfo_base::day::Day;
use softinfo_base::file::FileLock;
use softinfo_formats::directory::{
    ChannelId, DirectoryError, Epoch, EpochId, Holder, HolderId, Kind, SigningError, SigningKey,
};
use softinfo_seal::hybrid::Identity;

pub use key_file::{KEYRING_FILE, SIGNING_FILE};
pub use make::{Made, Order};
pub use mend::Mended;

/// Name of a holder's public part.
const HOLDER_FILE: &str = "holder.json";

/// The keys in one folder, of one holder or several, all under one passphrase.
pub struct Keyring {
    folder: PathBuf,
    /// Holders whose folder is here, readable or not.
    names: Vec<HolderId>,
    holders: Vec<Holder>,
    faults: Vec<KeyringError>,
}

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
    /// Whose.
    pub holder: HolderId,
    /// Which.
    pub epoch: EpochId,
    /// First day of the epoch.
    pub from: Day,
    /// Last day of the epoch.
    pub until: Day,
    /// The key.
    pub identity: Identity,
}

/// A holder's keys as they can be seen without a passphrase.
#[derive(Debug, PartialEq, Serialize)]
pub struct Listed {
    /// Whose.
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

/// Why keys could not be made or used.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// Too few or too many.
    #[error("between 1 and {most} epochs of 1 to {most} months can be made at once, up to the year 9999; nothing was made", most = make::MOST_EPOCHS)]
    Range,
    /// The epoch exists.
    #[error(
        "there is a key for epoch {epoch} of {holder} already; it was left as it is, and nothing was made. {go_on}"
    )]
    Exists {
        /// Whose.
        holder: HolderId,
        /// Which.
        epoch: EpochId,
        /// Which month is free.
        go_on: String,
    },
    /// Keys that an ended run left are of a holder of another kind.
    #[error(
        "keys of {holder} are here that an ended keygen has made, and it was of the kind {is}, not {asked}; no key was made. Give the command as it \
         was, with --kind {is}"
    )]
    OtherKind {
        /// Whose.
        holder: HolderId,
        /// As the key files say.
        is: &'static str,
        /// As was asked for.
        asked: &'static str,
    },
    /// Another holder is to be made under another passphrase.
    #[error(
        "the passphrase is wrong for {}; no key was made. All keys in this folder are under one passphrase: use that one, \
         or give the holder a folder of its own with --desk FOLDER",
        .0.display()
    )]
    OtherPassphrase(PathBuf),
    /// Passphrase or key file.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The signing key.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// A key file whose contents are no key.
    #[error("{} opens, but holds no key that this version knows; restore it from its copy", .0.display())]
    NotAKey(PathBuf),
    /// The file that opens all others is missing.
    #[error("{} is missing: without it no key in its folder can be opened. Restore it from the copy of the folder", .0.display())]
    NoKeyring(PathBuf),
    /// The file that opens all others is no age file under a passphrase.
    #[error("{}: DAMAGED; nothing opens without it; restore it from the copy", .0.display())]
    DamagedKeyring(PathBuf),
    /// The file that opens all others opens none of them.
    #[error("{} is not the one of these keys: nothing opens; put back the right one", .0.display())]
    NotTheirKeyring(PathBuf),
    /// Keys of the kind before `keyring.age`.
    #[error(
        "{} is under the passphrase itself, as before keys had {KEYRING_FILE}; this version does not read it. Move its folder away, \
         but keep it, and make new keys with softinfo-desk keygen",
        .0.display()
    )]
    UnderPassphrase(PathBuf),
    /// A file under another keyring key.
    #[error("{} does not belong to the {KEYRING_FILE} beside it: it comes from another folder, or is damaged. Restore it from its copy", .0.display())]
    OtherKeyring(PathBuf),
    /// A key file under the name of another.
    #[error("{} is not used: it holds the key for epoch {epoch} of {holder}; move it away, or give it its place {holder}/{epoch}.age back", path.display())]
    OtherName {
        /// Which.
        path: PathBuf,
        /// Whose key it holds.
        holder: HolderId,
        /// Which.
        epoch: EpochId,
    },
    /// The public part can't be read.
    #[error("{} can't be read ({reason}); softinfo-desk keys mend makes it anew from the key files", path.display())]
    PublicPart {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// There is no public part.
    #[error(
        "{} is missing. A keygen may have been cut off: give the same keygen command again; if {HOLDER_FILE} was lost: softinfo-desk keys mend",
        .0.display()
    )]
    NoPublicPart(PathBuf),
    /// The public part is lost, and no key file can be read to make it anew.
    #[error("there is no key file in {} from which {HOLDER_FILE} could be made; restore the folder from its copy", .0.display())]
    NothingToMend(PathBuf),
    /// No such holder.
    #[error("there are no keys of {0} here")]
    NoHolder(HolderId),
    /// A profile or public part that is not in order.
    #[error("{}: {reason}", path.display())]
    Profile {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Another program makes or mends keys.
    #[error("another softinfo-desk is making or mending keys in {}; nothing was made. Try again when it has finished", .0.display())]
    InUse(PathBuf),
    /// A root key exists.
    #[error("{}: there is a root key already; it was left as it is. Choose another folder", .0.display())]
    RootExists(PathBuf),
    /// A file failed.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
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

    /// Epochs that a `holder.json` names and whose key file is gone.
    #[must_use]
    pub fn destroyed(&self) -> Vec<(&HolderId, &Epoch)> {
        let epochs = self.holders.iter().flat_map(|holder| holder.epochs.iter().map(move |epoch| (&holder.id, epoch)));
        epochs.filter(|(holder, epoch)| !self.secret(holder, &epoch.epoch).exists()).collect()
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

    fn keyring_key(&self, passphrase: &Passphrase) -> Result<KeyringKey, KeyringError> {
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

    /// Whether an epoch's key file is here, in order or not, and whatever key is in it.
    #[must_use]
    pub fn has(&self, holder: &HolderId, epoch: &EpochId) -> bool {
        self.secret(holder, epoch).exists()
    }

    /// Whether a signing key that the public part of `holder` names is gone.
    #[must_use]
    pub fn lacks_signing_key(&self, holder: &HolderId) -> bool {
        self.listed(holder).signing == KeyState::Destroyed
    }

    fn secret(&self, holder: &HolderId, epoch: &EpochId) -> PathBuf {
        self.folder.join(holder.as_str()).join(format!("{epoch}.age"))
    }
}

impl UnlockedKeys {
    /// All keys, the likeliest for something that was sealed on `day` first: by the days between `day` and the key's epoch,
    /// then the one whose epoch began last. None is left out, because a day is only a hint.
    #[must_use]
    pub fn ordered_for(&self, day: Day) -> Vec<&Unlocked> {
        likeliest_first(self.keys.iter(), day)
    }
}

/// `keys` in the order of [`UnlockedKeys::ordered_for`].
pub(super) fn likeliest_first<'a>(keys: impl Iterator<Item = &'a Unlocked>, day: Day) -> Vec<&'a Unlocked> {
    let mut keys: Vec<_> = keys.collect();
    keys.sort_by_key(|key| (key.days_from(day), Reverse(key.from)));
    keys
}

impl Unlocked {
    /// Days between `day` and the epoch; 0 within it.
    fn days_from(&self, day: Day) -> i32 {
        let (from, until, day) = (self.from.number(), self.until.number(), day.number());
        (from - day).max(day - until).max(0)
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

/// A holder without names, competence, duty card or keys.
#[must_use]
pub fn plain_holder(id: HolderId, kind: Kind) -> Holder {
    Holder {
        id,
        kind,
        names: BTreeMap::default(),
        categories: Vec::new(),
        competence: BTreeMap::default(),
        duty_card: BTreeMap::default(),
        signing_key: None,
        identity: None,
        posts: None,
        epochs: Vec::new(),
    }
}

/// Reads a holder that a person wrote or handed in: a profile, or what `keygen` wrote. A field that isn't known is named and refused.
///
/// # Errors
/// `Profile`, `File`.
pub fn read_holder(path: &Path) -> Result<Holder, KeyringError> {
    let bytes = softinfo_base::file::read_limited(path, softinfo_base::limits::MAX_DIRECTORY).map_err(failed(path))?;
    Holder::parse_strict(&bytes).map_err(|error| {
        // Not a directory yet: only what is wrong with this entry.
        let reason = if let DirectoryError::Contents(reason) = error { reason } else { error.to_string() };
        KeyringError::Profile { path: path.to_owned(), reason }
    })
}

/// The public part in a holder's folder; `None` when it is missing. Fields that aren't known are passed over: they must not lock a desk.
fn public_part(folder: &Path, name: &HolderId) -> Result<Option<Holder>, KeyringError> {
    let path = folder.join(HOLDER_FILE);
    let fault = |reason: String| KeyringError::PublicPart { path: path.clone(), reason };
    let bytes = match softinfo_base::file::read_limited(&path, softinfo_base::limits::MAX_DIRECTORY) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        bytes => bytes.map_err(|error| fault(error.to_string()))?,
    };
    if bytes.is_empty() {
        return Err(fault("it is empty".to_owned()));
    }
    let holder: Holder = serde_json::from_slice(&bytes).map_err(|error| fault(softinfo_base::wording::json(&error)))?;
    if holder.id == *name { Ok(Some(holder)) } else { Err(fault(format!("it is the public part of {}", holder.id))) }
}

/// Epoch key files in a holder's folder, by name.
fn epoch_files(folder: &Path) -> Result<Vec<(EpochId, PathBuf)>, KeyringError> {
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
fn read_epoch(key: &KeyringKey, path: &Path) -> Result<(Unlocked, Kind), KeyringError> {
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

/// Writes a holder's public part.
fn write_public_part(folder: &Path, holder: &Holder) -> Result<(), KeyringError> {
    let path = folder.join(HOLDER_FILE);
    softinfo_base::file::write_whole(&path, |file| {
        serde_json::to_writer_pretty(&mut *file, holder)?;
        file.write_all(b"\n")
    })
    .map_err(failed(&path))
}

/// Makes a signing key for a channel's root: `<folder>/root.age` (secret) and `<folder>/root.vkey` (public, to be pinned).
/// Where only the secret one is there, because the program was ended between the two, the public one is made from it.
///
/// # Errors
/// `RootExists`; `Secret`, also when the passphrase is too short.
pub fn make_root(
    folder: &Path,
    channel: &ChannelId,
    passphrase: &Passphrase,
    work_factor: u8,
) -> Result<SigningKey, KeyringError> {
    passphrase.long_enough()?;
    softinfo_base::file::private_folder(folder).map_err(failed(folder))?;
    let (secret, public) = (folder.join("root.age"), folder.join("root.vkey"));
    let key = if secret.exists() {
        if public.exists() {
            return Err(KeyringError::RootExists(secret));
        }
        let text = read_secret(&secret, passphrase)?;
        let named = public_line(&text).ok_or_else(|| KeyringError::NotAKey(secret.clone()))?;
        let key = SigningKey::parse(secret_line(&text), named)?;
        if key.public().name() != channel.as_str() {
            return Err(KeyringError::RootExists(secret));
        }
        key
    } else {
        let key = SigningKey::generate(channel.as_str(), &mut OsRng)?;
        write_secret(&secret, &root_text(key.public().as_str(), key.expose()), passphrase, work_factor)?;
        key
    };
    softinfo_base::file::write_whole(&public, |file| writeln!(file, "{}", key.public().as_str()))
        .map_err(failed(&public))?;
    Ok(key)
}

/// Unlocks a signing key: a root's (`root.age`, under its own passphrase) or a holder's (`signing.age`, under the keyring key that
/// lies one folder up). `public` is its verifier key.
///
/// # Errors
/// `Secret`: the passphrase is wrong or the file damaged; `NoKeyring`; `Signing`: the file holds another key than `public`.
pub fn unlock_signing(path: &Path, public: &str, passphrase: &Passphrase) -> Result<SigningKey, KeyringError> {
    let secret = match lock_of(path)? {
        Lock::Passphrase => read_secret(path, passphrase)?,
        Lock::Keyring => {
            let keyring = keyring_of(path);
            if !keyring.exists() {
                return Err(KeyringError::NoKeyring(keyring));
            }
            KeyringKey::unlock(&keyring, passphrase)?.read(path)?.secret
        }
        Lock::Damaged => return Err(SecretError::Damaged(path.display().to_string()).into()),
    };
    Ok(SigningKey::parse(secret_line(&secret), public)?)
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> KeyringError + use<'_> {
    move |source| KeyringError::File { path: path.to_owned(), source }
}
