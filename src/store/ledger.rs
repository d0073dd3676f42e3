//! The one place that all parts of the store share: what is known of its tips, which day it is, whether it still runs, and what waits to be
//! sealed.
//!
//! In: a folder, on a disk. Out: volumes and slots by number and id, each as the disk says now. Touches slot files, and makes volumes. No lock
//! of it is held while the disk is waited for.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use rand::Rng;

use super::believed_day::{self, BelievedDay};
use super::disk::Disk;
use super::index::Place;
use super::journal::Journal;
use super::known::Known;
use super::mutex::lock;
use super::notice::Notice;
use super::record::Record;
use super::recovery::recover;
use super::sealed::Restored;
use super::settings::Settings;
use super::slots::{Head, SlotFile};
use super::volume::{self, Home, Volume};
use super::{Kept, StoreError};
use softinfo_base::clock::Clock;
use softinfo_base::day::Day;
use softinfo_formats::envelope::id::TipId;

/// What the store knows, with the disk and the clock that it knows it from.
pub(super) struct Ledger {
    /// The store's folder.
    pub folder: PathBuf,
    pub disk: Arc<dyn Disk>,
    pub settings: Settings,
    /// Says which day it is; whether that is believed, [`BelievedDay`] says.
    pub clock: Arc<dyn Clock>,
    pub believed_day: BelievedDay,
    /// What was read from sealed databases last.
    pub restored: Restored,
    /// Held by whoever has a sled database open: one at a time, because each takes much memory.
    pub sled: Mutex<()>,
    known: Mutex<Known>,
    stopped: AtomicBool,
    /// Rises with each group of tips that was acknowledged.
    pub groups: AtomicU64,
    to_seal: Mutex<VecDeque<Arc<Volume>>>,
    /// Wakes the sealer: a volume waits, or it is to end.
    pub sealer_wakes: Condvar,
    notice: Box<dyn Fn(Notice) + Send + Sync>,
}

impl Ledger {
    /// Reads what is there, after it has finished what a crash has interrupted ([`recover`]), and looks at the clock.
    pub fn load(
        folder: &Path,
        disk: Arc<dyn Disk>,
        settings: Settings,
        clock: Arc<dyn Clock>,
        notice: Box<dyn Fn(Notice) + Send + Sync>,
    ) -> Result<Self, StoreError> {
        let known = recover(&*disk, folder, settings.longest(), &*clock, &*notice)?;
        let latest = known.volumes.values().map(|volume| volume.head.day).max();
        let believed_day = BelievedDay::open(&*disk, folder, latest, clock.today(), settings.leap_days.into())
            .map_err(StoreError::io(&folder.join(believed_day::FILE)))?;
        let to_seal = known.volumes.values().filter(|volume| volume.home() == Home::Journal).cloned().collect();
        let ledger = Self {
            folder: folder.to_owned(),
            restored: Restored::new(settings.scratch.clone().unwrap_or_else(|| folder.join("scratch"))),
            disk,
            settings,
            clock,
            believed_day,
            sled: Mutex::default(),
            known: Mutex::new(known),
            stopped: AtomicBool::new(false),
            groups: AtomicU64::new(0),
            to_seal: Mutex::new(to_seal),
            sealer_wakes: Condvar::new(),
            notice,
        };
        ledger.believe(ledger.settings.accept_date)?;
        Ok(ledger)
    }

