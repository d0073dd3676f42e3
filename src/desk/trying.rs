//! Which key of the desk opens a tip. Every key is tried; the day that a relay noted only says which first.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use softinfo_base::limits::HEADER_CAP;
use softinfo_formats::directory::{EpochId, HolderId};
use softinfo_formats::envelope::header::{TipHeader, scan};
use softinfo_formats::envelope::id::TipId;
use softinfo_seal::open::reader_of;

use crate::casebook::{Case, Casebook, tip_file};
use crate::key_name::{KeyName, KnownKey};
use crate::keyring::{KeyState, Keyring, Listed, ListedEpoch, Unlocked, UnlockedKeys, likeliest_first};

/// Told how many tips the keys were tried on, and on how many they are to be tried: before each and at the end.
pub type Progress<'a> = &'a dyn Fn(usize, usize);

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
    let known = known(keys);
    let here = |(id, case): (TipId, &Case)| case.is_here(folder, &id).then_some((id, case.day));
    let tips: Vec<_> =
        if all { book.unopened().filter_map(here).collect() } else { book.untried(&known).filter_map(here).collect() };
    let mut opened = 0;
    for (done, (id, day)) in tips.iter().enumerate() {
        progress(done, tips.len());
        let wanted = keys.keys.iter().zip(&known).filter(|(_, known)| all || !book.was_tried(id, known));
        let wanted = likeliest_first(wanted.map(|(key, _)| key), *day);
        match look(&tip_file(folder, id), &wanted) {
            Ok(Look::Opens(key)) => {
                opened += 1;
                book.note(id, Some(name(key)), []);
            }
            Ok(Look::NoKey) => book.note(id, None, known.iter().cloned()),
            Ok(Look::NoTip) | Err(_) => {}
        }
    }
    if !tips.is_empty() {
        progress(tips.len(), tips.len());
    }
    opened
}

/// Whose key it is and which.
pub(super) fn name(key: &Unlocked) -> KeyName {
    KeyName { holder: key.holder.clone(), epoch: key.epoch.clone() }
}

/// All unlocked keys, in their order there.
#[must_use]
pub fn known(keys: &UnlockedKeys) -> Vec<KnownKey> {
    keys.keys.iter().map(|key| KnownKey::new(name(key), Some(&key.identity.recipient().to_string()))).collect()
}

/// What the key files in a keyring say of their keys, without unlocking it. One that is destroyed or damaged is not among them; one that comes from
/// another keyring, or holds another key than its name says, may be.
#[must_use]
pub fn key_files(keyring: &Keyring) -> Vec<KnownKey> {
    let recipient = |holder: &HolderId, name: &EpochId| {
        let holder = keyring.holders().iter().find(|known| known.id == *holder)?;
        holder.epochs.iter().find(|epoch| epoch.epoch == *name).map(|epoch| epoch.recipient.as_str())
    };
    let here = |state| matches!(state, KeyState::NotChecked | KeyState::NotListed);
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
