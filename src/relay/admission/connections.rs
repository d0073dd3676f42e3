//! Connections that are open: never more than so many. When all are taken, the one on which least moves is closed for the new one.
//!
//! In: a connection. Out: a slot for it, and a signal to close another. Touches nothing.
//!
//! What moves is counted in bytes, in both directions: who reads a large answer is as busy as who sends. One that has just come has a little time
//! to say what it wants. One that has shown a token or a certificate goes last, and while anything moves on it, not at all.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use super::signal::{Signal, Why};
use crate::net::activity::Activity;

/// Others are closed before a connection that is younger than this: over Tor, the request comes some time after the connection.
const YOUNG: Duration = Duration::from_secs(10);
/// A young connection counts as if it had moved so many bytes for each millisecond that it stays young: a new one that is silent then outranks
/// an old one that said little.
const CREDIT: u64 = 2;
/// Time for one that is closed to be gone. It takes a moment unless the machine stands still.
const GONE: Duration = Duration::from_secs(2);

/// All that are open on one listener.
pub(crate) struct Connections {
    slots: Arc<Semaphore>,
    all: Mutex<All>,
}

#[derive(Default)]
struct All {
    next: u64,
    open: BTreeMap<u64, Arc<Open>>,
}

/// What is known of a connection.
pub(crate) struct Open {
    /// Bytes in both directions.
    pub activity: Arc<Activity>,
    known: AtomicBool,
    kept: AtomicUsize,
    close: Signal,
}

/// A connection's right to be open. Dropped when the connection is closed, and not before.
pub(crate) struct Slot {
    number: u64,
    pub open: Arc<Open>,
    all: Arc<Connections>,
    _permit: OwnedSemaphorePermit,
}

/// Keeps a connection open while its answer is the store's to give.
pub(crate) struct Kept(Arc<Open>);

impl Open {
    /// It has shown that it may be here.
    pub fn is_known(&self) {
        self.known.store(true, Ordering::Relaxed);
    }

    /// Not closed for another's sake until the result is dropped.
    pub fn keep(self: &Arc<Self>) -> Kept {
        self.kept.fetch_add(1, Ordering::Relaxed);
        Kept(Arc::clone(self))
    }

    /// Resolves when it has to be closed.
    pub async fn is_over(&self) {
        self.close.given().await;
    }

    /// The order in which connections are closed: strangers before known ones, older before young ones, and among these the one on which least
    /// moves. `None` when it is not closed for another.
    fn rank(&self, now: Instant) -> Option<(bool, bool, u64)> {
        let (known, rate) = (self.known.load(Ordering::Relaxed), self.activity.rate(now));
        if self.kept.load(Ordering::Relaxed) > 0 || (known && rate > 0) {
            return None;
        }
        let left = YOUNG.saturating_sub(self.activity.age(now));
        if left.is_zero() {
            return Some((known, false, rate));
        }
        let credit = u64::try_from(left.as_millis()).unwrap_or(0) * CREDIT;
        Some((known, true, self.activity.bytes() + credit))
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.0.kept.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Connections {
    /// At most so many are open at a time.
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { slots: Arc::new(Semaphore::new(most)), all: Mutex::default() })
    }

    /// A slot for one more. `None` when all are taken and none can give way: then the new one is closed.
    pub async fn enter(self: &Arc<Self>) -> Option<Slot> {
        let slots = Arc::clone(&self.slots);
        let slot = match Arc::clone(&slots).try_acquire_owned() {
            Ok(slot) => slot,
            Err(_) if self.close_one() => timeout(GONE, slots.acquire_owned()).await.ok()?.ok()?,
            Err(_) => return None,
        };
        let open = Arc::new(Open {
            activity: Arc::new(Activity::new()),
            known: AtomicBool::new(false),
            kept: AtomicUsize::new(0),
            close: Signal::default(),
        });
        let mut all = self.lock();
        let number = all.next;
        all.next += 1;
        all.open.insert(number, Arc::clone(&open));
        drop(all);
        Some(Slot { number, open, all: Arc::clone(self), _permit: slot })
    }

