//! How much moves: bytes a second over the last 10 to 20 seconds, of one connection or one body.
//!
//! In: numbers of bytes, as they move. Out: a pace. Touches nothing.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// Length of a window. Two of them are looked at: the one under way and the one before.
const WINDOW: u64 = 10_000;
/// Nothing is judged as if it were younger: what comes with a head counts at once, and no more than it is.
const YOUNGEST: u64 = 1_000;

/// Counts bytes. One task counts, any may look.
pub(crate) struct Activity {
    begun: Instant,
    /// Number of the window that was counted in last.
    window: AtomicU64,
    now: AtomicU64,
    before: AtomicU64,
}

impl Activity {
    /// Begins to count now.
    pub fn new() -> Self {
        Self { begun: Instant::now(), window: AtomicU64::new(0), now: AtomicU64::new(0), before: AtomicU64::new(0) }
    }

    /// So many bytes have moved, in whichever direction.
    pub fn moved(&self, bytes: u64) {
        let window = self.millis(Instant::now()) / WINDOW;
        let last = self.window.load(Ordering::Relaxed);
        if window > last {
            let before = if window == last + 1 { self.now.load(Ordering::Relaxed) } else { 0 };
            self.before.store(before, Ordering::Relaxed);
            self.now.store(0, Ordering::Relaxed);
            self.window.store(window, Ordering::Relaxed);
        }
        self.now.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Bytes a second, as of `at`; rounded up, so that 0 is silence.
    pub fn rate(&self, at: Instant) -> u64 {
        let millis = self.millis(at);
        let (window, last) = (millis / WINDOW, self.window.load(Ordering::Relaxed));
        let (now, before) = (self.now.load(Ordering::Relaxed), self.before.load(Ordering::Relaxed));
        let bytes = match window.saturating_sub(last) {
            0 => now + before,
            1 => now,
            _ => 0,
        };
        let span = millis - window.saturating_sub(1) * WINDOW;
        (bytes * 1000).div_ceil(span.max(YOUNGEST))
    }

    /// Bytes of this window and the one before.
    pub fn bytes(&self) -> u64 {
        self.now.load(Ordering::Relaxed) + self.before.load(Ordering::Relaxed)
    }

    /// How long ago it began.
    pub fn age(&self, at: Instant) -> Duration {
        at.saturating_duration_since(self.begun)
    }

    fn millis(&self, at: Instant) -> u64 {
        u64::try_from(self.age(at).as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_moved_long_ago_counts_no_more() {
        let activity = Activity::new();
        activity.moved(1 << 20);
        assert_eq!(activity.rate(Instant::now()), 1 << 20);
        tokio::time::sleep(Duration::from_secs(15)).await;
        assert_eq!(activity.rate(Instant::now()), (1_u64 << 20).div_ceil(15));
        tokio::time::sleep(Duration::from_secs(15)).await;
        assert_eq!(activity.rate(Instant::now()), 0);
        activity.moved(15_000);
        let rate = activity.rate(Instant::now());
        assert!((1_000..=1_500).contains(&rate), "{rate}");
    }
}
