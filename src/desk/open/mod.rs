//! Opening a tip: decrypt, check to the last byte, and only then show files under their names.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rand::{RngCore, rngs::OsRng};
use serde::Serialize;
use softinfo_base::day::Day;
use softinfo_base::file::{disk_of, folder_of};
use softinfo_base::limits::MAX_MESSAGE;
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::transfer::bundle::CourierName;
use softinfo_seal::container::{ContainerError, EntryName};
use softinfo_seal::open::OpenError;
use zeroize::Zeroizing;

use crate::casebook::{Case, Casebook, CasebookError, tip_file};
use crate::desk_folder::Desk;
use crate::is_full;
use crate::key_name::{KeyName, KeyNames, KnownKey};
use crate::keyring::UnlockedKeys;
use crate::lock::{DeskLock, LockError, OPENING};
use crate::reading::{Entry, Oddity, ReadError, TipRead, read};
use crate::released::released;
use crate::trying::Progress;

/// The file that this program adds to an opened tip: what it knows of it.
const SHEET: &str = "tip.json";
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

/// A tip that was read into memory.
pub struct Shown {
    /// What was read of it.
    pub read: TipRead,
    /// Where it came from.
    pub case: Case,
    /// The message, where there is one; what is no UTF-8 is replaced.
    pub message: Option<Zeroizing<String>>,
}

/// Why a tip could not be opened. Nothing was left in the output folder.
#[derive(Debug, thiserror::Error)]
pub enum OpenTipError {
    /// The output is not empty.
    #[error("{} exists and is not empty; choose another folder, so that nothing is overwritten", .0.display())]
    NotEmpty(PathBuf),
    /// The output can't be made there.
    #[error("{} can't be made, because {} is no folder; choose another", out.display(), file.display())]
    NoFolder {
        /// The output.
        out: PathBuf,
        /// What is in the way.
        file: PathBuf,
    },
    /// The output is the top of a file system.
    #[error("{} is a medium or disk of its own; choose a folder on it, for example {}", .0.display(), .0.join("case").display())]
    Medium(PathBuf),
    /// The ciphertext is gone or changed on this disk.
    #[error("the stored file of this tip is missing or damaged; import its bundle again: number {bundle} of the courier {}", courier.short())]
    Missing {
        /// Whose bundle it came in.
        courier: CourierName,
        /// Its number.
        bundle: u64,
    },
    /// Which it is for, or whether its key was ever here, can't be told from a tip.
    #[error(
        "no key of this desk opens it (tried: {0}): it is for another holder, or for a key that is not here. Nothing was written. A key that is \
         put back is tried by itself"
    )]
    NoKey(KeyNames),
    /// It was opened with a key that is gone.
    #[error(
        "opened before with {0}, whose file is not in keys/; unless it was destroyed on purpose, put it back from the copy. Nothing was written"
    )]
    KeyGone(KeyName),
    /// It was opened with a key whose file is damaged now, or holds another.
    #[error(
        "opened before with {0}, but what is in keys/ under that name does not open it: it is damaged, or another key. Put the right one back from \
         the copy. Nothing was written"
    )]
    KeyChanged(KeyName),
    /// Key or authenticity.
    #[error("{0}; nothing of it was kept")]
    Open(OpenError),
    /// A later part of the file was changed or is missing.
    #[error("damaged or forged: a part of the tip is not authentic, so nothing of it was kept")]
    NotAuthentic,
    /// The archive.
    #[error(
        "the tip is authentic, but no softinfo program has packed it: {0}. Nothing of it was written. To look at it all the same, see “Opening a tip \
         without our software” in the README"
    )]
    Container(ContainerError),
    /// No room.
    #[error("there is no room on the disk: about {needed} bytes are needed in {}; nothing of the tip was kept there", folder.display())]
    NoRoom {
        /// The folder that the tip was to be written beside.
        folder: PathBuf,
        /// Bytes.
        needed: u64,
    },
    /// Another program at work.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The casebook.
    #[error(transparent)]
    Casebook(#[from] CasebookError),
    /// A file failed.
    #[error("{}: {source}; the tip was not opened", path.display())]
    File {
        /// The file that failed.
        path: PathBuf,
        /// What the system said of it.
        source: io::Error,
    },
}

