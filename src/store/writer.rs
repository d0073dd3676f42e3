//! The one thread that writes: it alone inserts into sled, makes volumes and closes them, and acknowledges.
//!
//! In: wrapped chunks and commits, in order. Out: an answer to each commit, after flush and fdatasync of its chunks, and then of its slot.
//! One thread and no more, because sled holds freed pages for each thread that touched it (measured: 250 MB instead of 100).

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::pool::Shared;
use super::slots::{Record, SlotFile};
use super::volume::Volume;
use super::{Committed, StoreError};
use crate::day::Day;
use crate::tip::id::TipId;

/// Most tips acknowledged together: bounds how long the first of them waits.
const GROUP: usize = 256;
/// Most jobs taken before waiting commits are answered, so that large uploads don't keep small ones waiting.
const JOBS: usize = 512;

/// What the thread is asked to do.
pub(super) enum Job {
    /// Store a wrapped chunk.
    Chunk { object: u64, number: u32, sealed: Vec<u8>, day: Day },
    /// Make a tip durable and visible.
    Commit { record: Record, day: Day, reply: oneshot::Sender<Result<Committed, StoreError>> },
    /// Forget the chunks of a tip that was given up.
    Discard { object: u64 },
    /// Say when everything before this has been taken.
    Settle { done: Sender<()> },
    /// Write no more to this volume: it is about to be erased.
    Leave { volume: u32, done: Sender<()> },
    /// Write a few bytes and sync them.
    Probe { done: Sender<Result<(), StoreError>> },
    /// The store is closing.
    Close,
}

/// The volume that is being written to.
pub(super) struct Current {
    pub number: u32,
    pub volume: Arc<Volume>,
    pub slots: SlotFile,
}

impl Current {
    /// Gives its files the time at which the day of its tips began.
    fn date(&self) {
        self.volume.date(self.slots.day);
        self.slots.date();
    }
}

/// The thread and the way to it. Dropping it finishes what waits.
pub(super) struct WriterThread {
    jobs: Sender<Job>,
    thread: Option<JoinHandle<()>>,
}

struct Commit {
    record: Record,
    day: Day,
    reply: oneshot::Sender<Result<Committed, StoreError>>,
}

/// Chunks of a tip on its way: the volumes they went to, with the first chunk in each, or why they went nowhere.
type Extents = Result<Vec<(u32, u32)>, StoreError>;

struct Writer {
    shared: Arc<Shared>,
    current: Option<Current>,
    incoming: HashMap<u64, Extents>,
}

impl WriterThread {
    pub fn start(shared: Arc<Shared>) -> io::Result<Self> {
        let (jobs, inbox) = channel();
        let mut writer = Writer { shared, current: None, incoming: HashMap::new() };
        let thread = std::thread::Builder::new().name("store-writer".to_owned()).spawn(move || writer.run(&inbox))?;
        Ok(Self { jobs, thread: Some(thread) })
    }

    pub fn sender(&self) -> Sender<Job> {
        self.jobs.clone()
    }

    /// Returns when nothing is written to `volume` any more.
    pub fn leave(&self, volume: u32) -> Result<(), StoreError> {
        let (done, wait) = channel();
        self.jobs.send(Job::Leave { volume, done }).map_err(|_| StoreError::Stopped)?;
        wait.recv().map_err(|_| StoreError::Stopped)
    }
}