    fn close_one(&self) -> bool {
        let now = Instant::now();
        let mut all = self.lock();
        let ranks = all.open.iter().filter_map(|(number, open)| Some((open.rank(now)?, *number)));
        let Some(open) = ranks.min().and_then(|(_, number)| all.open.remove(&number)) else { return false };
        open.close.give(Why::GaveWay);
        true
    }

    fn lock(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.all.lock().open.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;

    /// A connection that closes when it is told to.
    fn stays(slot: Slot) -> Arc<Open> {
        let open = Arc::clone(&slot.open);
        tokio::spawn(async move {
            slot.open.is_over().await;
            drop(slot);
        });
        open
    }

    async fn enter(all: &Arc<Connections>) -> Arc<Open> {
        let open = stays(all.enter().await.expect("nobody gave way"));
        tokio::task::yield_now().await;
        open
    }

    async fn is_open(open: &Open) -> bool {
        timeout(Duration::from_millis(1), open.is_over()).await.is_err()
    }

    #[tokio::test(start_paused = true)]
    async fn there_are_never_more_and_the_one_on_which_least_moves_goes() {
        let all = Connections::new(3);
        let [downloads, trickles, silent] = [enter(&all).await, enter(&all).await, enter(&all).await];
        sleep(YOUNG).await;
        downloads.activity.moved(1 << 20);
        trickles.activity.moved(1);
        let asks = enter(&all).await;
        assert!(!is_open(&silent).await && all.slots.available_permits() == 0);
        // What has come just now and said nothing yet stays; who has had its time and trickles goes.
        let next = enter(&all).await;
        assert!(!is_open(&trickles).await && is_open(&asks).await && is_open(&downloads).await);
        assert!(is_open(&next).await);
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_has_said_nothing_yet_outlives_a_flood_of_those_that_said_a_little() {
        let all = Connections::new(100);
        for _ in 0..100 {
            sleep(Duration::from_millis(6)).await;
            enter(&all).await.activity.moved(18);
        }
        let honest = enter(&all).await;
        // 150 a second, which are gone within a second themselves.
        for _ in 0..75 {
            sleep(Duration::from_millis(6)).await;
            enter(&all).await.activity.moved(18);
        }
        assert!(is_open(&honest).await, "it was silent for half a second");
        honest.activity.moved(3_000);
        for _ in 0..150 {
            sleep(Duration::from_millis(6)).await;
            enter(&all).await.activity.moved(18);
            honest.activity.moved(100);
        }
        assert!(is_open(&honest).await);
    }

    #[tokio::test(start_paused = true)]
    async fn strangers_go_before_a_courier_however_old_its_last_request_is() {
        let all = Connections::new(2);
        let courier = enter(&all).await;
        courier.is_known();
        sleep(YOUNG).await;
        let _stranger = enter(&all).await;
        for _ in 0..100 {
            enter(&all).await;
        }
        assert!(is_open(&courier).await);
        // A courier that is silent gives way to another, and one that reads does not.
        let other = enter(&all).await;
        other.is_known();
        courier.activity.moved(1);
        let third = enter(&all).await;
        assert!(!is_open(&other).await && is_open(&courier).await);
        third.is_known();
        third.activity.moved(1);
        assert!(all.enter().await.is_none(), "both move");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_being_stored_is_not_closed() {
        let all = Connections::new(1);
        let open = enter(&all).await;
        let kept = open.keep();
        assert!(all.enter().await.is_none());
        drop(kept);
        enter(&all).await;
        assert!(!is_open(&open).await);
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_does_not_close_keeps_its_slot_and_the_new_one_is_refused() {
        let all = Connections::new(1);
        let _stuck = all.enter().await.unwrap();
        assert!(all.enter().await.is_none());
    }
}
