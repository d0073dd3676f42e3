//! What a store costs that holds much: a start, memory, a tip more, a page of the list, a withdrawal; with 1 to 1 000 000 tips stored.
//!
//! `cargo bench -p softinfo-benches --bench start -- [TIPS [BYTES]]`: most tips, 100 000 where nothing is said, and the bytes of each, 30 965 where nothing is
//! said. What is measured here but the disk follows the number of tips, not their bytes: a million is measured with small ones, in as many
//! volumes as texts would take. Beside it the room on the disk before and after sealing, when they are texts.

use std::collections::VecDeque;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use measure::{Connection, RelayProcess, folder, machine, median, vary};
use rand::{RngCore, rngs::OsRng};
use softinfo_base::clock::SystemClock;
use softinfo_base::limits::TEXT_TIP;
use softinfo_formats::envelope::header::TipHeader;
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::envelope::withdraw::WithdrawDigest;
use softinfo_store::pool::{Pool, Settings};
use softinfo_store::{Acknowledgement, Store};

/// Tips that wait for their answer while the store is filled.
const AT_ONCE: usize = 32;
const STARTS: usize = 5;
/// Times that each thing is done for its figure.
const TIMES: usize = 100;
/// Tips that a courier asks for at a time.
const PAGE: usize = 500;

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|argument| argument.parse::<usize>().ok());
    let most = arguments.next().unwrap_or(100_000);
    let bytes = arguments.next().unwrap_or(TEXT_TIP as usize);
    println!("start: up to {most} tips of {bytes} bytes stored; {}", machine());
    let folder = folder();
    let empty = start(folder.path());
    println!("  empty: {empty}");
    let store = folder.path().join("store");
    let mut stored = 0;
    for aim in [1, 1_000, 10_000, 100_000, 300_000, 1_000_000].into_iter().filter(|&aim| aim <= most) {
        let (pool, filling) = (open(&store), Instant::now());
        fill(&pool, aim - stored, bytes, None);
        println!(
            "  {aim} tips ({:.0}/s, {AT_ONCE} at a time)",
            (aim - stored) as f64 / filling.elapsed().as_secs_f64()
        );
        stored = aim;
        let payload = pool.kept().bytes;
        costs(&pool, aim, bytes);
        drop(pool);
        let started = start(folder.path());
        let more = started.resident_kib.saturating_sub(empty.resident_kib) as f64 * 1024.0;
        println!("    {started}, {:.0} bytes a tip more than empty", more / aim as f64);
        if aim == most && bytes as u64 == TEXT_TIP {
            disk(&store, payload);
        }
    }
}

/// What one of each costs, from one caller alone.
fn costs(pool: &Pool, stored: usize, bytes: usize) {
    let digest = WithdrawDigest::from_bytes(random());
    let put = each(|| fill(pool, 1, bytes, Some(digest)));
    let page = each(|| assert_eq!(pool.list(None, PAGE).unwrap().len(), PAGE.min(stored + TIMES)));
    let found = pool.list(None, PAGE).unwrap();
    let mut ids = found.iter().cycle();
    let look = each(|| assert!(pool.holds(&ids.next().unwrap().id).unwrap()));
    assert_eq!(pool.erase(&[digest]).unwrap(), TIMES);
    let digests: Vec<WithdrawDigest> = (0..TIMES).map(|_| WithdrawDigest::from_bytes(random())).collect();
    digests.iter().for_each(|&digest| fill(pool, 1, bytes, Some(digest)));
    let mut digests = digests.into_iter();
    let withdraw = each(|| assert_eq!(pool.erase(&[digests.next().unwrap()]).unwrap(), 1));
    println!(
        "    put {put:.0} us, look for an id {look:.1} us, page of {PAGE} {page:.0} us, withdrawal {withdraw:.0} us"
    );
}

fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    OsRng.fill_bytes(&mut bytes);
    bytes
}

fn open(store: &Path) -> Pool {
    let settings = Settings { floor_bytes: 1 << 30, ..Settings::default() };
    Pool::open(store, settings, Arc::new(SystemClock), |notice| println!("    {notice:?}")).unwrap()
}

/// Stores tips, some at a time; each with a withdraw digest of its own where none is given.
fn fill(pool: &Pool, count: usize, bytes: usize, digest: Option<WithdrawDigest>) {
    let mut tip = vec![0; bytes];
    let mut waiting: VecDeque<Acknowledgement> = VecDeque::new();
    for _ in 0..count {
        vary(&mut tip);
        let header = TipHeader { withdraw: digest.unwrap_or_else(|| WithdrawDigest::from_bytes(random())) };
        waiting.push_back(pool.put(&tip, TipId::of(&tip), &header).unwrap());
        if waiting.len() >= AT_ONCE {
            waiting.pop_front().unwrap().blocking_recv().unwrap().unwrap();
        }
    }
    waiting.into_iter().for_each(|answer| assert!(!answer.blocking_recv().unwrap().unwrap().already));
}

/// Microseconds that something takes, the median.
fn each(mut work: impl FnMut()) -> f64 {
    let time = |_| {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64() * 1e6
    };
    median((0..TIMES).map(time).collect())
}

/// A relay that has been started and has answered.
struct Started {
    /// From the command to the first answer, the median.
    milliseconds: f64,
    resident_kib: u64,
}

impl std::fmt::Display for Started {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(to, "first answer after {:.0} ms, then resident {} KiB", self.milliseconds, self.resident_kib)
    }
}

fn start(folder: &Path) -> Started {
    let (mut times, mut resident) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let start = Instant::now();
        let relay = RelayProcess::start(folder);
        assert_eq!(Connection::open(relay.courier).get("/pool?limit=1").0, 200);
        times.push(start.elapsed().as_secs_f64() * 1e3);
        resident.push(relay.resident_kib() as f64);
        relay.stop();
    }
    Started { milliseconds: median(times), resident_kib: median(resident) as u64 }
}

/// The room of a store before and after sealing, beside its payload.
fn disk(store: &Path, payload: u64) {
    let ratio = || blocks(&store.join("volumes")) as f64 / payload as f64;
    let before = ratio();
    let pool = open(store);
    let start = Instant::now();
    pool.seal_all().unwrap();
    println!(
        "    disk: {before:.2} of the payload before, {:.2} once sealed; {:.0} s",
        ratio(),
        start.elapsed().as_secs_f64()
    );
}

/// Bytes that are allocated for all files below a folder.
fn blocks(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .map(|entry| {
            let found = entry.metadata().unwrap();
            found.blocks() * 512 + if found.is_dir() { blocks(&entry.path()) } else { 0 }
        })
        .sum()
}