/// The tip whose id begins with `start`, when its file is there with its length. Asked before the passphrase is.
pub fn find(desk: &Desk, start: &str) -> Result<TipId, OpenTipError> {
    Casebook::not_lost(&desk.folder)?;
    let book = Casebook::read(&desk.folder)?;
    let (id, case) = book.find(start)?;
    if case.is_here(&desk.folder, &id) { Ok(id) } else { Err(missing(case)) }
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
    let parent = match out.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let failed = |path: &Path, source: io::Error| {
        if is_full(&source) {
            OpenTipError::NoRoom { folder: parent.to_owned(), needed: case.size }
        } else {
            OpenTipError::File { path: path.to_owned(), source }
        }
    };
    softinfo_base::file::private_folder(parent).map_err(|error| failed(parent, error))?;
    let parent = parent.canonicalize().map_err(|error| failed(parent, error))?;
    let mut staging = Staging::make(&lock, &parent).map_err(|error| failed(&parent, error))?;

    let (mut written, mut originals_left_out, mut not_text) = (Vec::new(), 0, false);
    let outcome = read(&stored(desk, id), keys, case.day, |name, content| {
        if matches!(name, EntryName::Original(_)) && !originals {
            originals_left_out += 1;
            return Ok(());
        }
        let mut file = create(&staging.path, &name.to_string())?;
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
    write(&staging.path, &name, report.as_ref().unwrap_or(&read.report_as_sent))
        .and_then(|()| write(&staging.path, SHEET, &sheet(id, &case, &read, report.is_some())))
        .and_then(|()| staging.rename(out))
        .map_err(|error| failed(out, error))?;
    written.insert(0, name);
    note(&lock, desk, id, Some(&read.key), &[]);
    Ok(Opened { read, case, entries: written, plaintext_left: lock.plaintext_left().to_vec(), originals_left_out })
}

/// Reads tip `id` into memory, its files aside. Writes no plaintext to any disk.
pub fn show(desk: &Desk, id: &TipId, keys: &UnlockedKeys) -> Result<Shown, OpenTipError> {
    let case = whole_case(desk, id)?;
    let mut text = None;
    let outcome = read(&stored(desk, id), keys, case.day, |name, content| {
        if *name == EntryName::Message {
            text = Some(message(content)?);
        }
        Ok(())
    });
    // What was found out about keys is noted where the desk is free; it is not what was asked for.
    let lock = DeskLock::take(&desk.folder);
    let mut read = outcome.map_err(|error| {
        if let (Ok(lock), ReadError::NoKey(tried)) = (&lock, &error) {
            note(lock, desk, id, None, tried);
        }
        refusal(desk, id, &case, error, |source| OpenTipError::File { path: stored(desk, id), source })
    })?;
    if let Ok(lock) = &lock {
        note(lock, desk, id, Some(&read.key), &[]);
    }
    let message = text.map(|bytes| {
        if std::str::from_utf8(&bytes).is_err() {
            read.oddities.push(Oddity::NotText);
        }
        Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned())
    });
    Ok(Shown { read, case, message })
}

/// Tries every key on every tip that no key had opened, whatever was tried before. Gives how many one opens now.
pub fn try_keys(desk: &Desk, keys: &UnlockedKeys, progress: Progress<'_>) -> Result<usize, OpenTipError> {
    let _lock = DeskLock::take(&desk.folder)?;
    Casebook::not_lost(&desk.folder)?;
    let mut book = Casebook::read(&desk.folder)?;
    let opened = super::trying::try_again(&desk.folder, &mut book, keys, true, progress);
    book.write(&desk.folder)?;
    Ok(opened)
}

/// The case of a tip whose stored file has every byte.
fn whole_case(desk: &Desk, id: &TipId) -> Result<Case, OpenTipError> {
    let book = Casebook::read(&desk.folder)?;
    let case = book.tips.get(id).ok_or_else(|| CasebookError::Unknown(id.to_string()))?;
    let found = File::open(stored(desk, id)).and_then(TipId::of_reader);
    if found.is_ok_and(|(hash, _)| hash == *id) { Ok(case.clone()) } else { Err(missing(case)) }
}

fn missing(case: &Case) -> OpenTipError {
    OpenTipError::Missing { courier: case.courier.clone(), bundle: case.bundle }
}

fn stored(desk: &Desk, id: &TipId) -> PathBuf {
    tip_file(&desk.folder, id)
}

/// A hidden folder for plaintext, known to the next program in case this one is killed. Gone when dropped.
struct Staging<'a> {
    path: PathBuf,
    lock: &'a DeskLock,
    renamed: bool,
}

impl<'a> Staging<'a> {
    fn make(lock: &'a DeskLock, parent: &Path) -> io::Result<Self> {
        let mut random = [0; 8];
        OsRng.fill_bytes(&mut random);
        let path = parent.join(format!("{OPENING}{}", hex::encode(random)));
        // First its name, then the folder: there is no moment at which it is there and nobody knows of it.
        lock.opening_at(&path)?;
        fs::DirBuilder::new().mode(0o700).create(&path).inspect_err(|_| lock.opened(&path))?;
        Ok(Self { path, lock, renamed: false })
    }

    /// Gives the folder its name; over an empty one, a rename replaces it.
    fn rename(&mut self, out: &Path) -> io::Result<()> {
        fs::rename(&self.path, out)?;
        self.renamed = true;
        // At once: a name that is noted, and that nothing has any more, would be taken for one on a medium that is away.
        self.lock.opened(&self.path);
        Ok(())
    }
}

