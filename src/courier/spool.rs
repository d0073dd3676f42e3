//! What was fetched and is not yet in a bundle: `ID.age` for a whole tip, `ID.part` for a piece.
//!
//! In: bytes that a relay sends. Out: files that are tips, as a desk would say. Each is looked at again, hash and all, before it is used.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use softinfo_base::limits::HEADER_CAP;
use softinfo_client::{ClientError, Pace, RelayClient};
use softinfo_formats::api::pool::PoolTip;
use softinfo_formats::envelope::header::TipHeader;
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::envelope::padding::SizeClass;

use crate::error::{CourierError, failed};
use crate::progress::Progress;

/// Times a download is taken up again after the connection broke, without progress in between.
const RETRIES: u32 = 3;

/// What came of a download.
pub(crate) enum Arrived {
    /// The tip is in the spool, with so many bytes.
    Tip(u64),
    /// What came has the id's hash, but no desk would take it for a tip.
    NotATip,
    /// Nothing came: the tip is no longer in the pool.
    Gone,
}

/// The folder of the spool, and how large a tip in it may be.
pub(crate) struct Spool {
    folder: PathBuf,
    /// Largest plaintext of a tip, in bytes.
    pub max_bytes: u64,
}

enum Look {
    Tip(u64),
    NotATip,
    WrongBytes,
}

impl Spool {
    /// `spool` in the courier's folder, made where it is missing.
    pub fn open(courier: &Path) -> Result<Self, CourierError> {
        let folder = courier.join("spool");
        softinfo_base::file::private_folder(&folder).map_err(failed(&folder))?;
        Ok(Self { folder, max_bytes: 0 })
    }

    /// The file of a whole tip.
    pub fn whole(&self, id: &TipId) -> PathBuf {
        self.folder.join(format!("{id}.age"))
    }

    /// Fetches a tip, from where an earlier run broke off. `pace` is kept for the whole run, so that a line that breaks after each byte is given up like
    /// one that drips.
    pub fn fetch(
        &self,
        relay: &RelayClient,
        tip: &PoolTip,
        pace: &mut Pace,
        progress: &dyn Progress,
    ) -> Result<Arrived, CourierError> {
        let target = self.whole(&tip.id);
        if target.exists() {
            match self.look(&target, &tip.id, pace)? {
                Look::Tip(size) => {
                    progress.advance(tip.size);
                    return Ok(Arrived::Tip(size));
                }
                // Not kept here by this program, or by a disk that fails.
                Look::NotATip | Look::WrongBytes => fs::remove_file(&target).map_err(failed(&target))?,
            }
        }
        let part = self.folder.join(format!("{}.part", tip.id));
        let mut had = fs::metadata(&part).map_or(0, |found| found.len()).min(tip.size);
        progress.advance(had);
        let (mut retries, mut fetched_anew) = (0, false);
        loop {
            match continue_part(relay, &part, tip, had, pace, progress) {
                Err(CourierError::Client(ClientError::Refused { status: 404, .. })) => {
                    let _ = fs::remove_file(&part);
                    return Ok(Arrived::Gone);
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
                Ok(()) => match self.look(&part, &tip.id, pace)? {
                    Look::Tip(size) => {
                        fs::rename(&part, &target).map_err(failed(&target))?;
                        return Ok(Arrived::Tip(size));
                    }
                    Look::NotATip => {
                        fs::remove_file(&part).map_err(failed(&part))?;
                        return Ok(Arrived::NotATip);
                    }
                    Look::WrongBytes => {
                        fs::remove_file(&part).map_err(failed(&part))?;
                        if fetched_anew {
                            return Err(CourierError::WrongBytes(tip.id));
                        }
                        (fetched_anew, had) = (true, 0);
                    }
                },
            }
        }
    }

    /// Checks a file as a desk will. The time that this machine takes for it is left out of the line's pace.
    fn look(&self, path: &Path, id: &TipId, pace: &mut Pace) -> Result<Look, CourierError> {
        let began = Instant::now();
        let read = || -> io::Result<_> {
            let mut file = File::open(path)?;
            let mut start = Vec::with_capacity(HEADER_CAP);
            (&file).take(HEADER_CAP as u64).read_to_end(&mut start)?;
            file.rewind()?;
            Ok((start, TipId::of_reader(file)?))
        };
        let (start, (found, length)) = read().map_err(failed(path))?;
        pace.pass_over(began.elapsed());
        let is_tip = TipHeader::parse(&start).is_ok() && SizeClass::of_file(length, self.max_bytes).is_ok();
        Ok(match (found == *id, is_tip) {
            (false, _) => Look::WrongBytes,
            (true, false) => Look::NotATip,
            (true, true) => Look::Tip(length),
        })
    }

    /// Removes what belongs to tips that are `done`. What can't be removed now is tried again at the next run.
    pub fn clean(&self, done: impl Fn(&TipId) -> bool) {
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let id = name.to_str().and_then(|name| name.split_once('.')).and_then(|(id, _)| id.parse().ok());
            if id.is_some_and(|id| done(&id)) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

fn continue_part(
    relay: &RelayClient,
    part: &Path,
    tip: &PoolTip,
    from: u64,
    pace: &mut Pace,
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
            pace.came(read as u64, Instant::now()).map_err(ClientError::TooSlow)?;
        }
        if body.limit() > 0 {
            return Err(ClientError::Unreachable("the connection broke".to_owned()).into());
        }
    }
    file.sync_all().map_err(failed(part))
}
