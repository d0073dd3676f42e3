//! Which key of the desk opens a tip. Every key is tried; the day that a relay noted only says which first.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use softinfo_base::limits::HEADER_CAP;
use softinfo_formats::envelope::header::{TipHeader, scan};
use softinfo_formats::envelope::id::TipId;
use softinfo_seal::open::reader_of;

use crate::casebook::{Case, Casebook, CasebookError, tip_file};
use crate::desk_folder::Desk;
use crate::keyring::{Unlocked, UnlockedKeys, likeliest_first};
use crate::lock::{DeskLock, LockError};
use crate::progress::{Progress, Step};

/// What a look at a tip's header says.
pub(super) enum Look<'a> {
    /// It is no well-formed tip.
    NoTip,
    /// No key opens it.
    NoKey,
    /// This one does.
    Opens(&'a Unlocked),
}

/// Tries `keys` on the tip in `path`. Takes about 0.4 ms a key.
pub(super) fn look<'a>(path: &Path, keys: &[&'a Unlocked]) -> io::Result<Look<'a>> {
    let mut start = Vec::with_capacity(HEADER_CAP);
    File::open(path)?.take(HEADER_CAP as u64).read_to_end(&mut start)?;
    let Ok(header) = scan(&start) else { return Ok(Look::NoTip) };
    if TipHeader::check(&header).is_err() {
        return Ok(Look::NoTip);
    }
    Ok(reader_of(&header, keys.iter().map(|key| &key.identity)).map_or(Look::NoKey, |n| Look::Opens(keys[n])))
}

/// Tries keys on the tips in `folder` (a channel's folder) that no key had opened, and notes the outcome in `book`: on each the keys that were not
/// tried yet, or, with `all`, every key. Gives how many are opened now. A tip whose file is not there is passed over.
pub(super) fn try_again(
    folder: &Path,
    book: &mut Casebook,
    keys: &UnlockedKeys,
    all: bool,
    progress: Progress<'_>,
) -> usize {
    let known = keys.names();
    let here = |(id, case): (TipId, &Case)| case.is_here(folder, &id).then_some((id, case.day));
    let tips: Vec<_> =
        if all { book.unopened().filter_map(here).collect() } else { book.untried(&known).filter_map(here).collect() };
    let mut opened = 0;
    for (done, (id, day)) in tips.iter().enumerate() {
        progress(Step::Trying { done, of: tips.len() });
        let wanted = keys.keys.iter().zip(&known).filter(|(_, known)| all || !book.was_tried(id, known));
        let wanted = likeliest_first(wanted.map(|(key, _)| key), *day);
        match look(&tip_file(folder, id), &wanted) {
            Ok(Look::Opens(key)) => {
                opened += 1;
                book.note(id, Some(key.name()), []);
            }
            Ok(Look::NoKey) => book.note(id, None, known.iter().cloned()),
            Ok(Look::NoTip) | Err(_) => {}
        }
    }
    if !tips.is_empty() {
        progress(Step::Trying { done: tips.len(), of: tips.len() });
    }
    opened
}

/// Why the keys could not be tried again.
#[derive(Debug, thiserror::Error)]
pub enum TryKeysError {
    /// Another program is at work, or the desk's folder could not be used.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The list of tips could not be read or written.
    #[error(transparent)]
    Casebook(#[from] CasebookError),
}

/// Tries every key on every tip that no key had opened, whatever was tried before. Gives how many one opens now.
pub fn try_keys(desk: &Desk, keys: &UnlockedKeys, progress: Progress<'_>) -> Result<usize, TryKeysError> {
    let _lock = DeskLock::take(&desk.folder)?;
    let mut book = Casebook::read(&desk.folder)?;
    let opened = try_again(&desk.folder, &mut book, keys, true, progress);
    book.write(&desk.folder)?;
    Ok(opened)
}
