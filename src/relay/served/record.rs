//! The newest version that was served from this store, so that an older one is never served after it.
//!
//! Touches: `relay/served.json` in the store's folder.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use softinfo_base::day::Day;
use softinfo_base::file::{date, private_folder, read_limited, sync_folder, write_dated};
use softinfo_formats::directory::Seen;

/// Largest record of a version that is read, in bytes.
const LARGEST: u64 = 64 * 1024;

/// The folder, in the store's, of what the relay remembers between two starts.
pub(crate) fn memory(store: &Path) -> PathBuf {
    store.join("relay")
}

/// The newest version that was served from this store; `None` when none was.
///
/// # Errors
/// When there is a record that can't be read.
pub(crate) fn newest(store: &Path) -> io::Result<Option<Seen>> {
    match read_limited(&memory(store).join("served.json"), LARGEST) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes down which version is served, if that is another one. May wait for the disk.
pub(super) fn remember(store: &Path, seen: &Seen, today: Day) -> io::Result<()> {
    if newest(store).is_ok_and(|newest| newest.as_ref() == Some(seen)) {
        return Ok(());
    }
    let folder = memory(store);
    private_folder(&folder)?;
    sync_folder(store)?;
    // A new name in it says when; the day is enough.
    let _ = File::open(store).and_then(|store| date(&store, today));
    write_dated(&folder.join("served.json"), today, |file| Ok(serde_json::to_writer(file, seen)?))
}
