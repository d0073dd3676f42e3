//! A lane: bodies that are being read, at most so many at a time, with at most so many of their bytes in memory. Text has a lane of its own.
//!
//! In: bytes as they come and as they are written. Out: places, and a signal to those that lose theirs. Touches nothing.
//!
//! When there is no room, the one that moves least gives way. So it costs bandwidth to keep others out, and not only connections.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::signal::{Signal, Why};
use crate::net::activity::Activity;

/// A body younger than this has no known pace, so others give way before it. What it has sent by then has cost its sender bandwidth.
const YOUNG: Duration = Duration::from_secs(1);

/// How much a lane takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// Bodies at a time.
    pub bodies: usize,
    /// Bytes of them that are in memory.
    pub bytes: u64,
    /// A body leaves its place to a new one when it brings fewer bytes a second than this.
    pub crawl: u64,
}

/// The bodies that are being read, and their bytes in memory.
pub(super) struct Lane {
    room: Room,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    next: u64,
    /// Bytes in memory, of those in `taken`.
    held: u64,
    taken: BTreeMap<u64, Arc<Entry>>,
}

struct Entry {
    activity: Activity,
    held: AtomicU64,
    kept: AtomicBool,
    over: Signal,
}

/// A place in a lane, free again when dropped.
pub(super) struct Place {
    number: u64,
    entry: Arc<Entry>,
    lane: Arc<Lane>,
}

impl State {
    /// Takes its place from the slowest body for which `gives_way` holds; says whether there was one.
    fn evict(&mut self, gives_way: impl Fn(&Entry, u64) -> bool) -> bool {
        let now = Instant::now();
        let slowest = self
            .taken
            .iter()
            .filter(|(_, entry)| !entry.kept.load(Ordering::Relaxed))
            .map(|(number, entry)| (entry.activity.age(now) < YOUNG, entry.activity.rate(now), *number, entry))
            .filter(|(_, rate, _, entry)| gives_way(entry, *rate))
            .map(|(young, rate, number, _)| (young, rate, number))
            .min();
        let Some(entry) = slowest.and_then(|(_, _, number)| self.taken.remove(&number)) else { return false };
        // Its memory is freed when its task sees the signal. It is counted as free at once, or one overflow would make several give way.
        self.held -= entry.held.load(Ordering::Relaxed);
        entry.over.give(Why::GaveWay);
        true
    }
}

impl Lane {
    /// An empty lane.
    pub fn new(room: Room) -> Arc<Self> {
        Arc::new(Self { room, state: Mutex::default() })
    }

    /// A place; `None` when all are taken by others that move.
    pub fn take(self: &Arc<Self>) -> Option<Place> {
        let mut state = self.lock();
        if state.taken.len() >= self.room.bodies && !state.evict(|_, rate| rate < self.room.crawl) {
            return None;
        }
        let number = state.next;
        state.next += 1;
        let entry = Arc::new(Entry {
            activity: Activity::new(),
            held: AtomicU64::new(0),
            kept: AtomicBool::new(false),
            over: Signal::default(),
        });
        state.taken.insert(number, Arc::clone(&entry));
        Some(Place { number, entry, lane: Arc::clone(self) })
    }

