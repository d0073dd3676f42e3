//! What is known of the slots: the volumes, the index over them, and what can't be read or has not read back.
//!
//! In: what a scan of the slots has shown. Out: volumes and places by number, id and digest. Touches nothing: it is in memory, behind the
//! ledger's lock, and built anew at each start.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use super::index::{Index, Place};
use super::volume::Volume;
use softinfo_base::day::Day;

/// What is known of the slots.
#[derive(Default)]
pub(super) struct Known {
    pub index: Index,
    /// By number.
    pub volumes: BTreeMap<u32, Arc<Volume>>,
    /// Volumes whose slots can't be read, by number, with the last day on which a tip in them may expire.
    pub unreadable: BTreeMap<u32, (PathBuf, Day)>,
    /// Tips that did not read back as they were written: not listed any more, but still erasable.
    pub damaged: BTreeSet<Place>,
    /// Above the number of every volume that was there at the start, or was made since.
    pub next_number: u32,
}

impl Known {
    /// A number for a new volume, which no other has had.
    pub const fn take_number(&mut self) -> u32 {
        self.next_number += 1;
        self.next_number - 1
    }
}
