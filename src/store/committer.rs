//! A lane: it alone writes to the volume it has open, and makes the tips that wait durable in groups.
//!
//! In: wrapped tips, whole or in files of their own. Out: an answer to each, after the sync of its bytes and then of its slot.
//! There are two lanes, each with a thread: text and everything else, so that neither waits for the other's bytes.

use std::collections::HashMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::disk::{DiskFile, Open, Trouble};
use super::index::Place;
use super::ingest::Staged;
use super::journal::Journal;
use super::ledger::Ledger;
use super::slots::{Record, SlotFile};
use super::volume::Volume;
use super::{Committed, StoreError};
use crate::day::Day;
use crate::limits::TEXT_TIP;
use crate::tip::id::TipId;

/// Most tips that are acknowledged together: bounds how long the first of them waits.
const GROUP: usize = 256;
/// Slots of a volume that a tip has for itself.
const OWN_SLOTS: u16 = 1;
/// A tip that is larger than this part of a volume has one for itself.
const OWN_PART: u64 = 4;

/// The wrapped bytes of a tip.
pub(super) enum Wrapped {
    Whole(Vec<u8>),
    Staged(Staged),
}

/// A tip to be made durable; where it lies is the lane's to say.
pub(super) struct Commit {
    pub record: Record,
    pub wrapped: Wrapped,
    pub reply: Reply,
}

pub(super) type Reply = oneshot::Sender<Result<Committed, StoreError>>;

/// What a lane is asked to do.
pub(super) enum Job {
    Commit(Box<Commit>),
    /// Write no more to this volume, or to the one of another day than this: it is about to be erased, or its day is over.
    Leave {
        volume: Option<u32>,
        day: Option<Day>,
        done: Sender<()>,
    },
    /// Write and sync something that is no tip.
    Probe {
        done: Sender<Result<(), StoreError>>,
    },
    Close,
}

/// A lane and its thread. Dropping it finishes what waits.
pub(super) struct Committer {
    jobs: Sender<Job>,
    thread: Option<JoinHandle<()>>,
}

impl Committer {
    pub fn start(ledger: Arc<Ledger>, name: &'static str) -> io::Result<Self> {
        let (jobs, inbox) = channel();
        let mut lane = Lane::new(Arc::clone(&ledger), name);
        let body = move || {
            // A panic is a fault that nobody planned for: what it left half done is not known.
            if catch_unwind(AssertUnwindSafe(|| lane.run(&inbox))).is_err() {
                ledger.stop();
            }
        };
        let thread = std::thread::Builder::new().name(format!("store-{name}")).spawn(body)?;
        Ok(Self { jobs, thread: Some(thread) })
    }

    /// Hands a job over. When the thread is gone, its reply is dropped with it.
    pub fn send(&self, job: Job) {
        let _ = self.jobs.send(job);
    }

    pub fn sender(&self) -> Sender<Job> {
        self.jobs.clone()
    }

    /// Returns when nothing is written to `volume` any more, nor to one of another day than `day`.
    pub fn leave(&self, volume: Option<u32>, day: Option<Day>) -> Result<(), StoreError> {
        let (done, wait) = channel();
        self.send(Job::Leave { volume, day, done });
        wait.recv().map_err(|_| StoreError::Stopped)
    }

