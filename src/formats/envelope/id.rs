//! The name of a tip: the SHA-256 of its bytes, so that every later room can check that nothing was changed.

use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use softinfo_base::digest::Digest;

/// SHA-256 of a tip's bytes; written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TipId(Digest);

/// The text is not a tip id.
#[derive(Debug, thiserror::Error)]
#[error("a tip id is 64 hexadecimal digits in lower case")]
pub struct NotATipId;

impl TipId {
    /// The id of a tip that is in memory.
    #[must_use]
    pub fn of(tip: &[u8]) -> Self {
        Self(Digest::of(tip))
    }

    /// The id of the tip that `reader` gives, and its length in bytes.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn of_reader(reader: impl Read) -> io::Result<(Self, u64)> {
        Digest::of_reader(reader).map(|(digest, length)| (Self(digest), length))
    }

    /// From the 32 raw bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Digest::from_bytes(bytes))
    }

    /// The 32 raw bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }
}

impl From<Digest> for TipId {
    /// The digest of a tip's bytes.
    fn from(digest: Digest) -> Self {
        Self(digest)
    }
}

impl fmt::Display for TipId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for TipId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for TipId {
    type Err = NotATipId;
    fn from_str(text: &str) -> Result<Self, NotATipId> {
        text.parse().map(Self).map_err(|_| NotATipId)
    }
}

softinfo_base::text_form!(TipId);
