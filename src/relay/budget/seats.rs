//! Seats for tips that are being received. When all are taken, the one that moves least gives way, if it hardly moves at all.
//!
//! So it costs bandwidth to keep others out, and not only connections. Who sends at the pace of a slow line keeps the seat.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// Below so many bytes a second a seat may be asked to give way. A line over Tor that is worth the name is faster.
const CRAWL: u64 = 512;
/// A seat is judged as if it were at least so old: what a head brings with it counts at once.
const YOUNGEST: Duration = Duration::from_secs(1);

/// What is about to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::relay) enum Size {
    /// A tip of text only, by its announced length.
    Text,
    /// Anything else.
    Large,
}

pub(super) struct Seats {
    max: usize,
    reserve: usize,
    taken: Arc<Mutex<BTreeMap<u64, Arc<Entry>>>>,
    next: AtomicU64,
}

pub(super) struct Entry {
    size: Size,
    since: Instant,
    bytes: AtomicU64,
    over: Notify,
    kept: AtomicBool,
}

impl Entry {
    pub fn received(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Bytes a second, of one that hardly moves.
    fn crawl(&self) -> Option<u64> {
        let age = self.since.elapsed().max(YOUNGEST);
        let rate = self.bytes.load(Ordering::Relaxed) / age.as_secs();
        (rate < CRAWL).then_some(rate)
    }
}

/// A seat, free again when dropped.
pub(super) struct Taken {
    number: u64,
    entry: Arc<Entry>,
    all: Arc<Mutex<BTreeMap<u64, Arc<Entry>>>>,
}

impl Seats {
    pub fn new(max: usize, reserve: usize) -> Self {
        Self { max, reserve, taken: Arc::default(), next: AtomicU64::new(0) }
    }

    /// A seat; `None` when all are taken by others that move.
    pub fn take(&self, size: Size) -> Option<Taken> {
        let mut taken = lock(&self.taken);
        let large = taken.values().filter(|entry| entry.size == Size::Large).count();
        let large_full = size == Size::Large && large >= self.max.saturating_sub(self.reserve);
        if large_full || taken.len() >= self.max {
            let gives_way = |entry: &Entry| !large_full || entry.size == Size::Large;
            let slowest = taken
                .iter()
                .filter(|(_, entry)| gives_way(entry))
                .filter_map(|(number, entry)| Some((entry.crawl()?, *number)))
                .min()?;
            if let Some(entry) = taken.remove(&slowest.1) {
                entry.over.notify_one();
            }
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let entry = Arc::new(Entry {
            size,
            since: Instant::now(),
            bytes: AtomicU64::new(0),
            over: Notify::new(),
            kept: AtomicBool::new(false),
        });
        taken.insert(number, Arc::clone(&entry));
        Some(Taken { number, entry, all: Arc::clone(&self.taken) })
    }
}

impl Taken {
    pub fn entry(&self) -> Arc<Entry> {
        Arc::clone(&self.entry)
    }

    pub async fn is_over(&self) {
        self.entry.over.notified().await;
        if self.entry.kept.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    }

    pub fn keep(&self) {
        self.entry.kept.store(true, Ordering::Relaxed);
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        lock(&self.all).remove(&self.number);
    }
}

fn lock(taken: &Mutex<BTreeMap<u64, Arc<Entry>>>) -> MutexGuard<'_, BTreeMap<u64, Arc<Entry>>> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Size::{Large, Text};

    /// One that has sent something.
    fn moving(seats: &Seats, size: Size) -> Taken {
        let taken = seats.take(size).unwrap();
        taken.entry().received(CRAWL);
        taken
    }

    #[tokio::test(start_paused = true)]
    async fn large_tips_never_take_the_seats_of_text() {
        let seats = Seats::new(10, 4);
        let large: Vec<_> = (0..6).map(|_| moving(&seats, Large)).collect();
        assert!(seats.take(Large).is_none());
        let text: Vec<_> = (0..4).map(|_| moving(&seats, Text)).collect();
        assert!(seats.take(Text).is_none());
        drop(large);
        assert!(seats.take(Text).is_some() && seats.take(Large).is_some());
        drop(text);
    }

    #[tokio::test(start_paused = true)]
    async fn who_crawls_gives_way_and_who_moves_slowly_does_not() {
        let seats = Seats::new(2, 0);
        let (slow, crawling) = (moving(&seats, Large), moving(&seats, Large));
        assert!(seats.take(Large).is_none(), "both have sent what a second asks for");
        tokio::time::sleep(Duration::from_secs(45)).await;
        slow.entry().received(2000 * 45);
        let new = moving(&seats, Large);
        crawling.is_over().await;
        assert!(seats.take(Large).is_none());
        // A seat that was given away is not freed a second time.
        drop(crawling);
        assert!(seats.take(Large).is_none());
        drop(new);
        assert!(seats.take(Large).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn the_silent_displace_each_other_and_nobody_who_sends() {
        let seats = Seats::new(3, 1);
        let sends = moving(&seats, Text);
        let mut silent = vec![seats.take(Text).unwrap(), seats.take(Text).unwrap()];
        for _ in 0..100 {
            silent.push(seats.take(Text).unwrap());
            silent.remove(0).is_over().await;
        }
        assert!(tokio::time::timeout(YOUNGEST, sends.is_over()).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_large_tip_takes_no_seat_from_a_text_that_crawls() {
        let seats = Seats::new(2, 1);
        let (text, large) = (seats.take(Text).unwrap(), moving(&seats, Large));
        assert!(seats.take(Large).is_none());
        drop((text, large));
    }
}
