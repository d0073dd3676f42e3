//! A volume: the tips that came together, in one folder with one slot file. Their bytes are in a journal, and later in sealed databases.
//!
//! In: a number, a day, and what a lane brings. Out: the folder, whole or not at all, and what is known of it. Touches `volumes/` and `scratch/`:
//! a folder is made in scratch space and gets its name last, and it leaves that way, too.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};

use super::disk::{Disk, Open};
use super::journal::Journal;
use super::mutex::lock;
use super::record::Record;
use super::slots::{Head, SlotFile};
use softinfo_base::day::Day;

/// Name of the slot file in a volume's folder.
pub(super) const SLOTS: &str = "slots";
/// Name of its journal.
pub(super) const JOURNAL: &str = "journal";
/// Name of the folder with its sealed databases.
pub(super) const SEALED: &str = "sealed";
/// Name of that folder before it is whole.
pub(super) const SEALING: &str = "sealing";

/// Where the bytes of a volume are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Home {
    /// In the file [`JOURNAL`].
    Journal,
    /// In the folder [`SEALED`].
    Sealed,
}

/// What is known of a volume. Counters follow the slots; the slots are the truth.
pub(super) struct Volume {
    pub head: Head,
    pub folder: PathBuf,
    home: Mutex<Home>,
    /// Held while slots are overwritten, so that of two withdrawals at once each tip is counted by one.
    erasing: Mutex<()>,
    /// Held while the volume is sealed or removed, so that only one of both happens at a time.
    shaping: Mutex<()>,
    /// Whether a lane still writes to it.
    pub is_open: AtomicBool,
    tips: AtomicU64,
    bytes: AtomicU64,
}

impl Volume {
    pub fn new(head: Head, folder: PathBuf, home: Home, is_open: bool) -> Self {
        Self {
            head,
            folder,
            home: Mutex::new(home),
            erasing: Mutex::default(),
            shaping: Mutex::default(),
            is_open: AtomicBool::new(is_open),
            tips: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        }
    }

    pub fn home(&self) -> Home {
        *lock(&self.home)
    }

    /// Says where its bytes are from now on.
    pub fn move_to(&self, home: Home) {
        *lock(&self.home) = home;
    }

    /// Waits until nobody else overwrites its slots.
    pub fn erase_alone(&self) -> MutexGuard<'_, ()> {
        lock(&self.erasing)
    }

    /// Waits until nobody else seals or removes it.
    pub fn shape_alone(&self) -> MutexGuard<'_, ()> {
        lock(&self.shaping)
    }

    /// [`Volume::shape_alone`], without waiting: `None` while somebody else has it.
    pub fn try_shape_alone(&self) -> Option<MutexGuard<'_, ()>> {
        self.shaping.try_lock().ok()
    }

    /// Counts a tip.
    pub fn add(&self, size: u64) {
        self.tips.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(size, Ordering::Relaxed);
    }

    /// Counts tips that are gone.
    pub fn subtract(&self, tips: u64, bytes: u64) {
        self.tips.fetch_sub(tips, Ordering::Relaxed);
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    pub fn tips(&self) -> u64 {
        self.tips.load(Ordering::Relaxed)
    }

    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Opens its slot file.
    pub fn slots(&self, disk: &dyn Disk, how: Open) -> io::Result<SlotFile> {
        SlotFile::open(disk, &self.folder.join(SLOTS), how)
    }

    /// The record in a slot, as the disk says now.
    pub fn record(&self, disk: &dyn Disk, slot: u16) -> io::Result<Option<Record>> {
        self.slots(disk, Open::Read)?.read(slot)
    }
}

/// The name of a volume's folder: six digits of number and the day of its tips.
pub(super) fn name(number: u32, day: Day) -> String {
    format!("{number:06}-{day}")
}

/// Number and day in the name of a volume's folder.
pub(super) fn parse_name(name: &str) -> Option<(u32, Day)> {
    let (number, day) = name.split_once('-')?;
    Some((number.parse().ok()?, day.parse().ok()?))
}

/// Makes the folder of a volume: built in `scratch`, everything in it synced, then named, and the name synced.
///
/// `whole` is a synced file that becomes its journal; without it the journal is empty. On an error nothing with a slot in use is left.
pub(super) fn make(
    disk: &dyn Disk,
    store: &Path,
    head: Head,
    whole: Option<&Path>,
) -> io::Result<(SlotFile, Journal, PathBuf)> {
    let name = name(head.number, head.day);
    let (scratch, folder) = (store.join("scratch").join(format!("new-{name}")), store.join("volumes").join(&name));
    let made = (|| {
        disk.make_folder(&scratch)?;
        let slots = SlotFile::create(disk, &scratch.join(SLOTS), head)?;
        let path = scratch.join(JOURNAL);
        let journal = match whole {
            None => Journal::create(disk, &path)?,
            Some(whole) => {
                disk.rename(whole, &path)?;
                Journal::open(disk, &path)?
            }
        };
        disk.sync_folder(&scratch)?;
        disk.rename(&scratch, &folder)?;
        disk.sync_folder(&store.join("volumes"))?;
        Ok((slots, journal))
    })();
    match made {
        Ok((slots, journal)) => Ok((slots, journal, folder)),
        Err(error) => {
            // What can't be removed now has no tip in it, and is removed at the next start.
            let _ = disk.remove_tree(&scratch);
            let _ = discard(disk, store, &folder);
            Err(error)
        }
    }
}

/// Removes the folder of a volume in which no tip is left. It goes to scratch space in one step and is taken apart there: a crash leaves it
/// whole where it was, or in scratch space, which the next start empties.
pub(super) fn discard(disk: &dyn Disk, store: &Path, folder: &Path) -> io::Result<()> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let gone = store.join("scratch").join(format!("gone-{name}"));
    disk.rename(folder, &gone)?;
    disk.remove_tree(&gone)
}
