//! Stored tips on their way out: found by their slots, read from a journal or from what a sealed database holds, unwrapped chunk by chunk.
//!
//! In: an id, or a position in the listing. Out: chunks of the tip, or a page of the listing, as the slots say now. Touches nothing but scratch
//! space, where the values of a sealed database are put back to where they lay in the journal (`sealed/restored.rs`).

use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::disk::{Open, Trouble};
use super::index::{self, Place};
use super::ledger::Ledger;
use super::mutex::lock;
use super::notice::Notice;
use super::sealed::{self, SealedError, Values, part_name, parts};
use super::volume::{Home, JOURNAL, SEALED, Volume};
use super::wrap::{Unwrap, chunk_extent};
use super::{Cursor, Listed, StoreError, Stored};
use softinfo_formats::envelope::id::TipId;

/// `length` bytes of a volume: those that lie, or lay before it was sealed, at `at` in its journal.
fn read(ledger: &Ledger, volume: &Volume, at: u64, length: usize) -> Result<Vec<u8>, StoreError> {
    let mut bytes = vec![0; length];
    let damaged = |path: PathBuf| {
        move |error: io::Error| match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::NotFound => StoreError::Damaged,
            _ => StoreError::io(&path)(error),
        }
    };
    if volume.home() == Home::Journal {
        let path = volume.folder.join(JOURNAL);
        match ledger.disk.open(&path, Open::Read) {
            Ok(file) => {
                file.read_exact_at(&mut bytes, at).map_err(damaged(path))?;
                return Ok(bytes);
            }
            // It was sealed in the meantime.
            Err(_) if volume.home() == Home::Sealed => {}
            Err(error) => return Err(damaged(path)(error)),
        }
    }
    let values = restored(ledger, volume, at)?;
    let path = volume.folder.join(SEALED);
    values.read_exact_at(&mut bytes, at).map_err(damaged(path))?;
    Ok(bytes)
}

/// The values of the database that holds `at`, as they lay in the journal.
fn restored(ledger: &Ledger, volume: &Volume, at: u64) -> Result<Arc<Values>, StoreError> {
    let (restored, number) = (&ledger.restored, volume.head.number);
    if let Some(values) = restored.find(number, at) {
        return Ok(values);
    }
    let _one = lock(&ledger.sled);
    // Somebody else may just have done so.
    if let Some(values) = restored.find(number, at) {
        return Ok(values);
    }
    let sealed = volume.folder.join(SEALED);
    let parts = parts(&*ledger.disk, &sealed).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => StoreError::Damaged,
        _ => StoreError::io(&sealed)(error),
    })?;
    let next = parts.partition_point(|&start| start <= at);
    let start = next.checked_sub(1).and_then(|last| parts.get(last)).copied().ok_or(StoreError::Damaged)?;
    let extent = start..parts.get(next).copied().unwrap_or(u64::MAX);
    let (copy, source) = (restored.new_folder(), sealed.join(part_name(start)));
    let values = (|| {
        let file = tempfile::tempfile_in(&restored.scratch)?;
        sealed::copy_out(&*ledger.disk, &source, &copy)?;
        sealed::read(&copy, |key, value| {
            let at = key.checked_sub(start).ok_or(SealedError::Damaged)?;
            Ok(FileExt::write_all_at(&file, value, at)?)
        })?;
        Ok(Values { volume: number, extent, file })
    })();
    let _ = std::fs::remove_dir_all(&copy);
    ledger.date_folders();
    (ledger.settings.after_close)();
    match values {
        Ok(values) => {
            let values = Arc::new(values);
            restored.keep(&values);
            Ok(values)
        }
        Err(SealedError::Damaged) => Err(StoreError::Damaged),
        // The database is not there, or not any more: the caller looks whether the tip still is, and calls it damaged then. A missing scratch
        // space gives the same error and says nothing of the database, so it is asked for.
        Err(SealedError::Io(error)) if error.kind() == io::ErrorKind::NotFound && is_missing(ledger, &source) => {
            Err(StoreError::Damaged)
        }
        Err(SealedError::Io(error)) => Err(StoreError::io(&volume.folder)(error)),
    }
}

