//! The store on one machine: volumes by day, one open for writing, opened again to read, removed when empty.
//!
//! In: tips by chunks. Out: tips by id. Touches one folder and nothing else:
//! `lock`, `format`, `volumes/<number>-<day>/{slots,sled/}`, `set-aside/`. `docs/store.md` walks through a crash at every step.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File, TryLockError};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use rand::Rng;

use super::dating::{date_below, date_one, date_store, day_in_name};
use super::index::{Index, Location};
use super::reading::Reading;
use super::slots::{self, SlotFile};
use super::volume::Volume;
use super::writer::{Current, Job, WriterThread};
use super::writing::Writing;
use super::{Cursor, Incoming, Listed, Store, StoreError, Stored, free_bytes};
use crate::day::Day;
use crate::file::{private_folder, sync_folder};
use crate::tip::id::TipId;
use crate::tip::withdraw::WithdrawDigest;

const FORMAT: &str = "softinfo/store/1\n";

/// How a pool behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Days a tip is kept.
    pub retention_days: u32,
    /// Up to so many days more, drawn for each volume, so that an expiry says little about the day of arrival.
    pub jitter_days: u32,
    /// Payload bytes after which a volume is closed. Memory follows the volumes that are open (`docs/store.md`).
    pub volume_bytes: u64,
    /// Free bytes on the file system below which nothing is accepted.
    pub floor_bytes: u64,
    /// Called when a full volume was closed and its memory freed; a program may give that back to the system here.
    pub after_close: fn(),
}

impl Default for Settings {
    fn default() -> Self {
        Self { retention_days: 90, jitter_days: 7, volume_bytes: 16 << 20, floor_bytes: 256 << 20, after_close: || () }
    }
}

/// What an operator should know. A closed set; none can hold anything of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// A volume did not open; it lies in `set-aside/` under its number.
    SetAside {
        /// Its number.
        volume: u32,
    },
    /// Slots that hold neither a tip nor nothing: a write that a crash cut, or a failing disk.
    DamagedSlots {
        /// Its number.
        volume: u32,
    },
    /// A flush or sync failed: nothing is accepted any more, the relay has to be restarted.
    Stopped,
}

/// The sled store.
pub struct Pool {
    shared: Arc<Shared>,
    writer: WriterThread,
    _lock: File,
}

/// What the pool, its writer thread and tips on their way share.
pub(super) struct Shared {
    folder: PathBuf,
    settings: Settings,
    state: Mutex<State>,
    opening: Mutex<()>,
    stopped: AtomicBool,
    /// Rising, so that sled appends instead of rewriting pages. Volumes are never written by two runs, so it may begin anew.
    next_object: AtomicU64,
    notice: Box<dyn Fn(Notice) + Send + Sync>,
}

#[derive(Default)]
pub(super) struct State {
    pub index: Index,
    volumes: BTreeMap<u32, VolumeInfo>,
    /// The volume the writer thread has open.
    pub writing: Option<u32>,
    open: HashMap<u32, Weak<Volume>>,
    /// The volume read last stays open: a courier reads tip after tip of it.
    recent: Option<Arc<Volume>>,
    /// Tips on their way, by object, with the volume of their first chunk.
    pub incoming: HashMap<u64, u32>,
    next_number: u32,
}

struct VolumeInfo {
    day: Day,
    expires: Day,
}

impl Pool {
    /// Opens the store in `folder`, or makes one where there is nothing.
    ///
    /// `notice` is told what an operator should know. Reads the slot files only, so that it takes as long with many tips as with few.
    pub fn open(
        folder: &Path,
        settings: Settings,
        notice: impl Fn(Notice) + Send + Sync + 'static,
    ) -> Result<Self, StoreError> {
        let lock = claim(folder)?;
        let volumes = folder.join("volumes");
        private_folder(&volumes).and_then(|()| sync_folder(folder)).map_err(StoreError::io(&volumes))?;
        let shared = Arc::new(Shared {
            folder: folder.to_owned(),
            settings,
            state: Mutex::default(),
            opening: Mutex::default(),
            stopped: AtomicBool::new(false),
            next_object: AtomicU64::new(0),
            notice: Box::new(notice),
        });
        shared.load(&volumes)?;
        let writer = WriterThread::start(Arc::clone(&shared)).map_err(StoreError::io(folder))?;
        Ok(Self { shared, writer, _lock: lock })
    }

