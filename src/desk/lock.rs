//! One program at a time in a desk's folder, and what a killed one has left behind.

use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use softinfo_base::file::{FileLock, disk_of, folder_of};

/// Staging folder of an import, in `tips/`. It holds ciphertext.
pub(super) const INCOMING: &str = ".incoming-";
/// Staging folder of an opened tip, beside its target. It holds plaintext.
pub(super) const OPENING: &str = ".opening-";
/// The file in the desk's folder that names the staging folders of tips being opened, so that they are found wherever they are.
const OPENING_AT: &str = "opening";
/// Before the path of one on another disk than the desk's folder. No path that is noted begins so.
const ELSEWHERE: &[u8] = b"elsewhere:";

/// Held while the desk's folder is read to be changed. Let go when dropped, or when the program ends in any way.
#[derive(Debug)]
pub struct DeskLock {
    _lock: FileLock,
    folder: PathBuf,
    plaintext_left: Vec<PathBuf>,
}

/// Why the desk can't be changed now.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another program has it.
    #[error("another softinfo-desk is at work in {}; nothing was changed. Try again when it has finished", .0.display())]
    InUse(PathBuf),
    /// The folder could not be opened, or what a killed program left could not be removed.
    #[error("{}: {source}", path.display())]
    File {
        /// The file that failed.
        path: PathBuf,
        /// What the system said of it.
        source: io::Error,
    },
}

impl DeskLock {
    /// Takes the lock of the desk in `folder` (a channel's folder, with `tips/` in it), and removes what a program that was killed has left:
    /// half an import, files half written, and the plaintext of a tip that was being opened.
    pub fn take(folder: &Path) -> Result<Self, LockError> {
        let failed = |source| LockError::File { path: folder.to_owned(), source };
        let file = File::open(folder).map_err(failed)?;
        let taken = FileLock::take(file).map_err(|error| match error {
            TryLockError::WouldBlock => LockError::InUse(folder.to_owned()),
            TryLockError::Error(source) => failed(source),
        })?;
        let mut lock = Self { _lock: taken, folder: folder.to_owned(), plaintext_left: Vec::new() };
        lock.clear_away()?;
        Ok(lock)
    }

    /// Folders with plaintext of a program that was killed, which could not be removed: on a medium that is not there now, or can't be written.
    #[must_use]
    pub fn plaintext_left(&self) -> &[PathBuf] {
        &self.plaintext_left
    }

    /// Forgets those of them that are not at their place, because whoever asks for it says that they are gone for good. Gives what was forgotten.
    ///
    /// # Errors
    /// Where that can't be written down: nothing was forgotten.
    pub fn forget_plaintext(&mut self) -> io::Result<Vec<PathBuf>> {
        let (gone, left): (Vec<_>, Vec<_>) =
            self.noted()?.into_iter().partition(|noted| noted.is_ours() && noted.is_away());
        if !gone.is_empty() {
            self.note(&left)?;
        }
        let gone: Vec<_> = gone.into_iter().map(|noted| noted.staging).collect();
        self.plaintext_left.retain(|left| !gone.contains(left));
        Ok(gone)
    }

    /// Notes, durably, that plaintext is about to be written into `staging`, which has to be a path that holds from anywhere, in a folder that is there.
    pub(super) fn opening_at(&self, staging: &Path) -> io::Result<()> {
        let elsewhere = disk_of(&folder_of(staging))? != disk_of(&self.folder)?;
        let mut all = self.noted()?;
        all.push(Noted { staging: staging.to_owned(), elsewhere });
        self.note(&all)
    }

    /// Notes that no plaintext is left in `staging`. Only for whoever has removed it, or given it its name: that nothing is found there may also
    /// mean that its medium was pulled out.
    pub(super) fn opened(&self, staging: &Path) {
        // Where it can't be noted the folder stays named, and the next program looks for it.
        let Ok(mut all) = self.noted() else { return };
        all.retain(|noted| noted.staging != staging);
        let _ = self.note(&all);
    }

    /// The staging folders that are noted.
    fn noted(&self) -> io::Result<Vec<Noted>> {
        let bytes = match fs::read(self.folder.join(OPENING_AT)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            bytes => bytes?,
        };
        Ok(bytes.split(|byte| *byte == 0).filter(|path| !path.is_empty()).map(Noted::parse).collect())
    }

    /// Writes down the staging folders; no path has a zero byte in it.
    fn note(&self, all: &[Noted]) -> io::Result<()> {
        let note = self.folder.join(OPENING_AT);
        if all.is_empty() {
            return fs::remove_file(note);
        }
        let bytes: Vec<_> = all.iter().map(Noted::bytes).collect();
        softinfo_base::file::write_whole(&note, |file| file.write_all(&bytes.join(&0)))
    }

    fn clear_away(&mut self) -> Result<(), LockError> {
        // Where it can't be read it stays as it is, and no tip is opened: that would write over it.
        if let Ok(noted) = self.noted() {
            let number = noted.len();
            let left: Vec<_> = noted.into_iter().filter(|noted| noted.is_ours() && !noted.clear_away()).collect();
            if left.len() < number {
                let _ = self.note(&left);
            }
            self.plaintext_left = left.into_iter().map(|noted| noted.staging).collect();
        }
        for (folder, start) in [(self.folder.join("tips"), INCOMING), (self.folder.clone(), ".partial-")] {
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                if entry.file_name().to_string_lossy().starts_with(start) {
                    let path = entry.path();
                    let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
                    removed.map_err(|source| LockError::File { path, source })?;
                }
            }
        }
        Ok(())
    }
}

