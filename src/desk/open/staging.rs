//! The hidden folder in which plaintext waits until all of a tip was verified.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rand::{RngCore, rngs::OsRng};

use crate::lock::{DeskLock, OPENING};

/// A hidden folder for plaintext, known to the next program in case this one is killed. Gone when dropped.
pub(super) struct Staging<'a> {
    path: PathBuf,
    lock: &'a DeskLock,
    renamed: bool,
}

impl<'a> Staging<'a> {
    pub(super) fn make(lock: &'a DeskLock, parent: &Path) -> io::Result<Self> {
        let mut random = [0; 8];
        OsRng.fill_bytes(&mut random);
        let path = parent.join(format!("{OPENING}{}", hex::encode(random)));
        // First its name, then the folder: there is no moment at which it is there and nobody knows of it.
        lock.opening_at(&path)?;
        DirBuilder::new().mode(0o700).create(&path).inspect_err(|_| lock.opened(&path))?;
        Ok(Self { path, lock, renamed: false })
    }

    /// Gives the folder its name; over an empty one, a rename replaces it.
    pub(super) fn rename(&mut self, out: &Path) -> io::Result<()> {
        fs::rename(&self.path, out)?;
        self.renamed = true;
        // At once: a name that is noted, and that nothing has any more, would be taken for one on a medium that is away.
        self.lock.opened(&self.path);
        Ok(())
    }

    /// A new file in it, for its owner only.
    pub(super) fn create(&self, name: &str) -> io::Result<File> {
        // The name is one of the protocol's: at most one folder deep, and never outside.
        let path = self.path.join(name);
        if let Some(parent) = path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
        }
        File::options().write(true).create_new(true).mode(0o600).open(&path)
    }

    /// A new file in it with all of `content`.
    pub(super) fn write(&self, name: &str, content: &[u8]) -> io::Result<()> {
        self.create(name)?.write_all(content)
    }
}

impl Drop for Staging<'_> {
    fn drop(&mut self) {
        if !self.renamed && fs::remove_dir_all(&self.path).is_ok() {
            self.lock.opened(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