    /// Makes the times of all files those of their day. Called at the start and once an hour, so that the one time that can't be
    /// set, that of the last change, follows the clock and no tip.
    pub fn date_files(&self) {
        date_store(&self.shared.folder);
    }

    /// Whether a failed write has stopped the store.
    #[must_use]
    pub fn has_stopped(&self) -> bool {
        self.shared.stopped.load(Ordering::Acquire)
    }
}

/// Checks that the folder is ours alone, and holds it for as long as the file lives.
fn claim(folder: &Path) -> Result<File, StoreError> {
    private_folder(folder).map_err(StoreError::io(folder))?;
    let owner = fs::metadata(folder).map_err(StoreError::io(folder))?.uid();
    if owner != rustix::process::geteuid().as_raw() {
        return Err(StoreError::Owner { path: folder.to_owned(), owner });
    }
    let format = folder.join("format");
    if !format.exists() {
        let mut entries = fs::read_dir(folder).map_err(StoreError::io(folder))?;
        // A crash while a new store was made may have left the lock and a part of the format; anything else is not ours.
        let ours = |name: &str| name == "lock" || name.starts_with(".partial-");
        if entries.any(|entry| entry.is_ok_and(|entry| !entry.file_name().to_str().is_some_and(ours))) {
            return Err(StoreError::NotAStore(folder.to_owned()));
        }
    }
    let path = folder.join("lock");
    let lock = File::options().create(true).truncate(false).write(true).open(&path).map_err(StoreError::io(&path))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(StoreError::InUse(folder.to_owned())),
        Err(TryLockError::Error(error)) => return Err(StoreError::io(&path)(error)),
    }
    match fs::read_to_string(&format) {
        Ok(text) if text == FORMAT => {}
        Ok(_) => return Err(StoreError::NotAStore(folder.to_owned())),
        Err(_) => crate::file::write_whole(&format, |file| std::io::Write::write_all(file, FORMAT.as_bytes()))
            .map_err(StoreError::io(&format))?,
    }
    Ok(lock)
}

