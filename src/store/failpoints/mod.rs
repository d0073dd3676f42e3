//! The store with a failpoint at a call to the disk: one thread is held up there, fails, or panics, while the others go on. Rows 4 and 18 of issue 10.
//!
//! In: where to fail, and how. Out: what the store answers meanwhile, and what the next start finds. Touches folders in `target/`. Where any call
//! may fail, in runs that are the same each time, is `simulated`.

mod disk;
mod unreadable;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use self::disk::{Call, Failpoints};
use super::disk::RealDisk;
use super::erase;
use super::ledger::Ledger;
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

/// A store on such a disk, and what an operator is told of it.
fn open(
    folder: &Path,
    before: impl Fn(Call, &Path) -> io::Result<()> + Send + Sync + 'static,
) -> (Pool, Arc<Mutex<Vec<Notice>>>) {
    open_with(folder, Settings::default(), system_clock(), before)
}

/// The machine's clock, where the day does not matter.
fn system_clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// [`open`] with other settings and another clock.
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
    (Pool::open_on(Arc::new(Failpoints(Arc::new(before))), folder, settings, clock, notice).unwrap(), notices)
}

/// A new folder on the disk of the project: /tmp may be in memory.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target")).unwrap()
}

/// A tip that no other number gives.
fn tip(number: usize) -> Vec<u8> {
    number.to_be_bytes().repeat(100)
}

/// Sends the tip of a number.
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

/// Waits until it is true, but not for ever.
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

/// The sealer removes a volume whose last tip is withdrawn while it is sealed. When expiry had chosen that volume, it called the missing folder a failure.
#[test]
fn a_volume_that_the_sealer_removes_meanwhile_does_not_make_expiry_fail() {
    let folder = folder();
    let settings = Settings { seals: false, floor_bytes: 0, ..Settings::default() };
    let day: Day = "2026-11-23".parse().unwrap();
    let clock = Arc::new(HandSetClock::at(day));
    let (pool, _) = open_with(folder.path(), settings.clone(), Arc::clone(&clock) as _, |_, _| Ok(()));
    answered(put(&pool, 0, WithdrawDigest::from_bytes([1; 32])).unwrap()).unwrap();
    drop(pool);
    let ledger = Ledger::load(folder.path(), Arc::new(RealDisk), settings, clock, Box::new(|_| ())).unwrap();
    let removed = Mutex::new(0);
    let expired = erase::expired(&ledger, day.plus(400), |number| {
        let volume = ledger.volume(number).unwrap();
        erase::remove(&ledger, &volume);
        *lock(&removed) += 1;
        Ok(())
    });
    assert_eq!((expired.unwrap(), *lock(&removed)), (0, 1));
}
