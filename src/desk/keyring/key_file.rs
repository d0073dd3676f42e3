//! One key file: what stands in it, and the lock on it.
//!
//! `keyring.age` is under the passphrase and holds the keyring key; every other file of the folder is an age file for that key.
//! So one key derivation opens any number of months, each month is still a file that can be destroyed alone, and `age` opens all of them
//! (`docs/keys.md`).

use std::path::{Path, PathBuf};

use age::secrecy::ExposeSecret;
use age::x25519;
use rand::rngs::OsRng;
use serde::{Deserialize, Serialize};
use softinfo_base::day::Day;
use softinfo_base::file::read_limited;
use softinfo_formats::directory::{EpochId, HolderId, Kind, SigningKey};
use softinfo_formats::envelope::header::scan;
use zeroize::Zeroizing;

use super::KeyringError;
use super::error::failed;
use crate::passphrase::{Passphrase, SecretError};
use crate::secret_file::{LARGEST, read_sealed, read_secret, write_sealed, write_secret};

/// Name of the file with the keyring key, in the folder of all holders.
pub const KEYRING_FILE: &str = "keyring.age";
/// Name of the file with a holder's signing key, in the holder's folder.
pub const SIGNING_FILE: &str = "signing.age";
/// First words of `keyring.age`'s text.
const KEYRING_SCHEMA: &str = "# softinfo/keyring/1";
/// First words of every other key file's text; the label follows as JSON.
const KEY_SCHEMA: &str = "# softinfo/key/1 ";
const PUBLIC: &str = "# public key: ";

/// The key that opens all other files of a folder.
///
/// X25519, so that every age tool knows it. Its public half stands nowhere in the clear, and without that a stanza for it gives
/// a quantum computer nothing to work on: the file key depends on the public half, too.
pub(super) struct KeyringKey(x25519::Identity);

impl KeyringKey {
    /// Makes a key and writes it to `path` under the passphrase.
    pub(super) fn create(path: &Path, passphrase: &Passphrase, work_factor: u8) -> Result<Self, KeyringError> {
        let key = x25519::Identity::generate();
        let text = Zeroizing::new(format!("{KEYRING_SCHEMA}\n{}\n", key.to_string().expose_secret()));
        write_secret(path, &text, passphrase, work_factor)?;
        Ok(Self(key))
    }

    /// Reads the key in `path`. Takes about a second and 256 MiB.
    pub(super) fn unlock(path: &Path, passphrase: &Passphrase) -> Result<Self, KeyringError> {
        let text = read_secret(path, passphrase)?;
        if text.lines().next() != Some(KEYRING_SCHEMA) {
            return Err(KeyringError::NotAKey(path.to_owned()));
        }
        secret_line(&text).parse().map(Self).map_err(|_| KeyringError::NotAKey(path.to_owned()))
    }

    /// Writes a key under this one.
    pub(super) fn write(&self, path: &Path, label: &Label, public: &str, secret: &str) -> Result<(), KeyringError> {
        let label = serde_json::to_string(label).map_err(|error| failed(path)(error.into()))?;
        let text = Zeroizing::new(format!("{KEY_SCHEMA}{label}\n{PUBLIC}{public}\n{secret}\n"));
        Ok(write_sealed(path, &text, &self.0.to_public())?)
    }

    /// Makes a holder's signing key and writes it under this one. Gives its public half.
    pub(super) fn new_signing_key(&self, path: &Path, holder: &HolderId, kind: Kind) -> Result<String, KeyringError> {
        let made = SigningKey::generate(holder.as_str(), &mut OsRng)?;
        let label = Label { holder: holder.clone(), kind, epoch: None };
        self.write(path, &label, made.public().as_str(), made.expose())?;
        Ok(made.public().as_str().to_owned())
    }

    /// Reads a key under this one.
    pub(super) fn read(&self, path: &Path) -> Result<KeyText, KeyringError> {
        match lock_of(path) {
            Ok(Lock::Keyring) => {}
            Ok(Lock::Passphrase) => return Err(KeyringError::UnderPassphrase(path.to_owned())),
            Ok(Lock::Damaged) => return Err(SecretError::Damaged(path.display().to_string()).into()),
            Err(error) => return Err(error),
        }
        let text = read_sealed(path, &self.0).map_err(|error| match error {
            SecretError::Wrong(_) => KeyringError::OtherKeyring(path.to_owned()),
            other => other.into(),
        })?;
        KeyText::parse(&text).ok_or_else(|| KeyringError::NotAKey(path.to_owned()))
    }
}

/// What a key file says of its key, so that `holder.json` can be made anew from the files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Label {
    /// The holder whose key it is.
    pub(super) holder: HolderId,
    /// What the holder is.
    pub(super) kind: Kind,
    /// Absent for a signing key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) epoch: Option<Months>,
}

/// Name and days of an epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Months {
    pub(super) name: EpochId,
    pub(super) from: Day,
    pub(super) until: Day,
}

/// The text of a key file.
pub(super) struct KeyText {
    pub(super) label: Label,
    pub(super) public: String,
    pub(super) secret: Zeroizing<String>,
}

impl KeyText {
    fn parse(text: &str) -> Option<Self> {
        let label = serde_json::from_str(text.lines().next()?.strip_prefix(KEY_SCHEMA)?).ok()?;
        let public = text.lines().find_map(|line| line.strip_prefix(PUBLIC))?.to_owned();
        Some(Self { label, public, secret: Zeroizing::new(secret_line(text).to_owned()) })
    }
}

/// The line that is no comment, as age tools read identity files.
pub(super) fn secret_line(text: &str) -> &str {
    text.lines().find(|line| !line.starts_with('#') && !line.trim().is_empty()).unwrap_or_default()
}

/// The public half that a key's text names.
pub(super) fn public_line(text: &str) -> Option<&str> {
    text.lines().find_map(|line| line.strip_prefix(PUBLIC))
}

/// The text of a root key, which stands under a passphrase of its own.
pub(super) fn root_text(public: &str, secret: &str) -> Zeroizing<String> {
    Zeroizing::new(format!("{PUBLIC}{public}\n{secret}\n"))
}

/// What opens a file, seen from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lock {
    Passphrase,
    Keyring,
    /// No age file, or one that is cut short.
    Damaged,
}

/// Looks at a file's header.
pub(super) fn lock_of(path: &Path) -> Result<Lock, KeyringError> {
    let bytes = match read_limited(path, LARGEST) {
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => return Ok(Lock::Damaged),
        bytes => bytes.map_err(failed(path))?,
    };
    let Ok(header) = scan(&bytes) else { return Ok(Lock::Damaged) };
    let has = |tag| header.stanzas.iter().any(|stanza| stanza.tag == tag);
    // Behind the header: a nonce of 16 bytes, and at least the 16 of a chunk's tag.
    Ok(match bytes.len() - header.length {
        ..32 => Lock::Damaged,
        _ if has("scrypt") => Lock::Passphrase,
        _ if has("X25519") => Lock::Keyring,
        _ => Lock::Damaged,
    })
}

/// Where the keyring key of a file in a holder's folder is.
pub(super) fn keyring_of(path: &Path) -> PathBuf {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    folder.join("..").join(KEYRING_FILE)
}
