//! The header fields of resumable uploads (draft-ietf-httpbis-resumable-upload), as structured fields (RFC 9651): read leniently, written exactly.
//!
//! In: header fields. Out: their values, or fields of an answer. Touches nothing.

use axum::http::header::{HeaderMap, HeaderName, HeaderValue};

use softinfo_formats::api::upload::{self, MAX_DIGITS, NO, YES, max_size};

use super::known_headers::{UPLOAD_COMPLETE, UPLOAD_OFFSET};

/// What an answer says of the largest length; no request has it.
const LIMIT: HeaderName = HeaderName::from_static(upload::LIMIT);

/// `Upload-Complete`. As the draft asks, a value that is not a boolean counts as none.
pub(crate) fn complete(headers: &HeaderMap) -> Option<bool> {
    match item(headers, &UPLOAD_COMPLETE)? {
        NO => Some(false),
        YES => Some(true),
        _ => None,
    }
}

/// `Upload-Offset` or `Upload-Length`: at most [`MAX_DIGITS`] digits.
pub(crate) fn number(headers: &HeaderMap, name: &HeaderName) -> Option<u64> {
    let text = item(headers, name)?;
    let fits = (1..=MAX_DIGITS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| text.parse().ok())?
}

/// A single value without its parameters.
fn item<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    Some(value.to_str().ok()?.split(';').next()?.trim_matches(' '))
}

/// Sets the fields that say how far an upload is.
pub(crate) fn set_state(headers: &mut HeaderMap, is_complete: bool, offset: u64) {
    headers.insert(UPLOAD_COMPLETE, HeaderValue::from_static(if is_complete { YES } else { NO }));
    headers.insert(UPLOAD_OFFSET, offset.into());
}

/// Sets the largest length of a tip's file.
pub(crate) fn set_limit(headers: &mut HeaderMap, largest: u64) {
    if let Ok(value) = HeaderValue::try_from(max_size(largest)) {
        headers.insert(LIMIT, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &HeaderName, values: &[&'static str]) -> HeaderMap {
        values.iter().map(|value| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn what_is_not_a_structured_boolean_or_integer_counts_as_absent() {
        for (text, value) in [("?0", Some(false)), ("?1", Some(true)), ("?1;a=1", Some(true)), (" ?0 ", Some(false))] {
            assert_eq!(complete(&with(&UPLOAD_COMPLETE, &[text])), value);
        }
        for wrong in ["", "1", "true", "?2", "?1?", "\"?1\""] {
            assert_eq!(complete(&with(&UPLOAD_COMPLETE, &[wrong])), None, "{wrong}");
        }
        assert_eq!(complete(&with(&UPLOAD_COMPLETE, &["?1", "?0"])), None);
        assert_eq!(number(&with(&UPLOAD_OFFSET, &["65536"]), &UPLOAD_OFFSET), Some(65_536));
        assert_eq!(number(&with(&UPLOAD_OFFSET, &["999999999999999"]), &UPLOAD_OFFSET), Some(999_999_999_999_999));
        for wrong in ["", "-1", "+1", "1.0", "1000000000000000", "0x1", "1 2"] {
            assert_eq!(number(&with(&UPLOAD_OFFSET, &[wrong]), &UPLOAD_OFFSET), None, "{wrong}");
        }
    }
}
