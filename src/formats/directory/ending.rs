//! What of a directory ends soon: its own last day, and the last day on which a holder has a key.

use std::fmt;

use softinfo_base::day::Day;

use super::holder::{Contents, Holder};
use super::names::{EpochId, HolderId};

/// Something that writers need and that ends, or has ended. Days are last days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The directory will be refused by writers.
    DirectoryEnds {
        /// Its last day.
        on: Day,
    },
    /// The directory is refused by writers.
    DirectoryEnded {
        /// Its last day.
        on: Day,
    },
    /// Nobody will be able to write to this holder.
    KeysEnd {
        /// Whose keys.
        holder: HolderId,
        /// The last day with a key.
        on: Day,
    },
    /// Nobody can write to this holder today.
    NoKey {
        /// Whose keys.
        holder: HolderId,
    },
}

/// Something in a directory that is being made, or in a holder's keys, that its maker may not have meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// Nobody can write to this holder on the first day.
    NoKeyOn {
        /// Whose keys.
        holder: HolderId,
        /// The first day, or today.
        day: Day,
    },
    /// A day without a key, before the directory ends.
    KeysEndFirst {
        /// Whose keys.
        holder: HolderId,
        /// The last day with a key.
        on: Day,
        /// Whether later days have one again.
        gap: bool,
    },
    /// Two epochs have a day in common.
    Overlap {
        /// Whose keys.
        holder: HolderId,
        /// The epochs' names, the one that begins first first.
        epochs: (EpochId, EpochId),
    },
    /// It holds for more than a year from today.
    Long {
        /// Its last day.
        on: Day,
    },
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoKeyOn { holder, day } => {
                write!(f, "{holder} has no key for {day}: nobody can write to this holder then")
            }
            Self::KeysEndFirst { holder, on, gap: false } => {
                write!(
                    f,
                    "the keys of {holder} end on {on}, before the directory does: from then on nobody can write to this holder"
                )
            }
            Self::KeysEndFirst { holder, on, gap: true } => {
                write!(
                    f,
                    "the keys of {holder} have a gap after {on}: nobody can write to this holder until the next one begins"
                )
            }
            Self::Overlap { holder, epochs: (one, other) } => {
                write!(
                    f,
                    "the epochs {one} and {other} of {holder} overlap: on the days of both writers take the one that began last"
                )
            }
            Self::Long { on } => write!(
                f,
                "the directory is valid until {on}, more than a year from now: whoever has kept it uses old keys until then"
            ),
        }
    }
}

/// Most days for which a directory should hold.
const A_YEAR: i64 = 366;

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DirectoryEnds { on } => write!(f, "the directory expires on {on}: sign a new one in time"),
            Self::DirectoryEnded { on } => {
                write!(
                    f,
                    "the directory expired on {on}: writers refuse it; sign a new one, put it in place and reload"
                )
            }
            Self::KeysEnd { holder, on } => write!(
                f,
                "the last key of {holder} ends on {on}: from then on nobody can write to this holder; make keys, and a directory with them"
            ),
            Self::NoKey { holder } => write!(
                f,
                "{holder} has no key that holds today: nobody can write to this holder; make keys, and a directory with them"
            ),
        }
    }
}

impl Holder {
    /// The last day up to which there is a key for every day from `from` on; the day before `from` when there is none for it.
    #[must_use]
    pub fn keys_last_until(&self, from: Day) -> Day {
        let mut last = from.plus(-1);
        let holding = |day: Day| self.epochs.iter().filter(move |epoch| epoch.from <= day && day <= epoch.until);
        // The calendar has an end, at which the next day is the same.
        while let Some(until) = holding(last.plus(1)).map(|epoch| epoch.until).max().filter(|until| *until > last) {
            last = until;
        }
        last
    }
}

impl Holder {
    /// Epochs that have days in common.
    #[must_use]
    pub fn overlaps(&self) -> Vec<Doubt> {
        let mut epochs: Vec<_> = self.epochs.iter().collect();
        epochs.sort_by_key(|epoch| epoch.from);
        let pairs = epochs.iter().zip(epochs.iter().skip(1)).filter(|(one, next)| one.until >= next.from);
        let named = |(one, next): (&&super::Epoch, &&super::Epoch)| Doubt::Overlap {
            holder: self.id.clone(),
            epochs: (one.epoch.clone(), next.epoch.clone()),
        };
        pairs.map(named).collect()
    }
}

impl Contents {
    /// What whoever makes this directory `today` may not have meant.
    #[must_use]
    pub fn doubts(&self, today: Day) -> Vec<Doubt> {
        let first = today.max(self.issued);
        let mut doubts = Vec::new();
        for holder in &self.holders {
            let (on, id) = (holder.keys_last_until(first), holder.id.clone());
            if on < first {
                doubts.push(Doubt::NoKeyOn { holder: id, day: first });
            } else if on < self.expires {
                let gap = holder.epochs.iter().any(|epoch| epoch.from > on);
                doubts.push(Doubt::KeysEndFirst { holder: id, on, gap });
            }
            doubts.extend(holder.overlaps());
        }
        if self.expires > today.plus(A_YEAR) {
            doubts.push(Doubt::Long { on: self.expires });
        }
        doubts
    }