impl Drop for WriterThread {
    fn drop(&mut self) {
        let _ = self.jobs.send(Job::Close);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Writer {
    fn run(&mut self, inbox: &Receiver<Job>) {
        let mut open = true;
        while open {
            let Ok(first) = inbox.recv() else { break };
            let mut group = Vec::new();
            let mut next = Some(first);
            let mut taken = 0;
            while let Some(job) = next {
                taken += 1;
                match job {
                    Job::Chunk { object, number, sealed, day } => self.insert(object, number, sealed, day),
                    Job::Commit { record, day, reply } => group.push(Commit { record, day, reply }),
                    Job::Discard { object } => self.discard(object),
                    Job::Settle { done } => {
                        let _ = done.send(());
                    }
                    Job::Leave { volume, done } => {
                        if self.current.as_ref().is_some_and(|current| current.number == volume) {
                            self.retire();
                        }
                        let _ = done.send(());
                    }
                    Job::Probe { done } => {
                        let _ = done.send(self.probe());
                    }
                    Job::Close => open = false,
                }
                next = if group.len() < GROUP && taken < JOBS { inbox.try_recv().ok() } else { None };
            }
            if !group.is_empty() {
                self.acknowledge(group);
            }
            if let Some(current) = &self.current {
                current.date();
            }
        }
        self.retire();
    }

    fn insert(&mut self, object: u64, number: u32, sealed: Vec<u8>, day: Day) {
        if self.shared.check_running().is_err() || matches!(self.incoming.get(&object), Some(Err(_))) {
            return;
        }
        let current = match self.current_for(day) {
            Ok(current) => current,
            Err(error) => {
                self.incoming.insert(object, Err(error));
                return;
            }
        };
        let volume = current.number;
        if current.volume.insert(object, number, sealed).is_err() {
            self.shared.stop();
            return;
        }
        if let Ok(extents) = self.incoming.entry(object).or_insert_with(|| Ok(Vec::new())) {
            if extents.is_empty() {
                self.shared.state().incoming.insert(object, volume);
            }
            if extents.last().is_none_or(|(last, _)| *last != volume) {
                extents.push((volume, number));
            }
        }
    }

    /// The volume to write to: a new one when there is none, when it is full, or when the day has changed.
    fn current_for(&mut self, day: Day) -> Result<&mut Current, StoreError> {
        let keep = self.current.as_ref().is_some_and(|current| {
            current.slots.day == day
                && !current.slots.is_full()
                && current.volume.written() < self.shared.settings().volume_bytes
        });
        if !keep {
            self.retire();
            self.current = Some(self.shared.create_volume(day)?);
        }
        self.current.as_mut().ok_or(StoreError::Stopped)
    }

    /// Makes the current volume durable and closes it: its memory is free before the next one takes any.
    fn retire(&mut self) {
        if let Some(current) = self.current.take() {
            self.shared.state().writing = None;
            if current.volume.make_durable().is_err() {
                self.shared.stop();
            }
            let (number, day) = (current.number, current.slots.day);
            drop(current);
            self.shared.date_volume(number, day);
            (self.shared.settings().after_close)();
        }
    }

    fn probe(&self) -> Result<(), StoreError> {
        self.shared.check_running()?;
        let written = self.shared.write_probe();
        if matches!(&written, Err(error) if !matches!(error, StoreError::Full)) {
            self.shared.stop();
            return Err(StoreError::Stopped);
        }
        written
    }

    /// Forgets chunks in the current volume. In closed ones they stay, unreadable: their key was never written. Closed ones
    /// that nobody uses now are removed, or uploads that were given up would fill the disk.
    fn discard(&mut self, object: u64) {
        let was_incoming = self.shared.state().incoming.remove(&object);
        let extents = self.incoming.remove(&object);
        let current = self.current.as_ref().map(|current| current.number);
        // After a failed write nobody knows what is used.
        if was_incoming.is_some_and(|first| Some(first) != current) && self.shared.check_running().is_ok() {
            // What can't be removed now is removed at the next start.
            let _ = self.shared.remove_unused(&mut self.shared.state());
        }
        let Some(Ok(extents)) = extents else { return };
        let Some(current) = &self.current else { return };
        if let Some((_, first)) = extents.last().filter(|(volume, _)| *volume == current.number)
            && current.volume.remove_from(object, *first).is_err()
        {
            self.shared.stop();
        }
    }

    /// The order matters: bytes durable, then record, then record durable, then visible, then acknowledged.
    fn acknowledge(&mut self, group: Vec<Commit>) {
        let objects: Vec<u64> = group.iter().map(|commit| commit.record.object).collect();
        match self.shared.check_running().and_then(|()| self.make_durable(group)) {
            Ok(answers) => {
                for (reply, answer) in answers {
                    let _ = reply.send(answer);
                }
            }
            // A disk that failed once can't be trusted with a second try. The replies are gone, which says `Stopped`.
            Err(_) => self.shared.stop(),
        }
        let mut state = self.shared.state();
        for object in objects {
            state.incoming.remove(&object);
        }
    }

    /// One answer a tip. `Full` when no new volume could be made for it; any other failure is one for all.
    fn make_durable(&mut self, group: Vec<Commit>) -> Result<Vec<Answer>, StoreError> {
        // Volumes before the current one were made durable when they were closed.
        if let Some(current) = &self.current {
            current.volume.make_durable()?;
        }
        let mut answers = Vec::with_capacity(group.len());
        let mut placed: Vec<(Record, u32, u16, Day)> = Vec::new();
        let mut in_group: HashMap<TipId, Day> = HashMap::new();
        let mut files: Vec<Arc<File>> = Vec::new();
        for Commit { mut record, day, reply } in group {
            let id = record.tip_id();
            let known = self.shared.state().index.get(&id).map(|at| at.day);
            if let Some(day) = known.or_else(|| in_group.get(&id).copied()) {
                self.discard(record.object);
                answers.push((reply, Ok(Committed { day, already: true })));
                continue;
            }
            record.first_volume = match self.incoming.get(&record.object) {
                Some(Ok(extents)) => extents.first().map_or(0, |(volume, _)| *volume),
                Some(Err(_)) => {
                    let failed = self.incoming.remove(&record.object).and_then(Result::err);
                    answers.push((reply, Err(failed.unwrap_or(StoreError::Stopped))));
                    continue;
                }
                None => return Err(StoreError::Stopped),
            };
            let object = record.object;
            let current = match self.current_for(day) {
                Err(StoreError::Full) => {
                    self.discard(object);
                    answers.push((reply, Err(StoreError::Full)));
                    continue;
                }
                current => current?,
            };
            let slot = current.slots.put(&record).map_err(|_| StoreError::Stopped)?;
            let (number, file) = (current.number, current.slots.file());
            if files.last().is_none_or(|last| !Arc::ptr_eq(last, &file)) {
                files.push(file);
            }
            self.incoming.remove(&object);
            placed.push((record, number, slot, day));
            in_group.insert(id, day);
            answers.push((reply, Ok(Committed { day, already: false })));
        }
        for file in files {
            file.sync_data().map_err(|_| StoreError::Stopped)?;
        }
        let mut state = self.shared.state();
        for (record, volume, slot, day) in &placed {
            state.index.insert(record, *volume, *slot, *day);
        }
        Ok(answers)
    }
}

type Answer = (oneshot::Sender<Result<Committed, StoreError>>, Result<Committed, StoreError>);
