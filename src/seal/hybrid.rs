//! The hybrid post-quantum recipient and identity `mlkem768x25519` of the C2SP age specification, for the `age` crate.
//!
//! In: a 32-byte seed or a public key. Out: stanzas that wrap a file key, or the file key back. Touches nothing. The KEM is X-Wing
//! (draft-connolly-cfrg-xwing-kem-10) from `ml-kem` and `x25519-dalek`; the file key is sealed with HPKE base mode (RFC 9180).
//! Kept behind this small facade because the `age` crate is about to bring its own (str4d/rage pull request 632).

use std::collections::HashSet;
use std::str::FromStr;

use age::{DecryptError, EncryptError};
use age_core::format::{FILE_KEY_BYTES, FileKey, Stanza};
use age_core::primitives::{bech32_decode, bech32_encode};
use age_core::secrecy::ExposeSecret;
use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use bech32::Hrp;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, aead::Aead};
use hkdf::Hkdf;
use ml_kem::{
    B32, Ciphertext, EncapsulateDeterministic, Encoded, EncodedSizeUser, KemCore, MlKem768,
    kem::{Decapsulate, DecapsulationKey, EncapsulationKey},
};
use rand::{CryptoRng, RngCore, rngs::OsRng};
use sha2::Sha256;
use sha3::{
    Digest, Sha3_256, Shake256,
    digest::{ExtendableOutput, Update, XofReader},
};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use softinfo_formats::directory::{HybridKey, KeyError};
use softinfo_formats::envelope::header::{ENCAPSULATED_BYTES, HYBRID_TAG};

/// What stands before the `1` of a recipient in Bech32.
const RECIPIENT_HRP: Hrp = Hrp::parse_unchecked("age1pq");
/// The same of an identity.
const IDENTITY_HRP: Hrp = Hrp::parse_unchecked("age-secret-key-pq-");
/// Bytes of an ML-KEM-768 ciphertext.
const CT_BYTES: usize = 1088;
/// The HPKE info string of the specification.
const INFO: &[u8] = b"age-encryption.org/mlkem768x25519";
/// `"HPKE" || KEM id 0x647a || KDF id 1 (HKDF-SHA256) || AEAD id 3 (ChaCha20-Poly1305)`.
const SUITE: &[u8] = b"HPKE\x64\x7a\x00\x01\x00\x03";
/// The domain separator of the X-Wing combiner, `\.//^\`.
const XWING_LABEL: &[u8] = &[0x5c, 0x2e, 0x2f, 0x2f, 0x5e, 0x5c];

type EncapsulationKey768 = EncapsulationKey<ml_kem::MlKem768Params>;
type DecapsulationKey768 = DecapsulationKey<ml_kem::MlKem768Params>;

/// A public key, `age1pq1…` (1959 characters). A stanza made with it says nothing about which key it was.
#[derive(Clone, PartialEq)]
pub struct Recipient {
    ek: EncapsulationKey768,
    x25519: PublicKey,
}

/// A secret key, `AGE-SECRET-KEY-PQ-1…` (77 characters). Erased from memory on drop, never printed.
pub struct Identity {
    seed: Zeroizing<[u8; 32]>,
    dk: DecapsulationKey768,
    x25519: StaticSecret,
    public: Recipient,
}

/// Why a text is no secret key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// Another kind of identity.
    #[error("not a post-quantum identity: it has to begin with AGE-SECRET-KEY-PQ-1")]
    NotHybrid,
    /// Wrong checksum, length or characters.
    #[error("the key was copied wrongly: its checksum or length is not right")]
    Damaged,
}

impl Recipient {
    /// Wraps `file_key` with fresh randomness from `rng`.
    ///
    /// # Panics
    /// Never: the key was checked when it was parsed, and 16 bytes are within the AEAD's limit.
    ///
    /// Returns the one stanza. It can be opened by this recipient's identity only; without that identity it can't be told from a stanza to another key.
    pub fn wrap(&self, file_key: &FileKey, rng: &mut (impl RngCore + CryptoRng)) -> Stanza {
        let mut randomness = Zeroizing::new([0u8; 32]);
        let mut ephemeral = Zeroizing::new([0u8; 32]);
        rng.fill_bytes(&mut *randomness);
        rng.fill_bytes(&mut *ephemeral);
        let (ct_m, ss_m) =
            self.ek.encapsulate_deterministic(&B32::from(*randomness)).expect("ML-KEM encapsulation can't fail");
        let ephemeral = StaticSecret::from(*ephemeral);
        let ct_x = PublicKey::from(&ephemeral);
        let ss_x = ephemeral.diffie_hellman(&self.x25519);
        let mut enc = Vec::with_capacity(ENCAPSULATED_BYTES);
        enc.extend_from_slice(&ct_m);
        enc.extend_from_slice(ct_x.as_bytes());
        let shared = combine(&ss_m, ss_x.as_bytes(), &ct_x, &self.x25519);
        let (cipher, nonce) = key_schedule(&shared);
        let body =
            cipher.encrypt(&nonce.into(), &file_key.expose_secret()[..]).expect("16 bytes are within the AEAD's limit");
        Stanza { tag: HYBRID_TAG.to_owned(), args: vec![BASE64_STANDARD_NO_PAD.encode(&enc)], body }
    }
}