    /// Writes and syncs something, by way of the thread.
    pub fn probe(&self) -> Result<(), StoreError> {
        let (done, wait) = channel();
        self.send(Job::Probe { done });
        wait.recv().map_err(|_| StoreError::Stopped)?
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.send(Job::Close);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What a lane's thread works with.
pub(super) struct Lane {
    ledger: Arc<Ledger>,
    name: &'static str,
    current: Option<Current>,
    /// Volumes that were filled by this group.
    full: Vec<Current>,
    probe: Option<Box<dyn DiskFile>>,
}

/// The volume that is written to.
struct Current {
    volume: Arc<Volume>,
    slots: SlotFile,
    journal: Journal,
    next_slot: u16,
    /// Tips of this group whose bytes are in the journal, with the number of their answer.
    pending: Vec<(u16, Record, usize)>,
}

/// How one tip of a group fares.
enum Outcome {
    Now(Result<Committed, StoreError>),
    /// When the group is durable.
    Placed,
    /// As the tip with the same bytes before it in the group.
    SameAs(usize),
}

impl Lane {
    pub fn new(ledger: Arc<Ledger>, name: &'static str) -> Self {
        Self { ledger, name, current: None, full: Vec::new(), probe: None }
    }

    fn run(&mut self, inbox: &Receiver<Job>) {
        let mut open = true;
        while open {
            let Ok(first) = inbox.recv() else { break };
            let mut group = Vec::new();
            let mut next = Some(first);
            while let Some(job) = next {
                match job {
                    Job::Commit(commit) => group.push(*commit),
                    Job::Leave { volume, day, done } => {
                        self.commit(std::mem::take(&mut group));
                        self.leave(volume, day);
                        let _ = done.send(());
                    }
                    Job::Probe { done } => {
                        let _ = done.send(self.probe());
                    }
                    Job::Close => open = false,
                }
                next = if group.len() < GROUP { inbox.try_recv().ok() } else { None };
            }
            self.commit(group);
        }
        self.leave_current();
    }

    /// Makes a group durable and answers it. When a sync fails nobody is answered, which tells them that it is not known.
    pub fn commit(&mut self, group: Vec<Commit>) {
        if group.is_empty() || self.ledger.has_stopped() {
            return;
        }
        let mut replies = Vec::with_capacity(group.len());
        let mut outcomes = Vec::with_capacity(group.len());
        let mut first_of: HashMap<TipId, usize> = HashMap::new();
        for Commit { record, wrapped, reply } in group {
            let number = outcomes.len();
            replies.push(reply);
            let before = *first_of.entry(record.tip_id()).or_insert(number);
            if before < number {
                outcomes.push(Outcome::SameAs(before));
                continue;
            }
            match self.place(record, wrapped, number) {
                Ok(outcome) => outcomes.push(outcome),
                Err(_) => {
                    self.ledger.stop();
                    return;
                }
            }
        }
        let Ok(durable) = self.make_durable() else {
            self.ledger.stop();
            return;
        };
        let mut answers: Vec<Result<Committed, StoreError>> = Vec::with_capacity(replies.len());
        for (number, outcome) in outcomes.into_iter().enumerate() {
            answers.push(match outcome {
                Outcome::Now(answer) => answer,
                Outcome::Placed => durable.get(&number).copied().ok_or(StoreError::Stopped),
                Outcome::SameAs(before) => match &answers[before] {
                    Ok(committed) => Ok(Committed { already: true, ..*committed }),
                    Err(StoreError::Full) => Err(StoreError::Full),
                    Err(_) => Err(StoreError::Unavailable),
                },
            });
        }
        for (reply, answer) in replies.into_iter().zip(answers) {
            let _ = reply.send(answer);
        }
        self.ledger.groups.fetch_add(1, Ordering::Relaxed);
    }

    /// Writes a tip's bytes to a journal. `Err` when the disk has failed; otherwise the tip is placed or refused.
    fn place(&mut self, mut record: Record, wrapped: Wrapped, number: usize) -> Result<Outcome, io::Error> {
        // Where a part of the store can't be read, the same tip may come to be there twice; couriers and desks know it by its id.
        if let Ok(Some((volume, ..))) = self.ledger.find(&record.tip_id()) {
            return Ok(Outcome::Now(Ok(Committed { day: volume.head.day, already: true })));
        }
        let day = self.ledger.days.for_tips(self.ledger.settings.clock.today());
        let placed = match &wrapped {
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
        Ok(Outcome::Placed)
    }

    /// A volume for one tip, whose file becomes the journal.
    fn own_volume(&mut self, day: Day, staged: &Staged) -> io::Result<()> {
        let (volume, slots, journal) = self.ledger.make_volume(day, OWN_SLOTS, Some(staged.path()))?;
        self.full.push(Current { volume, slots, journal, next_slot: 0, pending: Vec::new() });
        Ok(())
    }

    /// Appends to the journal of the current volume; says where it begins.
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
            let (volume, slots, journal) = self.ledger.make_volume(day, slots, None)?;
            self.current = Some(Current { volume, slots, journal, next_slot: 0, pending: Vec::new() });
        }
        let current = self.current.as_mut().ok_or(io::ErrorKind::NotFound)?;
        let written = write(&mut current.journal);
        if written.is_err() {
            // Half of it may be there. Nothing is written behind it; what was acknowledged before stands before it.
            self.full.extend(self.current.take());
        }
        written
    }

    /// The order matters: bytes durable, then record, then record durable, then visible, then acknowledged.
    fn make_durable(&mut self) -> io::Result<HashMap<usize, Committed>> {
        let touched = || self.full.iter().chain(&self.current).filter(|current| !current.pending.is_empty());
        touched().try_for_each(|current| current.journal.sync())?;
        for current in touched() {
            current.pending.iter().try_for_each(|(slot, record, _)| current.slots.put(*slot, record))?;
            current.slots.sync()?;
        }
        let mut durable = HashMap::new();
        let mut known = self.ledger.known();
        for current in self.full.iter_mut().chain(&mut self.current) {
            let (number, day) = (current.volume.head.number, current.volume.head.day);
            for (slot, record, answer) in current.pending.drain(..) {
                known.index.insert(day, Place { volume: number, slot }, &record);
                current.volume.add(record.size);
                durable.insert(answer, Committed { day, already: false });
            }
        }
        drop(known);
        if let Some(current) = &self.current {
            current.date();
        }
        for current in self.full.drain(..) {
            current.date();
            self.ledger.date(&current.volume);
            self.ledger.seal_later(current.volume);
        }
        Ok(durable)
    }

    /// Leaves the current volume when it is `volume`, or not of `day`.
    pub fn leave(&mut self, volume: Option<u32>, day: Option<Day>) {
        let over = self.current.as_ref().is_some_and(|current| {
            let head = &current.volume.head;
            volume == Some(head.number) || day.is_some_and(|day| day != head.day)
        });
        if over {
            self.leave_current();
        }
    }

    /// Writes no more to the current volume.
    pub fn leave_current(&mut self) {
        if let Some(current) = self.current.take() {
            self.ledger.seal_later(current.volume);
        }
    }

    /// Overwrites one byte that means nothing, and syncs it.
    fn probe(&mut self) -> Result<(), StoreError> {
        self.ledger.check_running()?;
        let path: PathBuf = self.ledger.folder.join(format!("probe-{}", self.name));
        if self.probe.is_none() {
            let disk = &self.ledger.disk;
            let opened = disk.open(&path, Open::Update).or_else(|_| disk.open(&path, Open::New));
            self.probe = Some(opened.map_err(StoreError::io(&path))?);
        }
        if let Some(file) = &self.probe {
            match file.write_all_at(&[0], 0) {
                Err(error) if Trouble::of(&error) == Trouble::Failed => return Err(self.ledger.stop()),
                written => written.map_err(StoreError::io(&path))?,
            }
            file.sync().map_err(|_| self.ledger.stop())?;
            file.date(self.ledger.days.for_tips(self.ledger.settings.clock.today()));
        }
        Ok(())
    }
}

impl Current {
    /// Gives its files the time at which the day of its tips began.
    fn date(&self) {
        self.slots.date();
        self.journal.date(self.volume.head.day);
    }
}
