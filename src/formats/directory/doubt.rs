//! What the maker of a directory or of keys may not have meant: allowed, and rarely wished for.

use std::fmt;

use softinfo_base::day::Day;

use super::holder::{Contents, Epoch, Holder};
use super::names::{EpochId, HolderId};

/// Most days for which a directory should hold.
const A_YEAR: i64 = 366;

/// Something in a directory that is being made, or in a holder's keys, that its maker may not have meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// Nobody can write to this holder on the first day.
    NoKeyOn {
        /// The holder whose keys they are.
        holder: HolderId,
        /// The first day, or today.
        day: Day,
    },
    /// A day without a key, before the directory ends.
    KeysEndFirst {
        /// The holder whose keys they are.
        holder: HolderId,
        /// The last day with a key.
        on: Day,
        /// Whether later days have one again.
        gap: bool,
    },
    /// Two epochs have a day in common.
    Overlap {
        /// The holder whose keys they are.
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

impl Holder {
    /// Epochs that have days in common.
    #[must_use]
    pub fn overlaps(&self) -> Vec<Doubt> {
        let mut epochs: Vec<_> = self.epochs.iter().collect();
        epochs.sort_by_key(|epoch| epoch.from);
        let pairs = epochs.iter().zip(epochs.iter().skip(1)).filter(|(one, next)| one.until >= next.from);
        let named = |(one, next): (&&Epoch, &&Epoch)| Doubt::Overlap {
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::example::{changed, day};

    #[test]
    fn what_the_maker_may_not_have_meant_is_named() {
        let today = day("2026-11-29");
        let mut contents = changed(|contents| contents.expires = day("2027-06-30"));
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
}
