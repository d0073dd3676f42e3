//! The sealer: a thread that takes volumes to which no lane writes any more, and puts their tips from the journal into sled databases that
//! nobody writes again (`sealed/`). A store that appends calls this compaction.
//!
//! In: a volume. Out: the same volume, with another home. Touches its folder and scratch space. At each moment one complete home is there: the
//! databases are built, copied, synced, read back from another copy and compared, then named, and only then is the journal removed.

use std::collections::BTreeSet;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::disk::{Disk, DiskFile, Open};
use super::erase;
use super::ledger::Ledger;
use super::mutex::lock;
use super::notice::Notice;
use super::sealed::{self, SealedError, VALUE, part_name, parts};
use super::volume::{Home, JOURNAL, SEALED, SEALING, Volume};
use super::wrap::chunk_extent;

/// Bytes of a database: memory follows it. The last one of a volume may be a quarter larger.
const PART: u64 = 16 << 20;
/// While tips come in, the sealer rests this many times as long as it has worked.
const REST: u32 = 4;
/// How long the sealer waits at most before it looks again for work, or whether it is to end.
const LOOK: Duration = Duration::from_millis(500);
/// Sealing is begun when, above the floor, this many times the journal's length is free: for two databases of one and a half times each, and
/// some more.
const ROOM: u64 = 4;

/// Where a wrapped chunk, or a part of one, lies in the journal: offset and length in bytes.
type Extent = (u64, usize);

