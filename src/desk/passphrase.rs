//! A passphrase, from text or from a file descriptor. Asking for one at a terminal is the program's part.
//!
//! In: bytes that somebody typed. Out: a type that is erased on drop, and never printed. Touches no file but the one that it is told to read.

use std::io::{self, Read};
use std::path::Path;

use age::secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

/// Most bytes of a file or descriptor in which a passphrase is looked for.
const MOST_BYTES: usize = 4096;
/// Fewest characters of a new passphrase.
pub const SHORTEST: usize = 12;
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

    /// The text, for the one key derivation that takes it.
    pub(crate) fn secret(&self) -> SecretString {
        self.0.clone()
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
