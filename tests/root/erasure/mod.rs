//! What was erased is gone from every file of the store, its key above all, and what was not erased is still whole,
//! with uploads side by side, over several volumes and over midnight.

mod by_hand;
mod seized;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::prelude::*;
use rand::{RngCore, SeedableRng, rngs::StdRng};
use softinfo_base::clock::HandSetClock;
use softinfo_base::day::Day;
use softinfo_formats::envelope::header::TipHeader;
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::envelope::withdraw::WithdrawDigest;
use softinfo_store::pool::{Pool, Settings};
use softinfo_store::{Acknowledgement, CHUNK, Cursor, Incoming, Store};

const RETENTION: u32 = 30;

/// A store and its clock.
struct Opened {
    pool: Pool,
    clock: Arc<HandSetClock>,
}

fn open(folder: &Path, day: Day) -> Opened {
    let clock = Arc::new(HandSetClock::at(day));
    let settings = Settings {
        retention_days: RETENTION,
        jitter_days: 0,
        volume_bytes: 1 << 20,
        floor_bytes: 0,
        leap_days: 10_000,
        ..Settings::default()
    };
    Opened {
        pool: Pool::open(folder, settings, Arc::clone(&clock) as _, |notice| panic!("{notice:?}")).unwrap(),
        clock,
    }
}

impl std::ops::Deref for Opened {
    type Target = Pool;

    fn deref(&self) -> &Pool {
        &self.pool
    }
}

impl Opened {
    fn expire(&self, today: Day) -> usize {
        self.clock.set(today);
        self.pool.expire(today).unwrap()
    }
}

fn noise(length: usize, rng: &mut StdRng) -> Vec<u8> {
    let mut bytes = vec![0; length];
    rng.fill_bytes(&mut bytes);
    bytes
}

fn acknowledged(answer: Acknowledgement, day: Day) {
    let committed = answer.blocking_recv().unwrap().unwrap();
    assert!(!committed.already && committed.day == day);
}

fn commit(incoming: Box<dyn Incoming>, bytes: &[u8], withdraw: WithdrawDigest, day: Day) -> TipId {
    let id = TipId::of(bytes);
    acknowledged(incoming.commit(id, &TipHeader { withdraw }), day);
    id
}

/// Small ones whole, the others in chunks: the two ways there are.
fn put(store: &Opened, bytes: &[u8], withdraw: WithdrawDigest, day: Day) -> TipId {
    store.clock.set(day);
    if bytes.len() <= CHUNK {
        let id = TipId::of(bytes);
        acknowledged(store.pool.put(bytes, id, &TipHeader { withdraw }).unwrap(), day);
        return id;
    }
    let mut incoming = store.pool.begin().unwrap();
    bytes.chunks(CHUNK).for_each(|chunk| incoming.append(chunk).unwrap());
    commit(incoming, bytes, withdraw, day)
}

fn get(store: &Opened, id: &TipId) -> Option<Vec<u8>> {
    let stored = store.pool.get(id).unwrap()?;
    let chunks = usize::try_from(stored.listed().size).unwrap().div_ceil(CHUNK);
    Some((0..chunks).flat_map(|n| stored.chunk(u32::try_from(n).unwrap()).unwrap()).collect())
}

/// Every file below `folder`, with its bytes. What is sealed meanwhile may go while it is looked at.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| match fs::read(&path) {
            Ok(bytes) => vec![(path, bytes)],
            Err(_) => files(&path),
        })
        .collect()
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|window| window == needle)
}

/// What the slot of a tip holds of it, by the layout in `docs/store.md`: id, withdraw digest, key.
fn record(folder: &Path, id: &TipId) -> [Vec<u8>; 3] {
    let found = files(folder).into_iter().find_map(|(path, bytes)| Some((find(&bytes, id.as_bytes())?, path, bytes)));
    let (at, path, bytes) = found.expect("the record of a stored tip");
    assert_eq!(path.file_name().unwrap(), "slots");
    assert_eq!(at % 128, 16, "the id stands at 16 in its slot");
    [0, 32, 64].map(|from| bytes[at + from..at + from + 32].to_vec())
}

/// Fails when eight bytes in a row of any of `secrets` are in any file.
fn nowhere(folder: &Path, secrets: &[Vec<u8>]) {
    for (path, bytes) in files(folder) {
        for secret in secrets {
            for part in secret.chunks(8) {
                assert_eq!(find(&bytes, part), None, "{}", path.display());
            }
        }
    }
}

