//! What a day may bring of large tips: a number of bytes, counted anew at midnight (UTC) and at each start.
//!
//! In: bytes that are announced, and that come. Out: whether there is enough left. Touches nothing.
//!
//! The arithmetic is in `docs/threat-model.md`, "Floods".

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use softinfo_base::clock::Clock;
use softinfo_base::day::Day;

/// What is reserved at a time for a body that announced no length, or too little.
const STEP: u64 = 1 << 20;

/// The share of large tips. What is under way is reserved; what didn't come, or was refused, is given back.
pub(super) struct LargeShare {
    limit: u64,
    clock: Arc<dyn Clock>,
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
    /// `limit` bytes for each of the clock's days.
    pub fn new(limit: u64, clock: Arc<dyn Clock>) -> Arc<Self> {
        let state = Mutex::new(Today { day: clock.today(), came: 0, announced: 0 });
        Arc::new(Self { limit, clock, state })
    }

    /// Bytes of a day.
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
        let day = self.clock.today();
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

#[cfg(test)]
mod tests {
    use softinfo_base::clock::{HandSetClock, SystemClock};

    use super::*;

    fn share(limit: u64) -> Arc<LargeShare> {
        LargeShare::new(limit, Arc::new(SystemClock))
    }

    #[test]
    fn large_tips_reserve_what_they_announce_and_give_back_what_did_not_come() {
        let share = share(10 << 20);
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
        let share = share(3 << 20);
        let part = share.reserve(0).ok().unwrap();
        assert!(part.came(100) && part.came(STEP - 100) && part.came(2 << 20));
        assert!(!part.came(1));
        drop(part);
        assert_eq!(share.left(), 0);
        assert_eq!(share.reserve(0).err(), Some(Short::Spent));
    }

    #[test]
    fn at_midnight_the_share_is_whole_again_and_what_comes_of_an_upload_after_it_is_of_the_new_day() {
        let day: Day = "2026-11-24".parse().unwrap();
        let clock = Arc::new(HandSetClock::at(day));
        let share = LargeShare::new(10 << 20, Arc::<HandSetClock>::clone(&clock));
        let upload = share.reserve(6 << 20).ok().unwrap();
        assert!(upload.came(4 << 20));
        let spent = share.reserve(4 << 20).ok().unwrap();
        assert!(spent.came(4 << 20));
        drop(spent);
        clock.set(day.plus(1));
        assert_eq!(share.left(), 10 << 20);
        assert!(upload.came(2 << 20));
        assert_eq!(share.left(), 8 << 20);
        // What it gives back is of the new day alone.
        upload.refund();
        drop(upload);
        assert_eq!(share.left(), 10 << 20);
    }
}
