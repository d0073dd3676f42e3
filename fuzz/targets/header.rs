//! The header scanner. What it accepts writes back to the same bytes, and a tip's header is the one shape that `shape` knows.

use std::io::Read;

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use rand::{SeedableRng, rngs::StdRng};
use softinfo_base::limits::{HEADER_CAP, STANZA_CAP, TIP_HEADER_BYTES};
use softinfo_formats::envelope::header::{HeaderError, TipHeader, VERSION_LINE, scan};
use softinfo_seal::hybrid::Identity;
use softinfo_seal::open::{OpenError, open};

use super::{script, shape};

/// `input` is a script (`script.rs`).
pub fn check(input: &[u8]) {
    let bytes = script::bytes(input);
    let scanned = scan(&bytes);
    let parsed = TipHeader::parse(&bytes);
    assert_eq!(parsed.is_ok(), shape::has_header(&bytes), "{parsed:?}");
    let Ok(header) = scanned else {
        assert!(parsed.is_err(), "a tip's header that is none");
        return;
    };

    assert!(header.length <= bytes.len().min(HEADER_CAP));
    assert!((1..=STANZA_CAP).contains(&header.stanzas.len()));
    let mut written = VERSION_LINE.to_vec();
    for stanza in &header.stanzas {
        let words: Vec<_> = [stanza.tag].into_iter().chain(stanza.args.iter().copied()).collect();
        written.extend(format!("-> {}\n", words.join(" ")).bytes());
        let body = BASE64_STANDARD_NO_PAD.encode(&stanza.body);
        for line in body.as_bytes().chunks(64) {
            written.extend(line);
            written.push(b'\n');
        }
        if body.len().is_multiple_of(64) {
            written.push(b'\n');
        }
    }
    let (stanzas, mac) = bytes[..header.length].split_at(header.length - 48);
    assert!(written == stanzas, "written back it is something else");
    let key = mac.strip_prefix(b"--- ").and_then(|mac| mac.strip_suffix(b"\n")).map(|text| {
        let text = std::str::from_utf8(text).unwrap();
        (BASE64_STANDARD_NO_PAD.decode(text).unwrap().len(), text.len())
    });
    assert_eq!(key, Some((32, 43)));

    // What follows changes nothing, and without its last byte it is no header.
    assert_eq!(scan(&bytes[..header.length]).map(|again| again.length).ok(), Some(header.length));
    assert_eq!(scan(&bytes[..header.length - 1]).err(), Some(HeaderError::CutShort));
    if parsed.is_ok() {
        assert_eq!(header.length, TIP_HEADER_BYTES);
    }
    // The age crate gets what the scanner lets through, and nobody's key opens what nobody has sealed.
    let identity = Identity::generate(&mut StdRng::seed_from_u64(1));
    match open(&bytes[..], &[identity]) {
        Err(OpenError::Header(_) | OpenError::NotForUs | OpenError::Damaged(_)) => {}
        Err(OpenError::Io(error)) => panic!("the age crate reads it otherwise: {error}"),
        Ok((_, mut plaintext)) => assert!(plaintext.read_to_end(&mut Vec::new()).is_err()),
    }
}