/// Removes what a killed program has left in the desk's folder, unless another program is at work there: that one does it. Gives the folders with
/// plaintext that can't be removed now, as [`DeskLock::plaintext_left`].
#[must_use]
pub fn clear_away(folder: &Path) -> Vec<PathBuf> {
    DeskLock::take(folder).map(|lock| lock.plaintext_left().to_vec()).unwrap_or_default()
}

/// A staging folder in which there may be plaintext.
struct Noted {
    staging: PathBuf,
    /// Whether it was made on another disk than the desk's: a medium that can be pulled out, and come back.
    elsewhere: bool,
}

impl Noted {
    fn parse(bytes: &[u8]) -> Self {
        let (path, elsewhere) = bytes.strip_prefix(ELSEWHERE).map_or((bytes, false), |path| (path, true));
        Self { staging: OsStr::from_bytes(path).into(), elsewhere }
    }

    fn bytes(&self) -> Vec<u8> {
        [if self.elsewhere { ELSEWHERE } else { b"" }, self.staging.as_os_str().as_bytes()].concat()
    }

    /// Whatever the note says, nothing else is removed.
    fn is_ours(&self) -> bool {
        let name = self.staging.file_name().unwrap_or_default();
        self.staging.is_absolute() && name.as_bytes().starts_with(OPENING.as_bytes())
    }

    /// Whether nothing is at its place: it was removed, or its medium was pulled out.
    fn is_away(&self) -> bool {
        let missing = |error: io::Error| matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory);
        fs::symlink_metadata(&self.staging).is_err_and(missing)
    }

    /// Removes the folder; says whether it is gone.
    fn clear_away(&self) -> bool {
        match fs::symlink_metadata(&self.staging) {
            Ok(found) => !found.is_dir() || fs::remove_dir_all(&self.staging).is_ok(),
            // A medium that was pulled out comes back with what is on it, and until then another may be in its place.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                !self.elsewhere && self.staging.parent().is_some_and(Path::exists)
            }
            Err(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_what_a_killed_one_left_is_removed_by_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let tips = folder.path().join("tips");
        fs::create_dir_all(tips.join(".incoming-abc")).unwrap();
        fs::write(tips.join(".incoming-abc/1.age"), "half").unwrap();
        fs::write(folder.path().join(".partial-abc"), "half").unwrap();
        fs::write(tips.join("kept.age"), "whole").unwrap();
        let (plaintext, not_ours) = (elsewhere.path().join(".opening-abc"), elsewhere.path().join("case"));
        fs::create_dir(&plaintext).unwrap();
        fs::create_dir(&not_ours).unwrap();
        let lock = DeskLock::take(folder.path()).unwrap();
        let names =
            |path: &Path| fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>();
        assert_eq!(names(folder.path()), ["tips"]);
        assert_eq!(names(&tips), ["kept.age"]);
        assert!(plaintext.exists(), "nobody has said that it is ours");
        lock.opening_at(&plaintext).unwrap();
        let busy = DeskLock::take(folder.path());
        assert!(matches!(busy, Err(LockError::InUse(_))) && plaintext.exists());
        // As if killed: the lock goes, the note stays.
        drop(lock);
        let lock = DeskLock::take(folder.path()).unwrap();
        assert!(!plaintext.exists());
        assert_eq!(names(folder.path()), ["tips"]);
        // Whatever the note says, nothing else is removed.
        lock.opening_at(&not_ours).unwrap();
        drop(lock);
        DeskLock::take(folder.path()).unwrap();
        assert!(not_ours.exists());
    }

    /// A stick that was pulled out while a tip was opened onto it: where it was, where it is now, and the plaintext's folder on it.
    fn pulled_out(folder: &Path, media: &Path) -> (PathBuf, PathBuf, PathBuf) {
        let (stick, away) = (media.join("stick"), media.join("away"));
        let staging = stick.join(".opening-abc");
        fs::create_dir_all(&staging).unwrap();
        DeskLock::take(folder).unwrap().opening_at(&staging).unwrap();
        fs::rename(&stick, &away).unwrap();
        (stick, away, staging)
    }

    #[test]
    fn plaintext_on_a_medium_that_was_pulled_out_is_named_until_it_is_back() {
        let (folder, media) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (stick, away, staging) = pulled_out(folder.path(), media.path());
        for _ in 0..2 {
            let lock = DeskLock::take(folder.path()).unwrap();
            assert_eq!(lock.plaintext_left(), std::slice::from_ref(&staging));
            // Another tip is opened meanwhile.
            lock.opening_at(&media.path().join(".opening-def")).unwrap();
            lock.opened(&media.path().join(".opening-def"));
        }
        fs::rename(&away, &stick).unwrap();
        assert!(DeskLock::take(folder.path()).unwrap().plaintext_left().is_empty());
        assert!(!staging.exists() && !folder.path().join(OPENING_AT).exists());
    }

    /// A medium that was given away, or a folder in memory before a restart, was named for ever.
    #[test]
    fn what_is_said_to_be_gone_for_good_is_forgotten_unless_it_is_there() {
        let (folder, media) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (stick, away, staging) = pulled_out(folder.path(), media.path());
        let mut lock = DeskLock::take(folder.path()).unwrap();
        let named = std::slice::from_ref(&staging);
        assert_eq!(lock.plaintext_left(), named);
        fs::rename(&away, &stick).unwrap();
        assert!(lock.forget_plaintext().unwrap().is_empty());
        assert_eq!(lock.plaintext_left(), named);
        fs::rename(&stick, &away).unwrap();
        assert_eq!(lock.forget_plaintext().unwrap(), named);
        assert!(lock.plaintext_left().is_empty());
        drop(lock);
        assert!(DeskLock::take(folder.path()).unwrap().plaintext_left().is_empty());
        assert!(!folder.path().join(OPENING_AT).exists());
    }
}
