//! The erasable half of a volume: a file of fixed slots, one a tip, each with the tip's wrap key.
//!
//! In: records, and slots to erase. Out: what the slots say. Touches the one file, whose layout is in `docs/store.md`, section 1.
//! A slot is the only truth about its tip: `free → committed → erasing → gone`. Index, listing and every answer follow from reading it.
//! It is overwritten **in place** and synced; with it go the key, the id, the size and the withdraw digest. A slot that is gone looks
//! like one that is free, so that afterwards nothing in the store says that there was a tip.

use std::io;
use std::path::Path;

use rand::Rng;
use zeroize::Zeroizing;

use super::disk::{Disk, DiskFile, Open, Trouble};
use super::record::{ERASING, Record, SLOT, State};
use softinfo_base::day::Day;

/// How a slot file begins.
const MAGIC: &[u8; 24] = b"softinfo/store-slots/2\0\0";

/// What stands at the head of a slot file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// Number of its volume.
    pub number: u32,
    /// Day of all tips in it.
    pub day: Day,
    /// What the clock said when the file was made, where that is later than `day`: the clock was not believed then.
    pub clock: Day,
    /// First day on which all of it is erased.
    pub expires: Day,
    /// Slots in it.
    pub slots: u16,
}

impl Head {
    /// The day on which its tips came, as far as that can be said on `today`. Where the clock was not believed, what it said then is right, unless that
    /// day is still to come: then the clock was wrong.
    pub fn came(&self, today: Day) -> Day {
        if self.clock <= today { self.clock } else { self.day }
    }
}

/// An open slot file.
pub(super) struct SlotFile {
    file: Box<dyn DiskFile>,
    pub head: Head,
}

/// What a slot file holds.
pub(super) struct Scanned {
    /// Records, each with the number of its slot.
    pub tips: Vec<(u16, Record)>,
    /// Slots that are to be overwritten: an erasure was begun, or a write was torn.
    pub unfinished: Vec<u16>,
    /// How many of those were torn.
    pub torn: usize,
    /// How many slots could not be read.
    pub unread: usize,
}

impl SlotFile {
    /// Makes the file with all slots free. On return it is durable but for its name.
    pub fn create(disk: &dyn Disk, path: &Path, head: Head) -> io::Result<Self> {
        let mut bytes = vec![0; SLOT * (usize::from(head.slots) + 1)];
        bytes[..24].copy_from_slice(MAGIC);
        bytes[24..28].copy_from_slice(&head.number.to_be_bytes());
        bytes[28..32].copy_from_slice(&head.day.number().to_be_bytes());
        bytes[32..36].copy_from_slice(&head.expires.number().to_be_bytes());
        bytes[36..38].copy_from_slice(&head.slots.to_be_bytes());
        if head.clock > head.day {
            bytes[38..42].copy_from_slice(&head.clock.number().to_be_bytes());
        }
        let file = disk.open(path, Open::New)?;
        // Written out, not left sparse: so later writes go to blocks that exist, and overwriting happens in place.
        file.write_all_at(&bytes, 0)?;
        file.sync()?;
        Ok(Self { file, head })
    }

