//! One run of the courier: list, download what is new (resuming), check, pack, read back, remember.
//!
//! The order is what keeps tips: the plan is durable before the bundle, the bundle is durable and was read back before its tips count as
//! packed, and only then are they taken out of the spool. Wherever a run is cut off, the next one finishes it as it was meant.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf, absolute};
use std::time::{Duration, Instant};

use softinfo_base::day::Day;
use softinfo_base::digest::Digest;
use softinfo_base::file::FileLock;
use softinfo_client::{ClientError, Floor, Pace, RelayClient};
use softinfo_formats::api::pool::PoolTip;
use softinfo_formats::api::problem;
use softinfo_formats::directory::{ChannelId, DirectoryError, UntrustedDirectory};
use softinfo_formats::example_keys;
use softinfo_formats::transfer::bundle::{BundledTip, Manifest};

use crate::config::CourierConfig;
use crate::error::{CourierError, failed, is_full};
use crate::fetched::{Fetched, Packed, Stopped};
use crate::journal::{Journal, JournalError, Plan};
use crate::progress::{Progress, Work};
use crate::spool::{Arrived, Spool};
use crate::{folder, packing, pool};

/// Windows of the floor that may go by with tips that don't come, before the run ends with what it has: an hour. A tip on which the relay is silent
/// takes 8 minutes of it.
const WINDOWS_FOR_NOTHING: u32 = 6;

/// How a run is to be done.
#[derive(Debug, Clone)]
pub struct Options {
    /// The day it is.
    pub today: Day,
    /// Pack again everything from this day on, also what was in an earlier bundle. It is remembered until it is done.
    pub again_since: Option<Day>,
    /// Begin a new chain of bundles, under a new name, with all that is in the pool.
    pub new_chain: bool,
    /// Accept example keys of a relay that is not on this machine.
    pub allow_example: bool,
    /// How slowly tips may come before the run ends with what it has.
    pub floor: Floor,
}

/// Fetches what is new and writes a bundle to `out`. Writes none when nothing is new.
///
/// # Errors
/// There is no bundle of this run. What was fetched is kept for the next.
pub fn fetch(
    config: &CourierConfig,
    out: &Path,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Fetched, CourierError> {
    Run::begin(config, out, options, progress)?.run().map_err(|error| match error {
        CourierError::Client(ClientError::Refused { status: 401, .. }) => {
            CourierError::Token(config.token_file.clone())
        }
        other => other,
    })
}

struct Run<'a> {
    config: &'a CourierConfig,
    options: &'a Options,
    progress: &'a dyn Progress,
    /// Absolute, so that it is found again whatever folder the next run is started in.
    out: PathBuf,
    relay: RelayClient,
    spool: Spool,
    journal: Journal,
    _lock: FileLock,
}

impl<'a> Run<'a> {
    fn begin(
        config: &'a CourierConfig,
        out: &Path,
        options: &'a Options,
        progress: &'a dyn Progress,
    ) -> Result<Self, CourierError> {
        let out = absolute(out).map_err(failed(out))?;
        if out.to_str().is_none() {
            return Err(CourierError::Name(out));
        }
        folder::takes_files(&out)?;
        let relay = RelayClient::new(&config.relay, Some(&config.token()?), config.socks)?.with_floor(options.floor);
        let mut spool = Spool::open(&config.folder)?;
        let lock = folder::lock(&config.folder)?;
        folder::forget_halves(&config.folder, &out);
        let journal = if options.new_chain {
            Journal::new_chain(&config.folder)
        } else {
            let path = Journal::path(&config.folder);
            Journal::read(&config.folder).map_err(|error| match error {
                JournalError::Damaged(reason) => CourierError::Journal { path, reason },
                JournalError::Io(source) => CourierError::File { path, source },
            })?
        };
        spool.max_bytes = journal.max_bytes;
        Ok(Self { config, options, progress, out, relay, spool, journal, _lock: lock })
    }

