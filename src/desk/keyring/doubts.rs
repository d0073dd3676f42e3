//! What somebody who has made keys may not have meant.

use std::fmt;

use softinfo_base::day::Day;
use softinfo_formats::directory::{Doubt, HolderId};

use super::Made;

/// Something about new keys that is allowed, and rarely meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyDoubt {
    /// Two of the holder's epochs have a day in common.
    Overlap(Doubt),
    /// No key holds today.
    NoneToday {
        /// The holder whose keys they are.
        holder: HolderId,
        /// The first day of the first new key.
        first: Day,
    },
    /// The holder has no name in any language.
    NoName(HolderId),
}

impl Made {
    /// What whoever made these keys `today` may not have meant. Without names where `profile` says that they came from a profile: then they were left
    /// out on purpose.
    #[must_use]
    pub fn doubts(&self, profile: bool, today: Day) -> Vec<KeyDoubt> {
        let holder = &self.holder;
        let mut doubts: Vec<_> = holder.overlaps().into_iter().map(KeyDoubt::Overlap).collect();
        if holder.epoch_on(today).is_none()
            && let Some(first) = self.epochs.first()
        {
            doubts.push(KeyDoubt::NoneToday { holder: holder.id.clone(), first: first.from });
        }
        if !profile && holder.names.is_empty() {
            doubts.push(KeyDoubt::NoName(holder.id.clone()));
        }
        doubts
    }
}

impl fmt::Display for KeyDoubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overlap(doubt) => doubt.fmt(f),
            Self::NoneToday { holder, first } => {
                write!(f, "none of these keys holds today: the first for {holder} begins on {first}")
            }
            Self::NoName(holder) => write!(f, "without --profile writers see only the id, {holder}"),
        }
    }
}
