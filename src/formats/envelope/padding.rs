//! Size classes: the only thing a tip's length says (`docs/protocol.md`, 1.2 and 1.3).
//!
//! A class is a *plaintext* length: 24 576 bytes, or a Padmé length above it. Padmé is from Nikitin, Barman, Lueks,
//! Underwood, Hubaux and Ford, "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", PETS 2019.

use softinfo_base::limits::{self, DEFAULT_MAX_PLAINTEXT, PAYLOAD_NONCE, TEXT_CLASS, TIP_HEADER_BYTES};

const STREAM_CHUNK: u64 = limits::STREAM_CHUNK as u64;
const STREAM_TAG: u64 = limits::STREAM_TAG as u64;
/// Bytes of a file before its payload.
const BEFORE_PAYLOAD: u64 = (TIP_HEADER_BYTES + PAYLOAD_NONCE) as u64;

/// No limit is larger, so that nothing here can overflow.
const LARGEST: u64 = u64::MAX >> 8;

/// A plaintext length that a tip may have, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SizeClass(u64);

/// Why a length is no tip's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SizeError {
    /// More plaintext than the directory's `max_bytes`.
    #[error("too large: at most {max} bytes can be sent in one tip; send less, or in several tips")]
    TooLarge {
        /// The limit in plaintext bytes.
        max: u64,
    },
    /// The length is none that padding produces.
    #[error("the length belongs to no size class: the file was cut, joined, or not padded")]
    NotAClass,
}

impl SizeClass {
    /// The class that `length` bytes of content are padded to.
    pub fn for_content(length: u64, max: u64) -> Result<Self, SizeError> {
        if length > max.min(LARGEST) {
            return Err(SizeError::TooLarge { max });
        }
        let class = if length <= TEXT_CLASS { TEXT_CLASS } else { padme(length) };
        if class > max { Err(SizeError::TooLarge { max }) } else { Ok(Self(class)) }
    }

    /// The class of a tip file of `length` bytes, from its length alone.
    pub fn of_file(length: u64, max: u64) -> Result<Self, SizeError> {
        let payload = length.checked_sub(BEFORE_PAYLOAD).ok_or(SizeError::NotAClass)?;
        let chunks = payload.div_ceil(STREAM_CHUNK + STREAM_TAG);
        let plaintext = payload.checked_sub(chunks * STREAM_TAG).ok_or(SizeError::NotAClass)?;
        if plaintext > max {
            return Err(SizeError::TooLarge { max });
        }
        // Going back from the plaintext also refuses a last chunk that is all tag.
        match Self::for_content(plaintext, max)? {
            class if class.0 == plaintext && class.file_length() == length => Ok(class),
            _ => Err(SizeError::NotAClass),
        }
    }

    /// Plaintext bytes.
    #[must_use]
    pub const fn plaintext(self) -> u64 {
        self.0
    }

    /// Bytes of the whole tip file.
    #[must_use]
    pub const fn file_length(self) -> u64 {
        BEFORE_PAYLOAD + self.0 + self.0.div_ceil(STREAM_CHUNK) * STREAM_TAG
    }
}

impl Default for SizeClass {
    /// The class of a tip of text only.
    fn default() -> Self {
        Self(TEXT_CLASS)
    }
}

/// Whether a directory's `max_bytes` is itself a class, so that the limit never cuts through one.
#[must_use]
pub fn is_class(length: u64) -> bool {
    SizeClass::for_content(length, LARGEST).is_ok_and(|class| class.0 == length)
}

/// The largest tip file for a limit on the plaintext, in bytes.
#[must_use]
pub fn largest_file(max: u64) -> u64 {
    SizeClass(max.min(LARGEST)).file_length()
}

/// Padmé: rounds up so that only `log2(log2(length)) + 1` leading bits carry information. `length` is at least 2.
fn padme(length: u64) -> u64 {
    let exponent = length.ilog2();
    let significant = exponent.ilog2() + 1;
    let mask = (1u64 << (exponent - significant)) - 1;
    (length + mask) & !mask
}

const _: () = assert!(DEFAULT_MAX_PLAINTEXT.is_power_of_two());

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_class_is_large_enough_and_at_most_12_percent_above(length in 0..=DEFAULT_MAX_PLAINTEXT) {
            let class = SizeClass::for_content(length, DEFAULT_MAX_PLAINTEXT).unwrap();
            prop_assert!(class.plaintext() >= length);
            if length > TEXT_CLASS {
                prop_assert!((class.plaintext() - length) * 100 <= length * 12);
            }
        }

        #[test]
        fn a_class_is_found_again_from_the_file_length(length in 0..=DEFAULT_MAX_PLAINTEXT) {
            let class = SizeClass::for_content(length, DEFAULT_MAX_PLAINTEXT).unwrap();
            prop_assert_eq!(SizeClass::of_file(class.file_length(), DEFAULT_MAX_PLAINTEXT), Ok(class));
            prop_assert!(is_class(class.plaintext()));
            prop_assert!(SizeClass::of_file(class.file_length() + 1, DEFAULT_MAX_PLAINTEXT).is_err());
            prop_assert!(SizeClass::of_file(class.file_length() - 1, DEFAULT_MAX_PLAINTEXT).is_err());
        }

        #[test]
        fn any_length_is_judged_without_overflow(length: u64, max: u64) {
            let _ = SizeClass::of_file(length, max);
            let _ = (SizeClass::for_content(length, max), largest_file(max), is_class(length));
            // Where chance seldom leads.
            let _ = SizeClass::of_file(u64::MAX - (length >> 6), u64::MAX - (max >> 6));
        }
    }
}