    /// Takes the lock of what is known; not to be held while the disk is waited for.
    pub fn known(&self) -> MutexGuard<'_, Known> {
        lock(&self.known)
    }

    /// Tells the operator.
    pub fn tell(&self, notice: Notice) {
        (self.notice)(notice);
    }

    /// Fails when the store has stopped.
    pub fn check_running(&self) -> Result<(), StoreError> {
        if self.has_stopped() { Err(StoreError::Stopped) } else { Ok(()) }
    }

    /// Whether a failed write or a panic has stopped the store.
    pub fn has_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// Stops the store: nothing is accepted any more, because what is on the disk is not known. Gives the error for whoever asked.
    pub fn stop(&self) -> StoreError {
        if !self.stopped.swap(true, Ordering::AcqRel) {
            self.tell(Notice::Stopped);
        }
        StoreError::Stopped
    }

    /// Fails when less is free than the floor.
    pub fn check_space(&self) -> Result<(), StoreError> {
        let free = self.disk.space(&self.folder).map_err(StoreError::io(&self.folder))?;
        if free.usable() < self.settings.floor_bytes { Err(StoreError::Full) } else { Ok(()) }
    }

    /// The day for a tip that comes now.
    pub fn today(&self) -> Day {
        self.believed_day.for_tips(self.clock.today())
    }

    /// Believes the clock as far as it may be believed; gives the day up to which tips may be expired.
    pub fn look_at_clock(&self) -> Result<Day, StoreError> {
        self.believe(false)
    }

    fn believe(&self, accept: bool) -> Result<Day, StoreError> {
        let clock = self.clock.today();
        let looked =
            self.believed_day.look(&*self.disk, clock, accept).map_err(StoreError::io(&self.folder.join("day")))?;
        if looked.newly_held {
            self.tell(Notice::ClockAhead { clock, believed: looked.today });
        }
        Ok(looked.today)
    }

    /// Makes a volume for a lane, with so many `slots`; with `whole`, one that has this file as its journal.
    pub fn make_volume(
        &self,
        day: Day,
        slots: u16,
        whole: Option<&Path>,
    ) -> io::Result<(Arc<Volume>, SlotFile, Journal)> {
        let number = self.known().take_number();
        // Drawn for each volume, so that an expiry says little about the day of arrival.
        let jitter = rand::thread_rng().gen_range(0..=self.settings.jitter_days);
        // Counted from the later of the two days: while the clock is not believed, a tip is rather kept too long than not long enough.
        let from = day.max(self.clock.today());
        let expires = from.plus(i64::from(self.settings.retention_days) + i64::from(jitter));
        let head = Head { number, day, clock: from, expires, slots };
        let (file, journal, folder) = volume::make(&*self.disk, &self.folder, head, whole)?;
        let volume = Arc::new(Volume::new(head, folder, Home::Journal, true));
        self.known().volumes.insert(number, Arc::clone(&volume));
        self.date(&volume);
        Ok((volume, file, journal))
    }

    /// Gives the folders that a volume's coming or going touched the times of their days.
    pub fn date(&self, volume: &Volume) {
        self.disk.date(&volume.folder, volume.head.day);
        self.date_folders();
    }

    /// Gives the folders in which something comes or goes with each tip or each reading the time of today.
    pub fn date_folders(&self) {
        for name in ["volumes", "scratch", "incoming"] {
            self.disk.date(&self.folder.join(name), self.today());
        }
    }

    /// The volume with this number, while it is there.
    pub fn volume(&self, number: u32) -> Option<Arc<Volume>> {
        self.known().volumes.get(&number).cloned()
    }

    /// The tip with this id, as its slot says now; `None` when it is proven that there is none. Where it is stored twice, a copy that is not known to
    /// be damaged comes first.
    pub fn find(&self, id: &TipId) -> Result<Option<(Arc<Volume>, Place, Record)>, StoreError> {
        let places = {
            let known = self.known();
            let mut places = known.index.with_id(id);
            places.sort_by_key(|place| known.damaged.contains(place));
            places
        };
        for place in places {
            if let Some((volume, record)) = self.record(place)?
                && record.tip_id() == *id
            {
                return Ok(Some((volume, place, record)));
            }
        }
        self.prove_absence().map(|()| None)
    }

    /// What a slot says, when its volume is still there.
    pub fn record(&self, place: Place) -> Result<Option<(Arc<Volume>, Record)>, StoreError> {
        let Some(volume) = self.volume(place.volume) else { return Ok(None) };
        match volume.record(&*self.disk, place.slot) {
            Ok(record) => Ok(record.map(|record| (volume, record))),
            // Removed in the meantime, because nothing was left in it.
            Err(_) if self.volume(place.volume).is_none() => Ok(None),
            Err(error) => Err(StoreError::io(&volume.folder)(error)),
        }
    }

    /// Notes that the slots of a volume can't be read. From now on no tip is called absent: it may be in there.
    pub fn set_unreadable(&self, volume: &Volume) {
        let last = volume.head.day.plus(self.settings.longest());
        let number = volume.head.number;
        let new = self.known().unreadable.insert(number, (volume.folder.clone(), last)).is_none();
        if new {
            self.tell(Notice::Unreadable { volume: number });
        }
    }

    /// Fails while there are slots that can't be read: a tip that was not found may be in one of them.
    pub fn prove_absence(&self) -> Result<(), StoreError> {
        if self.known().unreadable.is_empty() { Ok(()) } else { Err(StoreError::Unproven) }
    }

    /// How much is kept, from the counters of the volumes.
    pub fn kept(&self) -> Kept {
        let known = self.known();
        let add = |kept: Kept, volume: &Arc<Volume>| Kept {
            tips: kept.tips + volume.tips(),
            bytes: kept.bytes + volume.bytes(),
        };
        known.volumes.values().fold(Kept::default(), add)
    }

    /// Hands a volume to the sealer; its lane writes to it no more.
    pub fn seal_later(&self, volume: Arc<Volume>) {
        volume.is_open.store(false, Ordering::Release);
        self.waiting().push_back(volume);
        self.sealer_wakes.notify_all();
    }

    /// Volumes that wait to be sealed.
    pub fn waiting(&self) -> MutexGuard<'_, VecDeque<Arc<Volume>>> {
        lock(&self.to_seal)
    }
}
