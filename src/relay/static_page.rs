//! The page: one HTML file, checked and packed at the start, served as it is; and the same to save, with the directory in it.
//!
//! In: the file of the configuration, the signed note. Out: the same bytes, plain or packed, with the page's own policy.

use std::io::Write;
use std::path::Path;
use std::sync::OnceLock;

use axum::body::Bytes;
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use softinfo_base::limits::MAX_PAGE;
use softinfo_formats::api::media_types;
use softinfo_formats::saved_page::with_directory;

/// How a page names its policy: in one line, before anything it loads.
const POLICY: &str = "<meta http-equiv=\"Content-Security-Policy\" content=\"";
/// What a policy can forbid in a header only.
const NOT_IN_META: &str = "; frame-ancestors 'none'";
/// Best quality, the window of its default, and the block that the encoder works with.
const BROTLI: (u32, u32, usize) = (11, 22, 64 * 1024);

/// Why a file is not served as the page.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// It can't be read, or is too large.
    #[error(transparent)]
    Read(#[from] std::io::Error),
    /// It names no policy, so that nothing would hold it to its own scripts.
    #[error(
        "not the page: it has no line <meta http-equiv=\"Content-Security-Policy\" content=\"…\">; build it in web/"
    )]
    NoPolicy,
}

/// The page in its two forms.
#[derive(Debug)]
pub struct Page {
    shown: Packed,
    saved: Packed,
    policy: HeaderValue,
    sha256: [u8; 32],
}

/// One body in the encodings that browsers ask for.
#[derive(Debug)]
struct Packed {
    plain: Bytes,
    brotli: OnceLock<Bytes>,
    gzip: OnceLock<Bytes>,
}

impl Page {
    /// Reads a page; `note` is the signed directory that goes into the copy to save.
    pub fn read(path: &Path, note: &[u8]) -> Result<Self, PageError> {
        Self::new(softinfo_base::file::read_limited(path, MAX_PAGE)?, note)
    }

    fn new(html: Vec<u8>, note: &[u8]) -> Result<Self, PageError> {
        let policy = policy(&html).ok_or(PageError::NoPolicy)?;
        let saved = with_directory(&html, note);
        let sha256 = Sha256::digest(&html).into();
        Ok(Self { shown: Packed::new(html), saved: Packed::new(saved), policy, sha256 })
    }

    /// Its SHA-256, as a directory names it.
    #[must_use]
    pub fn sha256(&self) -> String {
        hex::encode(self.sha256)
    }

    /// Whether it trusts this root key, which stands in it as the content of a `meta` element.
    #[must_use]
    pub fn has_key(&self, key: &str) -> bool {
        std::str::from_utf8(&self.shown.plain).is_ok_and(|html| html.contains(&format!("content=\"{key}\"")))
    }

    /// The answer to who opens it.
    pub(crate) fn shown(&self, headers: &HeaderMap) -> Response {
        self.shown.answer(headers, &self.policy)
    }

    /// The answer to who saves it: the directory is in it.
    pub(crate) fn saved(&self, headers: &HeaderMap) -> Response {
        let mut answer = self.saved.answer(headers, &self.policy);
        let name = HeaderValue::from_static("attachment; filename=\"softinfo.html\"");
        answer.headers_mut().insert(header::CONTENT_DISPOSITION, name);
        answer
    }

    /// Packs both forms. Takes seconds; until then they are served as they are.
    pub(crate) fn pack(&self) {
        self.shown.pack();
        self.saved.pack();
    }
}

fn policy(html: &[u8]) -> Option<HeaderValue> {
    let (_, rest) = std::str::from_utf8(html).ok()?.split_once(POLICY)?;
    let (content, _) = rest.split_once('"')?;
    let sensible = rest[content.len()..].starts_with("\">") && content.contains("default-src");
    HeaderValue::try_from(format!("{content}{NOT_IN_META}")).ok().filter(|_| sensible)
}

impl Packed {
    fn new(plain: Vec<u8>) -> Self {
        Self { plain: plain.into(), brotli: OnceLock::new(), gzip: OnceLock::new() }
    }

    fn pack(&self) {
        let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        if let Some(bytes) = written(gzip, &self.plain, |encoder| encoder.finish().ok()) {
            self.gzip.get_or_init(|| bytes);
        }
        let (quality, window, buffer) = BROTLI;
        let brotli = brotli::CompressorWriter::new(Vec::new(), buffer, quality, window);
        if let Some(bytes) = written(brotli, &self.plain, |encoder| Some(encoder.into_inner())) {
            self.brotli.get_or_init(|| bytes);
        }
    }

    fn answer(&self, headers: &HeaderMap, policy: &HeaderValue) -> Response {
        let choices = [("br", self.brotli.get()), ("gzip", self.gzip.get())];
        let chosen =
            choices.into_iter().find_map(|(name, bytes)| Some((name, bytes.filter(|_| takes(headers, name))?)));
        let fixed: [(HeaderName, HeaderValue); 3] = [
            (header::CONTENT_TYPE, HeaderValue::from_static(media_types::HTML)),
            (header::VARY, HeaderValue::from_static("accept-encoding")),
            (header::CONTENT_SECURITY_POLICY, policy.clone()),
        ];
        match chosen {
            Some((name, bytes)) => (fixed, [(header::CONTENT_ENCODING, name)], bytes.clone()).into_response(),
            None => (fixed, self.plain.clone()).into_response(),
        }
    }
}

fn written<W: Write>(mut encoder: W, plain: &[u8], finish: impl FnOnce(W) -> Option<Vec<u8>>) -> Option<Bytes> {
    encoder.write_all(plain).ok()?;
    finish(encoder).map(Bytes::from)
}

/// Whether a request names a content coding and doesn't refuse it with `q=0`.
fn takes(headers: &HeaderMap, coding: &str) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|entry| {
        let mut parts = entry.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        named && weight.is_none_or(|weight| weight.parse::<f32>().is_ok_and(|weight| weight > 0.0))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))])
    }

    #[test]
    fn a_coding_is_used_only_when_it_is_named_and_not_refused() {
        for yes in ["br", "gzip, deflate, br", "gzip;q=1.0, BR;q=0.5", "deflate, br ; q=0.1"] {
            assert!(takes(&asks(yes), "br"), "{yes}");
        }
        for no in ["", "gzip", "br;q=0", "br; q=0.000", "broth", "*", "br;q=x"] {
            assert!(!takes(&asks(no), "br"), "{no}");
        }
    }

    #[test]
    fn the_policy_is_the_pages_own_and_more() {
        let page = |meta: &str| Page::new(format!("<!doctype html>\n{meta}\n<p>").into_bytes(), b"note");
        let good = page("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:\">");
        assert_eq!(good.unwrap().policy, "default-src 'none'; img-src data:; frame-ancestors 'none'");
        for bad in [
            "",
            "<meta http-equiv='Content-Security-Policy' content='default-src x'>",
            "<meta http-equiv=\"Content-Security-Policy\" content=\"\">",
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';\nimg-src data:\">",
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'\" id=\"x\">",
        ] {
            assert!(matches!(page(bad), Err(PageError::NoPolicy)), "{bad}");
        }
    }
}
