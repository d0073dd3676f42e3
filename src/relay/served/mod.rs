//! What is served of the channel: the signed directory, and the page that it names. Both change together, while the relay runs.
//!
//! In: a pair that was looked at. Out: one pair at a time. Touches: `relay/served.json` in the store's folder, which remembers the newest
//! version that was served.

pub(crate) mod calls;
mod record;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use axum::body::Bytes;

use softinfo_base::day::Day;
use softinfo_base::file::folders_of;
use softinfo_formats::directory::{Contents, Directory, Seen};

use crate::config::Config;
use crate::static_page::Page;
use record::remember;

pub(crate) use record::{memory, newest};

/// A directory that the root has signed, and its page.
pub struct Served {
    directory: Directory,
    note: Bytes,
    page: Option<Page>,
    /// Plaintext bytes of the largest tip.
    pub(crate) max_plaintext: u64,
}

impl Served {
    /// A pair; the directory's `max_bytes` is the limit of a tip.
    pub(crate) fn new(directory: Directory, page: Option<Page>) -> Self {
        let (note, max_plaintext) = (Bytes::copy_from_slice(directory.bytes()), directory.contents().max_bytes);
        Self { directory, note, page, max_plaintext }
    }

    /// What the directory says.
    #[must_use]
    pub fn contents(&self) -> &Contents {
        self.directory.contents()
    }

    /// The signed note, as it is served.
    pub(crate) fn note(&self) -> Bytes {
        self.note.clone()
    }

    /// The page, where one is served.
    pub(crate) fn page(&self) -> Option<&Page> {
        self.page.as_ref()
    }

    /// Packs the page. Takes seconds; until then it is served as it is.
    pub(crate) fn pack(&self) {
        if let Some(page) = &self.page {
            page.pack();
        }
    }

    /// Which version of which channel it is, as it is remembered.
    pub(crate) fn seen(&self) -> Seen {
        self.directory.seen()
    }

    /// Whether the same note and the same page are served.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.note == other.note && self.page().map(Page::sha256) == other.page().map(Page::sha256)
    }
}

/// The one pair that is served now.
pub(crate) struct Serving(RwLock<Arc<Served>>);

impl Serving {
    /// Serves this pair first.
    pub fn new(served: Served) -> Self {
        Self(RwLock::new(Arc::new(served)))
    }

    /// The pair that is served now.
    pub fn now(&self) -> Arc<Served> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Plaintext bytes of the largest tip, by the directory that is served now.
    pub fn max_plaintext(&self) -> u64 {
        self.now().max_plaintext
    }

    /// Serves another pair from now on. Its version is written down before anybody sees it: what was served once must not be forgotten. May
    /// wait for the disk.
    ///
    /// # Errors
    /// When it can't be written down; the old pair is served then.
    pub fn replace(&self, new: Served, store: &Path, today: Day) -> io::Result<Arc<Served>> {
        remember(store, &new.seen(), today)?;
        let new = Arc::new(new);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&new);
        Ok(new)
    }

    /// Writes down which version is served, before it is. May wait for the disk.
    pub fn remember(&self, store: &Path, today: Day) -> io::Result<()> {
        remember(store, &self.now().seen(), today)
    }
}

/// The folders that have to stay readable, so that a replaced directory or page is seen.
pub(crate) fn folders(config: &Config) -> impl Iterator<Item = PathBuf> {
    [&config.directory].into_iter().chain(&config.page).flat_map(|path| folders_of(path))
}
