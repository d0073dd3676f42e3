//! The first stage of a lane: the bytes of a group go into journals, and are synced.
//!
//! In: wrapped tips. Out: [`Journaled`], whose bytes are durable, with the records that are still to be written. Touches the journal of the
//! volume that is open and the lane's probe file, and makes volumes.

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::{Arc, Mutex};

use crate::disk::{DiskFile, Open, Trouble};
use crate::job::{Commit, Reply, Wrapped};
use crate::journal::Journal;
use crate::ledger::Ledger;
use crate::mutex::lock;
use crate::record::Record;
use crate::slots::SlotFile;
use crate::staged::Staged;
use crate::volume::Volume;
use crate::{Committed, StoreError};
use softinfo_base::day::Day;
use softinfo_base::limits::TEXT_TIP;
use softinfo_formats::envelope::id::TipId;

/// Slots of a volume that is made for one tip.
const OWN_SLOTS: u16 = 1;
/// A tip gets a volume for itself when it is larger than a quarter of one: so no tip keeps the bytes of others from going for long.
const OWN_PART: u64 = 4;

/// Ids of tips that are in a journal and not yet in the index. The same tip sent again meanwhile is not written again: it is answered after
/// the first.
pub(super) type InFlight = Arc<Mutex<HashSet<TipId>>>;

/// A group whose bytes are durable.
pub(super) struct Journaled {
    /// Whom to answer, in the order in which they came.
    pub tips: Vec<(Reply, Outcome)>,
    /// What is to be recorded, by volume.
    pub records: Vec<ToRecord>,
    /// Volumes to which nothing is written once this group is recorded.
    pub left: Vec<Arc<Volume>>,
}

/// Records for the slots of one volume.
pub(super) struct ToRecord {
    pub volume: Arc<Volume>,
    pub slots: Arc<SlotFile>,
    /// Number of the slot, what is to stand there, and which tip of the group it is.
    pub records: Vec<(u16, Record, usize)>,
}

/// How one tip of a group fares.
pub(super) enum Outcome {
    /// This is the answer; nothing is written for it.
    Now(Result<Committed, StoreError>),
    /// It has a record, and is answered when that is durable.
    Recorded,
    /// It has the same bytes as this earlier one of the group, and gets the answer of that one.
    SameAs(usize),
    /// It has the same bytes as one of an earlier group, whose record is not durable yet.
    SameAsBefore(TipId),
}

/// A volume that is written to.
struct Current {
    volume: Arc<Volume>,
    slots: Arc<SlotFile>,
    journal: Journal,
    next_slot: u16,
    /// As in [`ToRecord`]; the bytes are written and not synced.
    pending: Vec<(u16, Record, usize)>,
}

/// The stage, with the volume that its lane has open.
pub(super) struct JournalStage {
    ledger: Arc<Ledger>,
    name: &'static str,
    in_flight: InFlight,
    current: Option<Current>,
    /// Volumes to which nothing more is written, since the last group was handed on.
    full: Vec<Current>,
    probe: Option<Box<dyn DiskFile>>,
}

impl JournalStage {
    pub fn new(ledger: Arc<Ledger>, name: &'static str, in_flight: InFlight) -> Self {
        Self { ledger, name, in_flight, current: None, full: Vec::new(), probe: None }
    }

    /// Makes the bytes of a group durable. `None` when there is nothing to hand on, and when the disk fails: then nobody is answered, and their
    /// channels close, which says that nothing is known.
    pub fn write(&mut self, group: Vec<Commit>) -> Option<Journaled> {
        if (group.is_empty() && self.full.is_empty()) || self.ledger.has_stopped() {
            return None;
        }
        let mut tips = Vec::with_capacity(group.len());
        let mut first_of: HashMap<TipId, usize> = HashMap::new();
        for (number, Commit { record, wrapped, reply }) in group.into_iter().enumerate() {
            let before = *first_of.entry(record.tip_id()).or_insert(number);
            let outcome =
                if before < number { Ok(Outcome::SameAs(before)) } else { self.write_one(record, &wrapped, number) };
            let Ok(outcome) = outcome else {
                self.ledger.stop();
                return None;
            };
            tips.push((reply, outcome));
        }
        let touched = || self.full.iter().chain(&self.current).filter(|current| !current.pending.is_empty());
        if touched().try_for_each(|current| current.journal.sync()).is_err() {
            self.ledger.stop();
            return None;
        }
        let mut records = Vec::new();
        for current in self.full.iter_mut().chain(&mut self.current) {
            if !current.pending.is_empty() {
                records.push(ToRecord {
                    volume: Arc::clone(&current.volume),
                    slots: Arc::clone(&current.slots),
                    records: std::mem::take(&mut current.pending),
                });
            }
        }
        Some(Journaled { tips, records, left: self.full.drain(..).map(|current| current.volume).collect() })
    }