    /// Opens the file, to be read or to be overwritten.
    ///
    /// # Errors
    /// `InvalidData` when it is no slot file.
    pub fn open(disk: &dyn Disk, path: &Path, how: Open) -> io::Result<Self> {
        let file = disk.open(path, how)?;
        let mut bytes = [0; SLOT];
        let read = file.read_exact_at(&mut bytes, 0);
        let number = |at: usize| u32::from_be_bytes(std::array::from_fn(|n| bytes[at + n]));
        let day = |at: usize| Day::from_number(number(at).cast_signed());
        match (read, bytes.starts_with(MAGIC), day(28), day(32)) {
            (Ok(()), true, Some(day), Some(expires)) => {
                let slots = u16::from_be_bytes([bytes[36], bytes[37]]);
                // Zero, which is a day long ago, where the clock was believed.
                let clock = Day::from_number(number(38).cast_signed()).map_or(day, |clock| clock.max(day));
                Ok(Self { file, head: Head { number: number(24), day, clock, expires, slots } })
            }
            (Err(error), ..) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    /// Makes the next reading ask the disk, and not the system's memory: after a sync that failed, the memory may hold what is not on the disk. What
    /// was written and not synced is synced first.
    pub fn forget_cached(&self) -> io::Result<()> {
        self.file.sync()?;
        self.file.forget_cached();
        Ok(())
    }

    /// Writes `record` into a slot. Durable after [`SlotFile::sync`].
    pub fn put(&self, slot: u16, record: &Record) -> io::Result<()> {
        self.file.write_all_at(&*record.to_slot(), offset(slot))
    }

    /// Makes what was put durable.
    pub fn sync(&self) -> io::Result<()> {
        self.file.sync()
    }

    /// The record in a slot; `None` when there is none, or it is gone or torn.
    pub fn read(&self, slot: u16) -> io::Result<Option<Record>> {
        let mut bytes = Zeroizing::new([0; SLOT]);
        self.file.read_exact_at(&mut *bytes, offset(slot))?;
        Ok(if let State::Committed(record) = State::of(&bytes) { Some(record) } else { None })
    }

    /// Reads all slots, and changes nothing. When the file can't be read in one piece, slot after slot is read, so that a bad sector costs only its
    /// own.
    pub fn scan(&self) -> io::Result<Scanned> {
        let mut bytes = Zeroizing::new(vec![0; usize::from(self.head.slots) * SLOT]);
        let mut scanned = Scanned { tips: Vec::new(), unfinished: Vec::new(), torn: 0, unread: 0 };
        let is_whole = self.file.read_exact_at(&mut bytes, offset(0)).is_ok();
        for (slot, bytes) in (0..self.head.slots).zip(bytes.as_chunks_mut::<SLOT>().0) {
            if !is_whole && let Err(error) = self.file.read_exact_at(bytes, offset(slot)) {
                if Trouble::of(&error) != Trouble::Failed {
                    return Err(error);
                }
                scanned.unread += 1;
                continue;
            }
            match State::of(bytes) {
                State::Empty => {}
                State::Committed(record) => scanned.tips.push((slot, record)),
                State::Erasing => scanned.unfinished.push(slot),
                State::Torn => {
                    scanned.torn += 1;
                    scanned.unfinished.push(slot);
                }
            }
        }
        Ok(scanned)
    }

    /// Overwrites slots with random bytes and then with zeros. Each of both is synced once, however many slots there are.
    pub fn erase(&self, slots: &[u16]) -> io::Result<()> {
        if slots.is_empty() {
            return Ok(());
        }
        for &slot in slots {
            let mut noise = [0; SLOT];
            rand::thread_rng().fill(&mut noise[..]);
            noise[0] = ERASING;
            self.file.write_all_at(&noise, offset(slot))?;
        }
        self.file.sync()?;
        for &slot in slots {
            self.file.write_all_at(&[0; SLOT], offset(slot))?;
        }
        self.file.sync()
    }

    /// Overwrites every slot with zeros, synced.
    pub fn erase_all(&self) -> io::Result<()> {
        self.file.write_all_at(&vec![0; usize::from(self.head.slots) * SLOT], offset(0))?;
        self.file.sync()
    }

    /// Gives the file the time at which its day began.
    pub fn date(&self) {
        self.file.date(self.head.day);
    }
}

/// Overwrites a whole file with zeros, synced, whatever is in it: for a slot file that can't be read.
pub(super) fn overwrite(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    let file = disk.open(path, Open::Update)?;
    let length = usize::try_from(file.length()?).map_err(io::Error::other)?;
    file.write_all_at(&vec![0; length], 0)?;
    file.sync()
}

/// Where a slot begins in the file, in bytes.
const fn offset(slot: u16) -> u64 {
    SLOT as u64 * (slot as u64 + 1)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::disk::RealDisk;

    fn record(n: u8) -> Record {
        Record { size: 30_965, id: [n; 32], digest: [n; 32], key: [n ^ 0x55; 32], offset: n.into() }
    }

    fn file(folder: &tempfile::TempDir) -> (SlotFile, PathBuf) {
        let (path, day): (_, Day) = (folder.path().join("slots"), "2026-11-23".parse().unwrap());
        let head = Head { number: 7, day, clock: day.plus(40), expires: day.plus(90), slots: 16 };
        (SlotFile::create(&RealDisk, &path, head).unwrap(), path)
    }

    #[test]
    fn an_erased_slot_leaves_no_byte_of_its_record_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let (slots, path) = file(&folder);
        slots.put(0, &record(1)).unwrap();
        slots.put(1, &record(2)).unwrap();
        slots.sync().unwrap();
        slots.erase(&[1]).unwrap();

        let again = SlotFile::open(&RealDisk, &path, Open::Update).unwrap();
        assert_eq!(again.head, slots.head);
        let scanned = again.scan().unwrap();
        assert_eq!((scanned.tips.len(), scanned.tips[0].0, scanned.torn), (1, 0, 0));
        assert!(again.read(1).unwrap().is_none());
        let bytes = std::fs::read(&path).unwrap();
        // The search finds what is there, and not what was erased.
        assert!(bytes.windows(32).any(|w| w == record(1).key));
        assert!(!bytes.windows(8).any(|w| w == &record(2).key[..8] || w == &record(2).id[..8]));
    }

    #[test]
    fn what_came_while_the_clock_was_not_believed_came_on_the_clocks_day_unless_that_is_still_to_come() {
        let (folder, day) = (tempfile::tempdir().unwrap(), "2026-11-23".parse::<Day>().unwrap());
        let head = |clock| Head { number: 7, day, clock, expires: day.plus(90), slots: 1 };
        for (clock, came_now, came_later) in
            [(day, day, day), (day.plus(40), day, day.plus(40)), (day.plus(-9), day, day)]
        {
            let path = folder.path().join(clock.to_string());
            SlotFile::create(&RealDisk, &path, head(clock)).unwrap();
            let read = SlotFile::open(&RealDisk, &path, Open::Read).unwrap().head;
            assert_eq!((read.came(day.plus(39)), read.came(day.plus(40))), (came_now, came_later));
            let bytes = std::fs::read(&path).unwrap();
            assert_eq!(bytes[38..SLOT].iter().any(|&byte| byte != 0), clock > day, "written only where it differs");
        }
    }

    #[test]
    fn an_erasure_cut_in_half_is_finished_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let (slots, path) = file(&folder);
        slots.put(3, &record(1)).unwrap();
        slots.file.write_all_at(&[ERASING], offset(3)).unwrap();
        let again = SlotFile::open(&RealDisk, &path, Open::Update).unwrap();
        let scanned = again.scan().unwrap();
        assert!(scanned.tips.is_empty() && scanned.torn == 0);
        again.erase(&scanned.unfinished).unwrap();
        assert!(std::fs::read(&path).unwrap()[SLOT..].iter().all(|&b| b == 0));
    }

