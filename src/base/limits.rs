//! Every number that more than one room must agree on, each with its unit and its reason.
//!
//! `docs/protocol.md` states the same numbers; the tests at the end tie them together.

use std::time::Duration;

/// Stanzas that wrap a file key, in every tip. A tip has one to three readers; always four stanzas hide how many.
pub const TIP_STANZAS: usize = 4;
/// Most holders one tip can be sealed to: one stanza at least stays a throw-away one.
pub const MAX_READERS: usize = 3;
/// Bytes of a tip's header, from the version line to the newline after the MAC. Every line has a fixed length.
pub const TIP_HEADER_BYTES: usize = 6357;
/// Largest age header that is scanned at all, in bytes. The `age` crate's parser has no limit and is quadratic
/// (measured: 16 s for 96 KB), so it is never given more than this.
pub const HEADER_CAP: usize = 16 * 1024;
/// Most stanzas in a header that is handed to the `age` crate.
pub const STANZA_CAP: usize = 8;

/// Bytes of plaintext in one chunk of age STREAM.
pub const STREAM_CHUNK: usize = 64 * 1024;
/// Bytes the AEAD adds to each chunk.
pub const STREAM_TAG: usize = 16;
/// Bytes of the payload nonce behind the header.
pub const PAYLOAD_NONCE: usize = 16;

/// Plaintext bytes of the smallest size class: a tip of text only, whatever its length, is this long.
pub const TEXT_CLASS: u64 = 24_576;
/// Bytes of a tip of text only: header, nonce, the smallest size class and one tag. No tip is smaller.
pub const TEXT_TIP: u64 = (TIP_HEADER_BYTES + PAYLOAD_NONCE + STREAM_TAG) as u64 + TEXT_CLASS;
/// Default for a directory's `max_bytes`, in plaintext bytes; itself a Padmé length.
pub const DEFAULT_MAX_PLAINTEXT: u64 = 256 * 1024 * 1024;

/// Largest `report.json`, in bytes: several times what the longest sensible report needs.
pub const MAX_REPORT: u64 = 1024 * 1024;
/// Largest `message.txt`, in bytes.
pub const MAX_MESSAGE: u64 = 16 * 1024 * 1024;
/// Bytes of every sealed identity.
pub const SEALED_IDENTITY: u64 = 4096;
/// Bytes of an author's signature (Ed25519).
pub const AUTHOR_SIGNATURE: u64 = 64;
/// Largest forwarder's note, in bytes.
pub const MAX_FORWARDER_NOTE: u64 = 64 * 1024;
/// Most attachments in one tip: names have two digits.
pub const MAX_ATTACHMENTS: usize = 99;

/// Largest directory, in bytes; the signed-note library refuses more than 1 000 000.
pub const MAX_DIRECTORY: u64 = 1_000_000;
/// Largest bundle manifest, in bytes: about 400 000 tips.
pub const MAX_MANIFEST: u64 = 64 * 1024 * 1024;

/// Largest page that a relay serves, in bytes. It is in memory twice, plain and packed.
pub const MAX_PAGE: u64 = 8 * 1024 * 1024;
/// Bytes of a form besides the tip in it: boundaries, the file's name, other fields. All of it may be in memory at once.
pub const FORM_ALLOWANCE: u64 = 64 * 1024;
/// Most tokens in one withdrawal, one a line: a thread has so many, and which of them its messages carry is known to nobody (`docs/protocol.md` 3).
pub const WITHDRAW_TOKENS: usize = 4096;
/// Bytes of a resumable upload that are sealed together: what a broken connection loses is less, and each upload under way holds as much in memory.
pub const UPLOAD_RECORD: usize = 32 * 1024;
/// Days after the last piece until an upload that was not finished is erased: it lies there for one whole day at least.
pub const UPLOAD_DAYS: i64 = 2;

/// Bytes that have to come from a relay in each [`SLOWEST_WINDOW`], or a transfer is given up: 128 KiB a minute. The slowest circuits of tor that people
/// put up with bring several times that, and four texts a minute one by one. A courier that is held to it has its 256 MiB in 34 hours. Of answers that can't
/// go on where they broke, such as a directory, half is asked for.
pub const SLOWEST_BYTES: u64 = 10 * 128 * 1024;
/// Long enough for tor to build another circuit, and for a relay under attack to come to itself.
pub const SLOWEST_WINDOW: Duration = Duration::from_mins(10);

/// Days before the end of a directory, or of a holder's last key, from which it is named every day: a new one needs several people, offline.
pub const REMINDER_DAYS: i64 = 30;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_length_is_the_sum_of_its_lines() {
        let hybrid = "-> mlkem768x25519 ".len() + 1494 + 1 + 43 + 1;
        let softinfo = "-> softinfo/1 ".len() + 43 + 1 + 1;
        let sum = "age-encryption.org/v1\n".len() + TIP_STANZAS * hybrid + softinfo + "--- ".len() + 43 + 1;
        assert_eq!(sum, TIP_HEADER_BYTES);
        const { assert!(TIP_HEADER_BYTES < HEADER_CAP) };
    }

    #[test]
    fn the_text_tip_is_the_length_the_protocol_states() {
        assert_eq!(TEXT_TIP, 30_965);
    }
}