    /// Writes a tip's bytes to a journal, or says why not. `Err` when the disk has failed.
    fn write_one(&mut self, mut record: Record, wrapped: &Wrapped, number: usize) -> Result<Outcome, io::Error> {
        let id = record.tip_id();
        // Ids on their way are looked at before the index: the second stage adds a tip to the index before it takes its id from here, so in this
        // order it can't be missed.
        if lock(&self.in_flight).contains(&id) {
            return Ok(Outcome::SameAsBefore(id));
        }
        // While a part of the store can't be read, a tip that is in there is stored a second time; couriers and desks know it by its id. A damaged
        // tip counts as not stored: whoever sends it again makes it whole.
        if let Ok(Some((volume, place, _))) = self.ledger.find(&id)
            && !self.ledger.known().damaged.contains(&place)
        {
            return Ok(Outcome::Now(Ok(Committed { day: volume.head.day, already: true })));
        }
        let day = self.ledger.today();
        let placed = match wrapped {
            Wrapped::Whole(bytes) => self.append(day, |journal| journal.append(bytes)).map(|at| (false, at)),
            Wrapped::Staged(staged) if staged.length() > self.ledger.settings.volume_bytes / OWN_PART => {
                self.own_volume(day, staged).map(|()| (true, 0))
            }
            Wrapped::Staged(staged) => staged
                .open()
                .and_then(|file| self.append(day, |journal| journal.append_file(&*file, staged.length())))
                .map(|at| (false, at)),
        };
        let (in_own, offset) = match placed {
            Ok(placed) => placed,
            Err(error) => {
                return match Trouble::of(&error) {
                    Trouble::Full => Ok(Outcome::Now(Err(StoreError::Full))),
                    Trouble::Passing => Ok(Outcome::Now(Err(StoreError::Unavailable))),
                    Trouble::Failed => Err(error),
                };
            }
        };
        record.offset = offset;
        let target = if in_own { self.full.last_mut() } else { self.current.as_mut() };
        let current = target.ok_or(io::ErrorKind::NotFound)?;
        current.pending.push((current.next_slot, record, number));
        current.next_slot += 1;
        lock(&self.in_flight).insert(id);
        Ok(Outcome::Recorded)
    }

    /// A volume for one tip, whose file becomes the journal.
    fn own_volume(&mut self, day: Day, staged: &Staged) -> io::Result<()> {
        let made = self.make(day, OWN_SLOTS, Some(staged))?;
        self.full.push(made);
        Ok(())
    }

    /// A volume with an empty journal, or with this file as its journal.
    fn make(&self, day: Day, slots: u16, whole: Option<&Staged>) -> io::Result<Current> {
        let (volume, slots, journal) = self.ledger.make_volume(day, slots, whole.map(Staged::path))?;
        Ok(Current { volume, slots: Arc::new(slots), journal, next_slot: 0, pending: Vec::new() })
    }

    /// Appends to the journal of the current volume, or of a new one when that is full or of another day; says where it begins.
    fn append(&mut self, day: Day, write: impl FnOnce(&mut Journal) -> io::Result<u64>) -> io::Result<u64> {
        let limit = self.ledger.settings.volume_bytes;
        let keep = self.current.as_ref().is_some_and(|current| {
            current.volume.head.day == day
                && current.next_slot < current.slots.head.slots
                && current.journal.length() < limit
        });
        if !keep {
            self.full.extend(self.current.take());
            let slots = u16::try_from(limit / TEXT_TIP + 2).unwrap_or(u16::MAX);
            self.current = Some(self.make(day, slots, None)?);
        }
        let current = self.current.as_mut().ok_or(io::ErrorKind::NotFound)?;
        let written = write(&mut current.journal);
        if written.is_err() {
            // Half of it may be there. No more is written to this journal; what was acknowledged lies before that half.
            self.full.extend(self.current.take());
        }
        written
    }

    /// Writes no more to the current volume when it is `volume`, or not of `day`. It is handed on with the next group.
    pub fn leave(&mut self, volume: Option<u32>, day: Option<Day>) {
        let over = self.current.as_ref().is_some_and(|current| {
            let head = &current.volume.head;
            volume == Some(head.number) || day.is_some_and(|day| day != head.day)
        });
        if over {
            self.leave_current();
        }
    }

    /// Writes no more to the current volume. It is handed on with the next group.
    pub fn leave_current(&mut self) {
        self.full.extend(self.current.take());
    }

    /// Overwrites the one byte of the lane's probe file, and syncs it.
    pub fn probe(&mut self) -> Result<(), StoreError> {
        self.ledger.check_running()?;
        let (disk, folder) = (&self.ledger.disk, &self.ledger.folder);
        let (path, today) = (folder.join(format!("probe-{}", self.name)), self.ledger.today());
        if self.probe.is_none() {
            let opened = disk.open(&path, Open::Update).or_else(|_| disk.open(&path, Open::New));
            self.probe = Some(opened.map_err(StoreError::io(&path))?);
            disk.date(folder, today);
        }
        if let Some(file) = &self.probe {
            file.write_all_at(&[0], 0).map_err(|error| match Trouble::of(&error) {
                Trouble::Failed => self.ledger.stop(),
                Trouble::Full | Trouble::Passing => StoreError::io(&path)(error),
            })?;
            file.sync().map_err(|_| self.ledger.stop())?;
            file.date(today);
        }
        Ok(())
    }
}
