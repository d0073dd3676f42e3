//! How a store behaves: how long it keeps, how much it takes, how far a clock may be ahead.
//!
//! In: what the operator has set. Out: typed fields with their units; the defaults are here and nowhere else. Touches nothing.

use std::path::PathBuf;
use std::time::Duration;

/// How a pool behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Days for which a tip is kept.
    pub retention_days: u32,
    /// Up to so many days more, drawn for each volume, so that an expiry says little about the day of arrival.
    pub jitter_days: u32,
    /// Payload bytes after which a volume is closed and sealed.
    pub volume_bytes: u64,
    /// Free bytes on the file system below which nothing is accepted.
    pub floor_bytes: u64,
    /// Days by which the clock may be ahead of the highest day that was believed, at the start or between two looks. While it is further
    /// ahead, nothing expires. Two weeks: a relay that was off over a holiday goes on by itself.
    pub leap_days: u32,
    /// Whether the clock is believed at this start, however far ahead it is.
    pub accept_date: bool,
    /// Whether a thread seals what waits; without it, only [`Pool::seal_all`](super::pool::Pool::seal_all) does.
    pub seals: bool,
    /// How long the sealer waits before it tries a volume again that it could not seal.
    pub seal_again: Duration,
    /// Folder in which sled may work. What is in it need not outlive the process. `None` is `scratch/` in the store's folder.
    pub scratch: Option<PathBuf>,
    /// Called each time a sled database was closed; a program may give its memory back to the system here.
    pub after_close: fn(),
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            retention_days: 90,
            jitter_days: 7,
            volume_bytes: 16 << 20,
            floor_bytes: 256 << 20,
            leap_days: 14,
            accept_date: false,
            seals: true,
            seal_again: Duration::from_mins(10),
            scratch: None,
            after_close: || (),
        }
    }
}

impl Settings {
    /// Most days for which a tip is kept.
    pub(super) fn longest(&self) -> i64 {
        i64::from(self.retention_days) + i64::from(self.jitter_days)
    }
}
