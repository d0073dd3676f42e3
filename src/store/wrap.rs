//! How a tip lies in a journal: in chunks, each wrapped with ChaCha20-Poly1305 (RFC 8439) under the tip's own key, one behind the other.
//!
//! In: chunks of a tip. Out: wrapped chunks, where each lies, and back. Touches nothing.
//! The key is there to be erased (crypto-shredding): with it goes what can't be overwritten, in journals and sealed databases. It hides nothing
//! from whoever takes the disk before that, since it lies in the slot beside them.

use chacha20poly1305::aead::{Aead, AeadInPlace};
use chacha20poly1305::{ChaCha20Poly1305, Key, KeyInit, Nonce};
use rand::{RngCore, rngs::OsRng};
use zeroize::Zeroizing;

use super::StoreError;

/// Bytes of a tip that are wrapped together. A tip of text is one chunk.
pub const CHUNK: usize = 32 * 1024;
/// Bytes that wrapping adds to a chunk.
const TAG: usize = 16;
/// Bytes of a whole wrapped chunk.
pub(super) const WRAPPED: usize = CHUNK + TAG;

/// The key of one tip on its way in, and what wraps its chunks.
pub(super) struct Wrap {
    cipher: ChaCha20Poly1305,
    pub key: Zeroizing<[u8; 32]>,
}

impl Wrap {
    /// A new key, in memory only.
    pub fn new() -> Self {
        let mut key = Zeroizing::new([0; 32]);
        OsRng.fill_bytes(&mut *key);
        Self { cipher: ChaCha20Poly1305::new(Key::from_slice(&*key)), key }
    }

    /// Wraps chunk `number`, counted from 0.
    pub fn wrap(&self, number: u32, chunk: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut wrapped = Vec::with_capacity(chunk.len() + TAG);
        wrapped.extend_from_slice(chunk);
        self.cipher.encrypt_in_place(&nonce(number), &[], &mut wrapped).map_err(|_| StoreError::Damaged)?;
        Ok(wrapped)
    }
}

/// Unwraps chunks with the key from a slot.
pub(super) struct Unwrap(ChaCha20Poly1305);

impl Unwrap {
    pub fn new(key: &[u8; 32]) -> Self {
        Self(ChaCha20Poly1305::new(Key::from_slice(key)))
    }

    /// Chunk `number`, as it was wrapped; [`StoreError::Damaged`] when it was not wrapped so.
    pub fn unwrap(&self, number: u32, wrapped: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.0.decrypt(&nonce(number), wrapped).map_err(|_| StoreError::Damaged)
    }
}

/// Each tip has a key of its own, so the chunk's number is a nonce that never repeats.
fn nonce(number: u32) -> Nonce {
    let mut nonce = Nonce::default();
    nonce[8..].copy_from_slice(&number.to_be_bytes());
    nonce
}

/// Where chunk `number` of a tip of `size` bytes lies behind the tip's beginning, and how long it is wrapped; `None` behind the end.
pub(super) fn chunk_extent(size: u64, number: u32) -> Option<(u64, usize)> {
    let (before, chunk) = (u64::from(number) * CHUNK as u64, CHUNK as u64);
    let left = size.checked_sub(before).filter(|&left| left > 0)?;
    Some((u64::from(number) * WRAPPED as u64, usize::try_from(left.min(chunk)).ok()? + TAG))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extents_of_a_tip_follow_each_other_without_a_gap() {
        for size in [1, 100, CHUNK as u64, CHUNK as u64 + 1, 1_000_000] {
            let mut end = 0;
            for number in 0.. {
                let Some((at, length)) = chunk_extent(size, number) else { break };
                assert_eq!(at, end);
                end = at + length as u64;
            }
            assert_eq!(end, size + size.div_ceil(CHUNK as u64) * TAG as u64, "{size}");
        }
    }
}