    /// What has ended, or ends within `days` days from `today`.
    #[must_use]
    pub fn endings(&self, today: Day, days: i64) -> Vec<Ending> {
        let soon = today.plus(days);
        let on = self.expires;
        let directory = if on < today {
            Some(Ending::DirectoryEnded { on })
        } else {
            (on <= soon).then_some(Ending::DirectoryEnds { on })
        };
        let keys = self.holders.iter().filter_map(|holder| {
            let (on, holder) = (holder.keys_last_until(today), holder.id.clone());
            if on < today {
                Some(Ending::NoKey { holder })
            } else {
                (on <= soon).then_some(Ending::KeysEnd { holder, on })
            }
        });
        directory.into_iter().chain(keys).collect()
    }

    /// The last day on which every holder has a key; before `today` when one has none now.
    #[must_use]
    pub fn keys_last_until(&self, today: Day) -> Day {
        self.holders.iter().map(|holder| holder.keys_last_until(today)).min().unwrap_or(self.expires)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::UntrustedDirectory;

    fn example(change: impl FnOnce(&mut Contents)) -> Contents {
        let directory = UntrustedDirectory::parse(crate::example_keys::DIRECTORY).unwrap();
        let mut contents = directory.verify(&crate::example_keys::root().unwrap()).unwrap().contents().clone();
        contents.holders.truncate(1);
        change(&mut contents);
        contents
    }

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn what_ends_is_named_from_thirty_days_before_and_goes_on_being_named_after() {
        let contents = example(|contents| contents.expires = day("2027-03-01"));
        let on = contents.expires;
        assert_eq!(contents.endings(day("2027-01-29"), 30), []);
        assert_eq!(contents.endings(day("2027-01-30"), 30), [Ending::DirectoryEnds { on }]);
        assert_eq!(contents.endings(on, 30), [Ending::DirectoryEnds { on }]);
        assert_eq!(contents.endings(day("2027-03-02"), 30), [Ending::DirectoryEnded { on }]);
    }

    #[test]
    fn what_the_maker_may_not_have_meant_is_named() {
        let today = day("2026-11-29");
        let mut contents = example(|contents| contents.expires = day("2027-06-30"));
        assert_eq!(contents.doubts(today), []);
        let holder = contents.holders[0].id.clone();
        contents.holders[0].epochs[0].until = day("2027-01-31");
        contents.holders[0].epochs[1].from = day("2027-03-01");
        let on = day("2027-01-31");
        assert_eq!(contents.doubts(today), [Doubt::KeysEndFirst { holder: holder.clone(), on, gap: true }]);
        let epochs = contents.holders[0].epochs.clone();
        contents.holders[0].epochs.truncate(1);
        assert_eq!(contents.doubts(today), [Doubt::KeysEndFirst { holder: holder.clone(), on, gap: false }]);
        contents.holders[0].epochs = vec![epochs[1].clone()];
        assert_eq!(contents.doubts(today), [Doubt::NoKeyOn { holder: holder.clone(), day: today }]);
        contents.holders[0].epochs = epochs;
        contents.holders[0].epochs[1].from = on;
        let names = contents.holders[0].epochs.iter().map(|epoch| epoch.epoch.clone()).collect::<Vec<_>>();
        let overlap = Doubt::Overlap { holder, epochs: (names[0].clone(), names[1].clone()) };
        assert_eq!(contents.doubts(today), std::slice::from_ref(&overlap));
        contents.expires = day("2027-12-01");
        assert_eq!(contents.doubts(today), [overlap, Doubt::Long { on: contents.expires }]);
    }

    #[test]
    fn keys_end_at_the_first_gap_between_two() {
        let mut contents = example(|contents| contents.expires = day("2034-12-31"));
        let holder = contents.holders[0].id.clone();
        assert_eq!(contents.keys_last_until(day("2026-01-01")), day("2035-12-31"), "one follows the other");
        contents.holders[0].epochs[1].from = day("2031-01-05");
        let on = day("2030-12-31");
        assert_eq!(contents.endings(day("2030-12-01"), 30), [Ending::KeysEnd { holder: holder.clone(), on }]);
        assert_eq!(contents.endings(day("2031-01-02"), 30), [Ending::NoKey { holder: holder.clone() }]);
        assert_eq!(contents.endings(day("2031-01-05"), 30), []);
        // The end of the calendar is an end.
        contents.holders[0].epochs[1].until = day("9999-12-31");
        assert_eq!(contents.keys_last_until(day("2031-01-05")), day("9999-12-31"));
        contents.holders[0].epochs.clear();
        assert_eq!(contents.endings(day("2026-01-01"), 30), [Ending::NoKey { holder }]);
    }
}
