//! The header of an age file, looked at from outside: no key, one pass, bounded (C2SP age specification, "Header").
//!
//! In: the first bytes of a file. Out: its stanzas and the header's length, or which rule was broken.
//! The `age` crate's own parser is quadratic and unlimited, so every file passes here before that crate sees it.

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};

use super::withdraw::WithdrawDigest;
use softinfo_base::limits::{HEADER_CAP, STANZA_CAP, TIP_HEADER_BYTES, TIP_STANZAS};

/// The version line of an age v1 file.
pub const VERSION_LINE: &[u8] = b"age-encryption.org/v1\n";
/// Tag of a stanza that wraps the file key to a hybrid recipient.
pub const HYBRID_TAG: &str = "mlkem768x25519";
/// Tag of the stanza that carries the withdraw digest.
pub const SOFTINFO_TAG: &str = "softinfo/1";
/// Bytes of the encapsulated key in a hybrid stanza: ML-KEM-768 ciphertext and X25519 share.
pub const ENCAPSULATED_BYTES: usize = 1088 + 32;

/// One stanza. Borrowed from the scanned bytes, but for the decoded body.
#[derive(Debug)]
pub struct Stanza<'a> {
    /// The recipient type.
    pub tag: &'a str,
    /// What follows it on the first line.
    pub args: Vec<&'a str>,
    /// The decoded body.
    pub body: Vec<u8>,
}

/// A header that keeps every rule of the format. Says nothing about who can read the file.
#[derive(Debug)]
pub struct Header<'a> {
    /// In the order of the file.
    pub stanzas: Vec<Stanza<'a>>,
    /// Bytes from the start of the file to the end of the MAC line.
    pub length: usize,
}

/// What is wrong with a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// The first bytes are not those of an age file.
    #[error("not an age file: it has to be encrypted before it is sent")]
    NotAge,
    /// An armored age file.
    #[error("an armored (text) age file: send the binary form")]
    Armored,
    /// The bytes end before the header does.
    #[error("the header is cut short")]
    CutShort,
    /// The header goes on past the limit.
    #[error("the header is longer than any tip's")]
    TooLong,
    /// A line keeps no rule of the format.
    #[error("the header is not well-formed age")]
    Malformed,
    /// Too many or too few readers' stanzas.
    #[error("a tip has exactly {TIP_STANZAS} mlkem768x25519 stanzas and one softinfo/1 stanza, not other ones")]
    WrongStanzas,
    /// The right stanzas in another order.
    #[error("the softinfo/1 stanza stands last in a tip")]
    WrongOrder,
}

/// Scans a header at the start of `bytes`, which may hold more of the file behind it.
///
/// At most [`HEADER_CAP`] bytes and [`STANZA_CAP`] stanzas are looked at.
pub fn scan(bytes: &[u8]) -> Result<Header<'_>, HeaderError> {
    let capped = &bytes[..bytes.len().min(HEADER_CAP)];
    if !capped.starts_with(VERSION_LINE) {
        return Err(if VERSION_LINE.starts_with(capped) {
            HeaderError::CutShort
        } else if capped.starts_with(b"-----BEGIN AGE") {
            HeaderError::Armored
        } else {
            HeaderError::NotAge
        });
    }
    let mut lines = Lines { bytes: capped, at: VERSION_LINE.len() };
    let mut stanzas = Vec::with_capacity(TIP_STANZAS + 1);
    loop {
        let line = lines.next()?;
        if let Some(mac) = line.strip_prefix("--- ") {
            if stanzas.is_empty() || decode(mac)?.len() != 32 {
                return Err(HeaderError::Malformed);
            }
            return Ok(Header { stanzas, length: lines.at });
        }
        if stanzas.len() == STANZA_CAP {
            return Err(HeaderError::TooLong);
        }
        stanzas.push(stanza(line, &mut lines)?);
    }
}

fn stanza<'a>(first: &'a str, lines: &mut Lines<'a>) -> Result<Stanza<'a>, HeaderError> {
    let mut words = first.strip_prefix("-> ").ok_or(HeaderError::Malformed)?.split(' ');
    let tag = words.next().unwrap_or_default();
    let args: Vec<_> = words.collect();
    let visible = |word: &&str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_graphic());
    if !visible(&tag) || !args.iter().all(visible) {
        return Err(HeaderError::Malformed);
    }
    let mut body = Vec::new();
    loop {
        // Every line of a body but the last has exactly 64 characters; the last is shorter, perhaps empty.
        let line = lines.next()?;
        body.extend(decode(line)?);
        match line.len() {
            64 => {}
            0..64 => return Ok(Stanza { tag, args, body }),
            _ => return Err(HeaderError::Malformed),
        }
    }
}

