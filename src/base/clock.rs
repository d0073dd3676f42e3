//! Which day it is: asked of an argument everywhere, so that a test can turn it.

use std::fmt;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::SystemTime;

use crate::day::Day;

/// Says which day it is. What depends on the day takes one, so that a test can turn it.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The day that it is, in UTC.
    fn today(&self) -> Day;
}

/// The computer's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn today(&self) -> Day {
        Day::of(SystemTime::now())
    }
}

/// A clock that stands until it is set, for tests.
#[derive(Debug)]
pub struct HandSetClock(AtomicI32);

impl HandSetClock {
    /// Stands at `day`.
    #[must_use]
    pub fn at(day: Day) -> Self {
        Self(AtomicI32::new(day.number()))
    }

    /// Sets it, forward or back.
    pub fn set(&self, day: Day) {
        self.0.store(day.number(), Ordering::SeqCst);
    }
}

impl Clock for HandSetClock {
    fn today(&self) -> Day {
        Day::from_number(self.0.load(Ordering::SeqCst)).unwrap_or(Day::LAST)
    }
}
