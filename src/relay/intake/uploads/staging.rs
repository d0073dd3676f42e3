//! The folder where uploads wait until they are whole: a file for each, and nothing in it that its token doesn't open.
//!
//! In: pieces of tips. Out: the same, in order. Touches `uploads/` in the store's folder. Nothing here is promised to last:
//! what is acknowledged as stored is in the store. File times are those of a day (`docs/protocol.md`, 5.1).

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::RwLock;

use softinfo_base::clock::Clock;
use softinfo_base::day::Day;
use softinfo_base::file::{date, private_folder};
use softinfo_base::limits::UPLOAD_DAYS;
use softinfo_store::{StoreError, free_bytes};

use super::exclusive::{Turn, Turns};
use super::ledger::Ledger;
use super::session_file::{self, Found, Session};
use super::token::{Name, Token};
use crate::accept::DurableTip;

/// All uploads that are under way or have just been finished.
pub(crate) struct Uploads {
    folder: PathBuf,
    floor: u64,
    clock: Arc<dyn Clock>,
    ledger: Ledger,
    pub(super) turns: Turns,
    /// Held for reading while an upload goes into the store, so that a stop can wait for it.
    pub(super) finishing: RwLock<()>,
}

impl Uploads {
    /// The folder, in the store's.
    pub fn folder(store: &Path) -> PathBuf {
        store.join("uploads")
    }

    /// Opens the folder, or makes it; removes what an interrupted write has left. `floor` bytes of disk stay free, and
    /// at most `staged` bytes of pieces wait. The times of files are of the days of `clock`.
    pub fn open(folder: PathBuf, floor: u64, staged: u64, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        private_folder(&folder).map_err(failed(&folder))?;
        let ledger = Ledger::new(staged);
        for path in entries(&folder)? {
            if path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".partial-")) {
                fs::remove_file(&path).map_err(failed(&path))?;
            } else if let Some(name) = Name::of_file(&path) {
                ledger.set(name, fs::metadata(&path).map_err(failed(&path))?.len());
            }
        }
        Ok(Self { folder, floor, clock, ledger, turns: Turns::default(), finishing: RwLock::default() })
    }

    /// Begins a file for a tip of `length` bytes.
    pub(super) fn create(&self, token: &Token, length: u64, turn: Turn) -> Result<Session, StoreError> {
        self.check_space()?;
        let name = token.name();
        while let Some(least) = self.ledger.one_too_many(|name| self.turns.is_taken(name)) {
            self.erase(&least)?;
        }
        let path = self.path(&name);
        let session = Session::create(&path, token, length, (turn, Arc::clone(&self.clock))).map_err(failed(&path))?;
        self.ledger.set(name, 0);
        self.date_folder();
        Ok(session)
    }

    /// What there is under a token.
    pub(super) fn find(&self, token: &Token, turn: Turn) -> Result<Option<Found>, StoreError> {
        let path = self.path(&token.name());
        session_file::open(&path, token, (turn, Arc::clone(&self.clock))).map_err(failed(&path))
    }

    /// Adds a piece to an upload.
    pub(super) fn append(&self, session: &mut Session, piece: &[u8]) -> Result<(), StoreError> {
        self.check_space()?;
        let Some(name) = Name::of_file(session.path()) else { return Err(StoreError::Damaged) };
        if !self.ledger.add(name, piece.len() as u64) {
            return Err(StoreError::Full);
        }
        session.append(piece).map_err(failed(&self.folder))
    }

    /// Replaces an upload by the answer to it.
    pub(super) fn finish(&self, session: Session, accepted: DurableTip) -> Result<(), StoreError> {
        let name = Name::of_file(session.path());
        session.finish(accepted).map_err(failed(&self.folder))?;
        if let Some(name) = name {
            self.ledger.set(name, 0);
        }
        self.date_folder();
        Ok(())
    }

    /// Erases an upload that is being worked on.
    pub(super) fn give_up(&self, session: Session) -> Result<(), StoreError> {
        fs::remove_file(session.path()).map_err(failed(&self.folder))?;
        if let Some(name) = Name::of_file(session.path()) {
            self.ledger.remove(&name);
        }
        drop(session);
        self.date_folder();
        Ok(())
    }

    /// Erases an upload; whether there was one.
    pub(super) fn erase(&self, name: &Name) -> Result<bool, StoreError> {
        let path = self.path(name);
        let erased = match fs::remove_file(&path) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(failed(&path)(error)),
        };
        self.ledger.remove(name);
        self.date_folder();
        Ok(erased)
    }

    /// Erases what was left alone for a whole day, and makes the times of what stays those of their day; says how many were erased.
    ///
    /// # Errors
    /// The first file with which that failed; it was done with all others.
    pub fn expire(&self, today: Day) -> Result<usize, StoreError> {
        let (mut erased, mut failed) = (0, Ok(()));
        for path in entries(&self.folder)? {
            match self.expire_one(&path, today) {
                Ok(is_erased) => erased += usize::from(is_erased),
                Err(error) => failed = failed.and(Err(error)),
            }
        }
        self.date_folder();
        failed.map(|()| erased)
    }

    fn expire_one(&self, path: &Path, today: Day) -> Result<bool, StoreError> {
        if Name::of_file(path).is_some_and(|name| self.turns.is_taken(&name)) {
            return Ok(false);
        }
        let modified = match fs::metadata(path).and_then(|found| found.modified()) {
            // Finished or given up since the folder was read.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            modified => modified.map_err(failed(path))?,
        };
        let day = Day::of(modified);
        if day <= today.plus(-UPLOAD_DAYS) {
            fs::remove_file(path).map_err(failed(path))?;
            if let Some(name) = Name::of_file(path) {
                self.ledger.remove(&name);
            }
            return Ok(true);
        }
        if day.midnight() != modified {
            File::open(path).and_then(|file| date(&file, day)).map_err(failed(path))?;
        }
        Ok(false)
    }

    /// Waits until nothing is on its way into the store.
    pub async fn settle(&self) {
        drop(self.finishing.write().await);
    }

    fn path(&self, name: &Name) -> PathBuf {
        self.folder.join(name.to_string())
    }

    fn check_space(&self) -> Result<(), StoreError> {
        let free = free_bytes(&self.folder).map_err(failed(&self.folder))?;
        if free < self.floor { Err(StoreError::Full) } else { Ok(()) }
    }

    /// Sets the folder's time, which follows every file that comes and goes, to the day. A failure stops nothing: expiry sets it again.
    fn date_folder(&self) {
        let _ = File::open(&self.folder).and_then(|folder| date(&folder, self.clock.today()));
    }
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let entries = fs::read_dir(folder).map_err(failed(folder))?;
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(failed(folder))).collect()
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> StoreError + use<'_> {
    move |source| match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full,
        io::ErrorKind::InvalidData => StoreError::Damaged,
        _ => StoreError::Io { path: path.to_owned(), source },
    }
}
