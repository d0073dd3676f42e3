//! The erasable half of a volume: a file of fixed slots, one a tip, each with the tip's wrap key.
//!
//! sled never overwrites, so a key inside sled would stay readable after its tip is gone. A slot is overwritten **in place** and
//! synced; with it go the key, the id, the size and the withdraw digest. After that nothing in the store says that there was a tip.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use rand::Rng;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::day::Day;
use crate::file::date;
use crate::tip::id::TipId;
use crate::tip::withdraw::WithdrawDigest;

/// Bytes of a slot, and of the file's head: they never straddle a disk sector.
const SLOT: usize = 128;
/// Slots in a file: more than the smallest tips that fit into a volume.
pub(super) const SLOTS: u16 = 1024;
const MAGIC: &[u8; 24] = b"softinfo/store-slots/1\0\0";
const FILE: usize = SLOT * (SLOTS as usize + 1);
/// First byte of a slot with a tip.
const TIP: u8 = 1;
/// First byte of a slot that is being overwritten.
const ERASING: u8 = 0xee;

/// What a slot holds of a tip.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(super) struct Record {
    /// Volume with the tip's first chunk; the last one is in the volume of the slot.
    pub first_volume: u32,
    /// Bytes of the tip.
    pub size: u64,
    /// SHA-256 of the tip.
    pub id: [u8; 32],
    /// Digest of its withdraw token.
    pub digest: [u8; 32],
    /// The key its chunks are wrapped with.
    pub key: [u8; 32],
    /// Prefix of its chunks' keys in sled.
    pub object: u64,
}

impl Record {
    pub fn tip_id(&self) -> TipId {
        TipId::from_bytes(self.id)
    }

    pub fn withdraw(&self) -> WithdrawDigest {
        WithdrawDigest::from_bytes(self.digest)
    }

    fn to_slot(&self) -> [u8; SLOT] {
        let mut slot = [0; SLOT];
        slot[0] = TIP;
        slot[4..8].copy_from_slice(&self.first_volume.to_be_bytes());
        slot[8..16].copy_from_slice(&self.size.to_be_bytes());
        slot[16..48].copy_from_slice(&self.id);
        slot[48..80].copy_from_slice(&self.digest);
        slot[80..112].copy_from_slice(&self.key);
        slot[112..120].copy_from_slice(&self.object.to_be_bytes());
        let check = check(&slot);
        slot[120..].copy_from_slice(&check);
        slot
    }

    fn from_slot(slot: &[u8; SLOT]) -> Option<Self> {
        let field = |from: usize| <[u8; 32]>::try_from(&slot[from..from + 32]).ok();
        if slot[0] != TIP || slot[120..] != check(slot) {
            return None;
        }
        Some(Self {
            first_volume: u32::from_be_bytes(slot[4..8].try_into().ok()?),
            size: u64::from_be_bytes(slot[8..16].try_into().ok()?),
            id: field(16)?,
            digest: field(48)?,
            key: field(80)?,
            object: u64::from_be_bytes(slot[112..120].try_into().ok()?),
        })
    }
}

/// Eight bytes that tell a whole slot from a torn one.
fn check(slot: &[u8; SLOT]) -> [u8; 8] {
    let digest = Sha256::digest(&slot[..120]);
    std::array::from_fn(|n| digest[n])
}

/// The slot file of the volume that is being written to.
pub(super) struct SlotFile {
    file: Arc<File>,
    /// Day of all tips in it.
    pub day: Day,
    next: u16,
}

/// What a slot file says.
pub(super) struct Scanned {
    /// Number of its volume.
    pub number: u32,
    /// Day of all tips in it.
    pub day: Day,
    /// First day on which all of it is erased.
    pub expires: Day,
    pub tips: Vec<(u16, Record)>,
    /// Slots that are neither free nor whole. They are left alone until the volume expires.
    pub damaged: usize,
}

impl SlotFile {
    /// Makes the file with all slots free, whole or not at all, and durable with its name.
    pub fn create(path: &Path, number: u32, day: Day, expires: Day) -> io::Result<Self> {
        let mut bytes = vec![0; FILE];
        bytes[..24].copy_from_slice(MAGIC);
        bytes[24..28].copy_from_slice(&number.to_be_bytes());
        bytes[28..32].copy_from_slice(&day.number().to_be_bytes());
        bytes[32..36].copy_from_slice(&expires.number().to_be_bytes());
        // Written, not left sparse: overwriting then happens in place.
        crate::file::write_whole(path, |file| io::Write::write_all(file, &bytes))?;
        Ok(Self { file: Arc::new(open_for_update(path)?), day, next: 0 })
    }

    /// Whether no slot is left.
    pub const fn is_full(&self) -> bool {
        self.next == SLOTS
    }

    /// Writes `record` into the next free slot; slots are not used twice. Durable after the file is synced.
    pub fn put(&mut self, record: &Record) -> io::Result<u16> {
        if self.is_full() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let slot = self.next;
        let mut bytes = record.to_slot();
        let written = self.file.write_all_at(&bytes, offset(slot));
        bytes.zeroize();
        self.next += 1;
        written.map(|()| slot)
    }

