//! Keys that sign directories: making a channel's root key, and unlocking that or a holder's.

use std::io::Write;
use std::path::Path;

use rand::rngs::OsRng;
use softinfo_base::file::{private_folder, write_whole};
use softinfo_formats::directory::{ChannelId, SigningKey};

use super::KeyringError;
use super::error::failed;
use super::key_file::{KeyringKey, Lock, keyring_of, lock_of, public_line, root_text, secret_line};
use crate::passphrase::{Passphrase, SecretError};
use crate::secret_file::{read_secret, write_secret};

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
    private_folder(folder).map_err(failed(folder))?;
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
    write_whole(&public, |file| writeln!(file, "{}", key.public().as_str())).map_err(failed(&public))?;
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
