//! Taking in a bundle: all of it or nothing, and a word about the chain it belongs to.
//!
//! Tips are durable before the casebook names them, and the casebook is durable before anything is said to be imported. Whatever ends the
//! program in between, importing the bundle again makes it whole.
//!
//! In: a bundle, and a way to unlock the keys. Out: what was new in it, and what is still missing. Touches the channel's folder.

mod error;
mod imported;
mod several;
mod staged;

use std::borrow::Borrow;
use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use softinfo_formats::directory::{Directory, UntrustedDirectory};
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::example_keys;
use softinfo_formats::transfer::bundle::{BundleError, Manifest};

use crate::casebook::{Case, Casebook, CasebookError};
use crate::chain::Misplaced;
use crate::desk_folder::Desk;
use crate::full_disk::is_full;
use crate::keyring::{KeyringError, UnlockedKeys};
use crate::lock::{DeskLock, LockError};
use crate::passphrase::SecretError;
use crate::progress::{Progress, Step};
use crate::trying::{Look, look, try_again};

use staged::Staged;

pub use error::ImportError;
pub use imported::Imported;
pub use several::{BundleOutcome, import_files};

/// Bytes that are read of a bundle at once.
const PIECE: usize = 256 * 1024;

/// What an import may take in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Permission {
    /// A bundle with example keys whose relay is not on this machine.
    pub example: bool,
    /// A bundle of a courier that has brought none to this desk, though another has.
    pub new_courier: bool,
}

/// Imports the bundle in the file `path`, as [`import`] does, and tells `progress` of the reading, too.
pub fn import_file<K: Borrow<UnlockedKeys>>(
    desk: &Desk,
    path: &Path,
    permission: Permission,
    unlock: impl FnOnce() -> Result<K, KeyringError>,
    progress: Progress<'_>,
) -> Result<Imported, ImportError> {
    let unreadable = |source| ImportError::Unreadable { path: path.to_owned(), source };
    let file = File::open(path).map_err(unreadable)?;
    let found = file.metadata().map_err(unreadable)?;
    if found.is_dir() {
        return Err(ImportError::Folder(path.to_owned()));
    }
    let watched = Watched { file, done: 0, of: found.len(), progress };
    import(desk, BufReader::with_capacity(PIECE, watched), permission, unlock, progress)
}

/// Imports the bundle in `source`. `unlock` is called at most once, after all was verified: when there are new tips, or a key that was not
/// tried yet on one that none has opened. Where it fails because of the keyring's file and not of the passphrase, the tips are taken in untried.
///
/// # Errors
/// As [`ImportError`] says; then nothing of the bundle was imported.
pub fn import<K: Borrow<UnlockedKeys>>(
    desk: &Desk,
    source: impl Read,
    permission: Permission,
    unlock: impl FnOnce() -> Result<K, KeyringError>,
    progress: Progress<'_>,
) -> Result<Imported, ImportError> {
    let needed = Cell::new(0);
    import_counting(desk, source, permission, unlock, progress, &needed).map_err(|error| {
        let cause = match &error {
            ImportError::Io(cause)
            | ImportError::Bundle(BundleError::Io(cause))
            | ImportError::Casebook(CasebookError::Write { source: cause, .. })
            | ImportError::Lock(LockError::File { source: cause, .. }) => Some(cause),
            _ => None,
        };
        if cause.is_some_and(is_full) { ImportError::NoRoom(needed.get()) } else { error }
    })
}

fn import_counting<K: Borrow<UnlockedKeys>>(
    desk: &Desk,
    source: impl Read,
    permission: Permission,
    unlock: impl FnOnce() -> Result<K, KeyringError>,
    progress: Progress<'_>,
    needed: &Cell<u64>,
) -> Result<Imported, ImportError> {
    let lock = DeskLock::take(&desk.folder)?;
    let (mut book, lost) = match Casebook::read(&desk.folder) {
        Err(lost @ CasebookError::Lost { .. }) => (Casebook::default(), Some(lost)),
        book => (book?, None),
    };
    let any_courier = permission.new_courier || (book.chains.is_empty() && lost.is_none());
    let staged = Staged::read(&desk.folder, source, |manifest| {
        let new = manifest.tips.iter().filter(|tip| !book.tips.contains_key(&tip.id));
        needed.set(new.map(|tip| tip.size).fold(0, u64::saturating_add));
        any_courier || book.chains.contains_key(&manifest.courier)
    })?;
    let (manifest, id) = (&staged.bundle.manifest, staged.bundle.id);
    let directory = directory_for(desk, &staged.bundle.directory, manifest, permission)?;
    let courier = manifest.courier.clone();
    if !any_courier && !book.chains.contains_key(&courier) {
        return Err(match lost {
            Some(lost) => ImportError::CourierOfALostList { courier, lost },
            None => ImportError::NewCourier(courier),
        });
    }
    let chain = book.chains.entry(courier).or_default();
    let begins = chain.is_empty();
    let standing =
        chain.standing(manifest.number, manifest.previous, id).map_err(|wrong| misplaced(wrong, manifest))?;
    chain.take(manifest.number, manifest.previous, id);

    let new = manifest.tips.iter().filter(|tip| !book.tips.contains_key(&tip.id)).count();
    let files = desk.keyring.names();
    let untried = |(id, case): (TipId, &Case)| case.is_here(&desk.folder, &id) || staged.has(&id);
    let wanted = new > 0 || book.untried(&files).any(untried);
    let (unlocked, not_unlocked) = if wanted { keys_or_fault(unlock())? } else { (None, None) };
    let none = UnlockedKeys::default();
    let keys = unlocked.as_ref().map_or(&none, Borrow::borrow);
    let mut imported = Imported {
        already: manifest.tips.len() - new,
        damaged_keys: keys.damaged.len(),
        not_unlocked,
        plaintext_left: lock.plaintext_left().to_vec(),
        ..Imported::begun(manifest, id, standing, begins)
    };
    let tried_on = |done: usize| {
        if !keys.keys.is_empty() && new > 0 {
            progress(Step::Trying { done, of: new });
        }
    };
    let taken = list(&staged, &mut book, keys, &mut imported, tried_on)?;
    if lost.is_none() && !Casebook::is_there(&desk.folder) {
        // Whatever ends the program before the list is written: it was not lost.
        Casebook::default().write(&desk.folder)?;
    }
    staged.keep(&taken)?;
    imported.opens_now = try_again(&desk.folder, &mut book, keys, false, progress);
    // The newest directory is remembered; an older one only says that the bundle is old.
    let seen = directory.seen();
    if book.seen.as_ref().is_none_or(|before| before.version < seen.version) {
        book.seen = Some(seen);
    }
    imported.unopened = book.unopened().filter(|(id, case)| case.is_here(&desk.folder, id)).count();
    imported.without_file = book.without_file(&desk.folder);
    imported.missing = book.missing();
    imported.given_up = book.newly_given_up();
    imported.unlisted = book.unlisted(&desk.folder);
    book.write(&desk.folder)?;
    Ok(imported)
}

