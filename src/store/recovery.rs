//! The start: what a crash has interrupted is finished, and all slots are read.
//!
//! In: the folder of a store, on a disk. Out: what is known of it ([`Known`]). Touches `scratch/` and `incoming/`, which are emptied; slots
//! whose erasure was begun or that are torn, which are overwritten; and volumes in which no tip is left, which are removed.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::StoreError;
use super::disk::{Disk, Open};
use super::folder::FOLDERS;
use super::index::Place;
use super::known::Known;
use super::notice::Notice;
use super::slots::SlotFile;
use super::volume::{self, Home, JOURNAL, SEALED, SEALING, Volume};
use softinfo_base::clock::Clock;

/// Days after which nobody looks any more.
const NEVER: i64 = 400_000;

/// Reads the slots of all volumes, after it has finished what a crash has interrupted. A tip is kept for `longest` days at most.
///
/// A volume whose slots can't be read stays as it is, and `notice` is told of it.
pub(super) fn recover(
    disk: &dyn Disk,
    folder: &Path,
    longest: i64,
    clock: &dyn Clock,
    notice: &dyn Fn(Notice),
) -> Result<Known, StoreError> {
    for name in FOLDERS {
        let path = folder.join(name);
        empty_folder(disk, &path, name != "volumes").map_err(StoreError::io(&path))?;
    }
    disk.sync_folder(folder).map_err(StoreError::io(folder))?;
    let volumes = folder.join("volumes");
    let mut known = Known::default();
    for entry in disk.list(&volumes).map_err(StoreError::io(&volumes))? {
        let Some((number, day)) = volume::parse_name(&entry.name) else {
            // Not a volume's name, but perhaps a volume that somebody has renamed: there may be tips in it.
            let number = u32::MAX - u32::try_from(known.unreadable.len()).unwrap_or(0);
            known.unreadable.insert(number, (volumes.join(&entry.name), clock.today().plus(NEVER)));
            notice(Notice::Unreadable { volume: number });
            continue;
        };
        known.next_number = known.next_number.max(number + 1);
        let path = volumes.join(&entry.name);
        if load_volume(disk, folder, path.clone(), number, &mut known, notice).is_err() {
            // Nothing is known of what is in it, so nothing is done to it.
            known.unreadable.insert(number, (path, day.plus(longest)));
            notice(Notice::Unreadable { volume: number });
        }
    }
    Ok(known)
}

/// Makes a folder where there is none; where there is one, removes what is in it if `empty` says so.
fn empty_folder(disk: &dyn Disk, path: &Path, empty: bool) -> io::Result<()> {
    match disk.list(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => disk.make_folder(path),
        Err(error) => Err(error),
        Ok(entries) if empty => entries.iter().try_for_each(|entry| {
            let path = path.join(&entry.name);
            if entry.is_folder { disk.remove_tree(&path) } else { disk.remove_file(&path) }
        }),
        Ok(_) => Ok(()),
    }
}

/// Adds one volume to what is known, or removes it when all its slots could be read and hold no tip.
fn load_volume(
    disk: &dyn Disk,
    store: &Path,
    path: PathBuf,
    number: u32,
    known: &mut Known,
    notice: &dyn Fn(Notice),
) -> io::Result<()> {
    let entries = disk.list(&path)?;
    let has = |name: &str| entries.iter().any(|entry| entry.name == name);
    // While there is a journal, it is the home: a crash came before it was removed. The sealer compares what is sealed once more, and removes it.
    let home = if has(JOURNAL) || !has(SEALED) { Home::Journal } else { Home::Sealed };
    let slots = SlotFile::open(disk, &path.join(volume::SLOTS), Open::Update)?;
    if slots.head.number != number {
        return Err(io::ErrorKind::InvalidData.into());
    }
    slots.forget_cached()?;
    let scanned = slots.scan()?;
    slots.erase(&scanned.unfinished)?;
    if scanned.torn > 0 {
        notice(Notice::TornSlots { volume: number });
    }
    if scanned.unread > 0 {
        known.unreadable.insert(number, (path.clone(), slots.head.expires));
        notice(Notice::Unreadable { volume: number });
    } else if scanned.tips.is_empty() {
        // Zeros that were written before a kill may not have reached the disk. So they are written and synced again before the file is removed: else
        // a key that was said to be gone could be left in blocks that belong to no file.
        slots.erase_all()?;
        return volume::discard(disk, store, &path);
    }
    if has(SEALING) {
        disk.remove_tree(&path.join(SEALING))?;
    }
    let volume = Volume::new(slots.head, path, home, false);
    for (slot, record) in &scanned.tips {
        known.index.insert(slots.head.day, Place { volume: number, slot: *slot }, record);
        volume.add(record.size);
    }
    known.volumes.insert(number, Arc::new(volume));
    Ok(())
}
