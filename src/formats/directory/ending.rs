//! What of a directory ends soon: its own last day, and the last day on which a holder has a key.

use std::fmt;

use softinfo_base::day::Day;

use super::holder::{Contents, Holder};
use super::names::HolderId;

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
        /// The holder whose keys they are.
        holder: HolderId,
        /// The last day with a key.
        on: Day,
    },
    /// Nobody can write to this holder today.
    NoKey {
        /// The holder whose keys they are.
        holder: HolderId,
    },
}

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

impl Contents {
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
    use crate::directory::example::{changed, day};

    #[test]
    fn what_ends_is_named_from_thirty_days_before_and_goes_on_being_named_after() {
        let contents = changed(|contents| contents.expires = day("2027-03-01"));
        let on = contents.expires;
        assert_eq!(contents.endings(day("2027-01-29"), 30), []);
        assert_eq!(contents.endings(day("2027-01-30"), 30), [Ending::DirectoryEnds { on }]);
        assert_eq!(contents.endings(on, 30), [Ending::DirectoryEnds { on }]);
        assert_eq!(contents.endings(day("2027-03-02"), 30), [Ending::DirectoryEnded { on }]);
    }

    #[test]
    fn keys_end_at_the_first_gap_between_two() {
        let mut contents = changed(|contents| contents.expires = day("2034-12-31"));
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
