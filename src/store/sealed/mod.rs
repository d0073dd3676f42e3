//! What a volume becomes when nobody writes to it any more: sled databases that are never opened where they lie.
//!
//! In: wrapped chunks by their place in the journal. Out: the same. Touches a volume's folder `sealed/` and scratch space.
//! A database is built in scratch space in one pass and closed ([`database`]), and copied to where it stays ([`copy`]). It is read from
//! another copy, whose values are put back to where they lay in the journal and kept for a while ([`restored`]). The thread that does all
//! this to a volume is the sealer (`sealer.rs`).

mod copy;
mod database;
mod restored;

pub(super) use copy::{copy_out, keep};
pub(super) use database::{SealedError, VALUE, build, read};
pub(super) use restored::{Restored, Values};

use std::io;
use std::path::Path;

use crate::disk::Disk;

/// The name of a database in a volume's folder, from where its first value began.
pub(crate) fn part_name(start: u64) -> String {
    format!("{start:016x}")
}

/// Where the databases in a folder begin, in order.
pub(crate) fn parts(disk: &dyn Disk, sealed: &Path) -> io::Result<Vec<u64>> {
    let entries = disk.list(sealed)?;
    let mut parts: Vec<u64> = entries.iter().filter_map(|entry| u64::from_str_radix(&entry.name, 16).ok()).collect();
    parts.sort_unstable();
    Ok(parts)
}
