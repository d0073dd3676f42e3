//! Where to look for a tip, in memory: from the beginning of its id, and from its withdraw digest, to a slot. Rebuilt at each start.
//!
//! In: the records of slots. Out: slots that may hold what is asked for. Touches nothing. The slot itself says whether it does: whoever finds one
//! here has to read it. So eight bytes may stand for an id, and a keyed hash of eight bytes for a digest (`SipHash`, with a new key at each
//! start): nobody can choose digests that meet, and who wants ids that begin alike has to search for each.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, RandomState};

use super::record::Record;
use softinfo_base::day::Day;
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::envelope::withdraw::WithdrawDigest;

/// Where a record is: the number of a volume, and that of a slot in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place {
    pub volume: u32,
    pub slot: u16,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    key: u64,
    place: Place,
}

/// The index, over all volumes.
#[derive(Default)]
pub(super) struct Index {
    /// By the beginning of the id, for each day apart: couriers list by day and then by id.
    ids: BTreeMap<Day, BTreeSet<Entry>>,
    /// By keyed hash of the withdraw digest.
    digests: BTreeSet<Entry>,
    hasher: RandomState,
}

impl Index {
    pub fn insert(&mut self, day: Day, place: Place, record: &Record) {
        self.ids.entry(day).or_default().insert(Entry { key: start(&record.tip_id()), place });
        self.digests.insert(Entry { key: self.hash(&record.withdraw()), place });
    }

    pub fn remove(&mut self, day: Day, place: Place, record: &Record) {
        if let Some(ids) = self.ids.get_mut(&day) {
            ids.remove(&Entry { key: start(&record.tip_id()), place });
            if ids.is_empty() {
                self.ids.remove(&day);
            }
        }
        self.digests.remove(&Entry { key: self.hash(&record.withdraw()), place });
    }

    /// Slots that may hold the tip with this id.
    pub fn with_id(&self, id: &TipId) -> Vec<Place> {
        self.ids.values().flat_map(|ids| matching(ids, start(id))).collect()
    }

    /// Slots that may hold tips with this digest.
    pub fn with_digest(&self, digest: &WithdrawDigest) -> Vec<Place> {
        matching(&self.digests, self.hash(digest)).collect()
    }

    /// The next slots in the order of day and key, beginning with `key` on `day`: `limit` of them, fewer only at the end. Where the last ones have the
    /// same key as others behind them, those are added, so that a page never ends between two ids that begin alike.
    pub fn from(&self, day: Day, key: u64, limit: usize) -> Vec<(Day, u64, Place)> {
        let mut found: Vec<(Day, u64, Place)> = Vec::new();
        for (&at, ids) in self.ids.range(day..) {
            for entry in ids.range(lowest(if at == day { key } else { 0 })..) {
                if found.len() >= limit && found.last().is_some_and(|last| (last.0, last.1) != (at, entry.key)) {
                    return found;
                }
                found.push((at, entry.key, entry.place));
            }
        }
        found
    }

    /// The first day of which there are tips.
    pub fn first_day(&self) -> Option<Day> {
        self.ids.keys().next().copied()
    }

    fn hash(&self, digest: &WithdrawDigest) -> u64 {
        self.hasher.hash_one(digest.as_bytes())
    }
}

fn matching(entries: &BTreeSet<Entry>, key: u64) -> impl Iterator<Item = Place> {
    entries.range(lowest(key)..).take_while(move |entry| entry.key == key).map(|entry| entry.place)
}

const fn lowest(key: u64) -> Entry {
    Entry { key, place: Place { volume: 0, slot: 0 } }
}

/// The key of an id: its first eight bytes, as a number, so that keys are ordered as ids are.
pub(super) fn start(id: &TipId) -> u64 {
    u64::from_be_bytes(std::array::from_fn(|n| id.as_bytes()[n]))
}

const _: () = assert!(size_of::<Entry>() == 16, "docs/performance.md counts two of them a tip");

#[cfg(test)]
mod tests {
    use super::*;

    fn record(id: u8, tail: u8) -> Record {
        let mut bytes = [id; 32];
        bytes[31] = tail;
        Record { size: 1, id: bytes, digest: [id; 32], key: [0; 32], offset: 0 }
    }

    /// Row 4 of issue 10: 4 000 tips whose digests share eight bytes, which anybody can choose, were all read for each withdrawal; 128 that asked kept
    /// text waiting for 10 s.
    #[test]
    fn digests_that_begin_alike_lead_to_one_slot_each() {
        let (mut index, day) = (Index::default(), "2026-11-23".parse::<Day>().unwrap());
        let alike = |number: u16| {
            let mut digest = [7; 32];
            digest[8..10].copy_from_slice(&number.to_be_bytes());
            Record { size: 1, id: digest, digest, key: [0; 32], offset: 0 }
        };
        for slot in 0..4000 {
            index.insert(day, Place { volume: 1, slot }, &alike(slot));
        }
        for slot in 0..4000 {
            assert!(index.with_digest(&alike(slot).withdraw()) == [Place { volume: 1, slot }], "slot {slot}");
        }
        assert!((4000..4128).all(|number| index.with_digest(&alike(number).withdraw()).is_empty()));
    }

    #[test]
    fn ids_that_begin_alike_are_found_together_and_a_page_ends_behind_them() {
        let (mut index, day) = (Index::default(), "2026-11-23".parse::<Day>().unwrap());
        for slot in 0..4u16 {
            index.insert(day, Place { volume: 1, slot }, &record(5, slot.to_le_bytes()[0]));
        }
        index.insert(day.plus(1), Place { volume: 2, slot: 0 }, &record(1, 0));
        assert_eq!(index.with_id(&record(5, 9).tip_id()).len(), 4);
        assert_eq!(index.with_digest(&record(5, 0).withdraw()).len(), 4);
        let key = start(&record(5, 0).tip_id());
        assert_eq!(index.from(day.plus(-1), 9, 1).len(), 4);
        assert_eq!(index.from(day, key, 5).len(), 5);
        assert_eq!(index.from(day, key + 1, 5).len(), 1);
        index.remove(day, Place { volume: 1, slot: 0 }, &record(5, 0));
        assert_eq!(index.with_id(&record(5, 0).tip_id()).len(), 3);
        (1..4).for_each(|slot| index.remove(day, Place { volume: 1, slot }, &record(5, slot.to_le_bytes()[0])));
        assert_eq!(index.first_day(), Some(day.plus(1)));
    }
}
