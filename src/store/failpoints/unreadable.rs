//! A slot that can't be read: it keeps no other tip from being withdrawn, and its own volume is neither sealed nor removed.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use super::disk::Call;
use super::{answered, eventually, folder, open_with, put, system_clock, tip};
use crate::mutex::lock;
use crate::notice::Notice;
use crate::pool::Pool;
use crate::settings::Settings;
use crate::{Store, StoreError};
use softinfo_base::clock::{Clock, HandSetClock, SystemClock};
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::envelope::withdraw::WithdrawDigest;

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