impl age::Recipient for Recipient {
    fn wrap_file_key(&self, file_key: &FileKey) -> Result<(Vec<Stanza>, HashSet<String>), EncryptError> {
        // The label keeps the `age` crate from mixing in recipients that are not post-quantum.
        Ok((vec![self.wrap(file_key, &mut OsRng)], HashSet::from(["postquantum".to_owned()])))
    }
}

impl Identity {
    /// A new identity from `rng`.
    pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let mut seed = Zeroizing::new([0u8; 32]);
        rng.fill_bytes(&mut *seed);
        Self::from_seed(seed)
    }

    /// The identity of a 32-byte seed; every seed is valid.
    #[must_use]
    pub fn from_seed(seed: Zeroizing<[u8; 32]>) -> Self {
        let mut expanded = Zeroizing::new([0u8; 96]);
        let mut shake = Shake256::default();
        shake.update(&*seed);
        shake.finalize_xof().read(&mut *expanded);
        let (mut d, mut z, mut scalar) = (B32::default(), B32::default(), Zeroizing::new([0u8; 32]));
        d.copy_from_slice(&expanded[..32]);
        z.copy_from_slice(&expanded[32..64]);
        scalar.copy_from_slice(&expanded[64..]);
        let (dk, ek) = MlKem768::generate_deterministic(&d, &z);
        zeroize::Zeroize::zeroize(&mut d[..]);
        zeroize::Zeroize::zeroize(&mut z[..]);
        let x25519 = StaticSecret::from(*scalar);
        let public = Recipient { ek, x25519: PublicKey::from(&x25519) };
        Self { seed, dk, x25519, public }
    }

    /// The recipient that seals to this identity.
    #[must_use]
    pub fn recipient(&self) -> Recipient {
        self.public.clone()
    }

    /// The key string, for storing encrypted. Handle with care.
    #[must_use]
    pub fn expose(&self) -> Zeroizing<String> {
        let lower = Zeroizing::new(bech32_encode(IDENTITY_HRP, &*self.seed));
        Zeroizing::new(lower.to_ascii_uppercase())
    }

    /// The file key of `stanza`: `None` when the stanza is for somebody else, an error when it is malformed.
    pub fn unwrap(&self, tag: &str, args: &[impl AsRef<str>], body: &[u8]) -> Option<Result<FileKey, DecryptError>> {
        if tag != HYBRID_TAG {
            return None;
        }
        let malformed = Some(Err(DecryptError::InvalidHeader));
        let [arg] = args else { return malformed };
        let Ok(enc) = BASE64_STANDARD_NO_PAD.decode(arg.as_ref()) else { return malformed };
        if enc.len() != ENCAPSULATED_BYTES || body.len() != FILE_KEY_BYTES + 16 {
            return malformed;
        }
        let (ct_m, ct_x) = enc.split_at(CT_BYTES);
        let Ok(ct_m) = Ciphertext::<MlKem768>::try_from(ct_m) else { return malformed };
        let Ok(ct_x) = <[u8; 32]>::try_from(ct_x).map(PublicKey::from) else { return malformed };
        let Ok(ss_m) = self.dk.decapsulate(&ct_m) else { return malformed };
        let ss_x = self.x25519.diffie_hellman(&ct_x);
        // A low-order share would make the classical half worthless (C2SP age specification, "mlkem768x25519").
        if !ss_x.was_contributory() {
            return malformed;
        }
        let shared = combine(&ss_m, ss_x.as_bytes(), &ct_x, &self.public.x25519);
        let (cipher, nonce) = key_schedule(&shared);
        // ML-KEM rejects implicitly, so "not for us" shows here and only here.
        let opened = Zeroizing::new(cipher.decrypt(&nonce.into(), body).ok()?);
        Some(Ok(FileKey::init_with_mut(|key| key.copy_from_slice(&opened))))
    }
}

impl age::Identity for Identity {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        self.unwrap(&stanza.tag, &stanza.args, &stanza.body)
    }
}

