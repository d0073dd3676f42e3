//! The second stage of a lane: the records of a group are written to their slots and synced; only then are its tips in the index, and answered.
//!
//! In: [`Journaled`], whose bytes are durable. Out: answers, and volumes that are full, to the sealer. Touches slot files, the index, and the
//! times of files.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::journal_stage::{InFlight, Journaled, Outcome, ToRecord};
use crate::index::Place;
use crate::ledger::Ledger;
use crate::mutex::lock;
use crate::volume::{JOURNAL, SLOTS, Volume};
use crate::{Committed, StoreError};

/// The files of volumes are dated when nothing has come for this long. Not after each group, because the next sync of a file whose times were set
/// writes once more.
pub(super) const IDLE: Duration = Duration::from_millis(50);
/// While groups follow each other without a pause, files are dated at this interval.
const BUSY: Duration = Duration::from_secs(1);

/// The stage, with what it has still to date.
pub(super) struct SlotStage {
    ledger: Arc<Ledger>,
    in_flight: InFlight,
    /// Volumes that were written to and not dated since, by number.
    undated: BTreeMap<u32, Arc<Volume>>,
    /// When that was done last.
    dated: Instant,
}

impl SlotStage {
    pub fn new(ledger: Arc<Ledger>, in_flight: InFlight) -> Self {
        Self { ledger, in_flight, undated: BTreeMap::new(), dated: Instant::now() }
    }

    /// Makes the records of a group durable, and answers its tips. When the disk fails nobody is answered: their channels close, which says that
    /// nothing is known.
    pub fn write(&mut self, group: Journaled) {
        if self.ledger.has_stopped() {
            return;
        }
        let Journaled { tips, records, left } = group;
        let Ok(durable) = self.make_durable(records) else {
            self.ledger.stop();
            return;
        };
        let mut answers: Vec<Result<Committed, StoreError>> = Vec::with_capacity(tips.len());
        let mut replies = Vec::with_capacity(tips.len());
        for (number, (reply, outcome)) in tips.into_iter().enumerate() {
            replies.push(reply);
            answers.push(match outcome {
                Outcome::Now(answer) => answer,
                Outcome::Recorded => durable.get(&number).copied().ok_or(StoreError::Stopped),
                Outcome::SameAs(before) => match &answers[before] {
                    Ok(committed) => Ok(Committed { already: true, ..*committed }),
                    Err(StoreError::Full) => Err(StoreError::Full),
                    Err(_) => Err(StoreError::Unavailable),
                },
                // The earlier one was recorded with its own group, unless it has been withdrawn since.
                Outcome::SameAsBefore(id) => match self.ledger.find(&id) {
                    Ok(Some((volume, ..))) => Ok(Committed { day: volume.head.day, already: true }),
                    Ok(None) => Err(StoreError::Unavailable),
                    // It is probably there, but its slot can't be read: neither answer would be safe.
                    Err(_) => Err(StoreError::Stopped),
                },
            });
        }
        for (reply, answer) in replies.into_iter().zip(answers) {
            let _ = reply.send(answer);
        }
        self.ledger.groups.fetch_add(1, Ordering::Relaxed);
        for volume in left {
            self.undated.remove(&volume.head.number);
            date(&self.ledger, &volume);
            self.ledger.date(&volume);
            self.ledger.seal_later(volume);
        }
        if self.dated.elapsed() > BUSY {
            self.date();
        }
    }

    /// Writes records, syncs them, and only then adds their tips to the index. The bytes are durable already, and whoever waits is answered after this:
    /// in any other order a tip could be acknowledged, or be seen, and be gone after a crash.
    fn make_durable(&mut self, records: Vec<ToRecord>) -> io::Result<HashMap<usize, Committed>> {
        for ToRecord { slots, records, .. } in &records {
            records.iter().try_for_each(|(slot, record, _)| slots.put(*slot, record))?;
            slots.sync()?;
        }
        let mut durable = HashMap::new();
        for ToRecord { volume, records, .. } in records {
            let (number, day) = (volume.head.number, volume.head.day);
            let mut known = self.ledger.known();
            for (slot, record, _) in &records {
                known.index.insert(day, Place { volume: number, slot: *slot }, record);
                volume.add(record.size);
            }
            drop(known);
            let mut in_flight = lock(&self.in_flight);
            for (_, record, tip) in &records {
                in_flight.remove(&record.tip_id());
                durable.insert(*tip, Committed { day, already: false });
            }
            drop(in_flight);
            self.undated.insert(number, volume);
        }
        Ok(durable)
    }

    /// Whether no file is left whose time says more than a day.
    pub fn is_dated(&self) -> bool {
        self.undated.is_empty()
    }

    /// Gives the files that were written to the time at which the day of their tips began.
    pub fn date(&mut self) {
        for volume in std::mem::take(&mut self.undated).into_values() {
            date(&self.ledger, &volume);
        }
        self.dated = Instant::now();
    }
}

/// Gives the two files of a volume that a lane writes to the time of its day.
fn date(ledger: &Ledger, volume: &Volume) {
    for name in [SLOTS, JOURNAL] {
        ledger.disk.date(&volume.folder.join(name), volume.head.day);
    }
}
