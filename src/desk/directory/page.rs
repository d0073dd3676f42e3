//! The page of a channel, made without any tool but this one: the page that this version was built with, and a root key.

use std::path::Path;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use softinfo_base::file::read_limited;
use softinfo_base::limits::MAX_PAGE;
use softinfo_formats::directory::RootKey;

const TITLE: &str = "<title>Information</title>";
/// Characters of the longest title.
const LONGEST_TITLE: usize = 60;
const FLOOR: &str = "<meta name=\"softinfo-floor\" content=\"";
/// The page with the example root in it.
const PAGE: &str = include_str!("../../../web/dist/index.html");

/// What a page of a channel says beside its script, so that neither that nor its policy changes.
pub struct Own<'a> {
    /// The key that it trusts.
    pub root: &'a RootKey,
    /// The lowest version of a directory that it takes.
    pub floor: u64,
    /// What stands on the tab and in the browser's history.
    pub title: &'a str,
}

impl Own<'_> {
    /// The page's bytes.
    pub fn page(&self) -> Result<Vec<u8>> {
        let example = softinfo_formats::example_keys::root()?;
        let root = |key: &str| format!("<meta name=\"softinfo-root\" content=\"{key}\">");
        let floor = |version: u64| format!("{FLOOR}{version}\">");
        let page = exchange(PAGE, &root(example.as_str()), &root(self.root.as_str()))?;
        let page = exchange(&page, &floor(0), &floor(self.floor))?;
        let title = self.title.replace('&', "&amp;").replace('<', "&lt;");
        Ok(exchange(&page, TITLE, &format!("<title>{title}</title>"))?.into_bytes())
    }
}

fn exchange(page: &str, old: &str, new: &str) -> Result<String> {
    let (before, after) = page.split_once(old).context("this program was built without its page")?;
    Ok([before, new, after].concat())
}

/// A title as it may be given: one line that fits onto a tab.
pub fn title(text: &str) -> Result<String, String> {
    let title = text.trim();
    if title.is_empty() || title.chars().count() > LONGEST_TITLE || title.chars().any(char::is_control) {
        return Err(format!("a title is one line of at most {LONGEST_TITLE} characters"));
    }
    Ok(title.to_owned())
}

/// SHA-256 in hexadecimal, as a directory names a page.
pub fn sha256(page: &[u8]) -> String {
    hex::encode(Sha256::digest(page))
}

/// The same of a file, for a directory of that version. Refuses a page that was made for another: with a higher floor it would not take this
/// directory, and with a lower one the directories from there on could still be played back to whoever opens the page for the first time.
pub fn sha256_for(path: &Path, version: u64) -> Result<String> {
    let page = read_limited(path, MAX_PAGE).with_context(|| path.display().to_string())?;
    let text = String::from_utf8_lossy(&page);
    let floor = text.split_once(FLOOR).and_then(|(_, rest)| rest.split_once('"')).map_or("0", |(floor, _)| floor);
    if floor != "0" && floor != version.to_string() {
        bail!(
            "{} was made for version {floor} of the directory, and this is version {version}; make it anew with: softinfo-desk directory page --for-version {version}. Nothing was written",
            path.display()
        );
    }
    Ok(sha256(&page))
}