/// The bundle's directory, when the desk's root has signed it and the bundle is of its channel.
fn directory_for(
    desk: &Desk,
    note: &[u8],
    manifest: &Manifest,
    permission: Permission,
) -> Result<Directory, ImportError> {
    let directory = UntrustedDirectory::parse(note)?.verify(&desk.root)?;
    if manifest.channel != directory.contents().channel {
        return Err(ImportError::Channel(manifest.channel.to_string()));
    }
    let relays = directory.contents().relays.iter().map(String::as_str);
    example_keys::refuse_elsewhere(directory.contents(), relays, permission.example)?;
    Ok(directory)
}

fn misplaced(wrong: Misplaced, manifest: &Manifest) -> ImportError {
    match wrong {
        Misplaced::Forked => ImportError::Forked { courier: manifest.courier.clone(), number: manifest.number },
        Misplaced::Impossible => ImportError::Impossible(manifest.number),
    }
}

/// Puts the bundle's tips into the casebook, with the key that opens each, and counts them. `tried_on` is told on how many the keys were tried.
/// Gives those that have to stay.
fn list(
    staged: &Staged,
    book: &mut Casebook,
    keys: &UnlockedKeys,
    imported: &mut Imported,
    tried_on: impl Fn(usize),
) -> io::Result<Vec<TipId>> {
    let (manifest, names) = (&staged.bundle.manifest, keys.names());
    let mut taken = Vec::new();
    for tip in &manifest.tips {
        if book.tips.contains_key(&tip.id) {
            if staged.has(&tip.id) {
                imported.mended += 1;
                taken.push(tip.id);
            }
            continue;
        }
        tried_on(imported.new + imported.not_tips.len());
        let opens = match look(&staged.file(&tip.id), &keys.ordered_for(tip.day))? {
            Look::NoTip => {
                imported.not_tips.push(tip.id);
                continue;
            }
            Look::Opens(key) => Some(key.name()),
            Look::NoKey => None,
        };
        imported.new += 1;
        imported.for_this_desk += usize::from(opens.is_some());
        imported.ids.extend(opens.is_some().then_some(tip.id));
        book.tips.insert(tip.id, Case::new(tip.day, tip.size, manifest.courier.clone(), manifest.number));
        book.note(&tip.id, opens, names.iter().cloned());
        taken.push(tip.id);
    }
    tried_on(imported.new + imported.not_tips.len());
    Ok(taken)
}

/// The keys; none, and why, where no passphrase can unlock them.
fn keys_or_fault<K>(unlocked: Result<K, KeyringError>) -> Result<(Option<K>, Option<KeyringError>), KeyringError> {
    match unlocked {
        Ok(keys) => Ok((Some(keys), None)),
        Err(error) if is_of_the_file(&error) => Ok((None, Some(error))),
        Err(error) => Err(error),
    }
}

/// Whether an unlocking failed because of a file, so that no passphrase helps.
const fn is_of_the_file(error: &KeyringError) -> bool {
    use KeyringError::{DamagedKeyring, File, NoKeyring, NotAKey, NotTheirKeyring, Secret, UnderPassphrase};
    matches!(
        error,
        NoKeyring(_)
            | DamagedKeyring(_)
            | NotTheirKeyring(_)
            | UnderPassphrase(_)
            | NotAKey(_)
            | File { .. }
            | Secret(SecretError::Damaged(_) | SecretError::File { .. })
    )
}

/// A bundle's file, whose reading is told.
struct Watched<'a> {
    file: File,
    done: u64,
    of: u64,
    progress: Progress<'a>,
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.done += read as u64;
        (self.progress)(Step::Reading { done: self.done, of: self.of });
        Ok(read)
    }
}
