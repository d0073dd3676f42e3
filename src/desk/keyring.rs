//! The holder's keys: one age file an epoch, so that each can be destroyed when its time is over.
//!
//! `<folder>/<holder>/holder.json` is public and goes to whoever signs the directory; `<folder>/<holder>/<epoch>.age` and `signing.age`
//! are secret, each under the holder's passphrase.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rand::rngs::OsRng;

use super::passphrase::{Passphrase, SecretError, read_secret, write_secret};
use crate::day::Day;
use crate::directory::{Epoch, Holder, HolderId, SigningError, SigningKey};
use crate::tip::hybrid::Identity;

/// Days before and after an epoch on which its key is still tried: a writer's clock may be wrong.
const SLACK_DAYS: i64 = 2;
/// Most epochs made at once: ten years of months.
const MOST_EPOCHS: u32 = 120;

/// The keys in one folder.
pub struct Keyring {
    folder: PathBuf,
    holders: Vec<Holder>,
}

/// An epoch's identity, unlocked.
pub struct Unlocked {
    /// Whose.
    pub holder: HolderId,
    /// Which.
    pub epoch: HolderId,
    /// The key.
    pub identity: Identity,
}

/// What to make.
pub struct Order {
    /// Id, kind, names, competence and duty card; its epochs are replaced, and its signing key where it has none.
    pub profile: Holder,
    /// First day of the first epoch.
    pub from: Day,
    /// How many epochs.
    pub epochs: u32,
    /// Months in each.
    pub months: u32,
    /// log2 of scrypt's N.
    pub work_factor: u8,
}

/// Why keys could not be made or used.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// Too few or too many.
    #[error("between 1 and {MOST_EPOCHS} epochs of 1 to {MOST_EPOCHS} months can be made at once")]
    Range,
    /// The epoch exists.
    #[error("there is a key for epoch {epoch} of {holder} already; it was left as it is. Choose a later first month")]
    Exists {
        /// Whose.
        holder: HolderId,
        /// Which.
        epoch: HolderId,
    },
    /// Passphrase or key file.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The signing key.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// A key file whose contents are no key.
    #[error("{} holds no key; restore it from its copy", .0.display())]
    NotAKey(PathBuf),
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
    pub fn read(folder: &Path) -> Result<Self, KeyringError> {
        let mut holders = Vec::new();
        let entries = match std::fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            entries => Some(entries.map_err(failed(folder))?),
        };
        for entry in entries.into_iter().flatten() {
            let path = entry.map_err(failed(folder))?.path().join("holder.json");
            if path.exists() {
                holders.push(read_holder(&path)?);
            }
        }
        holders.sort_by(|a: &Holder, b| a.id.cmp(&b.id));
        Ok(Self { folder: folder.to_owned(), holders })
    }

    /// The holders whose keys are here.
    #[must_use]
    pub fn holders(&self) -> &[Holder] {
        &self.holders
    }

    /// Unlocks the identities that can open a tip of one of `days`: those whose epoch is near.
    ///
    /// Takes about a second for each. A missing key file is a destroyed epoch and passed over.
    pub fn unlock(&self, days: &[Day], passphrase: &Passphrase) -> Result<Vec<Unlocked>, KeyringError> {
        let near = |epoch: &&Epoch| {
            days.iter().any(|day| epoch.from.plus(-SLACK_DAYS) <= *day && *day <= epoch.until.plus(SLACK_DAYS))
        };
        let mut unlocked = Vec::new();
        for holder in &self.holders {
            for epoch in holder.epochs.iter().filter(near) {
                let path = self.secret(&holder.id, &epoch.epoch);
                if !path.exists() {
                    continue;
                }
                let text = read_secret(&path, passphrase)?;
                let line = text.lines().find(|line| !line.starts_with('#')).unwrap_or_default();
                let identity = line.parse().map_err(|_| KeyringError::NotAKey(path))?;
                unlocked.push(Unlocked { holder: holder.id.clone(), epoch: epoch.epoch.clone(), identity });
            }
        }
        Ok(unlocked)
    }

    /// Makes epoch keys, and a signing key where the holder has none. Gives the public part, which is also in `holder.json`.
    pub fn make(&mut self, order: Order, passphrase: &Passphrase) -> Result<Holder, KeyringError> {
        let Order { profile, from, epochs, months, work_factor } = order;
        if !(1..=MOST_EPOCHS).contains(&epochs) || !(1..=MOST_EPOCHS).contains(&months) {
            return Err(KeyringError::Range);
        }
        let folder = self.folder.join(profile.id.as_str());
        crate::file::private_folder(&folder).map_err(failed(&folder))?;
        let known = self.holders.iter().find(|holder| holder.id == profile.id);
        let mut holder = Holder {
            signing_key: known.and_then(|known| known.signing_key.clone()),
            epochs: known.map(|known| known.epochs.clone()).unwrap_or_default(),
            ..profile
        };
        let mut made = Vec::new();
        for n in 0..epochs {
            let first = from.plus_months(n * months);
            let last = from.plus_months((n + 1) * months).plus(-1);
            let epoch: HolderId = first.month().parse().map_err(|_| KeyringError::Range)?;
            let exists = self.secret(&holder.id, &epoch).exists() || holder.epochs.iter().any(|e| e.epoch == epoch);
            if exists {
                return Err(KeyringError::Exists { holder: holder.id, epoch });
            }
            made.push((epoch, first, last));
        }
        if holder.signing_key.is_none() {
            let key = SigningKey::generate(holder.id.as_str(), &mut OsRng)?;
            write_secret(&folder.join("signing.age"), key.expose(), passphrase, work_factor)?;
            holder.signing_key = Some(key.public().as_str().to_owned());
        }
        for (epoch, from, until) in made {
            let identity = Identity::generate(&mut OsRng);
            let recipient = identity.recipient().to_string();
            let text = zeroize::Zeroizing::new(format!(
                "# softinfo, holder {}, epoch {epoch}\n# public key: {recipient}\n{}\n",
                holder.id,
                *identity.expose()
            ));
            write_secret(&self.secret(&holder.id, &epoch), &text, passphrase, work_factor)?;
            holder.epochs.push(Epoch { epoch, from, until, recipient });
        }
        let path = folder.join("holder.json");
        crate::file::write_whole(&path, |file| {
            serde_json::to_writer_pretty(&mut *file, &holder)?;
            file.write_all(b"\n")
        })
        .map_err(failed(&path))?;
        self.holders.retain(|other| other.id != holder.id);
        self.holders.push(holder.clone());
        Ok(holder)
    }

    fn secret(&self, holder: &HolderId, epoch: &HolderId) -> PathBuf {
        self.folder.join(holder.as_str()).join(format!("{epoch}.age"))
    }
}

