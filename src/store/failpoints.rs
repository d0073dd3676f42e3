//! The operating system's disk, with somebody before each call: to count it, to hold it up, to let it fail, or to panic there. Rows 4 and 18 of issue 10.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use super::disk::{Disk, DiskFile, Entry, Open, RealDisk};
use super::free_space::Space;
use super::mutex::lock;
use super::notice::Notice;
use super::pool::Pool;
use super::settings::Settings;
use super::{Acknowledgement, CHUNK, Committed, Store, StoreError};
use softinfo_base::clock::{Clock, HandSetClock, SystemClock};
use softinfo_base::day::Day;
use softinfo_formats::envelope::header::TipHeader;
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::envelope::withdraw::WithdrawDigest;

/// Bounds a hang; nothing depends on how fast it is.
const LONG: Duration = Duration::from_mins(1);

/// A call that changes something, or reads from a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    /// From this place to that one.
    Read(u64, u64),
    Make,
    Rename,
    Write,
    Sync,
}

type Before = dyn Fn(Call, &Path) -> io::Result<()> + Send + Sync;

#[derive(Clone)]
struct Intercepted(Arc<Before>);

struct File {
    inner: Box<dyn DiskFile>,
    path: PathBuf,
    before: Arc<Before>,
}

impl Disk for Intercepted {
    fn open(&self, path: &Path, how: Open) -> io::Result<Box<dyn DiskFile>> {
        let inner = RealDisk.open(path, how)?;
        Ok(Box::new(File { inner, path: path.to_owned(), before: Arc::clone(&self.0) }))
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.0(Call::Make, path)?;
        RealDisk.make_folder(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.0(Call::Rename, to)?;
        RealDisk.rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove_file(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove_folder(path)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>> {
        RealDisk.list(folder)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.0(Call::Sync, folder)?;
        RealDisk.sync_folder(folder)
    }

    fn space(&self, folder: &Path) -> io::Result<Space> {
        RealDisk.space(folder)
    }

    fn date(&self, path: &Path, day: Day) {
        RealDisk.date(path, day);
    }
}

impl DiskFile for File {
    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        (self.before)(Call::Read(at, at + buffer.len() as u64), &self.path)?;
        self.inner.read_at(buffer, at)
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<usize> {
        (self.before)(Call::Write, &self.path)?;
        self.inner.write_at(bytes, at)
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        self.inner.set_length(length)
    }

    fn length(&self) -> io::Result<u64> {
        self.inner.length()
    }

    fn sync(&self) -> io::Result<()> {
        (self.before)(Call::Sync, &self.path)?;
        self.inner.sync()
    }

    fn forget_cached(&self) {
        self.inner.forget_cached();
    }

    fn date(&self, day: Day) {
        self.inner.date(day);
    }
}

/// A store on such a disk, and what an operator is told of it.
fn open(
    folder: &Path,
    before: impl Fn(Call, &Path) -> io::Result<()> + Send + Sync + 'static,
) -> (Pool, Arc<Mutex<Vec<Notice>>>) {
    open_with(folder, Settings::default(), system_clock(), before)
}

fn system_clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

fn open_with(
    folder: &Path,
    settings: Settings,
    clock: Arc<dyn Clock>,
    before: impl Fn(Call, &Path) -> io::Result<()> + Send + Sync + 'static,
) -> (Pool, Arc<Mutex<Vec<Notice>>>) {
    let settings = Settings { floor_bytes: 0, ..settings };
    let notices = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&notices);
    let notice = move |notice| lock(&told).push(notice);
    (Pool::open_on(Arc::new(Intercepted(Arc::new(before))), folder, settings, clock, notice).unwrap(), notices)
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target")).unwrap()
}

/// A tip that no other number gives.
fn tip(number: usize) -> Vec<u8> {
    number.to_be_bytes().repeat(100)
}

fn put(pool: &Pool, number: usize, withdraw: WithdrawDigest) -> Result<Acknowledgement, StoreError> {
    let bytes = tip(number);
    pool.put(&bytes, TipId::of(&bytes), &TipHeader { withdraw })
}

/// Waits for an answer, but not for ever.
fn answered(mut answer: Acknowledgement) -> Result<Committed, StoreError> {
    let began = Instant::now();
    loop {
        match answer.try_recv() {
            Ok(answer) => return answer,
            Err(tokio::sync::oneshot::error::TryRecvError::Closed) => return Err(StoreError::Stopped),
            Err(_) => assert!(began.elapsed() < LONG, "no answer"),
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn eventually(what: &str, is_true: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_true() {
        assert!(began.elapsed() < LONG, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Row 4 of issue 10: for 28 s no text was acknowledged. A withdrawal costs two syncs a slot file, and while it waits for them tips are taken.
#[test]
fn four_thousand_tips_of_one_digest_are_erased_with_two_syncs_a_slot_file_while_commits_go_on() {
    const TIPS: usize = 4000;
    let [many, others] = [[1; 32], [2; 32]].map(WithdrawDigest::from_bytes);
    let pool = Arc::new(OnceLock::<Pool>::new());
    let (eraser, syncs) = (Arc::new(OnceLock::new()), Arc::new(Mutex::new(Vec::<PathBuf>::new())));
    let taken = Arc::new(AtomicUsize::new(0));
    let before = {
        let (pool, eraser, syncs, taken) =
            (Arc::clone(&pool), Arc::clone(&eraser), Arc::clone(&syncs), Arc::clone(&taken));
        move |call: Call, path: &Path| {
            if call == Call::Sync && eraser.get() == Some(&std::thread::current().id()) {
                lock(&syncs).push(path.to_owned());
                // In the middle of the withdrawal: were a lock held that a commit needs, this would never be answered.
                let number = taken.fetch_add(1, Ordering::Relaxed);
                answered(put(pool.get().unwrap(), TIPS + number, others).unwrap()).unwrap();
            }
            Ok(())
        }
    };
    let folder = folder();
    let (opened, notices) = open(folder.path(), before);
    let store = pool.get_or_init(|| opened);
    let answers: Vec<_> = (0..TIPS).map(|number| put(store, number, many).unwrap()).collect();
    assert!(answers.into_iter().all(|answer| answered(answer).is_ok()));
    let volumes = std::fs::read_dir(folder.path().join("volumes")).unwrap().count();
    assert!((4..20).contains(&volumes), "{volumes} volumes");

    eraser.set(std::thread::current().id()).unwrap();
    assert_eq!(store.erase(&[many]).unwrap(), TIPS);
    let syncs = std::mem::take(&mut *lock(&syncs));
    assert!(syncs.iter().all(|path| path.ends_with("slots")), "{syncs:?}");
    assert_eq!(syncs.len(), 2 * volumes);
    assert!(syncs.chunks(2).all(|two| two[0] == two[1]), "{syncs:?}");
    let taken = taken.load(Ordering::Relaxed);
    assert_eq!((taken, store.kept().tips), (2 * volumes, 2 * volumes as u64));
    // Asked again, there is nothing left, and nothing is synced for it.
    assert_eq!(store.erase(&[many]).unwrap(), 0);
    assert_eq!(store.erase(&[others]).unwrap(), taken);
    assert!(lock(&notices).is_empty() && !store.has_stopped());
}

/// Row 18 of issue 10: a panic left 503 for ever, `healthy: true`. Whichever of its threads has a fault that nobody planned for, the store stops, and whoever looks is told.
#[test]
fn a_panic_in_any_thread_of_the_store_stops_it_loudly_and_loses_nothing() {
    let withdraw = WithdrawDigest::from_bytes([1; 32]);
    for (thread, call, file) in [
        ("store-text", Call::Write, "journal"),
        ("record-text", Call::Sync, "slots"),
        ("store-text", Call::Sync, "probe-text"),
        ("store-bulk", Call::Rename, "journal"),
        ("store-bulk", Call::Sync, "journal"),
        ("store-sealer", Call::Make, "sealing"),
        ("store-sealer", Call::Rename, "sealed"),
    ] {
        let (folder, armed) = (folder(), Arc::new(AtomicBool::new(false)));
        let is_armed = Arc::clone(&armed);
        let (pool, notices) = open(folder.path(), move |at: Call, path: &Path| {
            let here = std::thread::current().name() == Some(thread) && at == call && path.ends_with(file);
            assert!(!(here && is_armed.load(Ordering::SeqCst)), "a fault that nobody planned for");
            Ok(())
        });
        let case = format!("{thread}, {call:?} {file}");
        answered(put(&pool, 0, withdraw).unwrap()).unwrap();
        assert!(pool.probe().is_ok() && !pool.has_stopped(), "{case}");
        armed.store(true, Ordering::SeqCst);
        match thread {
            "store-text" if file == "probe-text" => assert!(matches!(pool.probe(), Err(StoreError::Stopped)), "{case}"),
            // Not answered as stored, and not as refused.
            "store-text" | "record-text" => {
                assert!(matches!(answered(put(&pool, 1, withdraw).unwrap()), Err(StoreError::Stopped)), "{case}");
            }
            "store-bulk" => {
                let large = vec![7; 5 << 20];
                let mut incoming = pool.begin().unwrap();
                large.chunks(CHUNK).for_each(|chunk| incoming.append(chunk).unwrap());
                let answer = answered(incoming.commit(TipId::of(&large), &TipHeader { withdraw }));
                assert!(matches!(answer, Err(StoreError::Stopped)), "{case}: {answer:?}");
            }
            // Erases nothing, but nobody writes to the volume any more, so that the sealer takes it; it may be faster than this.
            _ => drop(pool.purge(Day::from_number(0).unwrap())),
        }
        eventually(&case, || pool.has_stopped());
        assert!(matches!(pool.probe(), Err(StoreError::Stopped)), "{case}");
        assert!(matches!(put(&pool, 2, withdraw), Err(StoreError::Stopped)), "{case}");
        assert!(matches!(pool.begin().err(), Some(StoreError::Stopped)), "{case}");
        assert!(matches!(pool.erase(&[withdraw]), Err(StoreError::Stopped)), "{case}");
        assert_eq!(lock(&notices).iter().filter(|notice| **notice == Notice::Stopped).count(), 1, "{case}");
        drop(pool);
        // The next start has what was acknowledged, and nothing that was not sent.
        let (pool, notices) = open(folder.path(), |_, _| Ok(()));
        let id = TipId::of(&tip(0));
        assert!(pool.get(&id).unwrap().unwrap().chunk(0).unwrap() == tip(0), "{case}");
        assert!(pool.list(None, 10).unwrap().len() <= 2 && pool.probe().is_ok(), "{case}");
        pool.seal_all().unwrap();
        assert!(pool.get(&id).unwrap().unwrap().chunk(0).unwrap() == tip(0), "{case}");
        assert!(lock(&notices).is_empty(), "{case}: {:?}", lock(&notices));
    }
}

/// What a watchdog asks for has the same effects as any other write: no room may pass, and nothing is known after anything else.
#[test]
fn a_probe_that_fails_stops_the_store_unless_there_was_only_no_room() {
    use rustix::io::Errno;
    for (call, errno, stops) in [
        (Call::Write, Errno::NOSPC, false),
        (Call::Write, Errno::IO, true),
        (Call::Write, Errno::ROFS, true),
        (Call::Sync, Errno::IO, true),
        (Call::Sync, Errno::NOSPC, true),
    ] {
        let (folder, armed) = (folder(), Arc::new(AtomicBool::new(false)));
        let is_armed = Arc::clone(&armed);
        let (pool, notices) = open(folder.path(), move |at: Call, path: &Path| {
            let here = at == call && path.ends_with("probe-bulk") && is_armed.load(Ordering::SeqCst);
            if here { Err(errno.into()) } else { Ok(()) }
        });
        pool.probe().unwrap();
        armed.store(true, Ordering::SeqCst);
        let case = format!("{call:?}, {errno:?}");
        match pool.probe() {
            Err(StoreError::Full) => assert!(!stops, "{case}"),
            Err(StoreError::Stopped) => assert!(stops, "{case}"),
            other => panic!("{case}: {other:?}"),
        }
        armed.store(false, Ordering::SeqCst);
        assert_eq!((pool.has_stopped(), pool.probe().is_ok()), (stops, !stops), "{case}");
        assert_eq!(lock(&notices).len(), usize::from(stops), "{case}");
    }
}

/// Fails whatever reads the first slot of a volume, the first that was made, while it is armed.
fn first_slot_unread(armed: &Arc<AtomicBool>) -> impl Fn(Call, &Path) -> io::Result<()> + Send + Sync + 'static {
    let armed = Arc::clone(armed);
    move |call: Call, path: &Path| match call {
        // The head has the place of one slot.
        Call::Read(from, to)
            if armed.load(Ordering::SeqCst)
                && (from < 256 && to > 128)
                && path.ends_with("slots")
                && path.to_string_lossy().contains("/000000-") =>
        {
            Err(rustix::io::Errno::IO.into())
        }
        _ => Ok(()),
    }
}

fn digest(number: u8) -> WithdrawDigest {
    WithdrawDigest::from_bytes([number; 32])
}

fn ids(pool: &Pool) -> Vec<TipId> {
    let mut ids: Vec<_> = pool.list(None, 10).unwrap().iter().map(|listed| listed.id).collect();
    ids.sort_unstable();
    ids
}

/// Of a list of tokens, nothing that lay behind the first slot that can't be read was ever erased, however often somebody asked.
#[test]
fn a_slot_that_can_not_be_read_keeps_no_other_tip_from_being_withdrawn() {
    let (folder, armed) = (folder(), Arc::new(AtomicBool::new(false)));
    // Two tips a volume, and no third volume at midnight.
    let clock = Arc::new(HandSetClock::at(SystemClock.today()));
    let settings = Settings { volume_bytes: 1000, seals: false, ..Settings::default() };
    let (pool, notices) = open_with(folder.path(), settings, clock, first_slot_unread(&armed));
    for number in 0..4_u8 {
        answered(put(&pool, number.into(), digest(number)).unwrap()).unwrap();
    }
    assert_eq!(std::fs::read_dir(folder.path().join("volumes")).unwrap().count(), 2);
    armed.store(true, Ordering::SeqCst);
    let all: Vec<_> = (0..4).map(digest).collect();
    assert!(matches!(pool.erase(&all), Err(StoreError::Partly)));
    assert!(matches!(pool.erase(&all), Err(StoreError::Unproven)), "only what can't be read is left");
    armed.store(false, Ordering::SeqCst);
    assert_eq!(ids(&pool), [TipId::of(&tip(0))]);
    // It can be read again, all of it, and that nothing is left is proven.
    assert_eq!(pool.erase(&all).unwrap(), 1);
    assert_eq!((ids(&pool).len(), pool.unreadable(), pool.has_stopped()), (0, 0, false));
    assert_eq!(*lock(&notices), [Notice::Unreadable { volume: 0 }]);
}

/// It was said anew every ten minutes, for as long as the slot could not be read.
#[test]
fn a_volume_that_can_not_be_sealed_is_tried_again_and_again_and_told_of_once() {
    let (folder, armed) = (folder(), Arc::new(AtomicBool::new(true)));
    let (pool, _) =
        open_with(folder.path(), Settings { seals: false, ..Settings::default() }, system_clock(), |_, _| Ok(()));
    answered(put(&pool, 0, digest(0)).unwrap()).unwrap();
    drop(pool);
    let tries = Arc::new(AtomicUsize::new(0));
    let (count, fails) = (Arc::clone(&tries), first_slot_unread(&armed));
    let settings = Settings { seal_again: Duration::ZERO, ..Settings::default() };
    let (pool, notices) = open_with(folder.path(), settings, system_clock(), move |call, path| {
        let fails = fails(call, path);
        if fails.is_err() && std::thread::current().name() == Some("store-sealer") {
            count.fetch_add(1, Ordering::SeqCst);
        }
        fails
    });
    eventually("it is not tried again", || tries.load(Ordering::SeqCst) > 4);
    assert_eq!(*lock(&notices), [Notice::Unreadable { volume: 0 }, Notice::NotSealed { volume: 0 }]);
    // Once it can be read again it is sealed, and that it is needs no telling.
    armed.store(false, Ordering::SeqCst);
    let sealed = || {
        std::fs::read_dir(folder.path().join("volumes"))
            .unwrap()
            .all(|volume| !volume.unwrap().path().join("journal").exists())
    };
    eventually("it is never sealed", sealed);
    drop(pool);
    assert_eq!(lock(&notices).len(), 2);
}

/// What could not be read at the start was left out when its volume was sealed, and went with the journal.
#[test]
fn a_volume_of_which_a_part_can_not_be_read_is_neither_sealed_nor_removed() {
    for tips in [1_u8, 2] {
        let (folder, armed) = (folder(), Arc::new(AtomicBool::new(true)));
        let settings = Settings { seals: false, ..Settings::default() };
        let (pool, _) = open_with(folder.path(), settings.clone(), system_clock(), |_, _| Ok(()));
        for number in 0..tips {
            answered(put(&pool, number.into(), digest(number)).unwrap()).unwrap();
        }
        drop(pool);
        let (pool, notices) = open_with(folder.path(), settings.clone(), system_clock(), first_slot_unread(&armed));
        assert_eq!((*lock(&notices)).as_slice(), [Notice::Unreadable { volume: 0 }]);
        assert!(pool.seal_all().is_err(), "{tips}: sealed without what can't be read");
        if tips == 2 {
            // The last one that can be read goes, and its volume stays.
            assert!(matches!(pool.erase(&[digest(1)]), Err(StoreError::Partly)));
        }
        assert!(matches!(pool.erase(&[digest(0)]), Err(StoreError::Unproven)), "{tips}: absence was not proven");
        drop(pool);
        let (pool, notices) = open_with(folder.path(), settings, system_clock(), |_, _| Ok(()));
        let stored = pool.get(&TipId::of(&tip(0))).unwrap().unwrap_or_else(|| panic!("{tips}: the tip is gone"));
        assert!(stored.chunk(0).unwrap() == tip(0), "{tips}");
        pool.seal_all().unwrap();
        assert!(stored.chunk(0).unwrap() == tip(0) && lock(&notices).is_empty(), "{tips}");
    }
}
