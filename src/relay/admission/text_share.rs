//! What may come of text: a part of the free disk, which runs full again all the time.
//!
//! In: bytes that are to be stored, and how much disk is free. Out: whether they may be, or when. Touches nothing.
//!
//! The arithmetic is in `docs/threat-model.md`, "Floods".

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

const SECONDS_A_DAY: f64 = 86_400.0;

/// The share of text: a bucket as large as a part of what is free, which runs full again at the pace at which the disk lasts for as long
/// as tips are kept. What is spent flows off; the pace falls with the free disk, which therefore never comes to its end by text.
pub(super) struct TextShare {
    /// The bucket holds one part in so many of the free disk.
    parts: u64,
    /// Days that a tip is kept at most.
    days: u64,
    spent: Mutex<(Instant, f64)>,
}

impl TextShare {
    /// A bucket of one part in `parts` of the free disk, for tips that are kept for `days`; full at first.
    pub fn new(parts: u64, days: u64) -> Self {
        Self { parts: parts.max(1), days: days.max(1), spent: Mutex::new((Instant::now(), 0.0)) }
    }

    /// Bytes that the bucket holds.
    pub fn limit(&self, free: u64) -> u64 {
        free / self.parts
    }

    /// Bytes that are in it.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "neither negative nor beyond u64")]
    pub fn left(&self, free: u64) -> u64 {
        self.limit(free).saturating_sub(self.flowed(free).1.ceil() as u64)
    }

    /// Takes so many bytes where so many are free; else says when there will be enough.
    #[expect(clippy::cast_precision_loss, reason = "bytes of a disk, where one more or less doesn't matter")]
    pub fn take(&self, bytes: u64, free: u64) -> Result<(), Duration> {
        let mut spent = self.flowed(free);
        let short = spent.1 + bytes as f64 - self.limit(free) as f64;
        if short <= 0.0 {
            spent.1 += bytes as f64;
            return Ok(());
        }
        Err(Duration::try_from_secs_f64((short / self.pace(free)).ceil()).unwrap_or(Duration::MAX))
    }

    /// Puts back what was taken and not used.
    #[expect(clippy::cast_precision_loss, reason = "bytes of a disk, where one more or less doesn't matter")]
    pub fn refund(&self, bytes: u64) {
        let mut spent = self.lock();
        spent.1 = (spent.1 - bytes as f64).max(0.0);
    }

    /// Bytes a second that run in.
    #[expect(clippy::cast_precision_loss, reason = "bytes of a disk, where one more or less doesn't matter")]
    fn pace(&self, free: u64) -> f64 {
        free as f64 / (self.days as f64 * SECONDS_A_DAY)
    }

    fn flowed(&self, free: u64) -> MutexGuard<'_, (Instant, f64)> {
        let mut spent = self.lock();
        let now = Instant::now();
        let since = now.saturating_duration_since(spent.0).as_secs_f64();
        *spent = (now, (spent.1 - since * self.pace(free)).max(0.0));
        spent
    }

    fn lock(&self) -> MutexGuard<'_, (Instant, f64)> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIP: u64 = 64 * 1024;

    /// Row 6 of issue 10: 2 MB/s of text filled 20 GiB in 1.4 hours, for up to 97 days.
    #[tokio::test(start_paused = true)]
    async fn a_flood_of_text_closes_text_for_seconds_and_never_fills_the_disk() {
        let (mut free, days) = (20 << 30, 97);
        let share = TextShare::new(8, days);
        let mut stored_at_once = 0;
        while share.take(TIP, free).is_ok() {
            free -= TIP;
            stored_at_once += 1;
        }
        assert!((35_000..=41_000).contains(&stored_at_once), "{stored_at_once}");
        let wait = share.take(TIP, free).unwrap_err();
        assert!(wait <= Duration::from_secs(40), "{wait:?}");
        tokio::time::sleep(wait).await;
        assert!(share.take(TIP, free).is_ok());
        // As fast as it is taken, for as long as nothing expires.
        for _ in 0..days * 24 {
            tokio::time::sleep(Duration::from_hours(1)).await;
            while share.take(TIP, free).is_ok() {
                free -= TIP;
            }
        }
        assert!(free > 5 << 30, "{} MiB are left", free >> 20);
        assert!(share.take(TIP, free).unwrap_err() <= Duration::from_mins(2));
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_taken_and_not_used_is_put_back() {
        let share = TextShare::new(8, 97);
        let free = 8 * TIP;
        assert!(share.take(TIP, free).is_ok() && share.take(TIP, free).is_err());
        share.refund(TIP);
        assert!(share.take(TIP, free).is_ok());
    }
}
