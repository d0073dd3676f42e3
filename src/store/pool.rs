//! The store on one machine: the trait kept with three kinds of files and five threads, two for each lane and one that seals.
//!
//! In: tips. Out: tips by id. Touches one folder and nothing else: `lock`, `format`, `day`, `probe-*`, `volumes/`, `incoming/`, `scratch/`.
//! `docs/store.md` walks through a crash at every step.

use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::committer::Committer;
use super::disk::{Disk, RealDisk};
use super::file_times::date_store;
use super::folder::claim;
use super::ingest::Ingest;
use super::job::{Commit, Job, Wrapped};
use super::ledger::Ledger;
use super::record::Record;
use super::sealer::{self, Sealer};
use super::wrap::Wrap;
use super::{Acknowledgement, CHUNK, Cursor, Incoming, Kept, Listed, Store, StoreError, Stored, erase, retrieve};
use softinfo_base::clock::Clock;
use softinfo_base::day::Day;
use softinfo_base::file::FileLock;
use softinfo_formats::envelope::header::TipHeader;
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::envelope::withdraw::WithdrawDigest;

pub use super::folder::{look, may_work_in};
pub use super::notice::Notice;
pub use super::settings::Settings;

/// Tips of a page when all are read.
const PAGE: usize = 1000;

/// The store, and its threads.
pub struct Pool {
    ledger: Arc<Ledger>,
    text: Committer,
    bulk: Committer,
    // Declared after the lanes, so that it is dropped after them: they hand it volumes until they end.
    sealer: Option<Sealer>,
    _lock: FileLock,
}

impl Pool {
    /// Opens the store in `folder`, or makes one where there is nothing.
    ///
    /// `clock` alone says which day it is; `notice` is told what an operator should know. Reads the slot files only, so that it takes as long
    /// with large tips as with small.
    pub fn open(
        folder: &Path,
        settings: Settings,
        clock: Arc<dyn Clock>,
        notice: impl Fn(Notice) + Send + Sync + 'static,
    ) -> Result<Self, StoreError> {
        Self::open_on(Arc::new(RealDisk), folder, settings, clock, notice)
    }

    /// [`Pool::open`] on a disk that a test may have put in its place.
    pub(super) fn open_on(
        disk: Arc<dyn Disk>,
        folder: &Path,
        settings: Settings,
        clock: Arc<dyn Clock>,
        notice: impl Fn(Notice) + Send + Sync + 'static,
    ) -> Result<Self, StoreError> {
        let lock = claim(folder)?;
        let ledger = Arc::new(Ledger::load(folder, disk, settings, clock, Box::new(notice))?);
        let lane = |name| Committer::start(&ledger, name).map_err(StoreError::io(folder));
        let (text, bulk) = (lane("text")?, lane("bulk")?);
        let sealer = ledger.settings.seals.then(|| Sealer::start(Arc::clone(&ledger)));
        let sealer = sealer.transpose().map_err(StoreError::io(folder))?;
        Ok(Self { ledger, text, bulk, sealer, _lock: lock })
    }

    /// Gives all files the times of their days. To be called at the start and once an hour: so the one time that can't be set, that of the last
    /// change, says when this was called and nothing of any tip.
    pub fn date_files(&self) {
        date_store(&self.ledger.folder);
    }

    /// Whether a failed write has stopped the store.
    #[must_use]
    pub fn has_stopped(&self) -> bool {
        self.ledger.has_stopped()
    }

    /// The highest day that was believed, while the clock is too far ahead of it; `None` while the clock is believed.
    #[must_use]
    pub fn clock_held(&self) -> Option<Day> {
        self.ledger.believed_day.held()
    }

    /// How many tips did not read back as they were written, and are still there, as far as that was seen since the start.
    #[must_use]
    pub fn damaged(&self) -> usize {
        self.ledger.known().damaged.len()
    }

    /// How many volumes have slots that can't be read.
    #[must_use]
    pub fn unreadable(&self) -> usize {
        self.ledger.known().unreadable.len()
    }

    /// Seals all that waits, now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when a volume could not be sealed; the others are sealed all the same. Its tips are whole, in its journal.
    pub fn seal_all(&self) -> Result<(), StoreError> {
        let never = Day::from_number(0);
        self.text.leave(None, never)?;
        self.bulk.leave(None, never)?;
        let volumes: Vec<_> = self.ledger.known().volumes.values().cloned().collect();
        let mut failed = Ok(());
        for volume in volumes {
            if sealer::seal(&self.ledger, &volume).is_err() {
                self.ledger.tell(Notice::NotSealed { volume: volume.head.number });
                failed = Err(StoreError::Unavailable);
            }
        }
        failed
    }

