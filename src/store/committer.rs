//! A lane: it alone writes to the volume it has open, and makes the tips that wait durable in groups.
//!
//! In: wrapped tips, whole or in files of their own. Out: an answer to each, after the sync of its bytes and then of its slot.
//! There are two lanes, each with two threads: text and everything else, so that neither waits for the other's bytes. Of a lane, one thread
//! places the bytes of a group and syncs them, while the other writes and syncs the records of the group before.

use std::collections::HashSet;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::ingest::Staged;
use super::ledger::Ledger;
use super::placing::{Placed, Placing};
use super::recording::{self, Recording};
use super::slots::Record;
use super::{Committed, StoreError};
use softinfo_base::day::Day;
use softinfo_formats::envelope::id::TipId;

/// Most tips that are acknowledged together: bounds how long the first of them waits.
const GROUP: usize = 256;
/// Wrapped bytes after which no more are taken into a group: large ones are copied, and nobody may wait for long.
const GROUP_BYTES: u64 = 16 << 20;

/// The wrapped bytes of a tip.
pub(super) enum Wrapped {
    Whole(Vec<u8>),
    Staged(Staged),
}

impl Wrapped {
    fn length(&self) -> u64 {
        match self {
            Self::Whole(bytes) => bytes.len() as u64,
            Self::Staged(staged) => staged.length(),
        }
    }
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

/// What the thread that places hands to the one that records.
enum Step {
    Group(Placed),
    /// Nothing comes any more of what was asked to be left.
    Left(Sender<()>),
    Probed(Sender<Result<(), StoreError>>, Result<(), StoreError>),
}

/// Ids of tips that are placed and not yet in the index: another with the same bytes has to wait for them.
pub(super) type InFlight = Arc<Mutex<HashSet<TipId>>>;

/// A lane and its threads. Dropping it finishes what waits.
pub(super) struct Committer {
    jobs: Sender<Job>,
    threads: Vec<JoinHandle<()>>,
}

impl Committer {
    pub fn start(ledger: &Arc<Ledger>, name: &'static str) -> io::Result<Self> {
        let (jobs, inbox) = channel();
        // Handed over from hand to hand: while a group waits to be recorded, the next one grows.
        let (steps, placed) = sync_channel(0);
        let (mut placing, mut recording) = halves(ledger, name);
        let places = spawn(ledger, format!("store-{name}"), move || place(&mut placing, &inbox, &steps))?;
        let records = spawn(ledger, format!("record-{name}"), move || record(&mut recording, &placed))?;
        Ok(Self { jobs, threads: vec![places, records] })
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

    /// Writes and syncs something, by way of the threads.
    pub fn probe(&self) -> Result<(), StoreError> {
        let (done, wait) = channel();
        self.send(Job::Probe { done });
        wait.recv().map_err(|_| StoreError::Stopped)?
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.send(Job::Close);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn halves(ledger: &Arc<Ledger>, name: &'static str) -> (Placing, Recording) {
    let in_flight = InFlight::default();
    (Placing::new(Arc::clone(ledger), name, Arc::clone(&in_flight)), Recording::new(Arc::clone(ledger), in_flight))
}

fn spawn(ledger: &Arc<Ledger>, name: String, body: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    let ledger = Arc::clone(ledger);
    std::thread::Builder::new().name(name).spawn(move || {
        // A panic is a fault that nobody planned for: what it left half done is not known.
        if catch_unwind(AssertUnwindSafe(body)).is_err() {
            ledger.stop();
        }
    })
}

/// Where the other thread has gone the store has stopped, and what was to be handed to it is dropped, with the replies in it.
fn place(placing: &mut Placing, inbox: &Receiver<Job>, steps: &SyncSender<Step>) {
    let hand_over = |step| drop(steps.send(step));
    let group_of = |placed: Option<Placed>| placed.map(Step::Group).into_iter().for_each(hand_over);
    let mut open = true;
    while open {
        let Ok(first) = inbox.recv() else { break };
        let (mut group, mut bytes) = (Vec::new(), 0);
        let mut next = Some(first);
        while let Some(job) = next {
            match job {
                Job::Commit(commit) => {
                    bytes += commit.wrapped.length();
                    group.push(*commit);
                }
                Job::Leave { volume, day, done } => {
                    group_of(placing.place(std::mem::take(&mut group)));
                    placing.leave(volume, day);
                    group_of(placing.place(Vec::new()));
                    hand_over(Step::Left(done));
                }
                Job::Probe { done } => hand_over(Step::Probed(done, placing.probe())),
                Job::Close => open = false,
            }
            next = if group.len() < GROUP && bytes < GROUP_BYTES { inbox.try_recv().ok() } else { None };
        }
        group_of(placing.place(group));
    }
    placing.leave_current();
    group_of(placing.place(Vec::new()));
}

fn record(recording: &mut Recording, placed: &Receiver<Step>) {
    loop {
        let step = if recording.is_dated() {
            placed.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            placed.recv_timeout(recording::IDLE)
        };
        match step {
            Ok(Step::Group(group)) => recording.record(group),
            Ok(Step::Left(done)) => drop(done.send(())),
            Ok(Step::Probed(done, result)) => drop(done.send(result)),
            Err(RecvTimeoutError::Timeout) => recording.date(),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    recording.date();
}

/// Both halves in one thread, one after the other, for runs that have to be the same each time.
#[cfg(test)]
pub(super) struct Lane(Placing, Recording);

#[cfg(test)]
impl Lane {
    pub fn new(ledger: &Arc<Ledger>, name: &'static str) -> Self {
        let (placing, recording) = halves(ledger, name);
        Self(placing, recording)
    }

    pub fn commit(&mut self, group: Vec<Commit>) {
        if let Some(placed) = self.0.place(group) {
            self.1.record(placed);
        }
    }

    pub fn leave(&mut self, volume: Option<u32>, day: Option<Day>) {
        self.0.leave(volume, day);
        self.commit(Vec::new());
    }

    pub fn leave_current(&mut self) {
        self.0.leave_current();
        self.commit(Vec::new());
    }
}
