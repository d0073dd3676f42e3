//! The receipt: 128 bits that only the writer has, and all that is derived from them (`docs/protocol.md`, 3).
//!
//! In: randomness, or what a person typed back. Out: words and digits, and keys, tokens and ids by HKDF-SHA256. Touches nothing. It is erased from
//! memory on drop, has no other printed form than words and digits, and never gets into a tip or to the relay.

mod shown;
mod typed;
mod word_list;

pub use typed::ReceiptError;

use hkdf::Hkdf;
use rand::{CryptoRng, RngCore};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::author::AuthorKey;
use super::hybrid::Identity;
use softinfo_formats::envelope::withdraw::WithdrawToken;

/// Salt of all derivations, which ties them to this version.
const SALT: &[u8] = b"softinfo/receipt/1";
/// Words of a receipt, and groups of digits.
const WORDS: usize = 12;
/// Messages that one receipt can have. The first has number 0, the others random ones (`docs/protocol.md`, 3).
pub const MESSAGES: u16 = 4096;
/// Bytes that twelve words, or twelve groups, take at most, and more: a text that never grows leaves no copy of itself in memory.
const LONGEST: usize = 256;

/// The writer's 128-bit secret. Never stored by the relay or put into a tip.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Receipt([u8; 16]);

impl Receipt {
    /// A new receipt from `rng`.
    pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let mut secret = [0; 16];
        rng.fill_bytes(&mut secret);
        Self(secret)
    }

    /// From the 16 raw bytes.
    #[must_use]
    pub const fn from_bytes(secret: [u8; 16]) -> Self {
        Self(secret)
    }

    /// The identity that opens replies; its recipient travels in the tip.
    #[must_use]
    pub fn reply_identity(&self) -> Identity {
        Identity::from_seed(self.derive("reply-identity"))
    }

    /// The id of the conversation, 16 bytes.
    #[must_use]
    pub fn thread(&self) -> [u8; 16] {
        *self.derive("thread")
    }

    /// The withdraw token of message `n` of the thread; the first tip is 0.
    #[must_use]
    pub fn withdraw_token(&self, n: u32) -> WithdrawToken {
        WithdrawToken::from_bytes(*self.derive(&format!("withdraw/{n}")))
    }

    /// The withdraw tokens of every message that the thread can have: 0 to 4095, in order.
    #[must_use]
    pub fn withdraw_tokens(&self) -> impl ExactSizeIterator<Item = WithdrawToken> {
        (0..MESSAGES).map(|n| self.withdraw_token(n.into()))
    }

    /// The key that signs later messages of the thread.
    #[must_use]
    pub fn author(&self) -> AuthorKey {
        AuthorKey::from_seed(&self.derive("author"))
    }

    fn derive<const N: usize>(&self, info: &str) -> Zeroizing<[u8; N]> {
        let mut out = Zeroizing::new([0; N]);
        Hkdf::<Sha256>::new(Some(SALT), &self.0)
            .expand(info.as_bytes(), &mut *out)
            .expect("16 and 32 are within HKDF's limit");
        out
    }
}
