//! Who wrote a later message: a signature by the author key of the receipt over the sums of a tip's entries (`docs/protocol.md`, 1.5).
//!
//! In: the sums of a tip's entries, and a key or a signature. Out: the signature, or whether it is one of this author. Touches nothing.
//! Every reader of a tip knows its thread and could write a message that seems to belong to it; only whoever has the receipt has the key.

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

/// The signature is not one of this author over these sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the message is not signed by the author of the thread")]
pub struct NotByTheAuthor;

/// The author key that signs. Erased from memory on drop, never printed.
pub struct AuthorKey(SigningKey);

impl AuthorKey {
    /// From the 32-byte seed that the receipt gives.
    pub(super) fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The field `author` of a report: the verifier key as 43 characters of unpadded base64.
    #[must_use]
    pub fn public(&self) -> String {
        BASE64_STANDARD_NO_PAD.encode(self.0.verifying_key().as_bytes())
    }

    /// The 64 bytes of `author.sig`: Ed25519 over SHA-256 of `sums`, which are those of all entries before it ([`super::container::sums`]).
    #[must_use]
    pub fn sign(&self, sums: &str) -> [u8; 64] {
        self.0.sign(&Sha256::digest(sums)).to_bytes()
    }
}

/// Whether `signature` is that of `author` over the entries with these `sums`. Keys and signatures of small order are refused (RFC 8032, strictly).
pub fn verify(author: &str, sums: &str, signature: &[u8]) -> Result<(), NotByTheAuthor> {
    let key = BASE64_STANDARD_NO_PAD.decode(author).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let key = key.and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok()).ok_or(NotByTheAuthor)?;
    let signature = Signature::from_slice(signature).map_err(|_| NotByTheAuthor)?;
    key.verify_strict(&Sha256::digest(sums), &signature).map_err(|_| NotByTheAuthor)
}
