//! Courier tokens: the relay knows only their hashes, and compares in constant time.
//!
//! In: an `Authorization` field. Out: the number of the token that it shows. Touches nothing.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::{ConditionallySelectable, ConstantTimeEq};

use softinfo_formats::api::authorization::BEARER;

/// SHA-256 of a courier token's bytes; 64 hexadecimal digits in the configuration.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TokenHash([u8; 32]);

/// The text is not 64 hexadecimal digits.
#[derive(Debug, thiserror::Error)]
#[error("a token hash is 64 hexadecimal digits; get it with: printf %s TOKEN | sha256sum")]
pub struct NotAHash;

impl TokenHash {
    /// The hash of a token.
    #[must_use]
    pub fn of(token: &[u8]) -> Self {
        Self(Sha256::digest(token).into())
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash")
    }
}

impl TryFrom<String> for TokenHash {
    type Error = NotAHash;
    fn try_from(text: String) -> Result<Self, NotAHash> {
        let mut hash = [0; 32];
        hex::decode_to_slice(text, &mut hash).map_err(|_| NotAHash)?;
        Ok(Self(hash))
    }
}

impl From<TokenHash> for String {
    fn from(hash: TokenHash) -> String {
        hex::encode(hash.0)
    }
}

/// Which of the tokens an `Authorization` header value shows after [`BEARER`], if any. Takes as long for a wrong token as for a right one.
#[must_use]
pub fn which(header: Option<&[u8]>, tokens: &[TokenHash]) -> Option<usize> {
    let shown = TokenHash::of(header?.strip_prefix(BEARER.as_bytes())?);
    // From 1; 0 is none.
    let found = tokens
        .iter()
        .zip(1_u64..)
        .fold(0, |found, (known, number)| u64::conditional_select(&found, &number, known.0.ct_eq(&shown.0)));
    usize::try_from(found).ok()?.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_known_bearer_token_passes() {
        let tokens = [TokenHash::of(b"one"), TokenHash::of(b"two")];
        assert_eq!([&b"Bearer one"[..], b"Bearer two"].map(|shown| which(Some(shown), &tokens)), [Some(0), Some(1)]);
        for wrong in
            [None, Some(&b"Bearer three"[..]), Some(b"two"), Some(b"Basic two"), Some(b"Bearer "), Some(b"Bearer two ")]
        {
            assert_eq!(which(wrong, &tokens), None);
        }
        assert_eq!(which(Some(b"Bearer one"), &[]), None);
    }
}
