//! The page of a channel, made without any tool but this one: the page that this version was built with, and a root key.

use std::io;
use std::path::{Path, PathBuf};

use softinfo_base::digest::Digest;
use softinfo_base::file::read_limited;
use softinfo_base::limits::MAX_PAGE;
use softinfo_formats::directory::{RootKey, SigningError};
use softinfo_formats::example_keys;

use super::output::{OutputError, vacant, write};

const TITLE: &str = "<title>Information</title>";
/// Characters of the longest title.
const LONGEST_TITLE: usize = 60;
const FLOOR: &str = "<meta name=\"softinfo-floor\" content=\"";
/// The page with the example root in it.
const PAGE: &str = include_str!("../../../web/dist/index.html");

/// What a page of a channel says beside its script, so that neither that nor its policy changes.
pub struct OwnPage<'a> {
    /// The key that it trusts.
    pub root: &'a RootKey,
    /// The lowest version of a directory that it takes.
    pub floor: u64,
    /// What stands on the tab and in the browser's history; as [`title`] gives it.
    pub title: &'a str,
}

/// Why no page was made, or a page can't be named in a directory.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The page that this program was built with is not the one that it expects.
    #[error("this program was built without its page")]
    NotBuilt,
    /// The example root key that stands in that page.
    #[error(transparent)]
    Example(#[from] SigningError),
    /// The file to write.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A page could not be read.
    #[error("{}: {source}", path.display())]
    File {
        /// The file that failed.
        path: PathBuf,
        /// What the system said of it.
        source: io::Error,
    },
    /// The page was made for another version of the directory: with a higher floor it would not take this one, and with a lower one the directories
    /// from there on could still be played back to whoever opens the page for the first time.
    #[error(
        "{} was made for version {floor} of the directory, and this is version {version}; make it anew with: softinfo-desk directory page --for-version {version}. Nothing was written",
        path.display()
    )]
    OtherVersion {
        /// The page's file.
        path: PathBuf,
        /// The lowest version that it takes, as it stands in the page.
        floor: String,
        /// The version of the directory that was to name it.
        version: u64,
    },
}

impl OwnPage<'_> {
    /// Makes the page and writes it to `out`, which nothing may have as its name. Gives its SHA-256, as a directory names it.
    ///
    /// # Errors
    /// As [`PageError`] says.
    pub fn write(&self, out: &Path) -> Result<Digest, PageError> {
        vacant(out)?;
        let page = self.page()?;
        write(out, &page)?;
        Ok(Digest::of(&page))
    }

    /// The page's bytes.
    fn page(&self) -> Result<Vec<u8>, PageError> {
        let example = example_keys::root()?;
        let root = |key: &str| format!("<meta name=\"softinfo-root\" content=\"{key}\">");
        let floor = |version: u64| format!("{FLOOR}{version}\">");
        let page = exchange(PAGE, &root(example.as_str()), &root(self.root.as_str()))?;
        let page = exchange(&page, &floor(0), &floor(self.floor))?;
        let title = self.title.replace('&', "&amp;").replace('<', "&lt;");
        Ok(exchange(&page, TITLE, &format!("<title>{title}</title>"))?.into_bytes())
    }
}

fn exchange(page: &str, old: &str, new: &str) -> Result<String, PageError> {
    let (before, after) = page.split_once(old).ok_or(PageError::NotBuilt)?;
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

/// SHA-256 in hexadecimal of the page in a file, for a directory of that version. Refuses a page that was made for another.
pub(super) fn sha256_for(path: &Path, version: u64) -> Result<String, PageError> {
    let page = read_limited(path, MAX_PAGE).map_err(|source| PageError::File { path: path.to_owned(), source })?;
    let text = String::from_utf8_lossy(&page);
    let floor = text.split_once(FLOOR).and_then(|(_, rest)| rest.split_once('"')).map_or("0", |(floor, _)| floor);
    if floor != "0" && floor != version.to_string() {
        return Err(PageError::OtherVersion { path: path.to_owned(), floor: floor.to_owned(), version });
    }
    Ok(Digest::of(&page).to_string())
}