    /// Reads every tip from its beginning to its end. A tip is whole when all of it unwraps and its hash is its id.
    ///
    /// `seen` is told of each tip whether it is whole. Returns how many tips there are, and how many of them are not whole. Volumes whose slots
    /// can't be read are told of at the opening and not here.
    pub fn verify(&self, mut seen: impl FnMut(&Listed, bool)) -> Result<(usize, usize), StoreError> {
        let (mut after, mut tips, mut damaged) = (None, 0, 0);
        loop {
            let page = self.list(after.as_ref(), PAGE)?;
            let Some(last) = page.last() else { return Ok((tips, damaged)) };
            after = Some(Cursor { day: last.day, id: Some(last.id) });
            for listed in &page {
                let is_whole = self.is_whole(listed)?;
                tips += 1;
                damaged += usize::from(!is_whole);
                seen(listed, is_whole);
            }
        }
    }

    fn is_whole(&self, listed: &Listed) -> Result<bool, StoreError> {
        let Some(stored) = self.get(&listed.id)? else { return Ok(false) };
        let mut hash = Sha256::new();
        for number in 0..u32::try_from(listed.size.div_ceil(CHUNK as u64)).unwrap_or(u32::MAX) {
            match stored.chunk(number) {
                Ok(chunk) => hash.update(&chunk),
                Err(StoreError::Full | StoreError::Unavailable) => return Err(StoreError::Unavailable),
                Err(_) => return Ok(false),
            }
        }
        Ok(TipId::from_bytes(hash.finalize().into()) == listed.id)
    }

    /// Erases every tip that came before `before`, whenever it would expire; says how many. On return their keys are overwritten.
    ///
    /// # Errors
    /// [`StoreError::ClockAhead`] while the clock is not believed; then nothing was erased. After any other error some may be erased.
    pub fn purge(&self, before: Day) -> Result<usize, StoreError> {
        self.text.leave(None, Day::from_number(0))?;
        self.bulk.leave(None, Day::from_number(0))?;
        erase::before(&self.ledger, before)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // The sealer finishes the volume that it is at, and leaves those that wait to the next start.
        if let Some(sealer) = &self.sealer {
            sealer.quit();
        }
    }
}

impl Store for Pool {
    fn put(&self, tip: &[u8], id: TipId, header: &TipHeader) -> Result<Acknowledgement, StoreError> {
        self.ledger.check_running()?;
        self.ledger.check_space()?;
        if tip.is_empty() || tip.len() > CHUNK {
            return Err(StoreError::Unavailable);
        }
        let wrap = Wrap::new();
        let wrapped = Wrapped::Whole(wrap.wrap(0, tip)?);
        let record = Record::new(&wrap, tip.len() as u64, id, header);
        let (reply, answer) = tokio::sync::oneshot::channel();
        self.text.send(Job::Commit(Box::new(Commit { record, wrapped, reply })));
        Ok(answer)
    }

    fn begin(&self) -> Result<Box<dyn Incoming>, StoreError> {
        Ok(Box::new(Ingest::begin(Arc::clone(&self.ledger), self.bulk.sender())?))
    }

    fn holds(&self, id: &TipId) -> Result<bool, StoreError> {
        Ok(self.ledger.find(id)?.is_some())
    }

    fn get(&self, id: &TipId) -> Result<Option<Box<dyn Stored>>, StoreError> {
        retrieve::get(&self.ledger, id)
    }

    fn list(&self, after: Option<&Cursor>, limit: usize) -> Result<Vec<Listed>, StoreError> {
        retrieve::list(&self.ledger, after, limit)
    }

    fn erase(&self, digests: &[WithdrawDigest]) -> Result<usize, StoreError> {
        erase::by_digests(&self.ledger, digests)
    }

    fn expire(&self, today: Day) -> Result<usize, StoreError> {
        let believed = self.ledger.look_at_clock()?;
        // The volumes of a day that is over are left to the sealer, also when no other tip comes.
        let now = self.ledger.today();
        self.text.leave(None, Some(now))?;
        self.bulk.leave(None, Some(now))?;
        erase::expired(&self.ledger, today.min(believed), |volume| {
            self.text.leave(Some(volume), None)?;
            self.bulk.leave(Some(volume), None)
        })
    }

    fn kept(&self) -> Kept {
        self.ledger.kept()
    }

    fn probe(&self) -> Result<(), StoreError> {
        self.text.probe()?;
        self.bulk.probe()?;
        self.ledger.check_running()
    }
}
