//! The store alone, with a clock that is set by hand and several who use it at once: rows 11 and 17 of issue 10, and what reading leaves behind.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Barrier};
use std::thread;

use rand::{RngCore, SeedableRng, rngs::StdRng, seq::SliceRandom};
use sha2::{Digest, Sha256};
use softinfo_base::clock::HandSetClock;
use softinfo_base::day::Day;
use softinfo_formats::envelope::header::TipHeader;
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::envelope::withdraw::WithdrawDigest;
use softinfo_store::pool::{Pool, Settings};
use softinfo_store::{CHUNK, Incoming, Store, StoreError};

/// A store with small volumes, and its clock.
fn open(folder: &Path, day: Day) -> (Pool, Arc<HandSetClock>) {
    open_with(folder, day, 1 << 20)
}

/// Whatever an operator would be told of is a failure.
fn open_with(folder: &Path, day: Day, volume_bytes: u64) -> (Pool, Arc<HandSetClock>) {
    let clock = Arc::new(HandSetClock::at(day));
    let settings = Settings { jitter_days: 0, volume_bytes, floor_bytes: 0, ..Settings::default() };
    (Pool::open(folder, settings, Arc::clone(&clock) as _, |notice| panic!("{notice:?}")).unwrap(), clock)
}

fn day() -> Day {
    "2026-11-23".parse().unwrap()
}

fn noise(rng: &mut StdRng, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    rng.fill_bytes(&mut bytes);
    bytes
}

fn digest(number: u64) -> WithdrawDigest {
    WithdrawDigest::from_bytes(Sha256::digest(number.to_be_bytes()).into())
}

/// Stores a tip by the way for its length; says the day of it.
fn put(pool: &Pool, bytes: &[u8], withdraw: WithdrawDigest) -> Day {
    if bytes.len() > CHUNK {
        let mut incoming = pool.begin().unwrap();
        bytes.chunks(CHUNK).for_each(|chunk| incoming.append(chunk).unwrap());
        return commit(incoming, bytes, withdraw);
    }
    let answer = pool.put(bytes, TipId::of(bytes), &TipHeader { withdraw }).unwrap();
    answer.blocking_recv().unwrap().unwrap().day
}

fn commit(incoming: Box<dyn Incoming>, bytes: &[u8], withdraw: WithdrawDigest) -> Day {
    incoming.commit(TipId::of(bytes), &TipHeader { withdraw }).blocking_recv().unwrap().unwrap().day
}

fn get(pool: &Pool, id: &TipId) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(stored) = pool.get(id)? else { return Ok(None) };
    let chunks = u32::try_from(stored.listed().size.div_ceil(CHUNK as u64)).unwrap();
    let mut bytes = Vec::new();
    for number in 0..chunks {
        bytes.extend(stored.chunk(number)?);
    }
    Ok(Some(bytes))
}

/// Days in the names of all volumes.
fn volumes(folder: &Path) -> Vec<Day> {
    let names = fs::read_dir(folder.join("volumes")).unwrap().map(|entry| entry.unwrap().file_name());
    let mut days: Vec<_> =
        names.map(|name| name.to_str().unwrap().split_once('-').unwrap().1.parse().unwrap()).collect();
    days.sort_unstable();
    days
}

/// Row 11 of issue 10: 4 MiB beside texts made 356 volumes. Chunks come by turns with texts, on both sides of midnight.
#[test]
fn an_upload_over_midnight_makes_at_most_one_more_volume() {
    // For the volume that all of middle size share, of two sizes, and one that is a volume by itself.
    for (length, volume_bytes) in [(200_000, 1 << 20), (4 << 20, 16 << 20), (900_000, 1 << 20)] {
        let (folder, mut rng) = (scene::folder(), StdRng::seed_from_u64(11));
        let (pool, clock) = open_with(folder.path(), day(), volume_bytes);
        let (before, after) = (day(), day().plus(1));
        let upload = noise(&mut rng, length);
        let chunks: Vec<_> = upload.chunks(CHUNK).collect();
        let mut incoming = pool.begin().unwrap();
        let mut texts = BTreeMap::new();
        for (number, chunk) in chunks.iter().enumerate() {
            let today = if number < chunks.len() / 2 { before } else { after };
            clock.set(today);
            incoming.append(chunk).unwrap();
            let text = noise(&mut rng, 3000);
            assert_eq!(put(&pool, &text, digest(1)), today);
            texts.insert(TipId::of(&text), text);
        }
        assert_eq!(volumes(folder.path()), [before, after], "the texts of two days");
        assert_eq!(commit(incoming, &upload, digest(2)), after);
        assert_eq!(volumes(folder.path()), [before, after, after]);
        // One whose clock runs behind for a moment is of the day that was believed before, in the same volume.
        let text = noise(&mut rng, 3000);
        assert_eq!(pool.expire(after).unwrap(), 0);
        clock.set(before);
        assert_eq!(put(&pool, &text, digest(1)), after);
        assert_eq!(volumes(folder.path()).len(), 3);
        texts.insert(TipId::of(&text), text);
        texts.insert(TipId::of(&upload), upload);
        assert!(texts.iter().all(|(id, bytes)| get(&pool, id).unwrap().as_ref() == Some(bytes)));
    }
}

