//! Files that hold a secret: age files under a passphrase (scrypt), or under another key.
//!
//! In: a secret's text. Out: a file that is whole or absent and takes no other's place; and the text again. Touches that file.

use std::io::{self, Read, Write};
use std::path::Path;

use age::{DecryptError, scrypt};
use softinfo_base::file::{read_limited, write_new};
use softinfo_seal::open::{OpenError, decrypt};
use zeroize::Zeroizing;

use crate::passphrase::{Passphrase, SecretError};

/// log2 of scrypt's N for new files: about a second and 256 MiB on a laptop, as age does by default.
pub const WORK_FACTOR: u8 = 18;
/// Largest log2 of scrypt's N that a file may ask for: 4 GiB. Fixed, because the `age` crate would take a bound from the speed of the moment.
pub const MOST_WORK: u8 = 22;
/// Largest secret file, in bytes; the secrets are some hundred.
pub(crate) const LARGEST: u64 = 64 * 1024;

/// Writes `secret` as an age file under the passphrase. `work_factor` is log2 of scrypt's N, 1 to [`MOST_WORK`].
pub(crate) fn write_secret(
    path: &Path,
    secret: &str,
    passphrase: &Passphrase,
    work_factor: u8,
) -> Result<(), SecretError> {
    let mut recipient = scrypt::Recipient::new(passphrase.secret());
    recipient.set_work_factor(work_factor.clamp(1, MOST_WORK));
    write_sealed(path, secret, &recipient)
}

/// Reads what [`write_secret`] wrote. Takes as long, and as much memory, as the file's work factor asks for.
pub(crate) fn read_secret(path: &Path, passphrase: &Passphrase) -> Result<Zeroizing<String>, SecretError> {
    let mut identity = scrypt::Identity::new(passphrase.secret());
    identity.set_max_work_factor(MOST_WORK);
    read_sealed(path, &identity)
}

/// Writes `secret` as an age file for `recipient`, whole or not at all, and never over another: a key that is overwritten is lost.
pub(crate) fn write_sealed(path: &Path, secret: &str, recipient: &impl age::Recipient) -> Result<(), SecretError> {
    let sealed =
        age::encrypt(recipient, secret.as_bytes()).map_err(|error| file_error(path, io::Error::other(error)))?;
    write_new(path, |file| file.write_all(&sealed)).map_err(|error| file_error(path, error))
}

/// Reads a file that [`write_sealed`] wrote. `Wrong` when it is for another identity.
pub(crate) fn read_sealed(path: &Path, identity: &dyn age::Identity) -> Result<Zeroizing<String>, SecretError> {
    let shown = path.display().to_string();
    let sealed = read_limited(path, LARGEST).map_err(|error| file_error(path, error))?;
    // As large as it can become, so that no copy is left behind by growing.
    let mut text = Zeroizing::new(String::with_capacity(sealed.len()));
    let mut opened = decrypt(&sealed[..], &[identity]).map_err(|error| match error {
        OpenError::Damaged(DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed)
        | OpenError::NotForUs => SecretError::Wrong(shown.clone()),
        _ => SecretError::Damaged(shown.clone()),
    })?;
    opened.read_to_string(&mut text).map_err(|_| SecretError::Damaged(shown))?;
    Ok(text)
}

fn file_error(path: &Path, source: io::Error) -> SecretError {
    SecretError::File { path: path.display().to_string(), source }
}
