//! The one thread that acknowledges: it makes waiting tips durable together and then says so.
//!
//! In: tips whose chunks are in sled. Out: an answer to each, after flush and fdatasync of the chunks, and then of the slots.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::pool::{Shared, Writing};
use super::slots::Record;
use super::volume::Volume;
use super::{Committed, StoreError};
use crate::day::Day;
use crate::tip::id::TipId;

/// Most tips acknowledged together: bounds how long the first of them waits.
const GROUP: usize = 256;

/// What the thread is asked to do.
pub(super) enum Job {
    /// Make a tip durable and visible.
    Commit { record: Record, day: Day, writing: Box<Writing>, reply: oneshot::Sender<Result<Committed, StoreError>> },
    /// Forget the chunks of a tip that was given up.
    Discard { volumes: Vec<(u32, Weak<Volume>, u32)>, object: u64, chunks: u32 },
    /// Make volumes that are full durable, and close them.
    Retire,
    /// The store is closing.
    Close,
}

struct Commit {
    record: Record,
    day: Day,
    writing: Box<Writing>,
    reply: oneshot::Sender<Result<Committed, StoreError>>,
}

/// The thread and the way to it. Dropping it finishes what waits.
pub(super) struct CommitThread {
    jobs: Sender<Job>,
    thread: Option<JoinHandle<()>>,
}

impl CommitThread {
    pub fn start(shared: Arc<Shared>) -> io::Result<Self> {
        let (jobs, inbox) = channel();
        let thread = std::thread::Builder::new().name("store-commit".to_owned()).spawn(move || run(&shared, &inbox))?;
        Ok(Self { jobs, thread: Some(thread) })
    }

    pub fn sender(&self) -> Sender<Job> {
        self.jobs.clone()
    }
}

impl Drop for CommitThread {
    fn drop(&mut self) {
        let _ = self.jobs.send(Job::Close);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(shared: &Arc<Shared>, inbox: &Receiver<Job>) {
    let mut open = true;
    while open {
        let Ok(first) = inbox.recv() else { return };
        let mut group = Vec::new();
        let mut next = Some(first);
        while let Some(job) = next {
            match job {
                Job::Commit { record, day, writing, reply } => group.push(Commit { record, day, writing, reply }),
                Job::Discard { volumes, object, chunks } => {
                    // After a failed write the record may be on disk though nobody was told so: then its chunks stay too.
                    if shared.check_running().is_ok() && Writing::discard(&volumes, object, chunks).is_err() {
                        shared.stop();
                    }
                }
                Job::Retire => {
                    if shared.retired().iter().any(|volume| volume.make_durable().is_err()) {
                        shared.stop();
                    }
                }
                Job::Close => open = false,
            }
            next = if group.len() < GROUP { inbox.try_recv().ok() } else { None };
        }
        if !group.is_empty() {
            acknowledge(shared, group);
        }
        // Without space there is no next volume; whoever needs it then is told.
        if open && shared.check_running().is_ok() {
            let _ = shared.prepare_next();
        }
    }
    // Bytes of tips that are still on their way need no promise; what was promised is durable already.
    for volume in shared.unsynced() {
        let _ = volume.make_durable();
    }
}

/// The order matters: bytes durable, then record, then record durable, then visible, then acknowledged.
fn acknowledge(shared: &Shared, group: Vec<Commit>) {
    match shared.check_running().and_then(|()| make_durable(shared, &group)) {
        Ok(answers) => {
            for (commit, answer) in group.into_iter().zip(answers) {
                if answer.as_ref().is_ok_and(|committed| !committed.already) {
                    commit.writing.keep();
                }
                let _ = commit.reply.send(answer);
            }
        }
        // A disk that failed once can't be trusted with a second try.
        Err(_) => {
            shared.stop();
            for commit in group {
                let _ = commit.reply.send(Err(StoreError::Stopped));
            }
        }
    }
}

/// One answer a tip, in order. `Full` when no new volume could be made for it; any other failure is one for all.
fn make_durable(shared: &Shared, group: &[Commit]) -> Result<Vec<Result<Committed, StoreError>>, StoreError> {
    for volume in shared.unsynced() {
        volume.make_durable()?;
    }
    let mut answers = Vec::with_capacity(group.len());
    let mut placed: Vec<(&Record, u32, u16, Day)> = Vec::new();
    let mut in_group: HashMap<TipId, Day> = HashMap::new();
    let mut files: Vec<Arc<File>> = Vec::new();
    {
        let mut state = shared.state();
        for Commit { record, day, .. } in group {
            let id = record.tip_id();
            if let Some(day) = state.index.get(&id).map(|at| at.day).or_else(|| in_group.get(&id).copied()) {
                answers.push(Ok(Committed { day, already: true }));
                continue;
            }
            let current = match shared.current(&mut state, *day) {
                Err(StoreError::Full) => {
                    answers.push(Err(StoreError::Full));
                    continue;
                }
                current => current?,
            };
            let slot = current.slots.put(record).map_err(|_| StoreError::Stopped)?;
            let file = current.slots.file();
            if files.last().is_none_or(|last| !Arc::ptr_eq(last, &file)) {
                files.push(file);
            }
            placed.push((record, current.number, slot, *day));
            in_group.insert(id, *day);
            answers.push(Ok(Committed { day: *day, already: false }));
        }
    }
    for file in files {
        file.sync_data().map_err(|_| StoreError::Stopped)?;
    }
    let mut state = shared.state();
    for (record, volume, slot, day) in placed {
        state.index.insert(record, volume, slot, day);
    }
    Ok(answers)
}
