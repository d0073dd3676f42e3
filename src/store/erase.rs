//! Erasing: by withdraw digest, by day, by volume. It is answered only after the keys have been overwritten in place and synced.
//!
//! In: digests, or a day. Out: how many tips are gone. Touches slot files, and removes volumes in which no tip is left.
//! No lock of the ledger is held while the disk is waited for, and a volume costs two syncs, however many tips of it are erased.
//! A failed overwriting stops the store: the key may be there or not, and only the next start can tell.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::StoreError;
use super::disk::{Open, Trouble};
use super::index::Place;
use super::ledger::Ledger;
use super::record::Record;
use super::slots;
use super::volume::{self, SLOTS, Volume};
use softinfo_base::day::Day;
use softinfo_formats::envelope::withdraw::WithdrawDigest;

/// Erases every tip with one of these digests; says how many.
pub(super) fn by_digests(ledger: &Ledger, digests: &[WithdrawDigest]) -> Result<usize, StoreError> {
    ledger.check_running()?;
    let mut by_volume: BTreeMap<u32, Vec<u16>> = BTreeMap::new();
    // Each digest once: otherwise whoever names one a thousand times makes its slots be read a thousand times.
    let digests: HashSet<&WithdrawDigest> = digests.iter().collect();
    for digest in &digests {
        for place in ledger.known().index.with_digest(digest) {
            by_volume.entry(place.volume).or_default().push(place.slot);
        }
    }
    let (mut erased, mut failed) = (0, Ok(()));
    for (number, slots) in by_volume {
        let Some(volume) = ledger.volume(number) else { continue };
        // A volume that can't be read does not keep the others from being erased: it would do so each time somebody asks.
        match in_volume(ledger, &volume, &slots, &digests, &mut erased) {
            Err(StoreError::Stopped) => return Err(StoreError::Stopped),
            done => failed = failed.and(done),
        }
    }
    // What can't be read may hold the same tip once more: it may have been sent again while the first could not be seen.
    match failed.and_then(|()| ledger.prove_absence()) {
        Err(_) if erased > 0 => Err(StoreError::Partly),
        proven => proven.map(|()| erased),
    }
}

/// Erases what is in these slots, as far as they can be read, and adds to `erased`.
fn in_volume(
    ledger: &Ledger,
    volume: &Arc<Volume>,
    slots: &[u16],
    digests: &HashSet<&WithdrawDigest>,
    erased: &mut usize,
) -> Result<(), StoreError> {
    let alone = volume.erase_alone();
    let opened = volume.slots(&*ledger.disk, Open::Update);
    let file = match opened {
        Ok(file) => file,
        Err(_) if ledger.volume(volume.head.number).is_none() => return Ok(()),
        Err(error) => return Err(refused(ledger, volume, error)),
    };
    let (mut gone, mut unread): (Vec<(u16, Record)>, _) = (Vec::new(), Ok(()));
    for &slot in slots {
        match file.read(slot) {
            Ok(record) => {
                gone.extend(record.filter(|record| digests.contains(&record.withdraw())).map(|record| (slot, record)));
            }
            Err(error) => unread = unread.and(Err(refused(ledger, volume, error))),
        }
    }
    gone.sort_unstable_by_key(|(slot, _)| *slot);
    gone.dedup_by_key(|(slot, _)| *slot);
    let numbers: Vec<u16> = gone.iter().map(|(slot, _)| *slot).collect();
    file.erase(&numbers).map_err(|_| ledger.stop())?;
    file.date();
    forget(ledger, volume, &gone);
    *erased += gone.len();
    drop(alone);
    remove_when_empty(ledger, volume);
    unread
}

/// The error of slots that could not be read, and so were not overwritten.
fn refused(ledger: &Ledger, volume: &Volume, error: std::io::Error) -> StoreError {
    match Trouble::of(&error) {
        // The slots can be read, but not overwritten.
        Trouble::Failed if error.kind() == std::io::ErrorKind::ReadOnlyFilesystem => {
            StoreError::io(&volume.folder)(error)
        }
        // The slots can't be read: whether there is something to erase is not known, and somebody has to hear of it.
        Trouble::Failed => {
            ledger.set_unreadable(volume);
            StoreError::Unproven
        }
        _ => StoreError::io(&volume.folder)(error),
    }
}

/// Erases all tips of what has expired by `today`, and says how many. `leave` returns when no lane writes to a volume any more.
///
/// What fails for one volume does not keep the others from being erased; the first error is returned.
pub(super) fn expired(
    ledger: &Ledger,
    today: Day,
    leave: impl Fn(u32) -> Result<(), StoreError>,
) -> Result<usize, StoreError> {
    volumes(ledger, |volume| volume.head.expires <= today, |_, expires| expires <= today, leave)
}