#[test]
fn the_key_of_an_erased_tip_is_in_no_file_and_the_keys_of_others_are_where_they_were() {
    [false, true].into_iter().for_each(the_key_of_an_erased_tip_is_gone);
}

fn the_key_of_an_erased_tip_is_gone(is_sealed: bool) {
    let (folder, mut rng, day) = (scene::folder(), StdRng::seed_from_u64(7), "2026-11-23".parse().unwrap());
    let pool = open(folder.path(), day);
    let digests = [[1; 32], [2; 32]].map(WithdrawDigest::from_bytes);
    // The first has a volume of its own; two share a withdraw digest.
    let tips = [2_500_000, 31_000, 50_000].map(|length| noise(length, &mut rng));
    let ids: Vec<_> = [0, 0, 1].iter().zip(&tips).map(|(&n, tip)| put(&pool, tip, digests[n], day)).collect();
    let records: Vec<_> = ids.iter().map(|id| record(folder.path(), id)).collect();
    for ((record, id), digest) in records.iter().zip(&ids).zip([digests[0], digests[0], digests[1]]) {
        assert_eq!((&record[0][..], &record[1][..]), (&id.as_bytes()[..], &digest.as_bytes()[..]));
        assert!(record[2].iter().any(|&byte| byte != 0));
    }

    if is_sealed {
        pool.seal_all().unwrap();
    }
    assert_eq!(pool.erase(&[digests[0]]).unwrap(), 2);
    nowhere(folder.path(), &[records[0].concat(), records[1].concat()]);
    assert!(pool.get(&ids[0]).unwrap().is_none() && pool.get(&ids[1]).unwrap().is_none());
    assert_eq!(record(folder.path(), &ids[2]), records[2]);
    drop(pool);
    let pool = open(folder.path(), day);
    nowhere(folder.path(), &[records[0].concat(), records[1].concat()]);
    assert_eq!(pool.list(None, 10).unwrap().len(), 1);
    assert!(get(&pool, &ids[2]).as_ref() == Some(&tips[2]));
    // The same bytes may come again, as a new tip under a new key.
    put(&pool, &tips[1], digests[0], day);
    assert_ne!(record(folder.path(), &ids[1])[2], records[1][2]);
    assert!(get(&pool, &ids[1]).as_ref() == Some(&tips[1]));
}

#[test]
fn what_has_expired_leaves_no_key_and_no_folder() {
    let (folder, mut rng) = (scene::folder(), StdRng::seed_from_u64(8));
    let first: Day = "2026-11-23".parse().unwrap();
    let pool = open(folder.path(), first);
    let digest = WithdrawDigest::from_bytes([3; 32]);
    let (old, new) = (noise(40_000, &mut rng), noise(40_000, &mut rng));
    let (old_id, new_id) = (put(&pool, &old, digest, first), put(&pool, &new, digest, first.plus(1)));
    let gone = record(folder.path(), &old_id);
    // A second name for the slot file shows what happened to its blocks before the first was removed.
    let (slots, _) = files(folder.path()).into_iter().find(|(_, bytes)| find(bytes, &gone[2]).is_some()).unwrap();
    fs::hard_link(slots, folder.path().join("second-name")).unwrap();
    let expires = first.plus(i64::from(RETENTION));
    assert_eq!(pool.expire(expires.plus(-1)), 0, "kept to the end of its days");
    assert_eq!(pool.expire(expires), 1);
    nowhere(folder.path(), &[gone[0].clone(), gone[2].clone()]);
    assert_eq!(fs::read_dir(folder.path().join("volumes")).unwrap().count(), 1);
    assert!(get(&pool, &new_id).as_ref() == Some(&new));
    assert_eq!(pool.expire(expires.plus(1)), 1);
    assert_eq!(fs::read_dir(folder.path().join("volumes")).unwrap().count(), 0);
    // And it goes on as before.
    put(&pool, &old, digest, expires.plus(1));
    assert!(get(&pool, &old_id).as_ref() == Some(&old));
}

