//! A sealed database: wrapped chunks in sled, under the place in the journal where they began. The one place that knows sled.
//!
//! In: values in the order of their keys. Out: the same, to the end or not at all. Touches the folder in scratch space that it is given:
//! sled writes even when it only reads (`docs/store.md`, section 2), so what stays is only ever a copy ([`super::copy`]).
//! It knows nothing of tips, ids or keys.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

/// sled's unit of allocation: this takes the least room (measured, `docs/performance.md`). That sled then keeps large pages in files
/// of their own does no harm here, where every file is synced before it counts and written by nobody afterwards.
const SEGMENT: usize = 128 * 1024;
/// Most bytes of a value: what is added to a page must stay below a quarter of a segment, or it has a file of its own before the page has,
/// and takes twice the room.
pub(crate) const VALUE: usize = 31_000;
/// Values after which sled is made to write what it holds. Left to its own threads, it forgets to remove pages that it has replaced when
/// it is fed faster than they write: on a busy machine a database took up to 2.7 times its payload, and with this 1.3.
const WRITTEN_OUT: usize = 16;
/// sled's cache in bytes. It keeps what a database touched anyway, so the database is bounded instead.
const CACHE: u64 = 1 << 20;
/// How long to wait for a lock that a closing database still holds.
const LOCK_WAIT: Duration = Duration::from_secs(5);

/// Why a database could not be made or read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SealedError {
    /// What is in it is not what was put there, or no database at all.
    #[error("damaged")]
    Damaged,
    /// The system said no; that may pass.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl From<sled::Error> for SealedError {
    fn from(error: sled::Error) -> Self {
        match error {
            // What the system said, and not what sled found in its files.
            sled::Error::Io(error) if error.raw_os_error().is_some() => Self::Io(error),
            _ => Self::Damaged,
        }
    }
}

/// Builds a database in the new folder `at` from values in the order of their keys, and closes it. Nothing of it is durable.
pub(crate) fn build(
    at: &Path,
    values: &mut dyn Iterator<Item = io::Result<(u64, Vec<u8>)>>,
) -> Result<(), SealedError> {
    guarded(|| {
        let db = open(at)?;
        for (number, value) in values.enumerate() {
            let (key, value) = value?;
            db.insert(key.to_be_bytes(), value)?;
            if (number + 1).is_multiple_of(WRITTEN_OUT) {
                db.flush()?;
            }
        }
        db.flush()?;
        Ok(())
    })
}

/// Reads a database in `at` from its beginning to its end. sled may write to it: `at` is a copy.
pub(crate) fn read(at: &Path, mut each: impl FnMut(u64, &[u8]) -> Result<(), SealedError>) -> Result<(), SealedError> {
    guarded(|| {
        let db = open(at)?;
        // sled opens a file in which it finds nothing of its own as an empty database, without a word.
        if !db.was_recovered() {
            return Err(SealedError::Damaged);
        }
        for value in db.iter() {
            let (key, value) = value?;
            let key = <[u8; 8]>::try_from(&key[..]).map_err(|_| SealedError::Damaged)?;
            each(u64::from_be_bytes(key), &value)?;
        }
        Ok(())
    })
}

/// sled panics on some damage.
fn guarded(work: impl FnOnce() -> Result<(), SealedError>) -> Result<(), SealedError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(SealedError::Damaged))
}