/// Whether the system says that there is no such folder.
fn is_missing(ledger: &Ledger, folder: &Path) -> bool {
    ledger.disk.list(folder).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// A tip that is being read.
struct Retrieve {
    ledger: Arc<Ledger>,
    volume: Arc<Volume>,
    place: Place,
    listed: Listed,
    offset: u64,
    unwrap: Unwrap,
}

impl Stored for Retrieve {
    fn listed(&self) -> Listed {
        self.listed
    }

    fn chunk(&self, number: u32) -> Result<Vec<u8>, StoreError> {
        let (at, length) = chunk_extent(self.listed.size, number).ok_or(StoreError::Damaged)?;
        let read = read(&self.ledger, &self.volume, self.offset.saturating_add(at), length);
        let unwrapped = read.and_then(|wrapped| self.unwrap.unwrap(number, &wrapped));
        // A tip that was erased while it was being read is not damaged.
        let is_there =
            || Ok(self.ledger.record(self.place)?.is_some_and(|(_, record)| record.tip_id() == self.listed.id));
        if matches!(unwrapped, Err(StoreError::Damaged)) && is_there()? {
            let new = self.ledger.known().damaged.insert(self.place);
            if new {
                self.ledger.tell(Notice::DamagedTip { volume: self.volume.head.number });
            }
        }
        unwrapped
    }
}

/// The tip with this id; `None` when it is proven that there is none.
///
/// # Errors
/// [`StoreError::Damaged`] when it was found damaged before: a courier that asks again for the rest of it has to hear why it broke off.
pub(super) fn get(ledger: &Arc<Ledger>, id: &TipId) -> Result<Option<Box<dyn Stored>>, StoreError> {
    let Some((volume, place, record)) = ledger.find(id)? else { return Ok(None) };
    if ledger.known().damaged.contains(&place) {
        return Err(StoreError::Damaged);
    }
    Ok(Some(Box::new(Retrieve {
        ledger: Arc::clone(ledger),
        listed: Listed { day: volume.head.day, id: *id, size: record.size },
        volume,
        place,
        offset: record.offset,
        unwrap: Unwrap::new(&record.key),
    })))
}

/// At most `limit` tips behind `after`, by day and then by id, each as its slot says now; fewer only at the end.
pub(super) fn list(ledger: &Ledger, after: Option<&Cursor>, limit: usize) -> Result<Vec<Listed>, StoreError> {
    let Some(first) = ledger.known().index.first_day() else { return Ok(Vec::new()) };
    let (mut day, mut key) = match after {
        None => (first, 0),
        Some(Cursor { day, id: None }) => (day.plus(1), 0),
        Some(Cursor { day, id: Some(id) }) => (*day, index::start(id)),
    };
    let mut listed: Vec<Listed> = Vec::new();
    while listed.len() < limit {
        let wanted = limit - listed.len();
        let found = ledger.known().index.from(day, key, wanted);
        let is_last = found.len() < wanted;
        let Some(&(last_day, last_key, _)) = found.last() else { break };
        for (day, _, place) in found {
            listed.extend(look(ledger, place)?.map(|(id, size)| Listed { day, id, size }));
        }
        listed.retain(|tip| after.is_none_or(|cursor| cursor.is_before(tip)));
        if is_last {
            break;
        }
        (day, key) = last_key.checked_add(1).map_or_else(|| (last_day.plus(1), 0), |next| (last_day, next));
    }
    listed.sort_unstable_by_key(|tip| (tip.day, tip.id));
    listed.truncate(limit);
    Ok(listed)
}

/// Id and size of the tip in a slot, when it can be given out.
fn look(ledger: &Ledger, place: Place) -> Result<Option<(TipId, u64)>, StoreError> {
    if ledger.known().damaged.contains(&place) {
        return Ok(None);
    }
    let Some(volume) = ledger.volume(place.volume) else { return Ok(None) };
    match volume.record(&*ledger.disk, place.slot) {
        Ok(record) => Ok(record.map(|record| (record.tip_id(), record.size))),
        Err(_) if ledger.volume(place.volume).is_none() => Ok(None),
        Err(error) if Trouble::of(&error) == Trouble::Failed => {
            // One sector that can't be read must not keep all other tips from couriers.
            ledger.set_unreadable(&volume);
            Ok(None)
        }
        Err(error) => Err(StoreError::io(&volume.folder)(error)),
    }
}
