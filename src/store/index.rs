//! Which volume holds which tip, in memory; rebuilt from the slot files at each start. About 100 bytes a tip.

use std::collections::{HashMap, HashSet};

use super::slots::Record;
use crate::day::Day;
use crate::tip::id::TipId;
use crate::tip::withdraw::WithdrawDigest;

/// Where a tip is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Location {
    /// Volume of the slot and of the last chunk.
    pub volume: u32,
    pub slot: u16,
    /// Volume of the first chunk.
    pub first_volume: u32,
    pub size: u64,
    pub object: u64,
    pub day: Day,
    /// First bytes of the withdraw digest; the slot has all of it.
    digest_start: u64,
}

#[derive(Default)]
pub(super) struct Index {
    tips: HashMap<TipId, Location>,
}

impl Index {
    pub fn insert(&mut self, record: &Record, volume: u32, slot: u16, day: Day) {
        let location = Location {
            volume,
            slot,
            first_volume: record.first_volume,
            size: record.size,
            object: record.object,
            day,
            digest_start: start_of(&record.withdraw()),
        };
        self.tips.insert(record.tip_id(), location);
    }

    pub fn get(&self, id: &TipId) -> Option<&Location> {
        self.tips.get(id)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&TipId, &Location)> {
        self.tips.iter()
    }

    pub fn remove(&mut self, id: &TipId) {
        self.tips.remove(id);
    }

    /// Tips whose digest begins like `digest`. A walk over all: withdrawals are rare, and memory is not.
    pub fn with_digest(&self, digest: &WithdrawDigest) -> Vec<(TipId, Location)> {
        let start = start_of(digest);
        self.tips.iter().filter(|(_, at)| at.digest_start == start).map(|(id, at)| (*id, *at)).collect()
    }

    /// Forgets the tips of a volume; says how many.
    pub fn forget_volume(&mut self, number: u32) -> usize {
        let before = self.tips.len();
        self.tips.retain(|_, at| at.volume != number);
        before - self.tips.len()
    }

    /// The volumes in which a tip has chunks.
    pub fn in_use(&self) -> HashSet<u32> {
        self.tips.values().flat_map(|at| at.first_volume..=at.volume).collect()
    }
}

fn start_of(digest: &WithdrawDigest) -> u64 {
    u64::from_be_bytes(std::array::from_fn(|n| digest.as_bytes()[n]))
}
