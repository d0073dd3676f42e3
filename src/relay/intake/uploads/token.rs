//! The secret behind an upload's address: who has it can go on, and nobody can read what is staged without it.
//!
//! In: chance, or an address. Out: the name of a file, and what seals it. Touches nothing.

use std::fmt;
use std::path::Path;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use hkdf::Hkdf;
use rand::{RngCore, rngs::OsRng};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use softinfo_formats::api::paths::UPLOADS;

/// 256 random bits. Only in the address of the upload and in memory, never on disk.
pub(super) struct Token(Zeroizing<[u8; 32]>);

/// SHA-256 of a token: the name of the upload's file.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Name([u8; 32]);

impl Token {
    /// A new one.
    pub fn random() -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        OsRng.fill_bytes(&mut *bytes);
        Self(bytes)
    }

    /// 43 characters of base64url without padding; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        // Decoded into more room than needed, because the decoder asks for it.
        let mut room = Zeroizing::new([0; 33]);
        let length = BASE64_URL_SAFE_NO_PAD.decode_slice(text, &mut *room).ok()?;
        bytes.copy_from_slice(&room[..32]);
        (length == 32).then_some(Self(bytes))
    }

    /// The path of the upload in a URL.
    pub fn address(&self) -> String {
        format!("{UPLOADS}/{}", BASE64_URL_SAFE_NO_PAD.encode(*self.0))
    }

    /// The name of the upload's file, which doesn't lead back to the token.
    pub fn name(&self) -> Name {
        Name(Sha256::digest(*self.0).into())
    }

    /// What seals the upload's file.
    pub fn cipher(&self) -> XChaCha20Poly1305 {
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(Some(b"softinfo/upload/1"), &*self.0)
            .expand(b"file", &mut *key)
            .unwrap_or_else(|_| unreachable!("32 bytes are within what HKDF gives"));
        XChaCha20Poly1305::new((&*key).into())
    }
}

impl Name {
    /// Back from the name of a file.
    pub fn of_file(path: &Path) -> Option<Self> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(path.file_name()?.to_str()?, &mut bytes).ok()?;
        Some(Self(bytes))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_back_to_its_token_and_to_no_other() {
        let token = Token::random();
        let address = token.address();
        let text = address.strip_prefix("/tips/uploads/").unwrap();
        assert_eq!(text.len(), 43);
        assert!(Token::parse(text).unwrap().name() == token.name());
        assert!(Name::of_file(Path::new(&format!("x/{}", token.name()))).unwrap() == token.name());
        assert!(Token::random().name() != token.name());
        for wrong in
            ["", "AAAA", &text[..42], &format!("{text}A"), &format!("{text}="), &text.replacen(|_| true, "+", 1)]
        {
            assert!(Token::parse(wrong).is_none(), "{wrong}");
        }
    }
}