impl Shared {
    pub(super) fn write_probe(&self) -> Result<(), StoreError> {
        let path = self.folder.join("probe");
        let write = || {
            let mut file = File::options().create(true).truncate(true).write(true).open(&path)?;
            std::io::Write::write_all(&mut file, b"softinfo\n")?;
            file.sync_data()
        };
        let written = write().map_err(StoreError::io(&path));
        date_one(&path, Day::today());
        written
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere (sled's, for example) leaves the maps whole: they are changed in single steps.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn load(&self, volumes: &Path) -> Result<(), StoreError> {
        let mut state = self.state();
        // A number that was set aside is never given again.
        let aside = fs::read_dir(self.folder.join("set-aside")).into_iter().flatten().flatten();
        state.next_number = aside.filter_map(|entry| number_of(&entry.path())).max().map_or(0, |number| number + 1);
        for entry in fs::read_dir(volumes).map_err(StoreError::io(volumes))? {
            let path = entry.map_err(StoreError::io(volumes))?.path();
            let Some(number) = number_of(&path) else { continue };
            state.next_number = state.next_number.max(number + 1);
            let slots = path.join("slots");
            // The slot file is made last: without it, nothing in the folder was ever acknowledged.
            if !slots.exists() {
                fs::remove_dir_all(&path).map_err(StoreError::io(&path))?;
                continue;
            }
            match slots::scan(&slots) {
                Ok(scanned) if scanned.number == number => {
                    if scanned.damaged > 0 {
                        (self.notice)(Notice::DamagedSlots { volume: number });
                    }
                    for (slot, record) in &scanned.tips {
                        state.index.insert(record, number, *slot, scanned.day);
                    }
                    state.volumes.insert(number, VolumeInfo { day: scanned.day, expires: scanned.expires });
                }
                _ => self.set_aside(&mut state, number, &path)?,
            }
        }
        self.remove_unused(&mut state)
    }

    fn volume_folder(&self, number: u32, day: Day) -> PathBuf {
        self.folder.join("volumes").join(format!("{number:06}-{day}"))
    }

    fn slots_path(&self, state: &State, number: u32) -> Option<PathBuf> {
        let info = state.volumes.get(&number)?;
        Some(self.volume_folder(number, info.day).join("slots"))
    }

    pub(super) fn check_running(&self) -> Result<(), StoreError> {
        if self.stopped.load(Ordering::Acquire) { Err(StoreError::Stopped) } else { Ok(()) }
    }

    pub(super) fn stop(&self) {
        if !self.stopped.swap(true, Ordering::AcqRel) {
            (self.notice)(Notice::Stopped);
        }
    }

    pub(super) fn check_space(&self) -> Result<(), StoreError> {
        let free = free_bytes(&self.folder).map_err(StoreError::io(&self.folder))?;
        if free < self.settings.floor_bytes { Err(StoreError::Full) } else { Ok(()) }
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(super) fn next_object(&self) -> u64 {
        self.next_object.fetch_add(1, Ordering::Relaxed)
    }

    /// Makes the volume to write to from now on. Called by the writer thread only.
    pub(super) fn create_volume(&self, day: Day) -> Result<Current, StoreError> {
        let number = self.state().next_number;
        let folder = self.volume_folder(number, day);
        let jitter = rand::thread_rng().gen_range(0..=self.settings.jitter_days);
        let expires = day.plus(i64::from(self.settings.retention_days) + i64::from(jitter));
        let made = self.make_volume(&folder, number, day, expires);
        if made.is_err() {
            // Nothing was acknowledged in it. What can't be removed now is removed at the next start.
            let _ = fs::remove_dir_all(&folder);
        }
        let (volume, slots) = made?;
        let mut state = self.state();
        state.next_number = number + 1;
        state.volumes.insert(number, VolumeInfo { day, expires });
        state.open.insert(number, Arc::downgrade(&volume));
        state.writing = Some(number);
        drop(state);
        self.date_volume(number, day);
        Ok(Current { number, volume, slots })
    }

    /// Makes the times of a volume's files, and of the folder it is in, those of their day.
    pub(super) fn date_volume(&self, number: u32, day: Day) {
        date_below(&self.volume_folder(number, day), day);
        self.date_volumes();
    }

    /// The folder of all volumes: its time follows each that comes and goes.
    fn date_volumes(&self) {
        date_one(&self.folder.join("volumes"), Day::today());
    }

    fn make_volume(
        &self,
        folder: &Path,
        number: u32,
        day: Day,
        expires: Day,
    ) -> Result<(Arc<Volume>, SlotFile), StoreError> {
        private_folder(folder).map_err(StoreError::io(folder))?;
        let volume = Arc::new(Volume::open(&folder.join("sled"))?);
        let path = folder.join("slots");
        let slots = SlotFile::create(&path, number, day, expires).map_err(StoreError::io(&path))?;
        sync_folder(&self.folder.join("volumes")).map_err(StoreError::io(folder))?;
        Ok((volume, slots))
    }

    /// A volume to read from; opened when it is not. `None` when there is no such volume.
    pub(super) fn volume(&self, number: u32) -> Result<Option<Arc<Volume>>, StoreError> {
        let opened = |state: &State| state.open.get(&number).and_then(Weak::upgrade);
        if let Some(volume) = opened(&self.state()) {
            return Ok(Some(volume));
        }
        // One at a time: two openings of one database would meet at its lock.
        let _one = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = {
            let mut state = self.state();
            if let Some(volume) = opened(&state) {
                return Ok(Some(volume));
            }
            state.recent = None;
            let Some(info) = state.volumes.get(&number) else { return Ok(None) };
            self.volume_folder(number, info.day)
        };
        match Volume::open(&folder.join("sled")) {
            Ok(volume) => {
                let volume = Arc::new(volume);
                let mut state = self.state();
                state.open.retain(|_, weak| weak.strong_count() > 0);
                state.open.insert(number, Arc::downgrade(&volume));
                state.recent = Some(Arc::clone(&volume));
                Ok(Some(volume))
            }
            Err(error) if may_pass(&error) => Err(error),
            Err(_) => {
                let mut state = self.state();
                self.set_aside(&mut state, number, &folder)?;
                Ok(None)
            }
        }
    }

    /// Moves a volume that does not open out of the way, whole; it is never recreated.
    fn set_aside(&self, state: &mut State, number: u32, folder: &Path) -> Result<(), StoreError> {
        let aside = self.folder.join("set-aside");
        private_folder(&aside).map_err(StoreError::io(&aside))?;
        let target = aside.join(folder.file_name().unwrap_or_default());
        fs::rename(folder, &target).map_err(StoreError::io(folder))?;
        sync_folder(&aside).map_err(StoreError::io(&aside))?;
        state.volumes.remove(&number);
        state.index.forget_volume(number);
        (self.notice)(Notice::SetAside { volume: number });
        Ok(())
    }

    /// Removes volumes in which no tip is left and to which no tip on its way has written.
    pub(super) fn remove_unused(&self, state: &mut State) -> Result<(), StoreError> {
        let in_use = state.index.in_use();
        let first_incoming = state.incoming.values().copied().min().unwrap_or(u32::MAX);
        let unused: Vec<_> = state
            .volumes
            .iter()
            .filter(|(number, _)| {
                Some(**number) != state.writing && **number < first_incoming && !in_use.contains(*number)
            })
            .map(|(number, info)| (*number, self.volume_folder(*number, info.day)))
            .collect();
        for (number, folder) in unused {
            state.volumes.remove(&number);
            state.open.remove(&number);
            fs::remove_dir_all(&folder).map_err(StoreError::io(&folder))?;
        }
        self.date_volumes();
        Ok(())
    }

    fn erase_tip(&self, state: &mut State, id: &TipId, at: &Location) -> Result<(), StoreError> {
        let path = self.slots_path(state, at.volume).ok_or(StoreError::Damaged)?;
        slots::erase(&path, at.slot).map_err(StoreError::io(&path))?;
        date_one(&path, at.day);
        state.index.remove(id);
        Ok(())
    }

    fn expire_set_aside(&self, today: Day) -> Result<(), StoreError> {
        let aside = self.folder.join("set-aside");
        let Ok(entries) = fs::read_dir(&aside) else { return Ok(()) };
        for entry in entries {
            let folder = entry.map_err(StoreError::io(&aside))?.path();
            let slots = folder.join("slots");
            // Without a readable slot file its day is in its name; the longest possible time is waited for.
            let expires = slots::scan(&slots).map(|scanned| scanned.expires).ok().or_else(|| {
                let longest = i64::from(self.settings.retention_days) + i64::from(self.settings.jitter_days);
                Some(day_in_name(&folder)?.plus(longest))
            });
            if expires.is_some_and(|expires| expires <= today) {
                let _ = slots::erase_all(&slots);
                fs::remove_dir_all(&folder).map_err(StoreError::io(&folder))?;
            }
        }
        Ok(())
    }
}

/// Whether an error may pass by itself (no space, no file handle, a lock not yet released): no reason to give up a volume.
fn may_pass(error: &StoreError) -> bool {
    match error {
        StoreError::Full | StoreError::Io { .. } | StoreError::InUse(_) => true,
        // What the system said, and not what sled found in its files.
        StoreError::Sled(sled::Error::Io(error)) => error.raw_os_error().is_some(),
        _ => false,
    }
}

fn number_of(folder: &Path) -> Option<u32> {
    folder.file_name()?.to_str()?.split_once('-')?.0.parse().ok()
}

impl Store for Pool {
    fn begin(&self, day: Day) -> Result<Box<dyn Incoming>, StoreError> {
        self.shared.check_running()?;
        self.shared.check_space()?;
        Ok(Box::new(Writing::new(Arc::clone(&self.shared), self.writer.sender(), day)))
    }

    fn get(&self, id: &TipId) -> Result<Option<Box<dyn Stored>>, StoreError> {
        let state = self.shared.state();
        let Some(at) = state.index.get(id).copied() else { return Ok(None) };
        let path = self.shared.slots_path(&state, at.volume).ok_or(StoreError::Damaged)?;
        drop(state);
        let Some(record) = slots::read(&path, at.slot).map_err(StoreError::io(&path))? else { return Ok(None) };
        if record.tip_id() != *id {
            return Ok(None);
        }
        Ok(Some(Box::new(Reading::new(Arc::clone(&self.shared), &record, at))))
    }

    fn list(&self, after: Option<&Cursor>, limit: usize) -> Result<Vec<Listed>, StoreError> {
        let state = self.shared.state();
        let mut all: Vec<_> = state
            .index
            .iter()
            .map(|(id, at)| Listed { day: at.day, id: *id, size: at.size })
            .filter(|listed| after.is_none_or(|cursor| cursor.is_before(listed)))
            .collect();
        drop(state);
        let order = |a: &Listed, b: &Listed| (a.day, a.id).cmp(&(b.day, b.id));
        if all.len() > limit && limit > 0 {
            all.select_nth_unstable_by(limit - 1, order);
        }
        all.truncate(limit);
        all.sort_unstable_by(order);
        Ok(all)
    }

    fn erase(&self, digest: &WithdrawDigest) -> Result<usize, StoreError> {
        self.shared.check_running()?;
        let mut state = self.shared.state();
        let mut erased = 0;
        for (id, at) in state.index.with_digest(digest) {
            let path = self.shared.slots_path(&state, at.volume).ok_or(StoreError::Damaged)?;
            let record = slots::read(&path, at.slot).map_err(StoreError::io(&path))?;
            if record.is_some_and(|record| record.withdraw() == *digest) {
                self.shared.erase_tip(&mut state, &id, &at)?;
                erased += 1;
            }
        }
        if erased > 0 {
            self.shared.remove_unused(&mut state)?;
        }
        Ok(erased)
    }

    fn probe(&self) -> Result<(), StoreError> {
        let (done, wait) = std::sync::mpsc::channel();
        self.writer.sender().send(Job::Probe { done }).map_err(|_| StoreError::Stopped)?;
        wait.recv().map_err(|_| StoreError::Stopped)?
    }

    fn expire(&self, today: Day) -> Result<usize, StoreError> {
        let over: Vec<u32> = {
            let state = self.shared.state();
            state.volumes.iter().filter(|(_, info)| info.expires <= today).map(|(number, _)| *number).collect()
        };
        let mut erased = 0;
        for number in over {
            self.writer.leave(number)?;
            let mut state = self.shared.state();
            if let Some(path) = self.shared.slots_path(&state, number) {
                slots::erase_all(&path).map_err(StoreError::io(&path))?;
            }
            erased += state.index.forget_volume(number);
        }
        self.shared.remove_unused(&mut self.shared.state())?;
        self.shared.expire_set_aside(today)?;
        Ok(erased)
    }
}
