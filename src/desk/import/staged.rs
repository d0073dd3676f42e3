//! A bundle that was read to its end, its new tips in a folder of their own until all is right with it.

use std::cell::Cell;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use softinfo_formats::envelope::id::TipId;
use softinfo_formats::transfer::bundle::{self, Manifest, Verified};
use tempfile::TempDir;

use super::ImportError;
use crate::casebook::tip_file_in;
use crate::lock::INCOMING;

/// Gone with its folder when it is dropped: then nothing of the bundle stays.
pub(super) struct Staged {
    folder: TempDir,
    tips: PathBuf,
    /// What was read, as the manifest says.
    pub(super) bundle: Verified,
}

impl Staged {
    /// Reads a bundle for the desk in `desk`, whose sealed tips are in `tips/` there. `wanted` is asked before anything is written, and says
    /// whether tips are to be kept; those that are there and whole are not written again.
    pub(super) fn read(
        desk: &Path,
        source: impl Read,
        mut wanted: impl FnMut(&Manifest) -> bool,
    ) -> Result<Self, ImportError> {
        let tips = desk.join("tips");
        // Beside its target, so that taking over is a rename; gone when anything fails.
        let folder = tempfile::Builder::new().prefix(INCOMING).tempdir_in(&tips)?;
        let keep = Cell::new(false);
        let bundle = bundle::read(
            source,
            |manifest| keep.set(wanted(manifest)),
            |tip, content| {
                if keep.get() && !is_whole(&tip_file_in(&tips, &tip.id), &tip.id, tip.size) {
                    let mut file = File::create(tip_file_in(folder.path(), &tip.id))?;
                    io::copy(content, &mut file)?;
                    file.sync_all()?;
                }
                Ok(())
            },
        )?;
        Ok(Self { folder, tips, bundle })
    }

    /// Whether a tip of the bundle was written here, because it was not there whole.
    pub(super) fn has(&self, id: &TipId) -> bool {
        self.staged(id).exists()
    }

    /// Where the file of a tip of the bundle is now. It may have been there already: a casebook was lost, or an import ended before it was written.
    pub(super) fn file(&self, id: &TipId) -> PathBuf {
        if self.has(id) { self.staged(id) } else { tip_file_in(&self.tips, id) }
    }

    /// Gives the files of `taken` their place, durably. All others are removed.
    pub(super) fn keep(self, taken: &[TipId]) -> io::Result<()> {
        for id in taken.iter().filter(|id| self.has(id)) {
            fs::rename(self.staged(id), tip_file_in(&self.tips, id))?;
        }
        softinfo_base::file::sync_folder(&self.tips)
    }

    fn staged(&self, id: &TipId) -> PathBuf {
        tip_file_in(self.folder.path(), id)
    }
}

/// Whether a file is there with every byte of the tip.
fn is_whole(path: &Path, id: &TipId, size: u64) -> bool {
    let hash = || File::open(path).and_then(TipId::of_reader).is_ok_and(|(found, _)| found == *id);
    fs::metadata(path).is_ok_and(|found| found.len() == size) && hash()
}