    fn run(mut self) -> Result<Fetched, CourierError> {
        if let Some(day) = self.options.again_since {
            // Written down at once: however this run ends, they are packed again, in as many bundles as it takes.
            self.journal.pack_again(day);
            self.write_journal()?;
        }
        let before = self.journal.clone();
        let found = self.find_planned();
        if let Some(packed) = found.as_ref().filter(|packed| packed.bundle == self.out) {
            self.write_journal()?;
            return Ok(self.resumed(packed));
        }
        // A link that leads nowhere is something, too.
        if self.out.symlink_metadata().is_ok() {
            return Err(CourierError::Exists(self.out));
        }
        if let Some(plan) = self.journal.planned.take() {
            let packed = self.finish(plan)?;
            return Ok(self.resumed(&packed));
        }
        let note = self.directory()?;
        let mut pace = self.relay.pace();
        let page = |after: Option<&_>| self.relay.pool(after, &mut pace);
        let pool =
            pool::list(page, &self.journal, self.options.today, self.config.bundle_mib.saturating_mul(1024 * 1024))?;
        let mut fetched = Fetched {
            found,
            waiting: pool.waiting,
            misdated: pool.misdated,
            wrong_sizes: pool.wrong_sizes,
            ..Fetched::nothing(self.journal.courier.clone())
        };
        // Nothing else has a place in the spool: not what was withdrawn, and not what a relay once listed and gave a piece of.
        let wanted: HashSet<_> = pool.wanted.iter().map(|tip| tip.id).collect();
        self.spool.clean(|id| !wanted.contains(id));
        self.progress.begin(Work::Fetching, pool.wanted.iter().map(|tip| tip.size).sum());
        let tips = self.download(&pool.wanted, &mut fetched)?;
        if pool.is_whole {
            self.journal.forget_gone(&pool.listed, self.options.today);
        }
        if !tips.is_empty() {
            let manifest = Manifest {
                schema: Manifest::SCHEMA.to_owned(),
                channel: note.channel,
                courier: self.journal.courier.clone(),
                number: self.journal.last.map_or(1, |(number, _)| number + 1),
                previous: self.journal.last.map(|(_, id)| id),
                directory_sha256: Digest::of(note.text.as_bytes()),
                tips,
            };
            let packed = self.pack(Plan { out: self.out.clone(), manifest, note: note.text }, true)?;
            (fetched.tips, fetched.number, fetched.id) = (packed.tips, Some(packed.number), Some(packed.id));
        } else if self.journal != before || self.options.new_chain {
            self.write_journal()?;
        }
        self.clean();
        Ok(fetched)
    }

    /// The relay's directory, checked and remembered.
    fn directory(&mut self) -> Result<Note, CourierError> {
        let bytes = self.relay.directory()?;
        let directory = UntrustedDirectory::parse(&bytes)?
            .verify(&self.config.root_key()?)?
            .not_older_than(self.journal.seen.as_ref())?;
        let contents = directory.contents();
        let addresses = contents.relays.iter().map(String::as_str).chain([self.config.relay.as_str()]);
        example_keys::refuse_elsewhere(contents, addresses, self.options.allow_example)?;
        self.journal.seen = Some(directory.seen());
        self.journal.max_bytes = self.journal.max_bytes.max(contents.max_bytes);
        self.spool.max_bytes = self.journal.max_bytes;
        let text = String::from_utf8(bytes).map_err(|_| DirectoryError::Malformed)?;
        Ok(Note { channel: contents.channel.clone(), text })
    }

    /// Brings the wanted tips into the spool. Those that came are given back as they go into a manifest; what became of the others is noted down.
    fn download(&mut self, wanted: &[PoolTip], fetched: &mut Fetched) -> Result<Vec<BundledTip>, CourierError> {
        let mut tips = Vec::new();
        let (mut pace, mut for_nothing) = (self.pace(), Duration::ZERO);
        for (n, tip) in wanted.iter().enumerate() {
            if for_nothing > self.options.floor.window.saturating_mul(WINDOWS_FOR_NOTHING) {
                fetched.waiting += wanted.len() - n;
                fetched.stopped = Some(Stopped::NothingComes);
                break;
            }
            let began = Instant::now();
            match self.spool.fetch(&self.relay, tip, &mut pace, self.progress) {
                // The size is that of the file, whatever the list says.
                Ok(Arrived::Tip(size)) => tips.push(BundledTip { id: tip.id, size, day: tip.day }),
                Ok(Arrived::Gone) => {
                    fetched.gone += 1;
                    for_nothing += began.elapsed();
                }
                Ok(Arrived::NotATip) => {
                    self.journal.is_no_tip(tip.id);
                    fetched.not_tips.push(tip.id);
                }
                Err(error) => match self.without(tip, error, fetched)? {
                    None => {
                        // The waits for this one are no fault of the next.
                        pace = self.pace();
                        for_nothing += began.elapsed();
                    }
                    // There is nothing to pack, so the error is all that can be told.
                    Some((error, _)) if tips.is_empty() => return Err(error),
                    Some((_, stopped)) => {
                        fetched.waiting += wanted.len() - n;
                        fetched.stopped = Some(stopped);
                        break;
                    }
                },
            }
        }
        Ok(tips)
    }