/// Row 17 of issue 10: of 120 rounds two withdrawals were answered with 503 though the tip was erased, and one volume was set aside for nothing. Whoever
/// opens a tip meets its removal, and that of its volume.
#[test]
fn of_two_who_withdraw_the_same_tip_one_is_told_so_and_nobody_meets_an_error() {
    const ROUNDS: u64 = 120;
    let (folder, mut rng) = (scene::folder(), StdRng::seed_from_u64(17));
    let (pool, _clock) = open(folder.path(), day());
    let stays = noise(&mut rng, 5000);
    put(&pool, &stays, digest(u64::MAX));
    for round in 0..ROUNDS {
        let tip = noise(&mut rng, if round % 3 == 0 { 20_000 } else { 100_000 });
        put(&pool, &tip, digest(round));
        // In every second round nobody writes to the volume any more, so that it goes with its last tip.
        if round % 2 == 0 {
            pool.seal_all().unwrap();
        }
        let (start, id) = (Barrier::new(4), TipId::of(&tip));
        let erase = || {
            start.wait();
            pool.erase(&[digest(round)])
        };
        let read = || {
            start.wait();
            for _ in 0..4 {
                match get(&pool, &id) {
                    Ok(Some(bytes)) => assert!(bytes == tip, "round {round}: other bytes"),
                    // Gone; or gone since it was opened, which is told from damage: nobody was told of any.
                    Ok(None) | Err(StoreError::Damaged) => {}
                    Err(error) => panic!("round {round}: {error}"),
                }
                assert!(pool.list(None, 10).unwrap().len() <= 2);
            }
        };
        let erased = thread::scope(|scope| {
            let readers = [scope.spawn(read), scope.spawn(read)];
            let erased = [scope.spawn(erase), scope.spawn(erase)].map(|one| one.join().unwrap());
            readers.into_iter().for_each(|reader| reader.join().unwrap());
            erased
        });
        let mut erased = erased.map(|one| one.unwrap_or_else(|error| panic!("round {round}: {error}")));
        erased.sort_unstable();
        assert_eq!(erased, [0, 1], "round {round}");
        assert!(get(&pool, &id).unwrap().is_none() && !pool.holds(&id).unwrap());
    }
    assert!(!pool.has_stopped() && pool.unreadable() == 0);
    assert_eq!(pool.kept().tips, 1);
    assert!(get(&pool, &TipId::of(&stays)).unwrap() == Some(stays));
}

#[test]
fn a_tip_that_is_erased_and_sent_again_while_it_is_read_is_no_damage() {
    let (folder, mut rng) = (scene::folder(), StdRng::seed_from_u64(18));
    let (pool, _clock) = open(folder.path(), day());
    let tip = noise(&mut rng, 100_000);
    put(&pool, &tip, digest(1));
    pool.seal_all().unwrap();
    let reading = pool.get(&TipId::of(&tip)).unwrap().unwrap();
    assert_eq!(pool.erase(&[digest(1)]).unwrap(), 1);
    put(&pool, &tip, digest(1));
    // Told of to nobody, or `open` would have failed this test.
    assert!(reading.chunk(0).is_err());
    assert!(get(&pool, &TipId::of(&tip)).unwrap() == Some(tip));
    assert_eq!(pool.list(None, 10).unwrap().len(), 1);
}

/// SHA-256 of every file below the folders named `sealed`.
fn sealed(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut sums, mut folders) = (BTreeMap::new(), vec![folder.join("volumes")]);
    while let Some(next) = folders.pop() {
        for path in fs::read_dir(next).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.components().any(|part| part.as_os_str() == "sealed") {
                sums.insert(path.clone(), Sha256::digest(fs::read(path).unwrap()).to_vec());
            }
        }
    }
    sums
}

/// sled writes when it opens and when it closes; what was sealed is never opened where it lies.
#[test]
fn sealed_files_are_byte_for_byte_the_same_after_a_week_of_reading() {
    const DAYS: usize = 7;
    let (folder, mut rng) = (scene::folder(), StdRng::seed_from_u64(5));
    let mut tips = BTreeMap::new();
    let (pool, _clock) = open(folder.path(), day());
    for number in 0..60u64 {
        let tip = noise(&mut rng, [3000, 31_000, 90_000, 600_000][usize::try_from(number).unwrap() % 4]);
        put(&pool, &tip, digest(number));
        tips.insert(TipId::of(&tip), tip);
    }
    pool.seal_all().unwrap();
    let before = sealed(folder.path());
    assert!(volumes(folder.path()).len() > 15 && before.len() > 2 * 15, "{} files", before.len());
    drop(pool);
    for at in 0..DAYS {
        let (pool, _clock) = open(folder.path(), day());
        for _ in 0..2 {
            assert_eq!(pool.list(None, 100).unwrap().len(), tips.len());
            let mut order: Vec<_> = tips.iter().collect();
            order.shuffle(&mut rng);
            assert!(order.iter().all(|(id, bytes)| get(&pool, id).unwrap().as_ref() == Some(bytes)));
        }
        // Erasing writes to slots, and to nothing else.
        let number = u64::try_from(at).unwrap() * 4;
        assert_eq!(pool.erase(&[digest(number)]).unwrap(), 1);
        tips.retain(|id, _| pool.holds(id).unwrap());
        drop(pool);
        let after = sealed(folder.path());
        // A volume goes whole, when nothing is left in it.
        assert!(!after.is_empty() && after.iter().all(|(path, sum)| before.get(path) == Some(sum)), "on day {at}");
    }
}
