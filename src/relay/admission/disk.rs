//! Room on the disk, in bytes and in files, and the part of both that is for text alone.
//!
//! In: nothing of a request. Out: how much is free. Touches: the disk of the store, which is asked.

use std::io;
use std::path::PathBuf;

use softinfo_store::{FREE_FILES, Space, space_of};

use crate::problem::Problem;

/// One file for so many bytes of the reserve: what ext4 makes when nothing else is said (mke2fs.conf, `inode_ratio`).
const BYTES_A_FILE: u64 = 16 * 1024;

/// The disk of the store.
pub(super) struct Disk {
    folder: PathBuf,
    floor: u64,
    reserve: u64,
}

impl Disk {
    /// `floor` bytes are for nobody, and `reserve` bytes above them for text.
    pub fn new(folder: PathBuf, floor: u64, reserve: u64) -> Self {
        Self { folder, floor, reserve }
    }

    /// What is free now, in bytes and files.
    pub fn free(&self) -> io::Result<Space> {
        space_of(&self.folder)
    }

    /// What text may use, in bytes.
    pub fn above_floor(&self) -> Result<u64, Problem> {
        Ok(self.above_floor_of(self.free().map_err(|_| Problem::Unavailable)?))
    }

    /// What text may use of this.
    pub const fn above_floor_of(&self, free: Space) -> u64 {
        free.bytes.saturating_sub(self.floor)
    }

    /// Whether a large tip may use more of it.
    pub fn check_large(&self) -> Result<(), Problem> {
        if self.has_room(self.free().map_err(|_| Problem::Unavailable)?) { Ok(()) } else { Err(Problem::StorageFull) }
    }

    /// Whether there is more than the reserve of text.
    pub fn has_room(&self, free: Space) -> bool {
        free.bytes >= self.floor.saturating_add(self.reserve)
            && free.files >= FREE_FILES.saturating_add(self.reserve / BYTES_A_FILE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Row 20 of issue 10: the reserve of text was one of bytes only.
    #[test]
    fn large_tips_stop_at_the_reserve_of_text_in_bytes_and_in_files() {
        let disk = Disk::new("/".into(), 100 << 20, 64 << 20);
        let plenty = Space { bytes: 1 << 40, files: 1 << 30 };
        assert!(disk.has_room(plenty));
        assert!(disk.has_room(Space { files: u64::MAX, ..plenty }));
        assert!(disk.has_room(Space { bytes: 164 << 20, ..plenty }));
        assert!(!disk.has_room(Space { bytes: (164 << 20) - 1, ..plenty }));
        // 64 MiB are 4 096 files, above those that are for nobody.
        assert!(disk.has_room(Space { files: 8192, ..plenty }));
        assert!(!disk.has_room(Space { files: 8191, ..plenty }));
    }
}