    /// What it means for the tips behind it that one did not come. None: they are fetched, and this one is noted down. Otherwise the run ends with what
    /// is whole, for this reason.
    ///
    /// # Errors
    /// The courier's own folder failed: the run ends without a bundle.
    fn without(
        &self,
        tip: &PoolTip,
        error: CourierError,
        fetched: &mut Fetched,
    ) -> Result<Option<(CourierError, Stopped)>, CourierError> {
        let stopped = match &error {
            CourierError::File { source, .. } if is_full(source) => {
                // The journal and the bundle may need the room; and the next run may have more of it.
                self.spool.clean(|id| *id == tip.id);
                let folder = self.config.folder.clone();
                let free_mib = folder::free_mib(&folder);
                Stopped::DiskFull { folder, reason: source.to_string(), free_mib }
            }
            CourierError::File { .. } => return Err(error),
            // Each of the others would take as long.
            CourierError::Client(slow @ ClientError::TooSlow(_)) => Stopped::TooSlow(slow.to_string()),
            // One tip that can't be read must not keep the others back; a relay that is gone ends the run.
            _ if self.relay.directory().is_ok() => {
                let named = match &error {
                    // It may pass, but not for the relay that says so: that doesn't list it again.
                    CourierError::Client(ClientError::Refused { name, .. }) if name == problem::UNPROVEN => {
                        &mut fetched.unreadable
                    }
                    CourierError::Client(ClientError::Unreachable(_)) => &mut fetched.broken,
                    CourierError::Client(error) if error.may_pass() => &mut fetched.busy,
                    _ => &mut fetched.unreadable,
                };
                named.push(tip.id);
                return Ok(None);
            }
            // Not what this error says of a run without a bundle: there may be one.
            CourierError::Client(client) => Stopped::RelayLost(client.clause()),
            other => Stopped::RelayLost(other.to_string()),
        };
        Ok(Some((error, stopped)))
    }

    /// The bundle that a run before was about to write, when it is there: it then counts as packed. Written down only with what this run does,
    /// so that a run that fails leaves it to the next one to tell of it.
    fn find_planned(&mut self) -> Option<Packed> {
        let packed = packing::read_back(self.journal.planned.as_ref()?, self.progress).ok()?;
        self.journal.planned_is_done();
        Some(packed)
    }

    /// Writes the bundle that a run before was about to write: the same to the last byte, since that one may be on its way to a desk.
    fn finish(&mut self, plan: Plan) -> Result<Packed, CourierError> {
        self.progress.begin(Work::Fetching, plan.manifest.tips.iter().map(|tip| tip.size).sum());
        let mut pace = self.pace();
        for tip in &plan.manifest.tips {
            let wanted = PoolTip { id: tip.id, day: tip.day, size: tip.size };
            match self.spool.fetch(&self.relay, &wanted, &mut pace, self.progress)? {
                Arrived::Tip(size) if size == tip.size => {}
                _ => return Err(CourierError::CutOff { number: plan.manifest.number, out: plan.out }),
            }
        }
        self.pack(Plan { out: self.out.clone(), ..plan }, false)
    }

    /// Writes a bundle. When that fails, a plan of this run is dropped, since nothing has come of it.
    fn pack(&mut self, plan: Plan, is_of_this_run: bool) -> Result<Packed, CourierError> {
        self.journal.planned = Some(plan.clone());
        self.write_journal()?;
        let packed = packing::write(&plan, &self.spool, self.progress).inspect_err(|error| {
            // What somebody else has put there meanwhile is not of this run.
            let is_taken =
                matches!(error, CourierError::Bundle { source, .. } if source.kind() == io::ErrorKind::AlreadyExists);
            if is_of_this_run && (is_taken || !plan.out.exists()) {
                self.journal.planned = None;
                // A full disk may refuse that too: then the next run makes the same bundle.
                let _ = self.journal.write(&self.config.folder);
            }
        })?;
        self.journal.planned_is_done();
        let unnoted =
            |source| CourierError::Unnoted { bundle: plan.out, path: Journal::path(&self.config.folder), source };
        self.journal.write(&self.config.folder).map_err(unnoted)?;
        Ok(packed)
    }

    /// The pace of what comes from now on.
    fn pace(&self) -> Pace {
        Pace::new(self.options.floor, Instant::now())
    }

    fn write_journal(&self) -> Result<(), CourierError> {
        let path = Journal::path(&self.config.folder);
        self.journal.write(&self.config.folder).map_err(failed(&path))
    }

    /// Takes out of the spool what is in a bundle.
    fn clean(&self) {
        self.spool.clean(|id| self.journal.bundled.contains_key(id));
    }

    fn resumed(&self, packed: &Packed) -> Fetched {
        self.clean();
        let &Packed { number, id, tips, .. } = packed;
        Fetched {
            tips,
            number: Some(number),
            id: Some(id),
            resumed: true,
            ..Fetched::nothing(self.journal.courier.clone())
        }
    }
}

/// The relay's directory, as it goes into a bundle.
struct Note {
    channel: ChannelId,
    text: String,
}