/// Erases all tips that came before `before`, whenever they would expire; says how many. Slot files of those days that can't be read are
/// overwritten as a whole; when that fails, so does this.
///
/// # Errors
/// [`StoreError::ClockAhead`] while the clock is not believed: which day a tip has is not certain then, and nothing is erased.
pub(super) fn before(ledger: &Ledger, before: Day) -> Result<usize, StoreError> {
    let today = ledger.look_at_clock()?;
    if let Some(believed) = ledger.believed_day.held() {
        return Err(StoreError::ClockAhead { clock: ledger.clock.today(), believed });
    }
    volumes(ledger, |volume| volume.head.came(today) < before, |day, _| day.is_none_or(|day| day < before), |_| Ok(()))
}

/// Erases the volumes that are `over`, and the unreadable ones whose day and last day of expiry are `unreadable_over`; says how many tips. What
/// fails for one volume does not keep the others from being erased.
fn volumes(
    ledger: &Ledger,
    over: impl Fn(&Volume) -> bool,
    unreadable_over: impl Fn(Option<Day>, Day) -> bool,
    leave: impl Fn(u32) -> Result<(), StoreError>,
) -> Result<usize, StoreError> {
    ledger.check_running()?;
    let chosen: Vec<_> = ledger.known().volumes.values().filter(|volume| over(volume)).cloned().collect();
    let (mut erased, mut failed) = (0, Ok(()));
    for volume in chosen {
        match leave(volume.head.number).and_then(|()| whole_volume(ledger, &volume)) {
            Ok(tips) => erased += tips,
            Err(error) => failed = failed.and(Err(error)),
        }
    }
    let unreadable: Vec<_> =
        ledger.known().unreadable.iter().map(|(number, (folder, day))| (*number, folder.clone(), *day)).collect();
    for (number, folder, expires) in unreadable {
        // One that can be read in part is among the volumes above as well, until it is gone from there.
        let day = folder.file_name().and_then(|name| volume::parse_name(name.to_str()?)).map(|(_, day)| day);
        if unreadable_over(day, expires) && ledger.volume(number).is_none() {
            let slots = slots::overwrite(&*ledger.disk, &folder.join(SLOTS));
            let removed = slots
                .and_then(|()| volume::discard(&*ledger.disk, &ledger.folder, &folder))
                .map_err(StoreError::io(&folder));
            if removed.is_ok() {
                ledger.known().unreadable.remove(&number);
            }
            failed = failed.and(removed);
        }
    }
    failed.map(|()| erased)
}

/// Erases all tips of a volume, and removes it; says how many.
fn whole_volume(ledger: &Ledger, volume: &Arc<Volume>) -> Result<usize, StoreError> {
    let alone = volume.erase_alone();
    let opened = volume.slots(&*ledger.disk, Open::Update);
    let file = match opened {
        Ok(file) => file,
        // Its last tip was withdrawn, and the sealer has removed it since it was chosen.
        Err(_) if ledger.volume(volume.head.number).is_none() => return Ok(0),
        Err(error) => return Err(StoreError::io(&volume.folder)(error)),
    };
    let tips = file.scan().map_err(StoreError::io(&volume.folder))?.tips;
    file.erase_all().map_err(|_| ledger.stop())?;
    file.date();
    forget(ledger, volume, &tips);
    drop(alone);
    let _alone = volume.shape_alone();
    // The sealer may have removed it in the meantime.
    if ledger.volume(volume.head.number).is_some() {
        remove(ledger, volume);
    }
    Ok(tips.len())
}

/// Takes tips that are gone out of what is known.
fn forget(ledger: &Ledger, volume: &Volume, gone: &[(u16, Record)]) {
    let mut known = ledger.known();
    for (slot, record) in gone {
        let place = Place { volume: volume.head.number, slot: *slot };
        known.index.remove(volume.head.day, place, record);
        known.damaged.remove(&place);
        volume.subtract(1, record.size);
    }
}

/// Removes a volume, when no tip is left in it and no lane writes to it. While the sealer is at it, this leaves it to the sealer.
pub(super) fn remove_when_empty(ledger: &Ledger, volume: &Arc<Volume>) {
    if volume.tips() == 0
        && !volume.is_open.load(Ordering::Acquire)
        && let Some(_alone) = volume.try_shape_alone()
        && ledger.volume(volume.head.number).is_some()
        && is_proven_empty(ledger, volume)
    {
        remove(ledger, volume);
    }
}

/// The counters leave out slots that could not be read: a volume that has such slots counts as empty only when all of it can be read again.
fn is_proven_empty(ledger: &Ledger, volume: &Volume) -> bool {
    let is_readable = !ledger.known().unreadable.contains_key(&volume.head.number);
    let scan = || volume.slots(&*ledger.disk, Open::Read)?.scan();
    is_readable || scan().is_ok_and(|scanned| scanned.unread == 0 && scanned.tips.is_empty())
}

/// Removes a volume whose slots are all empty. Whatever of it can't be removed now is removed at the next start.
pub(super) fn remove(ledger: &Ledger, volume: &Volume) {
    {
        let mut known = ledger.known();
        known.volumes.remove(&volume.head.number);
        known.unreadable.remove(&volume.head.number);
    }
    ledger.restored.forget(volume.head.number);
    let _ = volume::discard(&*ledger.disk, &ledger.folder, &volume.folder);
    ledger.date(volume);
}
