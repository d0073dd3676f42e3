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
    pub folder: PathBuf,
    pub disk: Arc<dyn Disk>,
    pub settings: Settings,
    /// Says which day it is; whether that is believed, [`BelievedDay`] says.
    pub clock: Arc<dyn Clock>,
    pub believed_day: BelievedDay,
    pub restored: Restored,
    /// Held by whoever has a sled database open: one at a time, for the sake of memory.
    pub sled: Mutex<()>,
    known: Mutex<Known>,
    stopped: AtomicBool,
    /// Rises with each group of tips that was acknowledged.
    pub groups: AtomicU64,
    to_seal: Mutex<VecDeque<Arc<Volume>>>,
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

    pub fn known(&self) -> MutexGuard<'_, Known> {
        lock(&self.known)
    }

    pub fn tell(&self, notice: Notice) {
        (self.notice)(notice);
    }

    pub fn check_running(&self) -> Result<(), StoreError> {
        if self.has_stopped() { Err(StoreError::Stopped) } else { Ok(()) }
    }

    pub fn has_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// Accepts nothing from now on: what is on the disk is not known any more.
    pub fn stop(&self) -> StoreError {
        if !self.stopped.swap(true, Ordering::AcqRel) {
            self.tell(Notice::Stopped);
        }
        StoreError::Stopped
    }

    pub fn check_space(&self) -> Result<(), StoreError> {
        let free = self.disk.space(&self.folder).map_err(StoreError::io(&self.folder))?;
        if free.usable() < self.settings.floor_bytes { Err(StoreError::Full) } else { Ok(()) }
    }

    /// The day for what comes now.
    pub fn today(&self) -> Day {
        self.believed_day.for_tips(self.clock.today())
    }

    /// The day up to which may be expired.
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

    /// Makes a volume for a lane; with `whole`, one that has this file as its journal.
    pub fn make_volume(
        &self,
        day: Day,
        slots: u16,
        whole: Option<&Path>,
    ) -> io::Result<(Arc<Volume>, SlotFile, Journal)> {
        let number = self.known().take_number();
        // Drawn for each volume, so that an expiry says little about the day of arrival.
        let jitter = rand::thread_rng().gen_range(0..=self.settings.jitter_days);
        // From the later of the two days: where the clock is not believed, a tip is rather kept too long than too short.
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

    /// The same of the folders in which something comes or goes with each tip or each reading.
    pub fn date_folders(&self) {
        for name in ["volumes", "scratch", "incoming"] {
            self.disk.date(&self.folder.join(name), self.today());
        }
    }

    pub fn volume(&self, number: u32) -> Option<Arc<Volume>> {
        self.known().volumes.get(&number).cloned()
    }

    /// The tip with this id, by its slot, and one that is not known to be damaged first; `None` when it is proven that there is none.
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

    /// From now on nothing is called absent: this volume's slots can't be read.
    pub fn set_unreadable(&self, volume: &Volume) {
        let last = volume.head.day.plus(self.settings.longest());
        let number = volume.head.number;
        let new = self.known().unreadable.insert(number, (volume.folder.clone(), last)).is_none();
        if new {
            self.tell(Notice::Unreadable { volume: number });
        }
    }

    /// Fails when there may be tips that can't be seen.
    pub fn prove_absence(&self) -> Result<(), StoreError> {
        if self.known().unreadable.is_empty() { Ok(()) } else { Err(StoreError::Unproven) }
    }

    pub fn kept(&self) -> Kept {
        let known = self.known();
        let add = |kept: Kept, volume: &Arc<Volume>| Kept {
            tips: kept.tips + volume.tips(),
            bytes: kept.bytes + volume.bytes(),
        };
        known.volumes.values().fold(Kept::default(), add)
    }

    /// Hands a volume to the sealer.
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