impl std::fmt::Display for Recipient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut bytes = self.ek.as_bytes().to_vec();
        bytes.extend_from_slice(self.x25519.as_bytes());
        f.write_str(&bech32_encode(RECIPIENT_HRP, &bytes))
    }
}

impl From<HybridKey> for Recipient {
    fn from(key: HybridKey) -> Self {
        let ek = Encoded::<EncapsulationKey768>::from(*key.ml_kem());
        Self { ek: EncapsulationKey768::from_bytes(&ek), x25519: PublicKey::from(*key.x25519()) }
    }
}

impl FromStr for Recipient {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        text.parse::<HybridKey>().map(Self::from)
    }
}

impl FromStr for Identity {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, IdentityError> {
        let bytes = bech32_decode(
            text,
            |_| {
                let begins = text.to_ascii_lowercase().starts_with(IDENTITY_HRP.as_str());
                if begins { IdentityError::Damaged } else { IdentityError::NotHybrid }
            },
            |hrp| if hrp == IDENTITY_HRP { Ok(()) } else { Err(IdentityError::NotHybrid) },
            |_, bytes| Ok(Zeroizing::new(bytes.collect::<Vec<u8>>())),
        )?;
        let seed: [u8; 32] = bytes[..].try_into().map_err(|_| IdentityError::Damaged)?;
        Ok(Self::from_seed(Zeroizing::new(seed)))
    }
}

/// The X-Wing combiner: SHA3-256 over both secrets, the X25519 share, the X25519 key and the label.
fn combine(ss_m: &[u8], ss_x: &[u8; 32], ct_x: &PublicKey, pk_x: &PublicKey) -> Zeroizing<[u8; 32]> {
    let hash = Sha3_256::new().chain(ss_m).chain(ss_x).chain(ct_x.as_bytes()).chain(pk_x.as_bytes()).chain(XWING_LABEL);
    Zeroizing::new(hash.finalize().into())
}

/// RFC 9180, 5.1: key schedule in base mode, for the one AEAD call age makes.
fn key_schedule(shared: &[u8; 32]) -> (ChaCha20Poly1305, [u8; 12]) {
    let extract = |salt: &[u8], label: &[u8], ikm: &[u8]| {
        let labeled = Zeroizing::new([b"HPKE-v1", SUITE, label, ikm].concat());
        Hkdf::<Sha256>::extract(Some(salt), &labeled)
    };
    let (psk_id_hash, _) = extract(b"", b"psk_id_hash", b"");
    let (info_hash, _) = extract(b"", b"info_hash", INFO);
    let context = [&[0][..], &psk_id_hash, &info_hash].concat();
    let (_, secret) = extract(shared, b"secret", b"");
    let expand = |label: &[u8], out: &mut [u8]| {
        let length = u16::try_from(out.len()).expect("32 and 12 fit").to_be_bytes();
        let info = [&length[..], b"HPKE-v1", SUITE, label, &context].concat();
        secret.expand(&info, out).expect("32 and 12 are within HKDF's limit");
    };
    let mut key = Zeroizing::new([0; 32]);
    let mut nonce = [0; 12];
    expand(b"key", &mut *key);
    expand(b"base_nonce", &mut nonce);
    (ChaCha20Poly1305::new((&*key).into()), nonce)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_strings_survive_the_way_there_and_back() {
        let identity = Identity::generate(&mut OsRng);
        let text = identity.expose();
        assert_eq!(text.len(), 77);
        assert!(text.starts_with("AGE-SECRET-KEY-PQ-1"));
        let again: Identity = text.parse().unwrap();
        let recipient = identity.recipient().to_string();
        assert_eq!(again.recipient().to_string(), recipient);
        assert_eq!(recipient.len(), 1959);
        assert!(recipient.parse::<Recipient>().unwrap() == identity.recipient());
    }

    #[test]
    fn a_key_that_the_directory_takes_is_the_key_that_ml_kem_takes() {
        for _ in 0..8 {
            let key: HybridKey = Identity::generate(&mut OsRng).recipient().to_string().parse().unwrap();
            assert_eq!(Recipient::from(key.clone()).ek.as_bytes()[..], key.ml_kem()[..]);
            // What the directory's check refuses is what ML-KEM's decoding would change.
            let mut over = Encoded::<EncapsulationKey768>::from(*key.ml_kem());
            (over[0], over[1]) = (0x01, over[1] & 0xf0 | 0x0d);
            assert_ne!(EncapsulationKey768::from_bytes(&over).as_bytes(), over, "3329 is 0xd01");
        }
    }
}
