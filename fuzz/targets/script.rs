//! A small language for inputs that hold whole tips: most bytes stand for themselves, control bytes for what a fuzzer would never guess.
//!
//! So a tip of 30 kB, its id or its token is two bytes of an input, and what the fuzzer changes is what matters.

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use sha2::{Digest, Sha256};
use softinfo_formats::envelope::withdraw::WithdrawToken;

use super::shape::{HEADER, TEXT};

/// Bytes of a tip of the next kind of length: 65 536 bytes of plaintext.
pub const LARGE: usize = HEADER + 16 + 65_536 + 16;
/// What must never come back in an answer.
pub const MARKER: &str = "Zq8marker8qZ";
/// A courier's token.
pub const COURIER_TOKEN: &str = "a-courier-token-of-the-fuzzer";

/// One instruction of an input.
#[derive(Debug, PartialEq, Eq)]
pub enum Item {
    /// Bytes to send.
    Bytes(Vec<u8>),
    /// The address of the upload that was begun last.
    Upload,
    /// A new connection of this kind.
    Connect(u8),
    /// Close the connection without waiting for an answer.
    HangUp,
    /// Wait until the other side has nothing more to do.
    Pause,
}

/// Reads an input.
pub fn items(input: &[u8]) -> Vec<Item> {
    let (mut items, mut rest) = (Vec::new(), input.iter().copied());
    while let Some(byte) = rest.next() {
        let mut operand = || rest.next().unwrap_or(0);
        let bytes = match byte {
            0x00 => vec![operand()],
            0x01 => tip(operand(), TEXT),
            0x02 => header(operand()),
            0x03 => hybrid(operand()),
            0x04 => softinfo(operand()),
            0x05 => mac(operand()),
            0x06 => token(operand()).expose().into_bytes(),
            0x07 => vec![0xa5; usize::from(operand()) * 256],
            0x08 => tip(operand(), LARGE),
            0x0b => MARKER.as_bytes().to_vec(),
            0x0e => hex::encode(Sha256::digest(tip(operand(), TEXT))).into_bytes(),
            0x0f => format!("Bearer {COURIER_TOKEN}").into_bytes(),
            // The payload of a tip, from a kilobyte on.
            0x14 => {
                let (variant, from) = (operand(), usize::from(operand()) << 10);
                tip(variant, TEXT)[from.min(TEXT)..].to_vec()
            }
            // A tip up to there.
            0x15 => {
                let (variant, to) = (operand(), usize::from(operand()) << 10);
                tip(variant, TEXT)[..to.min(TEXT)].to_vec()
            }
            0x0c => {
                items.push(Item::Upload);
                continue;
            }
            0x10 => {
                items.push(Item::Connect(operand()));
                continue;
            }
            0x11 => {
                items.push(Item::HangUp);
                continue;
            }
            0x12 => {
                items.push(Item::Pause);
                continue;
            }
            literal => vec![literal],
        };
        match items.last_mut() {
            Some(Item::Bytes(last)) => last.extend(bytes),
            _ => items.push(Item::Bytes(bytes)),
        }
    }
    items
}

/// The bytes of an input alone, as one piece.
pub fn bytes(input: &[u8]) -> Vec<u8> {
    let bytes =
        items(input).into_iter().filter_map(|item| if let Item::Bytes(bytes) = item { Some(bytes) } else { None });
    bytes.flatten().collect()
}

fn base64_of(variant: u8, length: usize) -> String {
    BASE64_STANDARD_NO_PAD.encode(vec![variant; length])
}

fn hybrid(variant: u8) -> Vec<u8> {
    format!("-> mlkem768x25519 {}\n{}\n", base64_of(variant, 1120), base64_of(variant, 32)).into_bytes()
}

/// The token whose digest is in the header of a variant.
pub fn token(variant: u8) -> WithdrawToken {
    WithdrawToken::from_bytes([variant; 32])
}

fn softinfo(variant: u8) -> Vec<u8> {
    format!("-> softinfo/1 {}\n\n", BASE64_STANDARD_NO_PAD.encode(Sha256::digest([variant; 32]))).into_bytes()
}

fn mac(variant: u8) -> Vec<u8> {
    format!("--- {}\n", base64_of(variant, 32)).into_bytes()
}

fn header(variant: u8) -> Vec<u8> {
    let mut header = b"age-encryption.org/v1\n".to_vec();
    for n in 0..4 {
        header.extend(hybrid(variant.wrapping_add(n)));
    }
    header.extend(softinfo(variant));
    header.extend(mac(variant));
    header
}

fn tip(variant: u8, length: usize) -> Vec<u8> {
    let mut tip = header(variant);
    tip.resize(length, variant);
    tip
}
