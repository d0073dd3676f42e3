//! Reading a tip into memory, to show it. Nothing of it is written to a disk.

use softinfo_formats::envelope::id::TipId;
use softinfo_seal::container::EntryName;
use zeroize::Zeroizing;

use super::{OpenTipError, message, note, refusal, stored, whole_case};
use crate::casebook::Case;
use crate::desk_folder::Desk;
use crate::keyring::UnlockedKeys;
use crate::lock::DeskLock;
use crate::reading::{Oddity, ReadError, TipRead, read};

/// A tip that was read into memory.
pub struct Shown {
    /// What was read of it.
    pub read: TipRead,
    /// Where it came from.
    pub case: Case,
    /// The message, where there is one; what is no UTF-8 is replaced.
    pub message: Option<Zeroizing<String>>,
}

/// Reads tip `id` into memory, its files aside. Writes no plaintext to any disk.
pub fn show(desk: &Desk, id: &TipId, keys: &UnlockedKeys) -> Result<Shown, OpenTipError> {
    let case = whole_case(desk, id)?;
    let mut text = None;
    let outcome = read(&stored(desk, id), keys, case.day, |name, content| {
        if *name == EntryName::Message {
            text = Some(message(content)?);
        }
        Ok(())
    });
    // What was found out about keys is noted where the desk is free; it is not what was asked for.
    let lock = DeskLock::take(&desk.folder);
    let mut read = outcome.map_err(|error| {
        if let (Ok(lock), ReadError::NoKey(tried)) = (&lock, &error) {
            note(lock, desk, id, None, tried);
        }
        refusal(desk, id, &case, error, |source| OpenTipError::File { path: stored(desk, id), source })
    })?;
    if let Ok(lock) = &lock {
        note(lock, desk, id, Some(&read.key), &[]);
    }
    let message = text.map(|bytes| {
        if std::str::from_utf8(&bytes).is_err() {
            read.oddities.push(Oddity::NotText);
        }
        Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned())
    });
    Ok(Shown { read, case, message })
}