/// The thread that seals. Dropping it ends it after the volume that it is at.
pub(super) struct Sealer {
    ledger: Arc<Ledger>,
    quit: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Sealer {
    pub fn start(ledger: Arc<Ledger>) -> io::Result<Self> {
        let quit = Arc::new(AtomicBool::new(false));
        let (works, ends) = (Arc::clone(&ledger), Arc::clone(&quit));
        let body = move || {
            if catch_unwind(AssertUnwindSafe(|| run(&works, &ends))).is_err() {
                works.stop();
            }
        };
        let thread = std::thread::Builder::new().name("store-sealer".to_owned()).spawn(body)?;
        Ok(Self { ledger, quit, thread: Some(thread) })
    }

    /// Ends the thread after the volume that it is at, without waiting for it.
    pub fn quit(&self) {
        self.quit.store(true, Ordering::Release);
        self.ledger.sealer_wakes.notify_all();
    }
}

impl Drop for Sealer {
    fn drop(&mut self) {
        self.quit();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(ledger: &Ledger, quit: &AtomicBool) {
    let over = || quit.load(Ordering::Acquire) || ledger.has_stopped();
    // Volumes that could not be sealed, with the time from which they are tried again.
    let mut later: Vec<(Instant, Arc<Volume>)> = Vec::new();
    // Numbers of volumes of which an operator has heard: it would be the same each time.
    let mut told = BTreeSet::new();
    let mut groups = ledger.groups.load(Ordering::Relaxed);
    while !over() {
        later.retain(|(from, volume)| {
            let wait = *from > Instant::now();
            if !wait {
                ledger.waiting().push_back(Arc::clone(volume));
            }
            wait
        });
        let next = ledger.waiting().pop_front();
        let Some(volume) = next else {
            rest(ledger, LOOK, &over);
            continue;
        };
        let began = Instant::now();
        if seal(ledger, &volume).is_err() {
            if told.insert(volume.head.number) {
                ledger.tell(Notice::NotSealed { volume: volume.head.number });
            }
            later.push((Instant::now() + ledger.settings.seal_again, volume));
        }
        let now = ledger.groups.load(Ordering::Relaxed);
        if now != groups {
            groups = now;
            rest(ledger, began.elapsed() * REST, &over);
        }
    }
}

/// Waits for `time`, or until the thread is to end. A wait of [`LOOK`] ends also when there is something to do.
fn rest(ledger: &Ledger, time: Duration, over: &dyn Fn() -> bool) {
    let until = Instant::now() + time;
    while !over() && Instant::now() < until {
        let left = until.saturating_duration_since(Instant::now()).min(LOOK);
        let _ = ledger.sealer_wakes.wait_timeout(ledger.waiting(), left);
        if time == LOOK {
            return;
        }
    }
}

/// Seals one volume; one without tips is removed. On an error the journal is still its home.
pub(super) fn seal(ledger: &Ledger, volume: &Arc<Volume>) -> Result<(), SealedError> {
    let alone = volume.shape_alone();
    if volume.home() == Home::Sealed || ledger.volume(volume.head.number).is_none() {
        return Ok(());
    }
    let disk = &*ledger.disk;
    let extents = extents(disk, volume)?;
    if extents.is_empty() {
        erase::remove(ledger, volume);
        return Ok(());
    }
    let journal = disk.open(&volume.folder.join(JOURNAL), Open::Read)?;
    let room = ledger.settings.floor_bytes.saturating_add(journal.length()?.saturating_mul(ROOM));
    if disk.space(&ledger.folder)?.usable() < room {
        return Err(io::Error::from(io::ErrorKind::StorageFull).into());
    }
    let (sealing, whole) = (volume.folder.join(SEALING), volume.folder.join(SEALED));
    {
        let _one = lock(&ledger.sled);
        let names = disk.list(&volume.folder)?;
        let has = |name: &str| names.iter().any(|entry| entry.name == name);
        // What is there already is from before a crash. The journal is still the home, so nothing is lost with what is removed here.
        let is_whole = has(SEALED) && compare(ledger, &whole, &extents, &*journal).is_ok();
        for (is_there, path) in [(has(SEALED) && !is_whole, &whole), (has(SEALING), &sealing)] {
            if is_there {
                disk.remove_tree(path)?;
            }
        }
        if !is_whole {
            let made = build(ledger, &sealing, &extents, &*journal)
                .and_then(|()| compare(ledger, &sealing, &extents, &*journal));
            if let Err(error) = made {
                let _ = disk.remove_tree(&sealing);
                return Err(error);
            }
            disk.rename(&sealing, &whole)?;
        }
        // What was there before a crash may have a name that is not durable yet.
        disk.sync_folder(&volume.folder)?;
        (ledger.settings.after_close)();
    }
    volume.move_to(Home::Sealed);
    disk.remove_file(&volume.folder.join(JOURNAL))?;
    disk.sync_folder(&volume.folder)?;
    date_below(disk, volume, &volume.folder);
    ledger.date_folders();
    drop(alone);
    erase::remove_when_empty(ledger, volume);
    Ok(())
}

/// Where the chunks of all tips that are there now lie in the journal, in order.
///
/// # Errors
/// Also when a slot can't be read: the chunks of its tip would be left out, and be gone with the journal.
fn extents(disk: &dyn Disk, volume: &Volume) -> io::Result<Vec<Extent>> {
    let _alone = volume.erase_alone();
    let mut extents = Vec::new();
    let scanned = volume.slots(disk, Open::Update)?.scan()?;
    if scanned.unread > 0 {
        return Err(rustix::io::Errno::IO.into());
    }
    for (_, record) in &scanned.tips {
        for number in 0.. {
            let Some((at, length)) = chunk_extent(record.size, number) else { break };
            extents.extend(values(record.offset.saturating_add(at), length));
        }
    }
    extents.sort_unstable();
    Ok(extents)
}

/// Cuts a wrapped chunk into as few values as possible, of about the same length.
fn values(at: u64, length: usize) -> impl Iterator<Item = Extent> {
    let each = length.div_ceil(length.div_ceil(VALUE).max(1)).max(1);
    (0..length).step_by(each).map(move |from| (at.saturating_add(from as u64), each.min(length - from)))
}

/// Cuts extents into groups, each for one database.
fn split(extents: &[Extent]) -> Vec<&[Extent]> {
    let bytes = |extents: &[Extent]| extents.iter().map(|(_, length)| *length as u64).sum::<u64>();
    let (mut parts, mut rest) = (Vec::new(), extents);
    while bytes(rest) > PART + PART / 4 {
        let mut sum = 0;
        let cut = rest.iter().position(|(_, length)| {
            sum += *length as u64;
            sum > PART
        });
        let (part, behind) = rest.split_at(cut.unwrap_or(rest.len()).max(1));
        parts.push(part);
        rest = behind;
    }
    parts.push(rest);
    parts
}

/// Builds the databases in scratch space, and copies each to `sealing`, which is durable on return but for its name.
fn build(ledger: &Ledger, sealing: &Path, extents: &[Extent], journal: &dyn DiskFile) -> Result<(), SealedError> {
    ledger.disk.make_folder(sealing)?;
    for part in split(extents) {
        let Some(&(start, _)) = part.first() else { continue };
        let scratch = ledger.restored.new_folder();
        let mut values = part.iter().map(|&(at, length)| {
            let mut value = vec![0; length];
            journal.read_exact_at(&mut value, at).map(|()| (at, value))
        });
        let kept = sealed::build(&scratch, &mut values)
            .and_then(|()| Ok(sealed::keep(&*ledger.disk, &scratch, &sealing.join(part_name(start)))?));
        let _ = std::fs::remove_dir_all(&scratch);
        kept?;
    }
    Ok(ledger.disk.sync_folder(sealing)?)
}

/// Reads databases back, from another copy: each chunk of the journal has to be there, byte for byte.
fn compare(ledger: &Ledger, at: &Path, extents: &[Extent], journal: &dyn DiskFile) -> Result<(), SealedError> {
    let mut wanted = extents.iter();
    let mut next = wanted.next();
    for start in parts(&*ledger.disk, at)? {
        let copy = ledger.restored.new_folder();
        let compared = sealed::copy_out(&*ledger.disk, &at.join(part_name(start)), &copy)
            .map_err(SealedError::from)
            .and_then(|()| {
                sealed::read(&copy, |key, value| {
                    // A value that nobody asks for belongs to a tip that was erased since.
                    if let Some(&(at, length)) = next.filter(|(at, _)| *at == key) {
                        let mut bytes = vec![0; length];
                        journal.read_exact_at(&mut bytes, at)?;
                        if bytes != value {
                            return Err(SealedError::Damaged);
                        }
                        next = wanted.next();
                    }
                    Ok(())
                })
            });
        let _ = std::fs::remove_dir_all(&copy);
        compared?;
    }
    if next.is_none() { Ok(()) } else { Err(SealedError::Damaged) }
}

/// Gives `path` and everything below it the time at which the volume's day began.
fn date_below(disk: &dyn Disk, volume: &Volume, path: &Path) {
    for entry in disk.list(path).unwrap_or_default() {
        let inner = path.join(&entry.name);
        if entry.is_folder { date_below(disk, volume, &inner) } else { disk.date(&inner, volume.head.day) }
    }
    disk.date(path, volume.head.day);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_that_is_too_long_for_a_value_is_cut_in_two_without_a_gap() {
        let cut = |length| values(100, length).collect::<Vec<Extent>>();
        assert_eq!(cut(30_981), [(100, 30_981)]);
        assert_eq!(cut(32_784), [(100, 16_392), (16_492, 16_392)]);
        assert_eq!(cut(31_001), [(100, 15_501), (15_601, 15_500)]);
        assert!(cut(0).is_empty());
    }

    #[test]
    fn a_large_volume_is_cut_into_parts_and_the_last_is_not_small() {
        let extents = |count: u64| (0..count).map(|n| (n * 32_784, 32_784)).collect::<Vec<Extent>>();
        assert_eq!(split(&extents(1)).len(), 1);
        assert_eq!(split(&extents(600)).len(), 1, "a quarter more than a part is one part");
        for count in [700, 5_000] {
            let all = extents(count);
            let parts = split(&all);
            assert_eq!(parts.concat(), all);
            assert!(parts.iter().all(|part| (3 << 20..=(20 << 20) + 32_784).contains(&(part.len() * 32_784))));
        }
    }
}
