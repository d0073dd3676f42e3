//! A holder's public key as it stands in a directory: read and checked, by everybody alike, without any cipher.
//!
//! In: `age1pq1…`, the recipient `mlkem768x25519` of the C2SP age specification. Out: its 1 216 bytes, valid. Sealing to it is `softinfo-seal`'s part;
//! the checks are here, so that a relay refuses what a writer would refuse.

use std::str::FromStr;

use bech32::Hrp;
use bech32::primitives::decode::CheckedHrpstring;
use curve25519_dalek::{MontgomeryPoint, traits::IsIdentity};

/// What a recipient's text begins with, before the separator `1`; in small letters, as the C2SP specification writes it and the page reads it.
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
        if !text.starts_with("age1pq1") {
            return Err(KeyError::NotHybrid);
        }
        let parsed = CheckedHrpstring::new::<Bech32Long>(text).map_err(|_| KeyError::Damaged)?;
        let bytes: Vec<u8> = parsed.byte_iter().collect();
        let (ml_kem, x25519) = bytes.split_at_checked(ML_KEM_KEY).ok_or(KeyError::Damaged)?;
        let key = Self {
            ml_kem: ml_kem.try_into().map_err(|_| KeyError::Damaged)?,
            x25519: x25519.try_into().map_err(|_| KeyError::Damaged)?,
        };
        // One key has one text: no bits set that fill up the last character, and no character more.
        if spelled(&bytes).as_deref() != Some(text) {
            return Err(KeyError::Damaged);
        }
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

/// The one text of a key's bytes.
fn spelled(bytes: &[u8]) -> Option<String> {
    bech32::encode_lower::<Bech32Long>(Hrp::parse(PREFIX).ok()?, bytes).ok()
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

    fn refused(bytes: &[u8]) -> Option<KeyError> {
        spelled(bytes).unwrap().parse::<HybridKey>().err()
    }

    #[test]
    fn a_key_of_the_example_directory_is_read_and_spelled_the_same_again() {
        let (text, bytes) = example_key();
        assert_eq!(spelled(&bytes).unwrap(), text);
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
    fn a_key_has_one_text() {
        use bech32::primitives::iter::{ByteIterExt, Fe32IterExt};
        let (text, bytes) = example_key();
        assert_eq!(text.to_uppercase().parse::<HybridKey>().err(), Some(KeyError::NotHybrid));
        let mixed = format!("{}{}", &text[..20], text[20..].to_uppercase());
        assert_eq!(mixed.parse::<HybridKey>().err(), Some(KeyError::Damaged));
        // 9 728 bits are 1 945 characters of 5 bits and 3 bits more: the last character has two bits that mean nothing.
        let hrp = Hrp::parse(PREFIX).unwrap();
        let spell = |characters: Vec<bech32::Fe32>| -> String {
            characters.into_iter().with_checksum::<Bech32Long>(&hrp).chars().collect()
        };
        let characters: Vec<_> = bytes.iter().copied().bytes_to_fes().collect();
        assert_eq!(spell(characters.clone()), text);
        let mut filled = characters.clone();
        let last = filled.last_mut().unwrap();
        *last = bech32::Fe32::try_from(last.to_u8() | 1).unwrap();
        assert_eq!(spell(filled).parse::<HybridKey>().err(), Some(KeyError::Damaged));
        let more = [characters, vec![bech32::Fe32::Q]].concat();
        assert_eq!(spell(more).parse::<HybridKey>().err(), Some(KeyError::Damaged));
    }

    #[test]
    fn a_point_of_low_order_is_refused() {
        let (_, bytes) = example_key();
        let point = |text: &str| <[u8; 32]>::try_from(hex::decode(text).unwrap()).unwrap();
        let order_eight = [
            point("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
            point("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
        ];
        // 0, 1 and p - 1, in little-endian order (RFC 7748).
        let mut points = [[0; 32], [0; 32], [0xff; 32], order_eight[0], order_eight[1]];
        points[1][0] = 1;
        (points[2][0], points[2][31]) = (0xec, 0x7f);
        for mut point in points {
            for ignored_bit in [0, 0x80] {
                point[31] = point[31] & 0x7f | ignored_bit;
                assert_eq!(refused(&[&bytes[..ML_KEM_KEY], &point].concat()), Some(KeyError::Invalid), "{point:?}");
            }
        }
    }
}
