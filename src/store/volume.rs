//! One sled database of bounded size, by the rules of `docs/store.md`: a large segment, small values, our own fdatasync.
//!
//! In: sealed chunks under `object || number`. Out: the same. It knows nothing of tips, ids or keys.

use std::fs::{self, File};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::StoreError;
use crate::day::Day;
use crate::file::{date, private_folder, sync_folder};

/// sled's unit of allocation. A page holds up to 26 values; above a quarter of a segment sled moves pages to
/// files that it never syncs. 26 × 16 KiB is below a quarter of 2 MiB.
const SEGMENT: usize = 2 * 1024 * 1024;
/// sled's cache in bytes. It keeps what a volume touched anyway, so a volume is bounded instead.
const CACHE: u64 = 8 * 1024 * 1024;
/// How long to wait for a lock that a closing database still holds.
const LOCK_WAIT: Duration = Duration::from_secs(5);

/// An open volume. Closed when the last reference goes.
pub(super) struct Volume {
    db: sled::Db,
    /// The same file sled writes; sled's own flush asks the kernel only, not the drive.
    file: File,
    blobs: PathBuf,
    written: AtomicU64,
    dirty: AtomicBool,
    flushing: Mutex<()>,
}

/// Key of a chunk in sled.
fn chunk_key(object: u64, number: u32) -> [u8; 12] {
    let mut key = [0; 12];
    key[..8].copy_from_slice(&object.to_be_bytes());
    key[8..].copy_from_slice(&number.to_be_bytes());
    key
}

impl Volume {
    /// Opens or creates the database in `folder`.
    ///
    /// # Errors
    /// Anything sled says, its panics included: the caller sets the volume aside and never recreates it.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let new = !folder.exists();
        private_folder(folder).map_err(StoreError::io(folder))?;
        let db = open_sled(folder)?;
        // sled opens a file in which it finds nothing of its own as an empty database, without a word.
        if !new && !db.was_recovered() {
            return Err(StoreError::Damaged);
        }
        let path = folder.join("db");
        let file = File::open(&path).map_err(StoreError::io(&path))?;
        let volume = Self {
            db,
            file,
            blobs: folder.join("blobs"),
            written: AtomicU64::new(0),
            dirty: AtomicBool::new(true),
            flushing: Mutex::default(),
        };
        if new {
            let conf = folder.join("conf");
            File::open(&conf).and_then(|file| file.sync_all()).map_err(StoreError::io(&conf))?;
            volume.make_durable()?;
            sync_folder(folder).map_err(StoreError::io(folder))?;
        }
        Ok(volume)
    }

    /// Stores one sealed chunk; durable after [`Volume::make_durable`].
    pub fn insert(&self, object: u64, number: u32, sealed: Vec<u8>) -> Result<(), StoreError> {
        self.written.fetch_add(sealed.len() as u64, Ordering::Relaxed);
        self.db.insert(chunk_key(object, number), sealed)?;
        // After the insert: a flush in between may be done once too often, never once too seldom.
        self.dirty.store(true, Ordering::Release);
        Ok(())
    }

    /// One sealed chunk, or `None` when it is not in this volume.
    pub fn get(&self, object: u64, number: u32) -> Result<Option<sled::IVec>, StoreError> {
        Ok(self.db.get(chunk_key(object, number))?)
    }

    /// Forgets the chunks of `object` from `first` on. sled may keep their bytes; without their key they are unreadable.
    pub fn remove_from(&self, object: u64, first: u32) -> Result<(), StoreError> {
        for number in first.. {
            let Some(old) = self.db.remove(chunk_key(object, number))? else { break };
            self.written.fetch_sub(old.len() as u64, Ordering::Relaxed);
            self.dirty.store(true, Ordering::Release);
        }
        Ok(())
    }

    /// Gives the file the time at which `day` began.
    pub fn date(&self, day: Day) {
        let _ = date(&self.file, day);
    }

    /// Bytes of payload in it.
    pub fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Flushes sled, then the drive. After an error the volume must not be used: a failed sync may not be retried.
    pub fn make_durable(&self) -> Result<(), StoreError> {
        // Whoever comes second waits until the first has really finished.
        let _one = self.flushing.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.dirty.swap(false, Ordering::AcqRel) {
            return Ok(());
        }
        self.db.flush()?;
        self.file.sync_data().map_err(StoreError::io(&self.blobs))?;
        // The rule about value and segment size keeps this folder empty; if it ever is not, sled has written what we didn't sync.
        match fs::read_dir(&self.blobs).map(|mut entries| entries.next().is_none()) {
            Ok(true) => Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            _ => Err(StoreError::Stopped),
        }
    }
}

fn open_sled(folder: &Path) -> Result<sled::Db, StoreError> {
    let config = sled::Config::new()
        .path(folder)
        .segment_size(SEGMENT)
        .cache_capacity(CACHE)
        .mode(sled::Mode::LowSpace)
        .flush_every_ms(None);
    let deadline = Instant::now() + LOCK_WAIT;
    loop {
        match catch_unwind(AssertUnwindSafe(|| config.open())) {
            Ok(Ok(db)) => return Ok(db),
            Ok(Err(sled::Error::Io(error))) if error.to_string().contains("could not acquire lock") => {
                if Instant::now() > deadline {
                    return Err(StoreError::InUse(folder.to_owned()));
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            Ok(Err(error)) => return Err(error.into()),
            Err(_) => return Err(StoreError::Damaged),
        }
    }
}
