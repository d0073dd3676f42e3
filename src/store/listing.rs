//! How couriers see the store: tips by the day of their arrival and then by id, and where in that order a page begins.
//!
//! In: a position. Out: what comes behind it. Touches nothing.

use softinfo_base::day::Day;
use softinfo_formats::envelope::id::TipId;

/// All that the store knows of a tip from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// The day it arrived.
    pub day: Day,
    /// SHA-256 of its bytes.
    pub id: TipId,
    /// Length of the tip in bytes.
    pub size: u64,
}

/// A position in the listing: behind a whole day, or behind one tip of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The day at which the position is.
    pub day: Day,
    /// The last tip seen of that day; `None` means all of them.
    pub id: Option<TipId>,
}

impl Cursor {
    /// Whether `listed` comes behind this position.
    #[must_use]
    pub fn is_before(&self, listed: &Listed) -> bool {
        match self.id {
            None => self.day < listed.day,
            Some(id) => (self.day, id) < (listed.day, listed.id),
        }
    }
}