/// Reads the public part of a holder: a profile, or what `keygen` wrote.
pub fn read_holder(path: &Path) -> Result<Holder, KeyringError> {
    let bytes = crate::file::read_limited(path, crate::limits::MAX_DIRECTORY).map_err(failed(path))?;
    Holder::parse_strict(&bytes).map_err(|error| failed(path)(io::Error::other(error)))
}

/// Makes a signing key for a channel's root: `<folder>/root.age` (secret) and `<folder>/root.vkey` (public, to be pinned).
pub fn make_root(
    folder: &Path,
    channel: &HolderId,
    passphrase: &Passphrase,
    work_factor: u8,
) -> Result<SigningKey, KeyringError> {
    crate::file::private_folder(folder).map_err(failed(folder))?;
    let secret = folder.join("root.age");
    if secret.exists() {
        return Err(failed(&secret)(io::Error::new(io::ErrorKind::AlreadyExists, "there is a root key already")));
    }
    let key = SigningKey::generate(channel.as_str(), &mut OsRng)?;
    write_secret(&secret, key.expose(), passphrase, work_factor)?;
    let public = folder.join("root.vkey");
    crate::file::write_whole(&public, |file| writeln!(file, "{}", key.public().as_str())).map_err(failed(&public))?;
    Ok(key)
}

/// Unlocks a signing key: a root's (`root.age`) or a holder's (`signing.age`). `public` is its verifier key.
pub fn unlock_signing(path: &Path, public: &str, passphrase: &Passphrase) -> Result<SigningKey, KeyringError> {
    Ok(SigningKey::parse(&read_secret(path, passphrase)?, public)?)
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> KeyringError + use<'_> {
    move |source| KeyringError::File { path: path.to_owned(), source }
}