    /// Gives the file the time at which its day began.
    pub fn date(&self) {
        let _ = date(&self.file, self.day);
    }

    /// The file, to be synced without holding a lock.
    pub fn file(&self) -> Arc<File> {
        Arc::clone(&self.file)
    }
}

/// Reads a slot file, and finishes erasures that a crash had interrupted.
///
/// # Errors
/// `InvalidData` when it is no slot file.
pub(super) fn scan(path: &Path) -> io::Result<Scanned> {
    let file = open_for_update(path)?;
    let mut bytes = vec![0; FILE];
    file.read_exact_at(&mut bytes, 0)?;
    let number = |at: usize| bytes[at..at + 4].try_into().map(u32::from_be_bytes);
    let day = |at: usize| number(at).ok().and_then(|n| Day::from_number(n.cast_signed()));
    let head = (bytes.starts_with(MAGIC), number(24), day(28), day(32));
    let (true, Ok(number), Some(day), Some(expires)) = head else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    let mut scanned = Scanned { number, day, expires, tips: Vec::new(), damaged: 0 };
    for (index, slot) in (0..SLOTS).zip(bytes[SLOT..].as_chunks::<SLOT>().0) {
        match (slot[0], Record::from_slot(slot)) {
            (_, Some(record)) => scanned.tips.push((index, record)),
            (ERASING, None) => erase_in(&file, index)?,
            (_, None) if slot.iter().any(|&b| b != 0) => scanned.damaged += 1,
            _ => {}
        }
    }
    bytes.zeroize();
    Ok(scanned)
}

/// Reads one slot; `None` when it was erased.
pub(super) fn read(path: &Path, slot: u16) -> io::Result<Option<Record>> {
    let mut bytes = [0; SLOT];
    File::open(path)?.read_exact_at(&mut bytes, offset(slot))?;
    let record = Record::from_slot(&bytes);
    bytes.zeroize();
    Ok(record)
}

/// Overwrites one slot with random bytes and then with zeros, each synced.
pub(super) fn erase(path: &Path, slot: u16) -> io::Result<()> {
    erase_in(&open_for_update(path)?, slot)
}

/// Overwrites every slot with zeros, synced.
pub(super) fn erase_all(path: &Path) -> io::Result<()> {
    let file = open_for_update(path)?;
    file.write_all_at(&vec![0; FILE - SLOT], offset(0))?;
    file.sync_data()
}

fn erase_in(file: &File, slot: u16) -> io::Result<()> {
    let mut noise = [0; SLOT];
    rand::thread_rng().fill(&mut noise[..]);
    noise[0] = ERASING;
    for bytes in [noise, [0; SLOT]] {
        file.write_all_at(&bytes, offset(slot))?;
        file.sync_data()?;
    }
    Ok(())
}

fn open_for_update(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open(path)
}

fn offset(slot: u16) -> u64 {
    SLOT as u64 * (u64::from(slot) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(n: u8) -> Record {
        Record { first_volume: 1, size: 30_965, id: [n; 32], digest: [n; 32], key: [n ^ 0x55; 32], object: n.into() }
    }

    #[test]
    fn an_erased_slot_leaves_no_byte_of_its_record_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("slots");
        let day = "2026-11-23".parse().unwrap();
        let mut file = SlotFile::create(&path, 7, day, day.plus(90)).unwrap();
        let (kept, gone) = (file.put(&record(1)).unwrap(), file.put(&record(2)).unwrap());
        erase(&path, gone).unwrap();

        let scanned = scan(&path).unwrap();
        assert_eq!((scanned.number, scanned.day, scanned.expires, scanned.damaged), (7, day, day.plus(90), 0));
        assert_eq!(scanned.tips.len(), 1);
        assert_eq!(scanned.tips[0].0, kept);
        assert!(read(&path, gone).unwrap().is_none());
        let bytes = std::fs::read(&path).unwrap();
        // The search finds what is there, and not what was erased.
        assert!(bytes.windows(32).any(|w| w == record(1).key));
        assert!(!bytes.windows(8).any(|w| w == &record(2).key[..8] || w == &record(2).id[..8]));
    }

    #[test]
    fn an_erasure_cut_in_half_is_finished_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("slots");
        let day = "2026-11-23".parse().unwrap();
        let mut file = SlotFile::create(&path, 1, day, day).unwrap();
        let slot = file.put(&record(1)).unwrap();
        file.file().write_all_at(&[ERASING], offset(slot)).unwrap();
        let scanned = scan(&path).unwrap();
        assert!(scanned.tips.is_empty() && scanned.damaged == 0);
        assert!(std::fs::read(&path).unwrap()[SLOT..].iter().all(|&b| b == 0));
    }

    #[test]
    fn a_torn_record_is_counted_and_not_taken_for_a_tip() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("slots");
        let day = "2026-11-23".parse().unwrap();
        let mut file = SlotFile::create(&path, 1, day, day).unwrap();
        let slot = file.put(&record(1)).unwrap();
        file.file().write_all_at(&[0; 40], offset(slot) + 64).unwrap();
        let scanned = scan(&path).unwrap();
        assert_eq!((scanned.tips.len(), scanned.damaged), (0, 1));
    }
}
