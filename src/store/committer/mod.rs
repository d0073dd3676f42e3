//! A lane: the one writer of the volume that it has open. It makes the tips that wait durable in groups (group commit).
//!
//! In: [`Job`]s, above all wrapped tips. Out: an answer to each, after the sync of its bytes and then of its slot. Touches what its two stages
//! touch: journals and new volumes ([`journal_stage`]), slot files and the index ([`slot_stage`]).
//! There are two lanes, one for text and one for everything else, so that neither waits for the other's bytes. Each stage has a thread: while
//! one writes and syncs the records of a group, the other writes and syncs the bytes of the next.

mod journal_stage;
mod slot_stage;

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use self::journal_stage::{InFlight, JournalStage, Journaled};
use self::slot_stage::{IDLE, SlotStage};
use super::StoreError;
#[cfg(test)]
use super::job::Commit;
use super::job::Job;
use super::ledger::Ledger;
use softinfo_base::day::Day;

/// Most tips that are acknowledged together: bounds how long the first of them waits.
const GROUP: usize = 256;
/// Wrapped bytes after which no more are taken into a group: large ones are copied, and nobody may wait for long.
const GROUP_BYTES: u64 = 16 << 20;

/// What the thread of the journal stage hands to that of the slot stage.
enum Step {
    Group(Journaled),
    /// Everything of the volume that was to be left has been handed over before this; answered in turn, it has been recorded as well.
    Left(Sender<()>),
    /// What came of a probe; answered in turn, both threads are alive.
    Probed(Sender<Result<(), StoreError>>, Result<(), StoreError>),
}

/// A lane and its threads. Dropping it finishes what waits.
pub(super) struct Committer {
    jobs: Sender<Job>,
    threads: Vec<JoinHandle<()>>,
}

impl Committer {
    /// Starts the threads `store-` and `record-` with the lane's name behind.
    pub fn start(ledger: &Arc<Ledger>, name: &'static str) -> io::Result<Self> {
        let (jobs, inbox) = channel();
        // Without a buffer: the journal stage waits until the slot stage takes its group, and what comes meanwhile makes the next group larger.
        let (steps, handed_over) = sync_channel(0);
        let (mut journals, mut slots) = stages(ledger, name);
        let first = spawn(ledger, format!("store-{name}"), move || run_journal_stage(&mut journals, &inbox, &steps))?;
        let second = spawn(ledger, format!("record-{name}"), move || run_slot_stage(&mut slots, &handed_over))?;
        Ok(Self { jobs, threads: vec![first, second] })
    }

    /// Hands a job over. When the thread is gone, its reply is dropped with it.
    pub fn send(&self, job: Job) {
        let _ = self.jobs.send(job);
    }

    /// For whoever hands over jobs later.
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

fn stages(ledger: &Arc<Ledger>, name: &'static str) -> (JournalStage, SlotStage) {
    let in_flight = InFlight::default();
    (JournalStage::new(Arc::clone(ledger), name, Arc::clone(&in_flight)), SlotStage::new(Arc::clone(ledger), in_flight))
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

/// Takes jobs in groups, until it is to end. When the slot stage has gone, the store has stopped; what is handed over then is dropped, and
/// whoever waits for a reply in it learns that nothing is known.
fn run_journal_stage(journals: &mut JournalStage, inbox: &Receiver<Job>, steps: &SyncSender<Step>) {
    let hand_over = |step| drop(steps.send(step));
    let hand_over_group = |journaled: Option<Journaled>| journaled.map(Step::Group).into_iter().for_each(hand_over);
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
                    hand_over_group(journals.write(std::mem::take(&mut group)));
                    journals.leave(volume, day);
                    hand_over_group(journals.write(Vec::new()));
                    hand_over(Step::Left(done));
                }
                Job::Probe { done } => hand_over(Step::Probed(done, journals.probe())),
                Job::Close => open = false,
            }
            next = if group.len() < GROUP && bytes < GROUP_BYTES { inbox.try_recv().ok() } else { None };
        }
        hand_over_group(journals.write(group));
    }
    journals.leave_current();
    hand_over_group(journals.write(Vec::new()));
}

/// Takes what the journal stage hands over, until that has gone. When nothing comes for a moment, files get the times of their days.
fn run_slot_stage(slots: &mut SlotStage, handed_over: &Receiver<Step>) {
    loop {
        let step = if slots.is_dated() {
            handed_over.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            handed_over.recv_timeout(IDLE)
        };
        match step {
            Ok(Step::Group(group)) => slots.write(group),
            Ok(Step::Left(done)) => drop(done.send(())),
            Ok(Step::Probed(done, result)) => drop(done.send(result)),
            Err(RecvTimeoutError::Timeout) => slots.date(),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    slots.date();
}

/// Both stages in one thread, one after the other, for runs that have to be the same each time.
#[cfg(test)]
pub(super) struct Lane(JournalStage, SlotStage);

#[cfg(test)]
impl Lane {
    pub fn new(ledger: &Arc<Ledger>, name: &'static str) -> Self {
        let (journals, slots) = stages(ledger, name);
        Self(journals, slots)
    }

    pub fn commit(&mut self, group: Vec<Commit>) {
        if let Some(journaled) = self.0.write(group) {
            self.1.write(journaled);
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
