//! One run of the courier: list, download what is new (resuming), check, pack, remember.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::ConfigError;
use super::config::CourierConfig;
use super::journal::Journal;
use crate::bundle::{self, BundledTip, CourierName, Manifest};
use crate::client::{ClientError, PoolTip, RelayClient};
use crate::day::Day;
use crate::directory::{DirectoryError, UntrustedDirectory};
use crate::example::{self, ExampleKeys};
use crate::tip::id::TipId;

/// Times a download is taken up again after the connection broke, without progress in between.
const RETRIES: u32 = 3;

/// What to fetch.
#[derive(Debug, Default, Clone)]
pub struct Options {
    /// Pack again everything from this day on, also what was in an earlier bundle.
    pub again_since: Option<Day>,
    /// Accept example keys of a relay that is not on this machine.
    pub allow_example: bool,
}

/// Told what goes on, for a progress bar.
pub trait Progress {
    /// So many bytes are to be fetched.
    fn total(&self, bytes: u64);
    /// So many more have arrived.
    fn advance(&self, bytes: u64);
}

/// What a run did.
#[derive(Debug, serde::Serialize)]
pub struct Fetched {
    /// Tips in the bundle; when 0, no bundle was written.
    pub tips: usize,
    /// Its number.
    pub number: Option<u64>,
    /// Its id.
    pub id: Option<TipId>,
    /// Tips that disappeared from the pool while fetching: withdrawn or expired.
    pub gone: usize,
    /// Tips that the relay could not give out as they were stored. They are tried again at the next run.
    pub unreadable: Vec<TipId>,
}

