//! Secrets under a passphrase: age files with scrypt, and the passphrase from a file descriptor. Asking for one at a terminal is the program's part.

use std::io::{self, Read};
use std::path::Path;

use age::secrecy::{ExposeSecret, SecretString};
use age::{DecryptError, scrypt};
use zeroize::Zeroizing;

/// log2 of scrypt's N for new files: about a second and 256 MiB on a laptop, as age does by default.
pub const WORK_FACTOR: u8 = 18;
/// Largest log2 of scrypt's N that a file may ask for: 4 GiB. Fixed, because the `age` crate would take a bound from the speed of the moment.
pub const MOST_WORK: u8 = 22;
/// Most bytes of a file or descriptor in which a passphrase is looked for.
const MOST_BYTES: usize = 4096;
/// Fewest characters of a new passphrase.
pub const SHORTEST: usize = 12;
/// Largest secret file, in bytes; the secrets are some hundred.
pub(super) const LARGEST: u64 = 64 * 1024;

/// A passphrase. Erased from memory on drop, never printed.
pub struct Passphrase(SecretString);

/// Why a secret could not be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Too short for a new key.
    #[error(
        "the passphrase has fewer than {SHORTEST} characters; nothing was made. Take a longer one, for example five random words"
    )]
    TooShort,
    /// Typed differently the second time.
    #[error("the two passphrases differ; nothing was changed. Try again")]
    Different,
    /// Nothing was typed, or the descriptor is closed.
    #[error("no passphrase was given; type it at the prompt, or pass --passphrase-fd N with an open file descriptor")]
    None,
    /// Bytes that are no text.
    #[error("the passphrase that was given is not UTF-8 text, so it was not tried; give it in UTF-8")]
    NotText,
    /// Wrong passphrase, or damage in what it unlocks: the two can't be told apart.
    #[error(
        "the passphrase is wrong for {0}, or that file is damaged. Look at capital letters and the keyboard's language, and try again; if you are \
         sure of it, restore the file from its copy. Without the right passphrase nobody can open it"
    )]
    Wrong(String),
    /// Not an age file with a passphrase.
    #[error("{0} is damaged, or no key file; restore it from its copy")]
    Damaged(String),
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file that failed.
        path: String,
        /// What the system said of it.
        source: io::Error,
    },
}

impl Passphrase {
    /// From text; for tests and for programs that hold it already.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(SecretString::from(text))
    }

    /// The first line of an open file descriptor, which is read once.
    pub fn from_descriptor(number: u32) -> Result<Self, SecretError> {
        Self::from_file(Path::new(&format!("/dev/fd/{number}")))
    }

    /// The first line of a file.
    pub fn from_file(path: &Path) -> Result<Self, SecretError> {
        // In one place that is wiped: a buffer that grows or is left behind would keep it. Up to the end of the line: more may never come.
        let mut file = std::fs::File::open(path).map_err(|_| SecretError::None)?;
        let mut bytes = Zeroizing::new([0; MOST_BYTES]);
        let mut length = 0;
        while length < MOST_BYTES && !bytes[..length].contains(&b'\n') {
            match file.read(&mut bytes[length..]) {
                Ok(0) => break,
                Ok(more) => length += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(SecretError::None),
            }
        }
        let line = bytes[..length].split(|byte| *byte == b'\n').next().unwrap_or_default();
        let text = std::str::from_utf8(line).map_err(|_| SecretError::NotText)?.trim_end_matches('\r');
        if text.is_empty() { Err(SecretError::None) } else { Ok(Self::new(text.to_owned())) }
    }

    /// Whether both are the same text.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        self.0.expose_secret() == other.0.expose_secret()
    }

    /// Whether it may protect a new key.
    ///
    /// # Errors
    /// `TooShort`.
    pub fn long_enough(&self) -> Result<(), SecretError> {
        if self.0.expose_secret().chars().count() < SHORTEST { Err(SecretError::TooShort) } else { Ok(()) }
    }
}

/// Writes `secret` as an age file under the passphrase. `work_factor` is log2 of scrypt's N, 1 to [`MOST_WORK`].
pub fn write_secret(path: &Path, secret: &str, passphrase: &Passphrase, work_factor: u8) -> Result<(), SecretError> {
    let mut recipient = scrypt::Recipient::new(passphrase.0.clone());
    recipient.set_work_factor(work_factor.clamp(1, MOST_WORK));
    write_sealed(path, secret, &recipient)
}

/// Reads what [`write_secret`] wrote. Takes as long, and as much memory, as the file's work factor asks for.
pub fn read_secret(path: &Path, passphrase: &Passphrase) -> Result<Zeroizing<String>, SecretError> {
    let mut identity = scrypt::Identity::new(passphrase.0.clone());
    identity.set_max_work_factor(MOST_WORK);
    read_sealed(path, &identity)
}

/// Writes `secret` as an age file for `recipient`, whole or not at all, and never over another: a key that is overwritten is lost.
pub(super) fn write_sealed(path: &Path, secret: &str, recipient: &impl age::Recipient) -> Result<(), SecretError> {
    let sealed =
        age::encrypt(recipient, secret.as_bytes()).map_err(|error| file_error(path, io::Error::other(error)))?;
    softinfo_base::file::write_new(path, |file| io::Write::write_all(file, &sealed))
        .map_err(|error| file_error(path, error))
}

/// Reads a file that [`write_sealed`] wrote. `Wrong` when it is for another identity.
pub(super) fn read_sealed(path: &Path, identity: &dyn age::Identity) -> Result<Zeroizing<String>, SecretError> {
    let shown = path.display().to_string();
    let sealed = softinfo_base::file::read_limited(path, LARGEST).map_err(|error| file_error(path, error))?;
    // As large as it can become, so that no copy is left behind by growing.
    let mut text = Zeroizing::new(String::with_capacity(sealed.len()));
    let mut opened = softinfo_seal::open::decrypt(&sealed[..], &[identity]).map_err(|error| match error {
        softinfo_seal::open::OpenError::Damaged(DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed)
        | softinfo_seal::open::OpenError::NotForUs => SecretError::Wrong(shown.clone()),
        _ => SecretError::Damaged(shown.clone()),
    })?;
    opened.read_to_string(&mut text).map_err(|_| SecretError::Damaged(shown))?;
    Ok(text)
}

fn file_error(path: &Path, source: io::Error) -> SecretError {
    SecretError::File { path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passphrase_is_the_first_line_and_what_is_no_text_is_said_to_be_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("typed");
        let read = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            Passphrase::from_file(&path).map(|read| read.0.expose_secret().to_owned())
        };
        for bytes in [&b"five words"[..], b"five words\n", b"five words\r\nmore", b"five words\n\xff"] {
            assert_eq!(read(bytes).unwrap(), "five words");
        }
        assert_eq!(read(&[b'x'; 2 * MOST_BYTES]).unwrap().len(), MOST_BYTES);
        assert!(matches!(read(b"caf\xe9\n"), Err(SecretError::NotText)));
        assert!(matches!(read(b"\nsecond"), Err(SecretError::None)));
    }
}