impl Drop for Staging<'_> {
    fn drop(&mut self) {
        if !self.renamed && fs::remove_dir_all(&self.path).is_ok() {
            self.lock.opened(&self.path);
        }
    }
}

fn create(folder: &Path, name: &str) -> io::Result<File> {
    // The name is one of the protocol's: at most one folder deep, and never outside.
    let path = folder.join(name);
    if let Some(parent) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
    }
    File::options().write(true).create_new(true).mode(0o600).open(&path)
}

fn write(folder: &Path, name: &str, content: &[u8]) -> io::Result<()> {
    create(folder, name)?.write_all(content)
}

fn message(content: &mut dyn Read) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(64 * 1024));
    content.take(MAX_MESSAGE).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What this desk knows of an opened tip.
fn sheet(id: &TipId, case: &Case, read: &TipRead, redacted: bool) -> Vec<u8> {
    #[derive(Serialize)]
    struct Sheet<'a> {
        schema: &'static str,
        id: &'a TipId,
        day_noted_by_the_relay: Day,
        courier: &'a CourierName,
        bundle: u64,
        opened_with: &'a KeyName,
        thread_fingerprint: Option<String>,
        report: &'static str,
        entries: &'a [Entry],
        warnings: &'a [Oddity],
    }
    let report = if redacted {
        "report.json is written anew: without reply key, withdraw token and thread, which are secrets; all else is as it was sent"
    } else {
        "the report is no JSON; it is in report-as-sent as it was sent, with any secrets it may hold"
    };
    let sheet = Sheet {
        schema: "softinfo/opened/1",
        id,
        day_noted_by_the_relay: case.day,
        courier: &case.courier,
        bundle: case.bundle,
        opened_with: &read.key,
        thread_fingerprint: read.thread(),
        report,
        entries: &read.entries,
        warnings: &read.oddities,
    };
    let mut bytes = serde_json::to_vec_pretty(&sheet).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// Notes which key opens a tip, or which don't. It only spares trying them again, so that a failure is passed over.
fn note(_held: &DeskLock, desk: &Desk, id: &TipId, reader: Option<&KeyName>, tried: &[KnownKey]) {
    let Ok(mut book) = Casebook::read(&desk.folder) else { return };
    let before = book.tips.get(id).cloned();
    book.note(id, reader.cloned(), tried.iter().cloned());
    if book.tips.get(id) != before.as_ref() {
        let _ = book.write(&desk.folder);
    }
}

fn refusal(
    desk: &Desk,
    id: &TipId,
    case: &Case,
    error: ReadError,
    failed: impl FnOnce(io::Error) -> OpenTipError,
) -> OpenTipError {
    match error {
        ReadError::NoKey(tried) => match &case.reader {
            Some(key) if !desk.keyring.has(&key.holder, &key.epoch) => OpenTipError::KeyGone(key.clone()),
            Some(key) => OpenTipError::KeyChanged(key.clone()),
            None => OpenTipError::NoKey(tried.iter().collect()),
        },
        ReadError::NotAuthentic => OpenTipError::NotAuthentic,
        ReadError::Take(source) => failed(source),
        ReadError::Source(source) | ReadError::Open(OpenError::Io(source)) => {
            OpenTipError::File { path: stored(desk, id), source }
        }
        ReadError::Open(error) => OpenTipError::Open(error),
        ReadError::Container(error) => OpenTipError::Container(error),
    }
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

    /// The casebook is written before the tip is said to be opened; who was killed there left a name that nothing could ever answer.
    #[test]
    fn what_has_got_its_name_is_not_taken_for_plaintext_that_was_left() {
        let (desk, media) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let lock = DeskLock::take(desk.path()).unwrap();
        let mut staging = Staging::make(&lock, media.path()).unwrap();
        assert!(desk.path().join("opening").exists());
        staging.rename(&media.path().join("case")).unwrap();
        assert!(!desk.path().join("opening").exists());
    }

    #[test]
    fn plaintext_on_a_medium_that_is_pulled_out_while_a_tip_is_opened_is_kept_in_mind() {
        let (desk, media) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (stick, away) = (media.path().join("stick"), media.path().join("away"));
        fs::create_dir(&stick).unwrap();
        let lock = DeskLock::take(desk.path()).unwrap();
        let staging = Staging::make(&lock, &stick).unwrap();
        let path = staging.path.clone();
        fs::rename(&stick, &away).unwrap();
        drop(staging);
        drop(lock);
        assert_eq!(DeskLock::take(desk.path()).unwrap().plaintext_left(), std::slice::from_ref(&path));
        fs::rename(&away, &stick).unwrap();
        assert!(DeskLock::take(desk.path()).unwrap().plaintext_left().is_empty() && !path.exists());
    }
}
