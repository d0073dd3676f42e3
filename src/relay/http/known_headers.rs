//! The header fields that the relay looks at. All others end here: nothing behind can read, log or keep them.
//!
//! In: the fields of a request. Out: the known ones, copied, so that the bytes of the head are freed before the body has come.

use axum::http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RANGE,
};

use softinfo_formats::api::upload;

/// Whether a piece is the last of its upload (draft-ietf-httpbis-resumable-upload).
pub(crate) const UPLOAD_COMPLETE: HeaderName = HeaderName::from_static(upload::COMPLETE);
/// Bytes of the upload before a piece.
pub(crate) const UPLOAD_OFFSET: HeaderName = HeaderName::from_static(upload::OFFSET);
/// Bytes of the upload in all.
pub(crate) const UPLOAD_LENGTH: HeaderName = HeaderName::from_static(upload::LENGTH);

const KNOWN: [HeaderName; 8] = [
    CONTENT_TYPE,
    CONTENT_LENGTH,
    ACCEPT_ENCODING,
    AUTHORIZATION,
    RANGE,
    UPLOAD_COMPLETE,
    UPLOAD_LENGTH,
    UPLOAD_OFFSET,
];

/// The known fields of `headers`, with all their values, in memory of their own.
pub(crate) fn known(headers: &HeaderMap) -> HeaderMap {
    let mut known = HeaderMap::new();
    for name in KNOWN {
        for value in headers.get_all(&name) {
            // A copy of a valid value is valid, so none is lost here.
            if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
                known.append(&name, value);
            }
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_who_asks_is_not_among_what_is_known() {
        let mut headers = HeaderMap::new();
        for name in ["user-agent", "referer", "cookie", "accept-language", "origin", "x-forwarded-for", "content-type"]
        {
            headers.insert(name, HeaderValue::from_static("value"));
        }
        for value in ["gzip", "br"] {
            headers.append(ACCEPT_ENCODING, HeaderValue::from_static(value));
        }
        let known = known(&headers);
        assert_eq!(known.len(), 3);
        assert_eq!(known[CONTENT_TYPE], "value");
        assert_eq!(known.get_all(ACCEPT_ENCODING).iter().collect::<Vec<_>>(), ["gzip", "br"]);
    }
}
