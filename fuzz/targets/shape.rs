//! What a tip's file is, told without the product's parsers: every line of its header has a fixed place (`docs/protocol.md`, 1.1 to 1.3).

/// Bytes of a header.
pub const HEADER: usize = 6357;
/// Bytes of a tip of text.
pub const TEXT: usize = 30_965;

/// Whether `bytes` begin with a tip's header.
pub fn has_header(bytes: &[u8]) -> bool {
    let rest = &mut &*bytes;
    let hybrid = |rest: &mut &[u8]| {
        skip(rest, b"-> mlkem768x25519 ")
            && base64(rest, 1120)
            && skip(rest, b"\n")
            && base64(rest, 32)
            && skip(rest, b"\n")
    };
    skip(rest, b"age-encryption.org/v1\n")
        && (0..4).all(|_| hybrid(rest))
        && skip(rest, b"-> softinfo/1 ")
        && base64(rest, 32)
        && skip(rest, b"\n\n--- ")
        && base64(rest, 32)
        && skip(rest, b"\n")
}

fn skip(rest: &mut &[u8], text: &[u8]) -> bool {
    rest.strip_prefix(text).map(|left| *rest = left).is_some()
}

/// Canonical base64 without padding of exactly `length` bytes.
fn base64(rest: &mut &[u8], length: usize) -> bool {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let characters = (length * 8).div_ceil(6);
    let Some((text, left)) = rest.split_at_checked(characters) else { return false };
    *rest = left;
    let unused = characters * 6 - length * 8;
    let digit = |byte: &u8| DIGITS.iter().position(|digit| digit == byte);
    text.iter().all(|byte| digit(byte).is_some())
        && text.last().and_then(digit).is_some_and(|last| last.is_multiple_of(1 << unused))
}

/// Whether a file of so many bytes has the length of a padded tip, with at most `max` bytes of plaintext.
pub fn has_length(length: usize, max: u64) -> bool {
    let file = |plaintext: u64| HEADER as u64 + 16 + plaintext + 16 * plaintext.div_ceil(65_536);
    let mut class = 24_576;
    while class <= max {
        if file(class) == length as u64 {
            return true;
        }
        class = next_padme(class + 1);
    }
    false
}

/// The shortest length not below `length` with no more leading digits than Padmé allows.
fn next_padme(length: u64) -> u64 {
    let exponent = 63 - u64::from(length.leading_zeros());
    let digits = 64 - u64::from(exponent.leading_zeros());
    length.next_multiple_of(1 << (exponent - digits))
}