#[test]
fn what_was_given_up_leaves_nothing_that_can_be_read() {
    let (folder, mut rng, day) = (scene::folder(), StdRng::seed_from_u64(9), "2026-11-23".parse().unwrap());
    let pool = open(folder.path(), day);
    let bytes = noise(200_000, &mut rng);
    let mut incoming = pool.begin().unwrap();
    bytes.chunks(CHUNK).for_each(|chunk| incoming.append(chunk).unwrap());
    drop(incoming);
    drop(pool);
    let pool = open(folder.path(), day);
    assert!(pool.list(None, 10).unwrap().is_empty() && pool.get(&TipId::of(&bytes)).unwrap().is_none());
    assert_eq!(fs::read_dir(folder.path().join("volumes")).unwrap().count(), 0, "there never was a volume");
    assert_eq!(fs::read_dir(folder.path().join("incoming")).unwrap().count(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, failure_persistence: None, ..ProptestConfig::default() })]

    /// Several uploads at once, chunk by chunk in any order, some given up, some ending after midnight.
    #[test]
    fn uploads_side_by_side_don_t_mix(
        seed: u64,
        lengths in prop::collection::vec(prop_oneof![1..60_000usize, 900_000..2_200_000usize], 2..6),
        turns in prop::collection::vec(any::<prop::sample::Index>(), 200),
        given_up in prop::collection::vec(prop::bool::weighted(0.2), 6),
        later in prop::collection::vec(prop::bool::weighted(0.3), 6),
        erased in any::<prop::sample::Index>(),
    ) {
        let (folder, mut rng) = (scene::folder(), StdRng::seed_from_u64(seed));
        let today: Day = "2026-11-23".parse().unwrap();
        let pool = open(folder.path(), today);
        let tips: Vec<_> = lengths.iter().map(|&length| noise(length, &mut rng)).collect();
        let digest = |n: usize| WithdrawDigest::from_bytes([u8::try_from(n).unwrap(); 32]);
        let mut under_way: Vec<_> =
            tips.iter().enumerate().map(|(n, tip)| (n, pool.begin().unwrap(), tip.chunks(CHUNK))).collect();
        let mut model = BTreeMap::new();
        let mut turns = turns.iter().cycle();
        while !under_way.is_empty() {
            let turn = turns.next().unwrap().index(under_way.len());
            let (_, incoming, chunks) = &mut under_way[turn];
            if let Some(chunk) = chunks.next() {
                incoming.append(chunk).unwrap();
                continue;
            }
            let (n, incoming, _) = under_way.swap_remove(turn);
            if !given_up[n] {
                let day = if later[n] { today.plus(1) } else { today };
                pool.clock.set(day);
                model.insert(commit(incoming, &tips[n], digest(n), day), (n, day));
            }
        }
        let whole = |pool: &Opened, model: &BTreeMap<TipId, (usize, Day)>| {
            let mut expected: Vec<_> = model.iter().map(|(id, (n, day))| (*day, *id, tips[*n].len() as u64)).collect();
            expected.sort_unstable();
            // One by one, as a courier that is interrupted after each.
            let (mut listed, mut after) = (Vec::new(), None::<Cursor>);
            while let Some(next) = pool.list(after.as_ref(), 1).unwrap().pop() {
                after = Some(Cursor { day: next.day, id: Some(next.id) });
                listed.push((next.day, next.id, next.size));
            }
            listed == expected && model.iter().all(|(id, (n, _))| get(pool, id).as_ref() == Some(&tips[*n]))
        };
        prop_assert!(whole(&pool, &model));
        drop(pool);
        let pool = open(folder.path(), today);
        if seed % 2 == 0 {
            pool.seal_all().unwrap();
        }
        prop_assert!(whole(&pool, &model), "after a restart");
        if !model.is_empty() {
            let id = *model.keys().nth(erased.index(model.len())).unwrap();
            let gone = record(folder.path(), &id);
            let (n, _) = model.remove(&id).unwrap();
            prop_assert_eq!(pool.erase(&[digest(n)]).unwrap(), 1);
            nowhere(folder.path(), &[gone[0].clone(), gone[2].clone()]);
            prop_assert!(whole(&pool, &model), "after an erasure");
        }
        let expires = today.plus(i64::from(RETENTION));
        let over = model.values().filter(|(_, day)| *day == today).count();
        prop_assert_eq!(pool.expire(expires), over);
        model.retain(|_, (_, day)| *day != today);
        prop_assert!(whole(&pool, &model), "after the first day has expired");
        pool.expire(expires.plus(1));
        prop_assert!(pool.list(None, 10).unwrap().is_empty());
        prop_assert_eq!(fs::read_dir(folder.path().join("volumes")).unwrap().count(), 0);
    }
}