    /// Lets the slowest give way that brings fewer than `rate` bytes a second; says whether there was one.
    pub fn make_way(&self, below: u64) -> bool {
        self.lock().evict(|_, rate| rate < below)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// So many bytes have come and are in memory. When that is too much for the lane, the slowest gives way, and be it this one.
    pub fn received(&self, bytes: u64) {
        self.entry.activity.moved(bytes);
        let mut state = self.lane.lock();
        if !state.taken.contains_key(&self.number) {
            return;
        }
        self.entry.held.fetch_add(bytes, Ordering::Relaxed);
        state.held += bytes;
        while state.held > self.lane.room.bytes {
            if !state.evict(|entry, _| entry.held.load(Ordering::Relaxed) > 0) {
                break;
            }
        }
    }

    /// So many bytes are in memory no more.
    pub fn released(&self, bytes: u64) {
        let mut state = self.lane.lock();
        if state.taken.contains_key(&self.number) {
            let less = bytes.min(self.entry.held.load(Ordering::Relaxed));
            self.entry.held.fetch_sub(less, Ordering::Relaxed);
            state.held -= less;
        }
    }

    /// Gives no way from now on; `false` when it has done so already.
    pub fn keep(&self) -> bool {
        let state = self.lane.lock();
        self.entry.kept.store(true, Ordering::Relaxed);
        state.taken.contains_key(&self.number)
    }

    /// Ends it for a reason of its own.
    pub fn end(&self, why: Why) {
        self.entry.over.give(why);
    }

    /// Resolves when the place is lost.
    pub async fn is_over(&self) -> Why {
        self.entry.over.given().await
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.lane.lock();
        if state.taken.remove(&self.number).is_some() {
            state.held -= self.entry.held.load(Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CRAWL: u64 = 512;

    fn lane(bodies: usize, bytes: u64) -> Arc<Lane> {
        Lane::new(Room { bodies, bytes, crawl: CRAWL })
    }

    /// One that has sent something.
    fn moving(lane: &Arc<Lane>) -> Place {
        let place = lane.take().unwrap();
        place.received(CRAWL);
        place
    }

    async fn goes_on(place: &Place) -> bool {
        tokio::time::timeout(Duration::from_millis(1), place.is_over()).await.is_err()
    }

    #[tokio::test(start_paused = true)]
    async fn who_crawls_gives_way_and_who_moves_slowly_does_not() {
        let lane = lane(2, 1 << 20);
        let (slow, crawling) = (moving(&lane), moving(&lane));
        assert!(lane.take().is_none(), "both have sent what a second asks for");
        for _ in 0..45 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            slow.received(2000);
        }
        let new = moving(&lane);
        crawling.is_over().await;
        assert!(lane.take().is_none());
        // A place that was given away is not freed a second time.
        drop(crawling);
        assert!(lane.take().is_none());
        drop(new);
        assert!(lane.take().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn who_sent_much_and_then_crawls_gives_way() {
        let lane = lane(1, 1 << 40);
        let place = moving(&lane);
        place.received(1 << 30);
        for _ in 0..30 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            place.received(1);
        }
        assert!(lane.take().is_some());
        place.is_over().await;
    }

    #[tokio::test(start_paused = true)]
    async fn when_memory_is_full_the_slowest_gives_way_whatever_its_pace() {
        let lane = lane(usize::MAX, 100_000);
        let slow: Vec<_> = (0..90).map(|_| lane.take().unwrap()).collect();
        for place in &slow {
            place.received(1_100);
        }
        let honest = lane.take().unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        for _ in 0..30 {
            honest.received(1_000);
        }
        assert!(goes_on(&honest).await && honest.keep());
        let mut over = 0;
        for place in &slow {
            over += usize::from(!goes_on(place).await);
        }
        assert!((20..=30).contains(&over), "{over} gave way for 29 000 bytes");
        drop(honest);
        // Those that had to go count no more, and those that stayed do.
        assert_eq!(lane.lock().held, (90 - over as u64) * 1_100);
        drop(slow);
        assert_eq!(lane.lock().held, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_has_just_begun_does_not_pass_for_slow() {
        let lane = lane(usize::MAX, 100_000);
        let crowd: Vec<_> = (0..9).map(|_| lane.take().unwrap()).collect();
        tokio::time::sleep(Duration::from_secs(2)).await;
        for place in &crowd {
            place.received(10_000);
        }
        // 3 000 bytes in the first moment are less than 5 000 a second, and more than that when the second is over.
        let new = lane.take().unwrap();
        new.received(3_000);
        crowd[0].received(9_000);
        assert!(goes_on(&new).await);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_kept_gives_no_way_and_what_is_written_frees_its_room() {
        let lane = lane(usize::MAX, 1_000);
        let kept = lane.take().unwrap();
        kept.received(900);
        assert!(kept.keep());
        let new = lane.take().unwrap();
        new.received(200);
        new.is_over().await;
        assert!(!new.keep() && goes_on(&kept).await);
        kept.released(900);
        let next = lane.take().unwrap();
        next.received(1_000);
        assert!(goes_on(&next).await);
    }
}
