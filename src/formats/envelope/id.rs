//! The name of a tip: the SHA-256 of its bytes, so that every later room can check that nothing was changed.

use std::fmt;
use std::io::{self, Read, Write};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// SHA-256 of a tip's bytes; written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TipId([u8; 32]);

/// The text is not a tip id.
#[derive(Debug, thiserror::Error)]
#[error("a tip id is 64 hexadecimal digits in lower case")]
pub struct NotATipId;

impl TipId {
    /// The id of a file that is in memory.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The id of what `reader` gives, and its length in bytes.
    pub fn of_reader(mut reader: impl Read) -> io::Result<(Self, u64)> {
        let mut sink = Hashed::new(io::sink());
        let length = io::copy(&mut reader, &mut sink)?;
        Ok((sink.id(), length))
    }

    /// From the 32 raw bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 raw bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for TipId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for TipId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for TipId {
    type Err = NotATipId;
    fn from_str(text: &str) -> Result<Self, NotATipId> {
        let mut bytes = [0; 32];
        if text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(NotATipId);
        }
        hex::decode_to_slice(text, &mut bytes).map_err(|_| NotATipId)?;
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for TipId {
    type Error = NotATipId;
    fn try_from(text: String) -> Result<Self, NotATipId> {
        text.parse()
    }
}

impl From<TipId> for String {
    fn from(id: TipId) -> String {
        id.to_string()
    }
}

/// A writer that passes everything on and knows the id of what went through.
pub struct Hashed<W> {
    inner: W,
    hash: Sha256,
}

impl<W: Write> Hashed<W> {
    /// Starts with nothing written.
    pub fn new(inner: W) -> Self {
        Self { inner, hash: Sha256::new() }
    }

    /// The id of what has been written.
    pub fn id(self) -> TipId {
        TipId(self.hash.finalize().into())
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
