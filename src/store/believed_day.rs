//! Which day the store takes it to be, whatever the clock says. A clock that jumps ahead expires nothing by itself, and one that goes back dates
//! no tip into the past.
//!
//! In: what the clock says. Out: the day for new tips, and the day up to which tips may be expired. Touches the file `day`, which holds the
//! highest day that was ever believed, so that a restart knows it, too.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use super::disk::{Disk, Open, Trouble};
use super::mutex::lock;
use softinfo_base::day::Day;

/// Name of the file in the store's folder.
pub(super) const FILE: &str = "day";

/// The highest day that was believed, and how far ahead of it a clock may be.
pub(super) struct BelievedDay {
    highest: Mutex<Highest>,
    /// Days by which the clock may be ahead of the highest one.
    leap: i64,
    file: PathBuf,
    folder: PathBuf,
    scratch: PathBuf,
}

#[derive(Clone, Copy)]
struct Highest {
    day: Day,
    /// At the last look the clock was too far ahead to be believed.
    is_held: bool,
}

/// What a look at the clock led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Looked {
    /// What expires on this day or before may be erased.
    pub today: Day,
    /// The clock is too far ahead to be believed, and was not at the look before: somebody has to be told.
    pub newly_held: bool,
}

impl BelievedDay {
    /// Reads the file. Where there is none, the latest day of a volume is the highest; in an empty store it is `clock`.
    ///
    /// # Errors
    /// The file can't be read, or holds no day.
    pub fn open(disk: &dyn Disk, store: &Path, latest: Option<Day>, clock: Day, leap: i64) -> io::Result<Self> {
        let (file, scratch) = (store.join(FILE), store.join("scratch").join("day"));
        let day = kept(disk, store)?.or(latest).unwrap_or(clock);
        Ok(Self { highest: Mutex::new(Highest { day, is_held: false }), leap, file, folder: store.to_owned(), scratch })
    }

    /// The day for a tip that comes now: that of the clock, but none before the highest that was believed, and none further ahead of it than may be
    /// believed. Couriers list from the latest day that they know, so a tip that was dated too far ahead would hide those after it.
    pub fn for_tips(&self, clock: Day) -> Day {
        let highest = self.lock().day;
        clock.clamp(highest, highest.plus(self.leap))
    }

    /// Looks at the clock, and believes it unless it is too far ahead; with `accept` it is believed wherever it is. What is believed is in the
    /// file before this returns, unless it can't be written just now, for example on a full disk.
    pub fn look(&self, disk: &dyn Disk, clock: Day, accept: bool) -> io::Result<Looked> {
        let mut highest = self.lock();
        let too_far = clock > highest.day.plus(self.leap) && !accept;
        let newly_held = too_far && !highest.is_held;
        highest.is_held = too_far;
        if !too_far && (clock > highest.day || newly_made(disk, &self.file)?) {
            let day = clock.max(highest.day);
            // On a full disk the day is believed all the same, until the next start: what expires then makes room.
            match self.keep(disk, day) {
                Err(error) if Trouble::of(&error) == Trouble::Failed => return Err(error),
                _ => highest.day = day,
            }
        }
        Ok(Looked { today: highest.day, newly_held })
    }

    /// Makes `day` durable in the file, which is replaced in one step.
    fn keep(&self, disk: &dyn Disk, day: Day) -> io::Result<()> {
        if let Err(error) = disk.remove_file(&self.scratch)
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(error);
        }
        let file = disk.open(&self.scratch, Open::New)?;
        file.write_all_at(format!("{day}\n").as_bytes(), 0)?;
        file.sync()?;
        disk.rename(&self.scratch, &self.file)?;
        disk.sync_folder(&self.folder)?;
        disk.date(&self.file, day);
        disk.date(&self.folder, day);
        Ok(())
    }

    /// The highest day that was believed, when the clock is too far ahead of it.
    pub fn held(&self) -> Option<Day> {
        let highest = *self.lock();
        highest.is_held.then_some(highest.day)
    }

    fn lock(&self) -> MutexGuard<'_, Highest> {
        lock(&self.highest)
    }
}

/// The day that the file of a store holds; `None` when there is no file.
///
/// # Errors
/// It can't be read, or holds no day.
pub(super) fn kept(disk: &dyn Disk, store: &Path) -> io::Result<Option<Day>> {
    let mut text = [0; 11];
    match disk.open(&store.join(FILE), Open::Read) {
        Ok(opened) => {
            opened.read_exact_at(&mut text, 0)?;
            let day = std::str::from_utf8(&text).ok().and_then(|text| text.trim_end().parse().ok());
            day.map(Some).ok_or_else(|| io::ErrorKind::InvalidData.into())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether the file is still to be made, in a store that is new.
fn newly_made(disk: &dyn Disk, file: &Path) -> io::Result<bool> {
    match disk.open(file, Open::Read) {
        Ok(_) => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAP: i64 = 14;
    use crate::disk::RealDisk;

    #[test]
    fn a_clock_that_jumps_is_not_believed_until_somebody_says_so() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("scratch")).unwrap();
        let first: Day = "2026-11-23".parse().unwrap();
        let open = |clock| BelievedDay::open(&RealDisk, folder.path(), None, clock, LEAP).unwrap();
        let look = |believed: &BelievedDay, day, accept| believed.look(&RealDisk, day, accept).unwrap();
        let believed = open(first);
        assert_eq!(look(&believed, first, false), Looked { today: first, newly_held: false });
        // Two weeks later it goes on by itself; a year later it does not, however often it is started or looked at.
        let later = first.plus(LEAP);
        assert_eq!(look(&open(later), later, false).today, later);
        let year = first.plus(365);
        let believed = open(year);
        assert_eq!(look(&believed, year, false), Looked { today: later, newly_held: true });
        assert_eq!(look(&believed, year.plus(1), false), Looked { today: later, newly_held: false });
        assert_eq!((believed.held(), believed.for_tips(year)), (Some(later), later.plus(LEAP)));
        assert_eq!(look(&open(year), year, false).today, later);
        // The clock was set right again.
        assert_eq!(look(&believed, later.plus(1), false).today, later.plus(1));
        assert_eq!(believed.held(), None);
        // It was right after all.
        assert_eq!(look(&open(year), year, true).today, year);
        assert_eq!(look(&open(year), year, false).today, year);
        // Back to the first day of all: nothing is dated into the past.
        let believed = open("1970-01-01".parse().unwrap());
        assert_eq!(believed.for_tips("1970-01-01".parse().unwrap()), year);
        assert_eq!(look(&believed, first, false).today, year);
    }

    #[test]
    fn a_file_without_a_day_in_it_is_an_error_and_not_another_day() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("day"), "yesterday\n\n").unwrap();
        let opened = BelievedDay::open(&RealDisk, folder.path(), None, "2026-11-23".parse().unwrap(), LEAP);
        assert_eq!(opened.err().unwrap().kind(), io::ErrorKind::InvalidData);
    }
}
