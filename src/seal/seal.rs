//! Sealing a tip, in constant memory (`docs/protocol.md`, 1).
//!
//! In: plaintext, as it is written; readers; a size class. Out: one age file. Touches only the writer that it is given.
//! The header is written here and not by the `age` crate's encryptor, because that one adds a random stanza of random length to every file: it
//! would tell a relay which program made a tip.

use std::io::{self, Write};

use age_core::format::{FILE_KEY_BYTES, FileKey, Stanza, write::age_stanza};
use age_core::primitives::hkdf;
use age_core::secrecy::ExposeSecret;
use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, aead::stream::EncryptorBE32};
use hmac::{Hmac, Mac};
use rand::{CryptoRng, RngCore, seq::SliceRandom};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::hybrid::{Identity, Recipient};
use softinfo_base::digest::Hashed;
use softinfo_base::limits::{MAX_READERS, PAYLOAD_NONCE, STREAM_CHUNK, STREAM_TAG, TIP_HEADER_BYTES, TIP_STANZAS};
use softinfo_formats::envelope::header::{SOFTINFO_TAG, VERSION_LINE};
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::envelope::padding::SizeClass;
use softinfo_formats::envelope::withdraw::WithdrawDigest;

/// Why sealing stopped.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// No reader, or more than three.
    #[error("a tip is for 1 to {MAX_READERS} holders, not {0}")]
    Readers(usize),
    /// Writing to the target failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A writer of plaintext that seals as it goes; [`Sealer::finish`] pads and closes.
///
/// Whoever has the file without an identity of one of the readers learns the size class and nothing else: not how many
/// readers it has, not which, and not which program made it.
pub struct Sealer<W> {
    out: Hashed<W>,
    // `None` once the last chunk is sealed.
    stream: Option<EncryptorBE32<ChaCha20Poly1305>>,
    /// Plaintext of the chunk that is not full yet.
    chunk: Zeroizing<Vec<u8>>,
    /// Bytes of plaintext that the size class still has room for.
    left: u64,
}

impl<W: Write> Sealer<W> {
    /// Writes the header and the payload nonce. `readers` are 1 to 3 different recipients.
    pub fn start(
        out: W,
        readers: &[Recipient],
        withdraw: &WithdrawDigest,
        class: SizeClass,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Self, SealError> {
        if readers.is_empty() || readers.len() > MAX_READERS {
            return Err(SealError::Readers(readers.len()));
        }
        let mut secret = Zeroizing::new([0u8; FILE_KEY_BYTES]);
        rng.fill_bytes(&mut *secret);
        let file_key = FileKey::new(Box::new(*secret));
        let mut stanzas: Vec<Stanza> = readers.iter().map(|reader| reader.wrap(&file_key, rng)).collect();
        while stanzas.len() < TIP_STANZAS {
            stanzas.push(Identity::generate(rng).recipient().wrap(&file_key, rng));
        }
        stanzas.shuffle(rng);
        stanzas.push(Stanza { tag: SOFTINFO_TAG.to_owned(), args: vec![withdraw.to_string()], body: Vec::new() });

        let mut out = Hashed::new(out);
        out.write_all(&header(&stanzas, &file_key)?)?;
        let mut nonce = [0; PAYLOAD_NONCE];
        rng.fill_bytes(&mut nonce);
        out.write_all(&nonce)?;
        let payload_key = Zeroizing::new(hkdf(&nonce, b"payload", file_key.expose_secret()));
        // age STREAM counts in 11 bytes; STREAM-BE32 with a prefix of 7 zero bytes is the same up to 2^32 chunks (256 TiB).
        let stream = EncryptorBE32::from_aead(ChaCha20Poly1305::new((&*payload_key).into()), &[0; 7].into());
        // Full size from the start: growing would leave plaintext behind in freed memory.
        let chunk = Zeroizing::new(Vec::with_capacity(STREAM_CHUNK + STREAM_TAG));
        Ok(Self { out, stream: Some(stream), chunk, left: class.plaintext() })
    }

    /// Pads with zeros up to the class, writes the last chunk, and gives the id of the file.
    pub fn finish(mut self) -> Result<TipId, SealError> {
        let zeros = [0; 4096];
        while self.left > 0 {
            let length = zeros.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
            self.write_all(&zeros[..length])?;
        }
        self.out.flush()?;
        Ok(self.out.digest().into())
    }

    /// Seals and writes the chunk; the last one when the class is full.
    fn seal_chunk(&mut self) -> io::Result<()> {
        let sealed = if self.left == 0 {
            let stream = self.stream.take().ok_or(io::ErrorKind::InvalidInput)?;
            stream.encrypt_last_in_place(b"", &mut *self.chunk)
        } else {
            let stream = self.stream.as_mut().ok_or(io::ErrorKind::InvalidInput)?;
            stream.encrypt_next_in_place(b"", &mut *self.chunk)
        };
        sealed.map_err(|_| io::Error::other("more than 2^32 chunks"))?;
        self.out.write_all(&self.chunk)?;
        self.chunk.clear();
        Ok(())
    }
}

impl<W: Write> Write for Sealer<W> {
    /// # Errors
    /// `WriteZero` when more is written than the size class holds.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = STREAM_CHUNK - self.chunk.len();
        let taken = bytes.len().min(room).min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if taken == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.chunk.extend_from_slice(&bytes[..taken]);
        self.left -= taken as u64;
        if self.left == 0 || self.chunk.len() == STREAM_CHUNK {
            self.seal_chunk()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The header with its MAC: HMAC-SHA256 under HKDF(file key, "header") over everything up to and including `---`.
fn header(stanzas: &[Stanza], file_key: &FileKey) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(TIP_HEADER_BYTES);
    bytes.extend_from_slice(VERSION_LINE);
    for Stanza { tag, args, body } in stanzas {
        cookie_factory::gen_simple(age_stanza(tag, args, body), &mut bytes).map_err(io::Error::other)?;
    }
    bytes.extend_from_slice(b"---");
    let mac_key = Zeroizing::new(hkdf(b"", b"header", file_key.expose_secret()));
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(&*mac_key).map_err(io::Error::other)?;
    mac.update(&bytes);
    let mac = BASE64_STANDARD_NO_PAD.encode(mac.finalize().into_bytes());
    bytes.extend_from_slice(format!(" {mac}\n").as_bytes());
    debug_assert_eq!(bytes.len(), TIP_HEADER_BYTES);
    Ok(bytes)
}
