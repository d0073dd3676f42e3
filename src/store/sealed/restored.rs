//! Values of sealed databases, put back to where they lay in the journal: files in scratch space without a name, a few of which are kept.
//!
//! In: a volume's number and a place in its journal. Out: the file that holds the place, where one is kept. Touches scratch space only.
//! So a tip is read alike from a journal and from a database, and memory does not follow the number of readers.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use crate::mutex::lock;

/// Files with restored values that are kept, those read last: couriers read a day's tips by id, from volumes all over.
const KEPT: usize = 16;

/// Values of sealed databases, put back to where they lay in the journal.
pub(crate) struct Restored {
    /// Where sled may work.
    pub scratch: PathBuf,
    kept: Mutex<VecDeque<Arc<Values>>>,
    /// Number of the next folder in scratch space.
    next: AtomicU64,
}

/// The values of one database of a volume.
pub(crate) struct Values {
    /// Its number.
    pub volume: u32,
    /// Where in the journal they lay, to where the next database begins.
    pub extent: Range<u64>,
    /// The same bytes, from the beginning of `extent`.
    pub file: File,
}

impl Values {
    /// Fills `bytes` from where they lay in the journal, which is within `extent`.
    pub fn read_exact_at(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        FileExt::read_exact_at(&self.file, bytes, at - self.extent.start)
    }
}

impl Restored {
    /// Keeps nothing yet.
    pub fn new(scratch: PathBuf) -> Self {
        Self { scratch, kept: Mutex::default(), next: AtomicU64::new(0) }
    }

    /// A folder that nobody else has, for a copy that sled may write to.
    pub fn new_folder(&self) -> PathBuf {
        self.scratch.join(format!("sled-{}", self.next.fetch_add(1, Ordering::Relaxed)))
    }

    /// Forgets what is kept of a volume.
    pub fn forget(&self, volume: u32) {
        lock(&self.kept).retain(|values| values.volume != volume);
    }

    /// The values of a volume that hold `at`, where they are kept.
    pub fn find(&self, volume: u32, at: u64) -> Option<Arc<Values>> {
        let mut kept = lock(&self.kept);
        let found = kept.iter().position(|values| values.volume == volume && values.extent.contains(&at))?;
        let found = kept.remove(found)?;
        kept.push_front(Arc::clone(&found));
        Some(found)
    }

    /// Keeps them, and forgets those that were read longest ago.
    pub fn keep(&self, values: &Arc<Values>) {
        let mut kept = lock(&self.kept);
        kept.truncate(KEPT - 1);
        kept.push_front(Arc::clone(values));
    }
}
