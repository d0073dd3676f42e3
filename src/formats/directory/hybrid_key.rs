//! A holder's public key as it stands in a directory: read and checked, by everybody alike, without any cipher.
//!
//! In: `age1pq1…`, the recipient `mlkem768x25519` of the C2SP age specification. Out: its 1 216 bytes, valid. Sealing to it is `softinfo-seal`'s part;
//! the checks are here, so that a relay refuses what a writer would refuse.

use std::str::FromStr;

use bech32::primitives::decode::CheckedHrpstring;
use curve25519_dalek::{MontgomeryPoint, traits::IsIdentity};

/// What a recipient's text begins with, before the separator `1`.
const PREFIX: &str = "age1pq";
/// Bytes of an ML-KEM-768 encapsulation key (FIPS 203, table 3).
pub const ML_KEM_KEY: usize = 1184;
/// Bytes of an X25519 public key (RFC 7748).
pub const X25519_KEY: usize = 32;
/// Bytes of the coefficients at the beginning of an encapsulation key: 3 polynomials of 256 coefficients with 12 bits. The seed behind them is free.
const COEFFICIENTS: usize = 3 * 256 * 12 / 8;
/// The prime that a coefficient is below (FIPS 203, q).
const MODULUS: u16 = 3329;

/// A public key to which a tip can be sealed. Exists only when ML-KEM's modulus check passed (FIPS 203, 7.2) and the X25519 share is of high order.
#[derive(Clone, PartialEq, Eq)]
pub struct HybridKey {
    ml_kem: [u8; ML_KEM_KEY],
    x25519: [u8; X25519_KEY],
}

/// Why a text is no public key to which a tip can be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Another kind of recipient, for example a classical one.
    #[error("not a post-quantum recipient: it has to begin with age1pq1")]
    NotHybrid,
    /// Wrong checksum, length or characters.
    #[error("the key was copied wrongly: its checksum or length is not right")]
    Damaged,
    /// A key that would give away what is sealed to it.
    #[error("the key is not a valid public key")]
    Invalid,
}

impl HybridKey {
    /// The encapsulation key of ML-KEM-768, 1 184 bytes (FIPS 203).
    #[must_use]
    pub const fn ml_kem(&self) -> &[u8; ML_KEM_KEY] {
        &self.ml_kem
    }

    /// The public key of X25519 (RFC 7748).
    #[must_use]
    pub const fn x25519(&self) -> &[u8; X25519_KEY] {
        &self.x25519
    }
}

impl FromStr for HybridKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        if !text.to_ascii_lowercase().starts_with(PREFIX) {
            return Err(KeyError::NotHybrid);
        }
        let parsed = CheckedHrpstring::new::<Bech32Long>(text).map_err(|_| KeyError::Damaged)?;
        if parsed.hrp().to_lowercase() != PREFIX {
            return Err(KeyError::NotHybrid);
        }
        let bytes: Vec<u8> = parsed.byte_iter().collect();
        let (ml_kem, x25519) = bytes.split_at_checked(ML_KEM_KEY).ok_or(KeyError::Damaged)?;
        let key = Self {
            ml_kem: ml_kem.try_into().map_err(|_| KeyError::Damaged)?,
            x25519: x25519.try_into().map_err(|_| KeyError::Damaged)?,
        };
        if below_modulus(&key.ml_kem) && is_contributory(&key.x25519) { Ok(key) } else { Err(KeyError::Invalid) }
    }
}

/// The modulus check of FIPS 203, 7.2: every 12-bit coefficient (algorithm 6, `ByteDecode`) is below q.
fn below_modulus(key: &[u8; ML_KEM_KEY]) -> bool {
    key[..COEFFICIENTS].chunks_exact(3).all(|three| {
        let [low, middle, high] = [three[0], three[1], three[2]].map(u16::from);
        (low | (middle & 0x0f) << 8) < MODULUS && (middle >> 4 | high << 4) < MODULUS
    })
}

/// Whether a shared secret with this point depends on the other side at all (RFC 7748, 6.1): every clamped scalar takes a point of low order to zero.
fn is_contributory(x25519: &[u8; X25519_KEY]) -> bool {
    !MontgomeryPoint(*x25519).mul_clamped([1; 32]).is_identity()
}

/// Bech32 (BIP 173) without its limit on length, as age uses it.
enum Bech32Long {}

impl bech32::Checksum for Bech32Long {
    type MidstateRepr = u32;
    const CODE_LENGTH: usize = usize::MAX;
    const CHECKSUM_LENGTH: usize = bech32::Bech32::CHECKSUM_LENGTH;
    const GENERATOR_SH: [u32; 5] = bech32::Bech32::GENERATOR_SH;
    const TARGET_RESIDUE: u32 = bech32::Bech32::TARGET_RESIDUE;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::example;

    fn example_key() -> (String, Vec<u8>) {
        let text = example::contents().holders[0].epochs[0].recipient.clone();
        let key: HybridKey = text.parse().unwrap();
        (text, [&key.ml_kem[..], &key.x25519[..]].concat())
    }

    fn spelled(bytes: &[u8]) -> String {
        bech32::encode_lower::<Bech32Long>(bech32::Hrp::parse(PREFIX).unwrap(), bytes).unwrap()
    }

    fn refused(bytes: &[u8]) -> Option<KeyError> {
        spelled(bytes).parse::<HybridKey>().err()
    }

    #[test]
    fn a_key_of_the_example_directory_is_read_and_spelled_the_same_again() {
        let (text, bytes) = example_key();
        assert_eq!(spelled(&bytes), text);
    }

    #[test]
    fn classical_and_damaged_keys_are_told_apart() {
        let classical = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
        assert_eq!(classical.parse::<HybridKey>().err(), Some(KeyError::NotHybrid));
        let (mut text, bytes) = example_key();
        assert_eq!(refused(&bytes[1..]), Some(KeyError::Damaged));
        assert_eq!(refused(&[&bytes[..], &[0]].concat()), Some(KeyError::Damaged));
        text.replace_range(100..101, if &text[100..101] == "q" { "p" } else { "q" });
        assert_eq!(text.parse::<HybridKey>().err(), Some(KeyError::Damaged));
    }

    #[test]
    fn a_coefficient_at_the_modulus_is_refused_and_one_below_it_is_not() {
        let (_, bytes) = example_key();
        let place = COEFFICIENTS - 3;
        for (coefficient, refusal) in
            [(MODULUS - 1, None), (MODULUS, Some(KeyError::Invalid)), (4095, Some(KeyError::Invalid))]
        {
            let [low, high] = coefficient.to_le_bytes();
            let mut first = bytes.clone();
            (first[place], first[place + 1]) = (low, first[place + 1] & 0xf0 | high);
            assert_eq!(refused(&first), refusal, "{coefficient}, low");
            let mut second = bytes.clone();
            (second[place + 1], second[place + 2]) = (second[place + 1] & 0x0f | low << 4, low >> 4 | high << 4);
            assert_eq!(refused(&second), refusal, "{coefficient}, high");
        }
    }

    #[test]
    fn a_point_of_low_order_is_refused() {
        let (_, bytes) = example_key();
        // 0, 1 and p - 1 (RFC 7748, little-endian), the first two with the bit that is ignored set, too.
        let mut points = [[0; 32], [0; 32], [0xff; 32], [0; 32]];
        points[1][0] = 1;
        (points[2][0], points[2][31]) = (0xec, 0x7f);
        points[3][31] = 0x80;
        for point in points {
            assert_eq!(refused(&[&bytes[..ML_KEM_KEY], &point].concat()), Some(KeyError::Invalid));
        }
    }
}