/// Why a run failed. What was fetched is kept for the next.
#[derive(Debug, thiserror::Error)]
pub enum CourierError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The network or the relay.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The relay's directory.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The bytes are not those of the id.
    #[error("the tip {0} did not arrive as it was stored; it was fetched twice. Report it to the relay's operator")]
    WrongBytes(TipId),
    /// Two couriers in one folder.
    #[error("another softinfo-courier is at work in {}; wait until it has finished", .0.display())]
    InUse(PathBuf),
    /// Example keys.
    #[error(transparent)]
    Example(#[from] ExampleKeys),
    /// The output exists.
    #[error("{} exists; choose another name, so that no bundle is overwritten", .0.display())]
    Exists(PathBuf),
    /// A file failed.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Fetches what is new and writes a bundle to `out`. Writes none when nothing is new.
pub fn fetch(
    config: &CourierConfig,
    out: &Path,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Fetched, CourierError> {
    if out.exists() {
        return Err(CourierError::Exists(out.to_owned()));
    }
    let spool = config.folder.join("spool");
    crate::file::private_folder(&spool).map_err(failed(&spool))?;
    let _lock = lock(&config.folder)?;
    let mut journal = Journal::read(&config.folder).map_err(failed(&config.folder))?;

    let relay = RelayClient::new(&config.relay, Some(&config.token()?), config.socks)?;
    let note = relay.directory()?;
    let directory =
        UntrustedDirectory::parse(&note)?.verify(&config.root_key()?)?.not_older_than(journal.seen.as_ref())?;
    let addresses = directory.contents().relays.iter().map(String::as_str).chain([config.relay.as_str()]);
    example::refuse_elsewhere(directory.contents(), addresses, options.allow_example)?;

    let wanted = new_tips(&relay, &journal, options)?;
    progress.total(wanted.iter().map(|tip| tip.size).sum());
    let (mut tips, mut gone, mut unreadable) = (Vec::new(), 0, Vec::new());
    for tip in &wanted {
        match download(&relay, &spool, tip, progress) {
            Ok(true) => tips.push(BundledTip { id: tip.id, size: tip.size, day: tip.day }),
            Ok(false) => gone += 1,
            Err(error @ CourierError::File { .. }) => return Err(error),
            Err(error) => {
                // One tip that can't be read must not keep the others back; a relay that is gone ends the run.
                relay.directory().map_err(|_| error)?;
                unreadable.push(tip.id);
            }
        }
    }
    if tips.is_empty() {
        return Ok(Fetched { tips: 0, number: None, id: None, gone, unreadable });
    }
    let courier = journal.courier.get_or_insert_with(|| CourierName::generate(&mut rand::rngs::OsRng)).clone();
    let manifest = Manifest {
        courier,
        schema: Manifest::SCHEMA.to_owned(),
        channel: directory.contents().channel.clone(),
        number: journal.last.map_or(1, |(number, _)| number + 1),
        previous: journal.last.map(|(_, id)| id),
        directory_sha256: TipId::of(&note),
        tips,
    };
    let id =
        bundle::write(out, &manifest, &note, |tip| File::open(whole(&spool, &tip.id)), &|_| ()).map_err(failed(out))?;
    // The bundle is durable under its name; from here on its tips count as bundled.
    journal.last = Some((manifest.number, id));
    journal.seen = Some(directory.seen());
    journal.bundled.extend(manifest.tips.iter().map(|tip| (tip.id, tip.day)));
    journal.write(&config.folder).map_err(failed(&config.folder))?;
    for tip in &manifest.tips {
        let path = whole(&spool, &tip.id);
        fs::remove_file(&path).map_err(failed(&path))?;
    }
    Ok(Fetched { tips: manifest.tips.len(), number: Some(manifest.number), id: Some(id), gone, unreadable })
}

fn lock(folder: &Path) -> Result<File, CourierError> {
    let path = folder.join("lock");
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(CourierError::InUse(folder.to_owned())),
        Err(TryLockError::Error(source)) => Err(CourierError::File { path, source }),
    }
}

fn new_tips(relay: &RelayClient, journal: &Journal, options: &Options) -> Result<Vec<PoolTip>, CourierError> {
    // Days are listed again from the newest one known: a tip with a smaller id may have come since.
    let newest = journal.bundled.values().max().copied();
    let mut after = options.again_since.or(newest).map(|day| day.plus(-1).to_string());
    let mut wanted = Vec::new();
    loop {
        let page = relay.pool(after.as_deref())?;
        wanted.extend(page.tips.into_iter().filter(|tip| {
            options.again_since.is_some_and(|since| tip.day >= since) || !journal.bundled.contains_key(&tip.id)
        }));
        match page.next {
            // A relay that never ends its list would keep us here for ever.
            Some(next) if Some(&next) > after.as_ref() => after = Some(next),
            _ => return Ok(wanted),
        }
    }
}

/// Brings a tip into the spool under its name, checked. False when it is no longer in the pool.
fn download(relay: &RelayClient, spool: &Path, tip: &PoolTip, progress: &dyn Progress) -> Result<bool, CourierError> {
    let target = whole(spool, &tip.id);
    if target.exists() {
        progress.advance(tip.size);
        return Ok(true);
    }
    let part = spool.join(format!("{}.part", tip.id));
    let mut had = fs::metadata(&part).map_or(0, |found| found.len()).min(tip.size);
    progress.advance(had);
    let (mut retries, mut fetched_anew) = (0, false);
    loop {
        match continue_part(relay, &part, tip, had, progress) {
            Err(CourierError::Client(ClientError::Refused { status: 404, .. })) => {
                let _ = fs::remove_file(&part);
                return Ok(false);
            }
            Err(CourierError::Client(ClientError::Unreachable(reason))) => {
                let has = fs::metadata(&part).map_or(0, |found| found.len());
                retries = if has > had { 1 } else { retries + 1 };
                had = has;
                if retries > RETRIES {
                    return Err(ClientError::Unreachable(reason).into());
                }
            }
            Err(error) => return Err(error),
            Ok(()) => {
                let file = File::open(&part).map_err(failed(&part))?;
                let (id, _) = TipId::of_reader(file).map_err(failed(&part))?;
                if id == tip.id {
                    fs::rename(&part, &target).map_err(failed(&target))?;
                    return Ok(true);
                }
                fs::remove_file(&part).map_err(failed(&part))?;
                if fetched_anew {
                    return Err(CourierError::WrongBytes(tip.id));
                }
                (fetched_anew, had) = (true, 0);
            }
        }
    }
}

fn continue_part(
    relay: &RelayClient,
    part: &Path,
    tip: &PoolTip,
    from: u64,
    progress: &dyn Progress,
) -> Result<(), CourierError> {
    let mut file = File::options().create(true).truncate(false).write(true).open(part).map_err(failed(part))?;
    file.set_len(from).and_then(|()| file.seek(SeekFrom::Start(from))).map_err(failed(part))?;
    if from < tip.size {
        // Never more than the announced size, whatever the relay sends.
        let mut body = relay.tip(&tip.id, from)?.take(tip.size - from);
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let read = body.read(&mut buffer).map_err(|error| ClientError::Unreachable(error.to_string()))?;
            if read == 0 {
                break;
            }
            file.write_all(&buffer[..read]).map_err(failed(part))?;
            progress.advance(read as u64);
        }
        if body.limit() > 0 {
            return Err(ClientError::Unreachable("the connection broke".to_owned()).into());
        }
    }
    file.sync_all().map_err(failed(part))
}

fn whole(spool: &Path, id: &TipId) -> PathBuf {
    spool.join(format!("{id}.age"))
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> CourierError + use<'_> {
    move |source| CourierError::File { path: path.to_owned(), source }
}
