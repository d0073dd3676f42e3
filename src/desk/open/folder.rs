//! Opening a tip into a folder of its own: all of it verified and under its names, or nothing.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use softinfo_base::file::{disk_of, folder_of, private_folder};
use softinfo_formats::envelope::id::TipId;
use softinfo_seal::container::EntryName;

use super::known::{KNOWN_FILE, known};
use super::staging::Staging;
use super::{OpenTipError, message, note, refusal, stored, whole_case};
use crate::casebook::Case;
use crate::desk_folder::Desk;
use crate::full_disk::is_full;
use crate::keyring::UnlockedKeys;
use crate::lock::DeskLock;
use crate::reading::{Oddity, ReadError, TipRead, read};
use crate::released::released;

/// Name of a report that is no JSON, so that nothing could be left out of it.
const REPORT_AS_SENT: &str = "report-as-sent";

/// A tip that was opened and is in its folder.
#[derive(Debug)]
pub struct Opened {
    /// What was read of it.
    pub read: TipRead,
    /// Where it came from.
    pub case: Case,
    /// Files that were written, by their names in the folder, but for `tip.json`.
    pub entries: Vec<String>,
    /// Folders with plaintext that a killed program left, and that could not be removed.
    pub plaintext_left: Vec<PathBuf>,
    /// Unscrubbed originals that were left out because nobody asked for them.
    pub originals_left_out: usize,
}

/// Whether a tip can be opened into `out`: it has to be absent or an empty folder, below a folder. Asked before the passphrase is.
pub fn check_out(out: &Path) -> Result<(), OpenTipError> {
    let out = &resolved(out);
    if fs::symlink_metadata(out).is_ok() {
        let empty = fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_none());
        return match (disk_of(out), disk_of(&folder_of(out))) {
            // It could not be replaced, and its plaintext would be on another disk first.
            (Ok(own), Ok(above)) if own != above => Err(OpenTipError::Medium(out.to_owned())),
            _ if empty => Ok(()),
            _ => Err(OpenTipError::NotEmpty(out.to_owned())),
        };
    }
    let above = out.ancestors().skip(1).find(|above| fs::symlink_metadata(above).is_ok());
    match above {
        Some(above) if !above.is_dir() => Err(OpenTipError::NoFolder { out: out.to_owned(), file: above.to_owned() }),
        _ => Ok(()),
    }
}

/// The folder itself where `out` is a link to it or ends in dots: a folder can take the place of a folder only. An absent one keeps its name.
fn resolved(out: &Path) -> PathBuf {
    out.canonicalize().unwrap_or_else(|_| out.components().collect())
}

/// Opens tip `id` into the folder `out`, which has to be absent or empty. With `originals`, unscrubbed originals too.
///
/// `report.json` is written without what lets one answer the writer, erase the tip or know its thread; beside it `tip.json` says what this desk knows.
pub fn open(desk: &Desk, id: &TipId, keys: &UnlockedKeys, out: &Path, originals: bool) -> Result<Opened, OpenTipError> {
    check_out(out)?;
    let out = &resolved(out);
    let lock = DeskLock::take(&desk.folder)?;
    let case = whole_case(desk, id)?;
    // Plaintext goes into a hidden folder beside the target; it is removed unless everything was verified.
    let parent = &folder_of(out);
    let failed = |path: &Path, source: io::Error| {
        if is_full(&source) {
            OpenTipError::NoRoom { folder: parent.to_owned(), needed: case.size }
        } else {
            OpenTipError::File { path: path.to_owned(), source }
        }
    };
    private_folder(parent).map_err(|error| failed(parent, error))?;
    let parent = parent.canonicalize().map_err(|error| failed(parent, error))?;
    let mut staging = Staging::make(&lock, &parent).map_err(|error| failed(&parent, error))?;

    let (mut written, mut originals_left_out, mut not_text) = (Vec::new(), 0, false);
    let outcome = read(&stored(desk, id), keys, case.day, |name, content| {
        if matches!(name, EntryName::Original(_)) && !originals {
            originals_left_out += 1;
            return Ok(());
        }
        let mut file = staging.create(&name.to_string())?;
        if *name == EntryName::Message {
            let message = message(content)?;
            not_text = std::str::from_utf8(&message).is_err();
            file.write_all(&message)?;
        } else {
            io::copy(content, &mut file)?;
        }
        written.push(name.to_string());
        Ok(())
    });
    let mut read = outcome.map_err(|error| {
        if let ReadError::NoKey(tried) = &error {
            note(&lock, desk, id, None, tried);
        }
        refusal(desk, id, &case, error, |source| failed(out, source))
    })?;
    if not_text {
        read.oddities.push(Oddity::NotText);
    }
    let report = released(&read.report_as_sent);
    let name = if report.is_some() { EntryName::Report.to_string() } else { REPORT_AS_SENT.to_owned() };
    staging
        .write(&name, report.as_ref().unwrap_or(&read.report_as_sent))
        .and_then(|()| staging.write(KNOWN_FILE, &known(id, &case, &read, report.is_some())))
        .and_then(|()| staging.rename(out))
        .map_err(|error| failed(out, error))?;
    written.insert(0, name);
    note(&lock, desk, id, Some(&read.key), &[]);
    Ok(Opened { read, case, entries: written, plaintext_left: lock.plaintext_left().to_vec(), originals_left_out })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_that_is_a_link_or_ends_in_a_dot_is_the_folder_itself() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().canonicalize().unwrap();
        fs::create_dir(folder.join("empty")).unwrap();
        std::os::unix::fs::symlink("empty", folder.join("link")).unwrap();
        for out in ["empty", "empty/.", "link", "link/."] {
            assert_eq!(resolved(&folder.join(out)), folder.join("empty"), "{out}");
            check_out(&folder.join(out)).unwrap();
        }
        assert_eq!(resolved(&folder.join("new/.")), folder.join("new"));
        fs::write(folder.join("empty/file"), "").unwrap();
        std::os::unix::fs::symlink("nowhere", folder.join("dangling")).unwrap();
        for out in ["link", "dangling"] {
            assert!(matches!(check_out(&folder.join(out)), Err(OpenTipError::NotEmpty(_))), "{out}");
        }
    }
}
