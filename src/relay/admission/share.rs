//! What a day may bring: a number of bytes for large tips, and for text a part of the free disk that fills up again all the time.
//!
//! The arithmetic is in `docs/threat-model.md`, "Floods".

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use softinfo_base::clock::{Clock, SystemClock};
use softinfo_base::day::Day;

/// What is reserved at a time for a body that announced no length, or too little.
const STEP: u64 = 1 << 20;
const SECONDS_A_DAY: f64 = 86_400.0;

/// The share of large tips. What is under way is reserved; what didn't come, or was refused, is given back.
pub(super) struct LargeShare {
    limit: u64,
    state: Mutex<Today>,
}

struct Today {
    day: Day,
    /// Bytes that came, and bytes that were announced and have not come.
    came: u64,
    announced: u64,
}

/// Why there is no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Short {
    /// It came.
    Spent,
    /// It was announced and may still be given back.
    Announced,
}

/// A part of the share that one body has. What has not come of it is given back on drop.
pub(super) struct Part {
    share: Arc<LargeShare>,
    taken: Mutex<Taken>,
}

struct Taken {
    day: Day,
    came: u64,
    announced: u64,
}

impl LargeShare {
    pub fn new(limit: u64) -> Arc<Self> {
        Arc::new(Self { limit, state: Mutex::new(Today { day: SystemClock.today(), came: 0, announced: 0 }) })
    }

    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Bytes that nobody has.
    pub fn left(&self) -> u64 {
        let state = self.today();
        self.limit.saturating_sub(state.came.saturating_add(state.announced))
    }

    /// A part of so many bytes.
    pub fn reserve(self: &Arc<Self>, bytes: u64) -> Result<Part, Short> {
        let mut state = self.today();
        state.announce(bytes, self.limit)?;
        let taken = Mutex::new(Taken { day: state.day, came: 0, announced: bytes });
        Ok(Part { share: Arc::clone(self), taken })
    }

    fn today(&self) -> MutexGuard<'_, Today> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let day = SystemClock.today();
        if state.day != day {
            *state = Today { day, came: 0, announced: 0 };
        }
        state
    }
}

impl Today {
    fn announce(&mut self, bytes: u64, limit: u64) -> Result<(), Short> {
        if self.came.saturating_add(bytes) > limit || self.came >= limit {
            return Err(Short::Spent);
        }
        if self.came.saturating_add(self.announced).saturating_add(bytes) > limit {
            return Err(Short::Announced);
        }
        self.announced += bytes;
        Ok(())
    }
}

impl Part {
    /// So many bytes have come; `false` when that is more than there is.
    pub fn came(&self, bytes: u64) -> bool {
        let mut taken = self.lock();
        let mut state = self.share.today();
        if state.day != taken.day {
            // What comes after midnight is of the new day.
            *taken = Taken { day: state.day, came: 0, announced: 0 };
        }
        if bytes > taken.announced {
            let more = (bytes - taken.announced).max(STEP);
            if state.announce(more, self.share.limit).is_err() {
                return false;
            }
            taken.announced += more;
        }
        taken.announced -= bytes;
        taken.came += bytes;
        state.announced -= bytes;
        state.came += bytes;
        true
    }

    /// Gives all of it back: nothing was kept.
    pub fn refund(&self) {
        let mut taken = self.lock();
        let mut state = self.share.today();
        if state.day == taken.day {
            state.came -= taken.came;
        }
        taken.came = 0;
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let taken = self.lock();
        let mut state = self.share.today();
        if state.day == taken.day {
            state.announced -= taken.announced;
        }
    }
}

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

    #[test]
    fn large_tips_reserve_what_they_announce_and_give_back_what_did_not_come() {
        let share = LargeShare::new(10 << 20);
        let first = share.reserve(6 << 20).ok().unwrap();
        assert_eq!(share.reserve(5 << 20).err(), Some(Short::Announced));
        assert!(first.came(2 << 20));
        drop(first);
        assert_eq!(share.left(), 8 << 20);
        // Refused: nothing was kept of it.
        let refused = share.reserve(8 << 20).ok().unwrap();
        assert!(refused.came(8 << 20));
        assert_eq!(share.reserve(1).err(), Some(Short::Spent));
        refused.refund();
        drop(refused);
        assert_eq!(share.left(), 8 << 20);
    }

    #[test]
    fn a_body_without_a_length_reserves_as_it_comes_and_ends_with_the_share() {
        let share = LargeShare::new(3 << 20);
        let part = share.reserve(0).ok().unwrap();
        assert!(part.came(100) && part.came(STEP - 100) && part.came(2 << 20));
        assert!(!part.came(1));
        drop(part);
        assert_eq!(share.left(), 0);
        assert_eq!(share.reserve(0).err(), Some(Short::Spent));
    }

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
