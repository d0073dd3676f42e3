//! The right to erase a tip: a token, and its digest in the tip's header.

use std::fmt;

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// 32 bytes; whoever shows them may erase the tip. Written as 43 characters of unpadded base64.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct WithdrawToken([u8; 32]);

/// SHA-256 of a [`WithdrawToken`], as the tip's header carries it. Public: it gives no right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WithdrawDigest([u8; 32]);

/// The text is not 43 characters of canonical unpadded base64.
#[derive(Debug, thiserror::Error)]
#[error("a withdraw token is 43 characters of base64, as in the field withdraw_token of a report")]
pub struct NotAToken;

impl WithdrawToken {
    /// Characters of one as text.
    pub const LENGTH: usize = 43;

    /// Bytes of so many in a request, one a line.
    #[must_use]
    pub const fn list_bytes(count: usize) -> u64 {
        (count * (Self::LENGTH + 1)).saturating_sub(1) as u64
    }

    /// From the 32 raw bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// From 43 characters of unpadded base64.
    pub fn parse(text: &str) -> Result<Self, NotAToken> {
        decode_32(text).map(Self)
    }

    /// As 43 characters of unpadded base64.
    #[must_use]
    pub fn expose(&self) -> String {
        BASE64_STANDARD_NO_PAD.encode(self.0)
    }

    /// What the header of the tip carries.
    #[must_use]
    pub fn digest(&self) -> WithdrawDigest {
        WithdrawDigest(Sha256::digest(self.0).into())
    }
}

impl WithdrawDigest {
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

    /// From the argument of the `softinfo/1` stanza.
    pub fn parse(text: &str) -> Result<Self, NotAToken> {
        decode_32(text).map(Self)
    }
}

impl fmt::Display for WithdrawDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64_STANDARD_NO_PAD.encode(self.0))
    }
}

fn decode_32(text: &str) -> Result<[u8; 32], NotAToken> {
    let bytes = BASE64_STANDARD_NO_PAD.decode(text).map_err(|_| NotAToken)?;
    bytes.try_into().map_err(|_| NotAToken)
}
