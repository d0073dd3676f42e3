//! The page of a channel, made without any tool but this one: the page that this version was built with, and a root key.

use std::path::Path;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use softinfo::directory::RootKey;
use softinfo::file::read_limited;
use softinfo::limits::MAX_PAGE;

/// The page with the example root in it.
const PAGE: &str = include_str!("../../../web/dist/index.html");

/// The page that trusts `root`. Neither its script nor its policy changes, because the key stands beside them.
pub fn with_root(root: &RootKey) -> Result<Vec<u8>> {
    let line = |key: &str| format!("<meta name=\"softinfo-root\" content=\"{key}\">");
    let example = softinfo::example::root()?;
    let (before, after) =
        PAGE.split_once(&line(example.as_str())).context("this program was built without its page")?;
    Ok([before, &line(root.as_str()), after].concat().into_bytes())
}

/// SHA-256 in hexadecimal, as a directory names a page.
pub fn sha256(page: &[u8]) -> String {
    hex::encode(Sha256::digest(page))
}

/// The same of a file.
pub fn sha256_of(path: &Path) -> Result<String> {
    Ok(sha256(&read_limited(path, MAX_PAGE).with_context(|| path.display().to_string())?))
}