    #[test]
    fn a_torn_record_is_counted_erased_and_not_taken_for_a_tip() {
        let folder = tempfile::tempdir().unwrap();
        let (slots, path) = file(&folder);
        slots.put(0, &record(1)).unwrap();
        slots.file.write_all_at(&[0; 40], offset(0) + 64).unwrap();
        let again = SlotFile::open(&RealDisk, &path, Open::Update).unwrap();
        let scanned = again.scan().unwrap();
        assert_eq!((scanned.tips.len(), scanned.torn), (0, 1));
        again.erase(&scanned.unfinished).unwrap();
        assert!(std::fs::read(&path).unwrap()[SLOT..].iter().all(|&b| b == 0));
    }

    #[test]
    fn what_is_no_slot_file_is_refused_and_what_can_t_be_read_is_another_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("slots");
        let kind = || SlotFile::open(&RealDisk, &path, Open::Update).err().unwrap().kind();
        assert_eq!(kind(), io::ErrorKind::NotFound);
        std::fs::write(&path, "").unwrap();
        assert_eq!(kind(), io::ErrorKind::InvalidData);
        std::fs::write(&path, [7; 4096]).unwrap();
        assert_eq!(kind(), io::ErrorKind::InvalidData);
    }

    /// A file of which 512 bytes can't be read.
    struct BadSector(Box<dyn DiskFile>, u64);

    impl DiskFile for BadSector {
        fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
            let meets = at < self.1 + 512 && at + buffer.len() as u64 > self.1;
            if meets { Err(rustix::io::Errno::IO.into()) } else { self.0.read_at(buffer, at) }
        }
        fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<usize> {
            self.0.write_at(bytes, at)
        }
        fn set_length(&self, length: u64) -> io::Result<()> {
            self.0.set_length(length)
        }
        fn length(&self) -> io::Result<u64> {
            self.0.length()
        }
        fn sync(&self) -> io::Result<()> {
            self.0.sync()
        }
        fn forget_cached(&self) {}
        fn date(&self, _: Day) {}
    }

    #[test]
    fn a_sector_that_can_t_be_read_costs_the_slots_in_it_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let (slots, _) = file(&folder);
        for slot in 0..16 {
            slots.put(slot, &record(slot.to_le_bytes()[0] + 1)).unwrap();
        }
        // The second sector: slots 3 to 6, since the head has the place of one.
        let broken = SlotFile { head: slots.head, file: Box::new(BadSector(slots.file, 512)) };
        let scanned = broken.scan().unwrap();
        assert_eq!((scanned.tips.len(), scanned.unread, scanned.torn), (12, 4, 0));
        assert!(scanned.tips.iter().all(|(slot, _)| !(3..7).contains(slot)));
    }
}
