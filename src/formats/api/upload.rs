//! Header fields of an upload in pieces, by draft-ietf-httpbis-resumable-upload (`docs/protocol.md`, 5.1). Their values are structured fields (RFC 9651).
//!
//! Names in lower case, as HTTP crates want them for a constant.

/// Whether a piece is the last one: [`YES`] or [`NO`].
pub const COMPLETE: &str = "upload-complete";
/// Bytes in front of this piece, or bytes that are there: an integer.
pub const OFFSET: &str = "upload-offset";
/// Bytes of the whole file: an integer.
pub const LENGTH: &str = "upload-length";
/// What a relay takes: a dictionary, of which [`max_size`] is the member in use.
pub const LIMIT: &str = "upload-limit";

/// The boolean “true” of a structured field.
pub const YES: &str = "?1";
/// The boolean “false” of a structured field.
pub const NO: &str = "?0";
/// Most digits of an integer in a structured field (RFC 9651, 3.3.1).
pub const MAX_DIGITS: usize = 15;

/// The value of [`LIMIT`] for files of at most so many bytes.
#[must_use]
pub fn max_size(bytes: u64) -> String {
    format!("max-size={bytes}")
}