fn decode(text: &str) -> Result<Vec<u8>, HeaderError> {
    BASE64_STANDARD_NO_PAD.decode(text).map_err(|_| HeaderError::Malformed)
}

struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Result<&'a str, HeaderError> {
        let rest = &self.bytes[self.at..];
        let Some(end) = rest.iter().position(|&b| b == b'\n') else {
            return Err(if self.bytes.len() == HEADER_CAP { HeaderError::TooLong } else { HeaderError::CutShort });
        };
        self.at += end + 1;
        std::str::from_utf8(&rest[..end]).map_err(|_| HeaderError::Malformed)
    }
}

/// The header of a tip: the one shape there is. What it holds is all that a relay may know of a tip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TipHeader {
    /// Whoever shows the token behind it may erase the tip.
    pub withdraw: WithdrawDigest,
}

impl TipHeader {
    /// Scans `bytes` and checks that the header is a tip's (`docs/protocol.md`, 1.1).
    pub fn parse(bytes: &[u8]) -> Result<Self, HeaderError> {
        let header = match scan(bytes) {
            // More than a header's worth of bytes without its end: it can't be a tip's.
            Err(HeaderError::CutShort) if bytes.len() >= TIP_HEADER_BYTES => return Err(HeaderError::TooLong),
            scanned => scanned?,
        };
        Self::check(&header)
    }

    /// Checks that a scanned header is a tip's.
    pub fn check(header: &Header<'_>) -> Result<Self, HeaderError> {
        let hybrid = header.stanzas.iter().filter(|s| is_hybrid(s)).count();
        let (last, others) = header.stanzas.split_last().ok_or(HeaderError::Malformed)?;
        if hybrid != TIP_STANZAS || header.stanzas.len() != TIP_STANZAS + 1 {
            return Err(HeaderError::WrongStanzas);
        }
        if !others.iter().all(is_hybrid) {
            return Err(HeaderError::WrongOrder);
        }
        let (SOFTINFO_TAG, [digest], []) = (last.tag, &last.args[..], &last.body[..]) else {
            return Err(HeaderError::WrongStanzas);
        };
        let withdraw = WithdrawDigest::parse(digest).map_err(|_| HeaderError::Malformed)?;
        debug_assert_eq!(header.length, TIP_HEADER_BYTES);
        Ok(Self { withdraw })
    }
}

fn is_hybrid(stanza: &Stanza<'_>) -> bool {
    stanza.tag == HYBRID_TAG
        && matches!(stanza.args[..], [enc] if decode(enc).is_ok_and(|bytes| bytes.len() == ENCAPSULATED_BYTES))
        && stanza.body.len() == 32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_never_ending_header_is_refused_at_the_cap() {
        let mut bytes = VERSION_LINE.to_vec();
        bytes.resize(HEADER_CAP * 4, b'A');
        assert_eq!(scan(&bytes).unwrap_err(), HeaderError::TooLong);
        let mut stanzas = VERSION_LINE.to_vec();
        for _ in 0..5000 {
            stanzas.extend(b"-> x\n\n");
        }
        assert_eq!(scan(&stanzas).unwrap_err(), HeaderError::TooLong);
    }

    #[test]
    fn plaintext_is_named_as_what_it_is() {
        assert_eq!(scan(b"my boss keeps our passports").unwrap_err(), HeaderError::NotAge);
        assert_eq!(scan(b"\xff\xd8\xff\xe0\0\x10JFIF").unwrap_err(), HeaderError::NotAge);
        assert_eq!(scan(b"-----BEGIN AGE ENCRYPTED FILE-----").unwrap_err(), HeaderError::Armored);
        assert_eq!(scan(b"age-encry").unwrap_err(), HeaderError::CutShort);
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_scanner_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut with_version = VERSION_LINE.to_vec();
            with_version.extend(&bytes);
            let _ = scan(&bytes);
            let _ = TipHeader::parse(&with_version);
        }
    }
}
