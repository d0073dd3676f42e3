//! Keys that sign directories, in the textual forms of the C2SP signed note.

use rand::{CryptoRng, RngCore};
use signed_note::{Note, NoteError, Signer, StandardSigner, StandardVerifier, Verifier, VerifierList};
use zeroize::Zeroizing;

/// A public key that signs directories: `name+hash+base64` (a C2SP verifier key).
#[derive(Clone)]
pub struct RootKey {
    verifier: StandardVerifier,
    text: String,
}

/// The secret half, `PRIVATE+KEY+…`. Stored only inside an age file.
pub struct SigningKey {
    signer: StandardSigner,
    text: Zeroizing<String>,
    public: RootKey,
}

/// Why a signing key was refused.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// Not a verifier key.
    #[error("not a public signing key: it looks like name+1a2b3c4d+AbCd…")]
    PublicKey,
    /// Not a signer key.
    #[error("not a secret signing key: it begins with PRIVATE+KEY+")]
    SecretKey,
    /// Not a signed note, or one that can't be signed.
    #[error("not a signed note")]
    Note(#[from] NoteError),
}

impl RootKey {
    /// From the text of a verifier key; surrounding white space is ignored.
    pub fn parse(text: &str) -> Result<Self, SigningError> {
        let text = text.trim();
        let verifier = StandardVerifier::new(text).map_err(|_| SigningError::PublicKey)?;
        Ok(Self { verifier, text: text.to_owned() })
    }

    /// The text of the verifier key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The name in the key.
    #[must_use]
    pub fn name(&self) -> &str {
        self.verifier.name()
    }

    /// Whether this key has signed `note`.
    pub(super) fn has_signed(&self, note: &Note) -> bool {
        note.verify(&VerifierList::new(vec![Box::new(self.verifier.clone())])).is_ok()
    }
}

impl SigningKey {
    /// A new key under `name`, which has neither white space nor `+`.
    pub fn generate(name: &str, rng: &mut (impl RngCore + CryptoRng)) -> Result<Self, SigningError> {
        let (secret, public) = signed_note::generate_key(rng, name);
        let (secret, public) = (Zeroizing::new(secret), RootKey::parse(&public)?);
        let signer = StandardSigner::new(&secret).map_err(|_| SigningError::SecretKey)?;
        Ok(Self { signer, text: secret, public })
    }

    /// From the text of a signer key and that of its verifier key.
    pub fn parse(secret: &str, public: &str) -> Result<Self, SigningError> {
        let text = Zeroizing::new(secret.trim().to_owned());
        let signer = StandardSigner::new(&text).map_err(|_| SigningError::SecretKey)?;
        let public = RootKey::parse(public)?;
        if signer.name() != public.verifier.name() || signer.key_id() != public.verifier.key_id() {
            return Err(SigningError::SecretKey);
        }
        Ok(Self { signer, text, public })
    }

    /// The public half.
    #[must_use]
    pub const fn public(&self) -> &RootKey {
        &self.public
    }

    /// The key string, for storing encrypted. Handle with care.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }
}

/// Signs: `text` is either a signed note already, or the bare text of one, which gets its closing newline.
pub fn add_signature(text: &[u8], key: &SigningKey) -> Result<Vec<u8>, SigningError> {
    let mut note = match Note::from_bytes(text) {
        Ok(note) => note,
        Err(_) if text.ends_with(b"\n") => Note::new(text, &[])?,
        Err(_) => Note::new(&[text, b"\n"].concat(), &[])?,
    };
    note.add_sigs(&[&key.signer])?;
    Ok(note.to_bytes())
}
