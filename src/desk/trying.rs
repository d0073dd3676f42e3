//! Which key of the desk opens a tip. Every key is tried; the day that a relay noted only says which first.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::casebook::{Casebook, KeyName, KnownKey};
use super::keyring::{KeyState, Keyring, Listed, ListedEpoch, Unlocked, UnlockedKeys};
use crate::directory::HolderId;
use crate::limits::HEADER_CAP;
use crate::tip::header::{TipHeader, scan};
use crate::tip::open::reader_of;

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

/// Tries keys on the tips in `folder` (a channel's folder) that no key had opened, and notes the outcome in `book`: on those on which one
/// of them was not tried yet, or, with `all`, on every one. Gives how many are opened now. A tip whose file is not there is passed over.
pub(super) fn try_again(folder: &Path, book: &mut Casebook, keys: &UnlockedKeys, all: bool) -> usize {
    let names = known(keys);
    let tips: Vec<_> = if all {
        book.tips.iter().filter(|(_, case)| case.reader.is_none()).map(|(id, case)| (*id, case.day)).collect()
    } else {
        book.untried(&names).map(|(id, case)| (id, case.day)).collect()
    };
    let mut opened = 0;
    for (id, day) in tips {
        let wanted = |key: &&Unlocked| {
            let place = keys.keys.iter().position(|other| std::ptr::eq(other, *key));
            all || place.and_then(|place| names.get(place)).is_none_or(|known| !book.was_tried(&id, known))
        };
        let untried: Vec<_> = keys.ordered_for(day).into_iter().filter(wanted).collect();
        match look(&folder.join("tips").join(format!("{id}.age")), &untried) {
            Ok(Look::Opens(key)) => {
                opened += 1;
                book.note(&id, Some(name(key)), []);
            }
            Ok(Look::NoKey) => book.note(&id, None, names.iter().cloned()),
            Ok(Look::NoTip) | Err(_) => {}
        }
    }
    opened
}

/// Whose key it is and which.
pub(super) fn name(key: &Unlocked) -> KeyName {
    KeyName { holder: key.holder.clone(), epoch: key.epoch.clone() }
}

/// All unlocked keys.
pub(super) fn known(keys: &UnlockedKeys) -> Vec<KnownKey> {
    keys.keys.iter().map(|key| KnownKey::new(name(key), Some(&key.identity.recipient().to_string()))).collect()
}

/// The keys whose files are in a keyring, without unlocking it. One that is destroyed or damaged is not among them.
#[must_use]
pub fn keys_in(keyring: &Keyring) -> Vec<KnownKey> {
    let recipient = |holder: &HolderId, name: &HolderId| {
        let holder = keyring.holders().iter().find(|known| known.id == *holder)?;
        holder.epochs.iter().find(|epoch| epoch.epoch == *name).map(|epoch| epoch.recipient.as_str())
    };
    let here = |state| matches!(state, KeyState::Here | KeyState::NotListed);
    let of = |listed: Listed| {
        let holder = listed.holder;
        let epochs = listed.epochs.into_iter().filter(move |epoch| here(epoch.state));
        epochs.map(move |ListedEpoch { epoch, .. }| {
            let recipient = recipient(&holder, &epoch);
            KnownKey::new(KeyName { holder: holder.clone(), epoch }, recipient)
        })
    };
    keyring.listing().into_iter().flat_map(of).collect()
}
