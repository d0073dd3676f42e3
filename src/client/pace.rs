//! How slowly bytes may come before nobody waits for them any longer.
//!
//! In: how many came, and when. Out: whether that is still a transfer. A silence has a limit of its own; this is for a line on which something always
//! comes and never enough, so that no silence ends it.

use std::io::{self, Read};
use std::time::{Duration, Instant};

use softinfo_base::limits::{SLOWEST_BYTES, SLOWEST_WINDOW};

/// The fewest bytes that have to come in each window of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Floor {
    /// Fewest bytes in a window.
    pub bytes: u64,
    /// How long a window is.
    pub window: Duration,
}

impl Floor {
    /// Half of it, for an answer that has to begin anew when it is given up. The largest directory is through at 1.1 kB a second.
    pub(crate) const fn of_answers(self) -> Self {
        Self { bytes: self.bytes / 2, window: self.window }
    }
}

impl Default for Floor {
    fn default() -> Self {
        Self { bytes: SLOWEST_BYTES, window: SLOWEST_WINDOW }
    }
}

/// Fewer bytes came than a transfer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{} in {}, where {} are the fewest", size(*.came), time(*.after), size(.floor.bytes))]
pub struct TooSlow {
    /// Bytes that came in the window.
    pub came: u64,
    /// How long the window was by then.
    pub after: Duration,
    /// What would have been enough.
    pub floor: Floor,
}

/// A number of bytes, in words.
fn size(bytes: u64) -> String {
    match bytes {
        1 => "1 byte".to_owned(),
        ..1024 => format!("{bytes} bytes"),
        _ => format!("{} KiB", bytes / 1024),
    }
}

/// How long something took, in words.
fn time(time: Duration) -> String {
    match time.as_secs() {
        seconds @ ..120 => format!("{seconds} s"),
        seconds => format!("{} minutes", seconds / 60),
    }
}

/// How much has come in the window that is under way. Whoever keeps one for several connections counts them as one transfer.
#[derive(Debug)]
pub struct Pace {
    floor: Floor,
    began: Instant,
    came: u64,
}

impl Pace {
    /// A window begins `now`.
    #[must_use]
    pub const fn new(floor: Floor, now: Instant) -> Self {
        Self { floor, began: now, came: 0 }
    }

    /// Leaves `time` out of the window: this machine was busy with something else, and nothing could come.
    pub fn pass_over(&mut self, time: Duration) {
        self.began += time;
    }

    /// Counts bytes that have come, and looks at the window `now`.
    ///
    /// # Errors
    /// The window is over, and fewer came in it than have to.
    pub fn came(&mut self, bytes: u64, now: Instant) -> Result<(), TooSlow> {
        self.came = self.came.saturating_add(bytes);
        let after = now.saturating_duration_since(self.began);
        if after < self.floor.window {
            return Ok(());
        }
        if self.came < self.floor.bytes {
            return Err(TooSlow { came: self.came, after, floor: self.floor });
        }
        *self = Self::new(self.floor, now);
        Ok(())
    }
}

/// A source that fails, with [`TooSlow`] inside, when too little comes. The end of the source is never too slow.
pub(crate) struct Paced<'a, R> {
    pub source: R,
    pub pace: &'a mut Pace,
}

impl<R: Read> Read for Paced<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        if read > 0 {
            self.pace.came(read as u64, Instant::now()).map_err(io::Error::other)?;
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A byte a second, as long as it is waited for; seconds after which it no longer is.
    fn drips(pace: &mut Pace, began: Instant) -> Option<u64> {
        (1..=10_000).find(|second| pace.came(1, began + Duration::from_secs(*second)).is_err())
    }

    #[test]
    fn what_drips_is_waited_for_one_window_long_and_what_flows_for_ever() {
        let (floor, began) = (Floor { bytes: 1000, window: Duration::from_mins(1) }, Instant::now());
        assert_eq!(drips(&mut Pace::new(floor, began), began), Some(60));
        // What came fast at first doesn't pay for later.
        let mut pace = Pace::new(floor, began);
        pace.came(1_000_000, began).unwrap();
        assert_eq!(drips(&mut pace, began), Some(120));
        // All of a window at its very end is enough, and silence within one hurts nobody.
        let mut pace = Pace::new(floor, began);
        for minute in 1..1000 {
            pace.came(1000, began + Duration::from_secs(61 * minute)).unwrap();
        }
        let mut pace = Pace::new(floor, began);
        let slow = pace.came(999, began + Duration::from_secs(61)).unwrap_err();
        assert_eq!(slow.to_string(), "999 bytes in 61 s, where 1000 bytes are the fewest");
        let slow = Pace::new(Floor::default(), began).came(1, began + Duration::from_secs(610)).unwrap_err();
        assert_eq!(slow.to_string(), "1 byte in 10 minutes, where 1280 KiB are the fewest");
        // What went by with something else is no slowness of the line.
        let mut pace = Pace::new(floor, began);
        pace.pass_over(Duration::from_secs(100));
        assert_eq!(drips(&mut pace, began), Some(160));
    }

    #[test]
    fn the_end_of_a_short_answer_is_never_too_slow() {
        let never = Floor { bytes: u64::MAX, window: Duration::ZERO };
        let mut read = Vec::new();
        let mut pace = Pace::new(never, Instant::now());
        Paced { source: &b""[..], pace: &mut pace }.read_to_end(&mut read).unwrap();
        let error = Paced { source: &b"abc"[..], pace: &mut pace }.read_to_end(&mut read).unwrap_err();
        assert!(error.get_ref().unwrap().is::<TooSlow>());
    }
}