fn open(folder: &Path) -> Result<sled::Db, SealedError> {
    let config = sled::Config::new()
        .path(folder)
        .segment_size(SEGMENT)
        .cache_capacity(CACHE)
        .mode(sled::Mode::LowSpace)
        .flush_every_ms(None);
    let deadline = Instant::now() + LOCK_WAIT;
    loop {
        match config.open() {
            // A database that was just closed may hold its lock for a moment.
            Err(sled::Error::Io(error)) if error.to_string().contains("could not acquire lock") => {
                if Instant::now() > deadline {
                    return Err(SealedError::Io(error));
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            opened => return Ok(opened?),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::MetadataExt;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::super::{copy_out, keep};
    use super::*;
    use crate::disk::RealDisk;

    #[test]
    fn a_database_reads_back_from_a_copy_of_its_copy_and_the_copy_stays_as_it_was() {
        let folder = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR").to_owned() + "/../../target").unwrap();
        let at = |name: &str| folder.path().join(name);
        let values: Vec<(u64, Vec<u8>)> = (0..200u64).map(|n| (n * 40_000, vec![n.to_le_bytes()[0]; 30_981])).collect();
        build(&at("built"), &mut values.iter().cloned().map(Ok)).unwrap();
        keep(&RealDisk, &at("built"), &at("kept")).unwrap();
        let sums = |name: &str| sums(&at(name));
        let before = sums("kept");
        for _ in 0..2 {
            copy_out(&RealDisk, &at("kept"), &at("read")).unwrap();
            assert_eq!(sums("read"), before);
            let mut found = Vec::new();
            read(&at("read"), |key, value| {
                found.push((key, value.to_vec()));
                Ok(())
            })
            .unwrap();
            assert!(found == values);
            fs::remove_dir_all(at("read")).unwrap();
        }
        assert_eq!(sums("kept"), before);
        // Damage is told from an empty database.
        fs::write(at("kept").join("conf"), "garbage").unwrap();
        fs::write(at("kept").join("db"), vec![0xa5; 1 << 20]).unwrap();
        copy_out(&RealDisk, &at("kept"), &at("read")).unwrap();
        assert!(matches!(read(&at("read"), |_, _| Ok(())), Err(SealedError::Damaged)));
    }

    #[test]
    fn a_database_takes_little_more_than_its_values_also_where_sled_s_threads_come_late() {
        let folder = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR").to_owned() + "/../../target").unwrap();
        let over = AtomicBool::new(false);
        let measured = std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    while !over.load(Ordering::Relaxed) {
                        std::hint::spin_loop();
                    }
                });
            }
            let _ends = Ends(&over);
            let databases = [("text", 30_981u32), ("half a chunk", 16_392), ("text, again", 30_981)];
            databases.map(|(at, length)| {
                let (built, kept) = (folder.path().join(at), folder.path().join(at.to_owned() + ", kept"));
                let count = (16 << 20) / length;
                let value = |n: u32| {
                    let mut value = vec![0; length as usize];
                    rand::Rng::fill(&mut rand::thread_rng(), &mut value[..]);
                    Ok((u64::from(n * length), value))
                };
                build(&built, &mut (0..count).map(value)).unwrap();
                keep(&RealDisk, &built, &kept).unwrap();
                (taken(&kept), u64::from(count * length))
            })
        });
        for (taken, payload) in measured {
            assert!(taken * 10 < payload * 16, "{taken} bytes for {payload}");
        }
    }

    /// Sets it when dropped, and be it by a panic.
    struct Ends<'a>(&'a AtomicBool);

    impl Drop for Ends<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    /// Bytes that a folder takes on the disk.
    fn taken(folder: &Path) -> u64 {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
        entries
            .map(|entry| {
                let found = entry.metadata().unwrap();
                if found.is_dir() { taken(&entry.path()) } else { found.blocks() * 512 }
            })
            .sum()
    }

    fn sums(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
        use sha2::Digest;
        let mut sums: Vec<_> = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(next) = folders.pop() {
            for entry in fs::read_dir(next).unwrap().map(Result::unwrap) {
                if entry.file_type().unwrap().is_dir() {
                    folders.push(entry.path());
                } else {
                    let sum = sha2::Sha256::digest(fs::read(entry.path()).unwrap()).to_vec();
                    sums.push((entry.path().strip_prefix(folder).unwrap().to_owned(), sum));
                }
            }
        }
        sums.sort();
        sums
    }
}
